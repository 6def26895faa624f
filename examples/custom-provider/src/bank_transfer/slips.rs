//! Payment slips: what a customer needs to know to pay by transfer.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ae_billing::{LinkId, PaymentLink, Price};
use ae_core::{BackendError, BillingInterval, Effect};

use super::book::{Book, failed};
use crate::write_whole;

pub(super) fn path(folder: &Path, link: &LinkId) -> PathBuf {
    folder.join(format!("{link}.txt"))
}

/// Makes the slips say what the book says. The book was written before: what fails here, a repeat completes.
pub(super) fn refresh(
    book: &Book,
    folder: &Path,
    account: &str,
    operation: &'static str,
) -> Result<(), BackendError> {
    for link in &book.links {
        let path = path(folder, &link.id);
        let written = match text(book, link, account) {
            Some(slip) => put(&path, &slip),
            None => remove(&path),
        };
        written.map_err(|cause| failed(operation, &path, cause).with_effect(Effect::Unknown))?;
    }
    Ok(())
}

/// The slip of `link`, or `None` when nothing is on sale there.
fn text(book: &Book, link: &PaymentLink, account: &str) -> Option<String> {
    let on_sale = |price: &&Price| {
        price.active && book.products.iter().any(|made| made.active && made.id == price.product)
    };
    let offered: Vec<&Price> = link
        .prices
        .iter()
        .filter_map(|id| book.prices.iter().find(|price| price.id == *id))
        .filter(on_sale)
        .collect();
    if !link.active || offered.is_empty() {
        return None;
    }
    let mut slip = format!("Transfer to {account}\nReference {}\n\n", link.id);
    for price in offered {
        let often = match price.interval {
            BillingInterval::OneTime => "once",
            BillingInterval::MONTH => "every month",
            _ => "every year",
        };
        slip += &format!("{}: {} {often}\n", price.nickname, price.amount);
    }
    if let Some(next) = &link.success_url {
        slip += &format!("\nThen go on at {next}\n");
    }
    Some(slip)
}

fn put(path: &Path, slip: &str) -> io::Result<()> {
    match fs::read(path) {
        Ok(present) if present == slip.as_bytes() => Ok(()),
        _ => write_whole(path, slip.as_bytes()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}
