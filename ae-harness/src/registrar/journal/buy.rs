//! Buying exactly once at a vendor that forgets, or never knew, what it was asked.

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Retry, Runtime};
use async_trait::async_trait;

use super::{OrderEntry, OrderJournal};
use crate::registrar::{Availability, Domain, Order, OrderState, Purchase, Registrar, order::digest};

/// How long a purchase whose answer was lost may still be under way at the vendor. The registry registers a name once,
/// so a purchase that is sent again after that can fail, but not buy a second time.
const SETTLING: Duration = Duration::from_secs(30 * 60);

/// The beginning of the id of an order whose own id was lost with the answer; the name follows.
const FOUND: &str = "domain:";

/// The part of a vendor that buying needs. Everything else is the port itself.
#[async_trait]
pub(in crate::registrar) trait Seller: Registrar {
    /// Its name in errors.
    fn name(&self) -> &'static str;

    /// For how long after a purchase was sent the vendor gives its first answer again under the same key.
    fn remembers(&self) -> Duration;

    /// Whether the account owns a name, and if so whether it renews by itself.
    async fn owned(&self, domain: &Domain) -> Result<Option<bool>, BackendError>;

    /// Sends the purchase, once.
    async fn send(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError>;
}

/// Buys once. The entry is written before anything is sent and removed only when the vendor refused, so that after a
/// crash at any point a repeat finds it and looks in the account first. A purchase is sent again only where the vendor
/// knows the key, or where the name is neither in the account nor taken long after the first try.
pub(in crate::registrar) async fn buy_once(
    seller: &dyn Seller,
    journal: &dyn OrderJournal,
    runtime: &Runtime,
    key: &IdempotencyKey,
    purchase: &Purchase,
) -> Result<Order, BackendError> {
    purchase.check(&seller.info())?;
    let domain = &purchase.quote.domain;
    let mut entry = OrderEntry::new(digest(seller.name(), purchase)?, domain.clone(), runtime.now());
    let known = journal.read(key).await?;
    let again = known.is_some();
    match known {
        Some(known) if known.purchase != entry.purchase => {
            let message = format!("the key {key} was used for another purchase: derive a key for this one");
            return Err(error(seller, ErrorKind::Conflict, message));
        }
        Some(OrderEntry { order: Some(order), .. }) => return seller.order(&order.id).await,
        Some(known) => {
            if let Some(auto_renew) = seller.owned(domain).await? {
                let order = found(purchase, auto_renew);
                journal.write(key, &known.with_order(order.clone())).await?;
                return Ok(order);
            }
            let age = age(&known, runtime);
            if age < seller.remembers() {
                // The vendor's first answer counts from the first time, not from this one.
                entry.sent_at = known.sent_at;
            } else {
                settled(seller, domain, age).await?;
                refuse_stale(seller, "buy", purchase).await?;
            }
        }
        None => {
            if seller.owned(domain).await?.is_some() {
                let message = format!("{domain} is in this account already: there is nothing to buy");
                return Err(error(seller, ErrorKind::Conflict, message));
            }
            refuse_stale(seller, "buy", purchase).await?;
        }
    }
    journal.write(key, &entry).await?;
    match seller.send(key, purchase).await {
        Ok(order) => {
            let entry = entry.with_order(order.clone());
            journal.write(key, &entry).await.map_err(|error| error.with_effect(Effect::Unknown))?;
            Ok(order)
        }
        // Nothing came of this try, but the first one is as doubtful as before.
        Err(error) if again && error.retry() != Retry::Never => Err(error.with_effect(Effect::Unknown)),
        Err(refused) if refused.effect() == Effect::NotApplied => {
            journal.forget(key).await?;
            Err(refused)
        }
        Err(error) => Err(error),
    }
}

/// The order of a name that was found in the account after its answer was lost.
fn found(purchase: &Purchase, auto_renew: bool) -> Order {
    let quote = &purchase.quote;
    let id = format!("{FOUND}{}", quote.domain);
    Order::new(id, quote.domain.clone(), quote.price, OrderState::Registered).with_auto_renew(auto_renew)
}

/// The order of this id as the journal has it, when it is one that was found in the account.
#[cfg(feature = "vercel")]
pub(in crate::registrar) async fn found_order(
    journal: &dyn OrderJournal,
    id: &str,
) -> Result<Option<Order>, BackendError> {
    if !id.starts_with(FOUND) {
        return Ok(None);
    }
    Ok(journal.find(id).await?.and_then(|entry| entry.order))
}

/// Refuses a purchase whose price, or renewal price, is not that of now.
pub(in crate::registrar) async fn refuse_stale(
    seller: &dyn Seller,
    operation: &'static str,
    purchase: &Purchase,
) -> Result<(), BackendError> {
    let quote = &purchase.quote;
    let now = seller.quote(&quote.domain, quote.years).await?;
    if (now.price, now.renewal) == (quote.price, quote.renewal) {
        return Ok(());
    }
    let message = format!(
        "{} costs {} and then {} a year, not {} and {}: have the new numbers approved",
        quote.domain, now.price, now.renewal, quote.price, quote.renewal
    );
    Err(BackendError::new(ErrorKind::Conflict, seller.name(), operation, message))
}

/// Whether a purchase whose answer was lost certainly came to nothing.
async fn settled(seller: &dyn Seller, domain: &Domain, age: Duration) -> Result<(), BackendError> {
    if let Some(left) = SETTLING.checked_sub(age).filter(|left| !left.is_zero()) {
        let message = format!(
            "the answer to the purchase of {domain} was lost, and the name is not in the account yet: repeat the call in \
             {} s, it looks first and does not buy twice",
            left.as_secs().max(1)
        );
        return Err(error(seller, ErrorKind::Unavailable, message)
            .with_retry(Retry::After(left))
            .with_effect(Effect::Unknown));
    }
    if seller.search(std::slice::from_ref(domain)).await? == [Availability::MaybeFree] {
        return Ok(());
    }
    let message = format!(
        "the answer to the purchase of {domain} was lost, and the name is taken but not in this account: look there for \
         the order, or ask the vendor"
    );
    Err(error(seller, ErrorKind::Unavailable, message).with_effect(Effect::Unknown))
}

fn age(entry: &OrderEntry, runtime: &Runtime) -> Duration {
    Duration::try_from(runtime.now().duration_since(entry.sent_at)).unwrap_or_default()
}

fn error(seller: &dyn Seller, kind: ErrorKind, message: String) -> BackendError {
    BackendError::new(kind, seller.name(), "buy", message)
}
