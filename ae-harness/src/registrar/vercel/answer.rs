//! The answers of Vercel's registrar.

use std::collections::BTreeSet;

use ae_core::{BackendError, Currency, ErrorKind, Money, Timestamp};
use ae_core_http::Answer;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::NAME;
use crate::registrar::{Availability, Domain, Order, OrderState, Quote};

/// The registrar's own form, and the one of the rest of the API.
#[derive(Deserialize)]
struct Failure {
    code: Option<String>,
    error: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    code: Option<String>,
}

/// The answer itself when its status is 2xx, else its error by the vendor's code. The vendor's message is left out: it
/// can quote the contact.
pub(super) fn success(answer: Answer) -> Result<Answer, BackendError> {
    let error = match answer.clone().success() {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let failure: Option<Failure> = serde_json::from_slice(answer.body()).ok();
    let code = failure.and_then(|failure| failure.code.or(failure.error.and_then(|inner| inner.code)));
    let Some(code) = code.filter(|code| is_code(code)) else { return Err(error) };
    let Some((kind, advice)) = meaning(&code) else { return Err(error.with_code(code)) };
    let operation = error.operation().to_owned();
    let (retry, effect, status) = (error.retry(), error.effect(), answer.status());
    let message = format!("Vercel answered {code}: {advice}");
    Err(BackendError::new(kind, NAME, operation, message)
        .with_retry(retry)
        .with_effect(effect)
        .with_status(status)
        .with_code(code))
}

fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

fn meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match code {
        "expected_price_mismatch" => {
            (ErrorKind::Conflict, "the price is another one now and nothing was bought, quote it again")
        }
        "domain_not_available" | "domain_already_owned" => {
            (ErrorKind::Conflict, "the name can't be bought, choose another one")
        }
        "tld_not_supported" => (ErrorKind::InvalidInput, "it does not sell names with this ending"),
        "order_too_expensive" => {
            (ErrorKind::QuotaExceeded, "the price is beyond the account's limit, buy it in the dashboard")
        }
        "additional_contact_info_required" => (
            ErrorKind::InvalidInput,
            "the registry of this ending asks for more than a contact, buy it in the dashboard",
        ),
        "not_authorized_for_scope" | "forbidden" => (
            ErrorKind::PermissionDenied,
            "a token that is limited to a project can't act on domains: use one for the whole team, and name the team",
        ),
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Found {
    results: Vec<FoundName>,
}

#[derive(Deserialize)]
struct FoundName {
    domain: String,
    available: bool,
}

/// The availability of each name. The registrar says `false` for endings that it does not sell, so those are unknown.
pub(super) fn availability(
    domains: &[Domain],
    supported: &BTreeSet<String>,
    answer: &Answer,
) -> Result<Vec<Availability>, BackendError> {
    let found: Found = answer.json()?;
    let of = |domain: &Domain| {
        if !supported.contains(domain.top_level()) {
            return Availability::Unknown;
        }
        match found.results.iter().find(|result| result.domain == domain.as_str()) {
            Some(FoundName { available: true, .. }) => Availability::MaybeFree,
            Some(_) => Availability::Taken,
            None => Availability::Unknown,
        }
    };
    Ok(domains.iter().map(of).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    purchase_price: Option<Box<RawValue>>,
    renewal_price: Option<Box<RawValue>>,
}

/// The price, which is the total for all years; none for a name that is taken.
pub(super) fn quote(
    domain: &Domain,
    years: u8,
    now: Timestamp,
    answer: &Answer,
) -> Result<Quote, BackendError> {
    let price: Price = answer.json()?;
    let (Some(purchase), Some(renewal)) = (price.purchase_price, price.renewal_price) else {
        let message = format!("{domain} has no price, so it is taken: choose another name");
        return Err(BackendError::new(ErrorKind::Conflict, NAME, "quote", message));
    };
    Ok(Quote::new(domain.clone(), years, money("quote", &purchase)?, money("quote", &renewal)?, now))
}

/// The amount of a JSON number, read from its digits.
fn money(operation: &'static str, number: &RawValue) -> Result<Money, BackendError> {
    Money::parse(number.get(), Currency::USD).map_err(|cause| {
        let message = "Vercel sent a price that is not a plain number of dollars";
        BackendError::new(ErrorKind::Protocol, NAME, operation, message).with_source(cause)
    })
}

#[derive(Deserialize)]
struct Owned {
    domain: OwnedDomain,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnedDomain {
    bought_at: Option<u64>,
    #[serde(default)]
    renew: bool,
}

/// Whether the account bought the name, and if so whether it renews.
pub(super) fn owned(answer: Answer) -> Result<Option<bool>, BackendError> {
    match success(answer) {
        Ok(answer) => {
            let owned: Owned = answer.json()?;
            Ok(owned.domain.bought_at.map(|_| owned.domain.renew))
        }
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bought {
    order_id: String,
}

/// The id of the order of a purchase.
pub(super) fn bought(answer: &Answer) -> Result<String, BackendError> {
    Ok(answer.json::<Bought>()?.order_id)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOrder {
    order_id: String,
    status: String,
    domains: Vec<WireItem>,
    error: Option<Inner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireItem {
    domain_name: String,
    price: Box<RawValue>,
    #[serde(default)]
    auto_renew: bool,
    status: Option<String>,
    error: Option<Inner>,
}

/// An order as it is now.
pub(super) fn order(answer: &Answer) -> Result<Order, BackendError> {
    let wire: WireOrder = answer.json()?;
    let strange = |what: &str| {
        let message = format!("Vercel's order has {what}: look at it in the dashboard");
        BackendError::new(ErrorKind::Protocol, NAME, "order", message)
    };
    let item = wire.domains.into_iter().next().ok_or_else(|| strange("no domain"))?;
    let state = match (wire.status.as_str(), item.status.as_deref()) {
        ("failed", _) | (_, Some("failed" | "refunded" | "refund-failed")) => OrderState::Failed,
        ("completed", _) => OrderState::Registered,
        ("draft" | "purchasing", _) => OrderState::Pending,
        _ => return Err(strange("a state that is not known")),
    };
    let domain = item.domain_name.parse().map_err(|_| strange("a name that is not a domain"))?;
    let order = Order::new(wire.order_id, domain, money("order", &item.price)?, state)
        .with_auto_renew(item.auto_renew);
    let code = item.error.or(wire.error).and_then(|error| error.code).filter(|code| is_code(code));
    Ok(match code {
        Some(code) if state == OrderState::Failed => order.with_error(code),
        _ => order,
    })
}
