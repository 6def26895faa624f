//! `ae paid`, `ae refund`, `ae licence`, `ae webhook-secret`.

use std::io::Read;

use ae_core::Mode;
use serde_json::json;

use super::{
    Exit, Session,
    args::{PaidArgs, WebhookSecretArgs},
};
use crate::{
    error::{Error, Result},
    service::{Sale, keep_webhook_secret},
};

pub(super) async fn paid(session: &Session<'_>, args: &PaidArgs) -> Result<Exit> {
    let sale = open(session).await?;
    let view = sale.named_order(&args.order).await?;
    let paid = sale.pay(&view, args.renewal).await?;
    let payment = paid.payment;
    let delivered = if paid.delivered { "" } else { "; its event is delivered later" };
    let text = format!(
        "{} of {} recorded for {}, {}{delivered}",
        payment.amount, view.product.name, view.order.id, payment.invoice
    );
    let object = json!({ "order": view.order.id, "payment": payment, "delivered": paid.delivered });
    session.output.result(&object, &text)?;
    Ok(Exit::Verified)
}

pub(super) async fn refund(session: &Session<'_>, order: &str) -> Result<Exit> {
    let sale = open(session).await?;
    let view = sale.named_order(order).await?;
    let refund = sale.record_refund(&view, view.next_refund()).await?;
    let left = match sale.order(&view.order.id).await? {
        Some(left) if sale.licence(&left).await?.is_some() => "an earlier payment still gives a licence",
        _ => "its licence has ended",
    };
    let text = format!("{} of {} given back for {}; {left}", refund.amount, view.product.name, view.order.id);
    session.output.result(&json!({ "order": view.order.id, "refund": refund }), &text)?;
    Ok(Exit::Verified)
}

pub(super) async fn licence(session: &Session<'_>, order: &str) -> Result<Exit> {
    let sale = open(session).await?;
    // An order that was paid at a payment provider was not placed here.
    let elsewhere = match order.trim().parse() {
        Ok(id) if sale.order(&id).await?.is_none() => sale.access(&id).await?,
        _ => None,
    };
    if let Some(licence) = elsewhere.and_then(|access| access.licence) {
        session.output.result(&json!({ "order": order.trim(), "licence": licence }), &licence)?;
        return Ok(Exit::Verified);
    }
    let view = sale.named_order(order).await?;
    let licence = sale.licence(&view).await?.ok_or_else(|| {
        let state = view.state(session.installation.runtime.now());
        Error::new(
            ae_core::ErrorKind::Conflict,
            format!("order {} is {state}, so it has no licence", view.order.id),
        )
        .with_hint(format!("once it is paid: `ae paid {}`", view.order.id))
    })?;
    session.output.result(&json!({ "order": view.order.id, "licence": licence }), &licence)?;
    Ok(Exit::Verified)
}

pub(super) async fn webhook_secret(session: &Session<'_>, args: &WebhookSecretArgs) -> Result<Exit> {
    let mut text = String::new();
    let most = 4_096;
    std::io::stdin()
        .take(most)
        .read_to_string(&mut text)
        .map_err(|error| Error::io("standard input can't be read", error))?;
    let mode = if args.test { Mode::Test } else { Mode::Live };
    keep_webhook_secret(&session.installation, &args.vendor, mode, &text).await?;
    let said =
        format!("kept; webhooks of {} ({mode}) signed with it are taken in by `ae serve`", args.vendor);
    session.output.result(&json!({ "vendor": args.vendor, "mode": mode }), &said)?;
    Ok(Exit::Verified)
}

/// The sale, whose links no command prints. Events that a crash left undelivered come first, for licences rest on them.
async fn open(session: &Session<'_>) -> Result<Sale> {
    let sale = Sale::open(&session.installation, "http://127.0.0.1").await?;
    sale.deliver_pending().await?;
    Ok(sale)
}
