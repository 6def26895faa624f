//! The answers of Porkbun.

use std::time::Duration;

use ae_core::{BackendError, Currency, Effect, ErrorKind, Money, Retry, Timestamp};
use ae_core_http::Answer;
use serde::Deserialize;

use super::NAME;
use crate::registrar::{Availability, Domain, Quote};

/// The longest pause that an answer can ask for.
const PAUSE_MAX: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    status: String,
    code: Option<String>,
    ttl_remaining: Option<u64>,
    request_id: Option<String>,
}

/// The answer itself when it says so, else its error by the vendor's code: an error can come with the status 200.
pub(super) fn success(answer: Answer) -> Result<Answer, BackendError> {
    let head: Option<Head> = serde_json::from_slice(answer.body()).ok();
    let is_error = head.as_ref().is_none_or(|head| head.status == "ERROR");
    if answer.status() / 100 == 2 && !is_error {
        return Ok(answer);
    }
    let plain = if answer.status() / 100 == 2 {
        answer.json::<Head>().map(drop).err().unwrap_or_else(|| refused_with_200(&answer))
    } else {
        answer.error()
    };
    let Some(head) = head else { return Err(plain) };
    let Some(code) = head.code.filter(|code| is_code(code)) else { return Err(plain) };
    let error = match meaning(&code) {
        Some((kind, advice)) => {
            let message = format!("Porkbun answered {code}: {advice}");
            BackendError::new(kind, NAME, plain.operation().to_owned(), message)
                .with_retry(plain.retry())
                .with_effect(plain.effect())
                .with_status(answer.status())
        }
        None => plain,
    };
    let error = match code.as_str() {
        "RATE_LIMIT_EXCEEDED" => {
            let pause = Duration::from_secs(head.ttl_remaining.unwrap_or(10).max(1)).min(PAUSE_MAX);
            error.with_retry(Retry::After(pause)).with_effect(Effect::NotApplied)
        }
        "IDEMPOTENCY_KEY_IN_USE" => error.with_retry(Retry::Backoff).with_effect(Effect::Unknown),
        _ => error,
    };
    let error = error.with_code(code);
    Err(match head.request_id {
        Some(id) => error.with_request_id(id),
        None => error,
    })
}

fn refused_with_200(answer: &Answer) -> BackendError {
    // The text of the refusal is left out: it can quote the request.
    let message = "Porkbun refused the request, with a reason that is not known: look in the account";
    let operation = answer.error().operation().to_owned();
    BackendError::new(ErrorKind::InvalidInput, NAME, operation, message).with_status(answer.status())
}

fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn meaning(code: &str) -> Option<(ErrorKind, &'static str)> {
    Some(match code {
        "API_KEY_REQUIRED"
        | "INVALID_API_KEYS_001"
        | "INVALID_API_KEYS_002"
        | "INVALID_TOKEN"
        | "INVALID_USER"
        | "MISSING_SECRETAPIKEY" => (ErrorKind::Unauthenticated, "check both keys"),
        "DOMAIN_NOT_ALLOWED" | "IP_NOT_ALLOWED" => {
            (ErrorKind::PermissionDenied, "the key is limited to other domains or addresses")
        }
        "RATE_LIMIT_EXCEEDED" => (ErrorKind::RateLimited, "wait, then repeat"),
        "DOMAIN_NOT_AVAILABLE" => (ErrorKind::Conflict, "the name can't be bought, choose another one"),
        "INSUFFICIENT_FUNDS" => (ErrorKind::QuotaExceeded, "add credit to the account, then repeat"),
        "IDEMPOTENCY_KEY_IN_USE" => {
            (ErrorKind::Unavailable, "the first request is still under way, repeat later")
        }
        "IDEMPOTENCY_KEY_MISMATCH" => (ErrorKind::Conflict, "the key was used for another request"),
        "INVALID_DOMAIN" => {
            (ErrorKind::NotFound, "the name is not in this account, or its API access is off")
        }
        price if price.contains("COST") || price.contains("PRICE") => {
            (ErrorKind::Conflict, "the price is another one now and nothing was bought, quote it again")
        }
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pong {
    #[serde(default)]
    credentials_valid: bool,
}

/// Whether the keys were recognised.
pub(super) fn pong(answer: &Answer) -> Result<(), BackendError> {
    if answer.json::<Pong>()?.credentials_valid {
        return Ok(());
    }
    Err(BackendError::new(ErrorKind::Unauthenticated, NAME, "check", "the keys are not valid: check both"))
}

#[derive(Deserialize)]
struct Checked {
    response: Found,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    avail: String,
    price: String,
    premium: String,
    min_duration: u8,
    additional: Option<Additional>,
}

#[derive(Deserialize)]
struct Additional {
    renewal: Option<Renewal>,
}

#[derive(Deserialize)]
struct Renewal {
    price: String,
}

pub(super) fn availability(answer: &Answer) -> Result<Availability, BackendError> {
    let found = answer.json::<Checked>()?.response;
    Ok(if found.avail == "yes" { Availability::MaybeFree } else { Availability::Taken })
}

/// The price of the shortest term, the only one that the API sells.
pub(super) fn quote(
    domain: &Domain,
    years: u8,
    now: Timestamp,
    answer: &Answer,
) -> Result<Quote, BackendError> {
    let found = answer.json::<Checked>()?.response;
    let refused = |kind, message: String| Err(BackendError::new(kind, NAME, "quote", message));
    if found.avail != "yes" {
        return refused(ErrorKind::Conflict, format!("{domain} is taken: choose another name"));
    }
    if found.premium == "yes" {
        let message = format!("{domain} is a premium name, which is sold on Porkbun's website alone");
        return refused(ErrorKind::InvalidInput, message);
    }
    if years != found.min_duration {
        let message =
            format!("Porkbun registers {domain} for {} year(s), not for {years}", found.min_duration);
        return refused(ErrorKind::InvalidInput, message);
    }
    let Some(renewal) = found.additional.and_then(|additional| additional.renewal) else {
        return refused(ErrorKind::Protocol, format!("Porkbun did not say what {domain} costs to renew"));
    };
    let price = money(&found.price)?.checked_mul(u64::from(years)).map_err(no_amount)?;
    Ok(Quote::new(domain.clone(), years, price, money(&renewal.price)?, now))
}

fn money(text: &str) -> Result<Money, BackendError> {
    Money::parse(text, Currency::USD).map_err(no_amount)
}

fn no_amount(cause: ae_core::MoneyError) -> BackendError {
    let message = "Porkbun sent a price that is not an amount of dollars";
    BackendError::new(ErrorKind::Protocol, NAME, "quote", message).with_source(cause)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    order_id: u64,
}

/// The id of the order of a purchase.
pub(super) fn created(answer: &Answer) -> Result<String, BackendError> {
    Ok(answer.json::<Created>()?.order_id.to_string())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rehearsed {
    would_succeed: bool,
    sufficient_funds: bool,
    within_monthly_spend_limit: Option<bool>,
}

/// Whether a purchase would succeed.
pub(super) fn rehearsed(answer: &Answer) -> Result<(), BackendError> {
    let tried: Rehearsed = answer.json()?;
    let refused = |kind, message: &str| Err(BackendError::new(kind, NAME, "rehearse", message));
    if !tried.sufficient_funds {
        return refused(ErrorKind::QuotaExceeded, "the account's credit does not suffice: add some");
    }
    if tried.within_monthly_spend_limit == Some(false) {
        return refused(ErrorKind::QuotaExceeded, "the purchase is beyond the account's monthly limit");
    }
    if !tried.would_succeed {
        return refused(ErrorKind::Declined, "Porkbun would refuse the purchase: look in the account");
    }
    Ok(())
}

#[derive(Deserialize)]
struct Listed {
    domains: Vec<Owned>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owned {
    domain: String,
    auto_renew: Switch,
}

/// A switch is a number, or a text of one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Switch {
    Number(u8),
    Text(String),
}

/// The number of domains in a part of the list, and whether `domain` renews if it is among them.
pub(super) fn owned(domain: &Domain, answer: &Answer) -> Result<(usize, Option<bool>), BackendError> {
    let listed: Listed = answer.json()?;
    let found = listed.domains.iter().find(|owned| owned.domain == domain.as_str());
    let renews = found.map(|owned| match &owned.auto_renew {
        Switch::Number(number) => *number != 0,
        Switch::Text(text) => text != "0",
    });
    Ok((listed.domains.len(), renews))
}

#[derive(Deserialize)]
struct Records {
    records: Vec<Record>,
}

/// A DNS record of a domain; `name` is the whole name.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) content: String,
}

pub(super) fn records(answer: &Answer) -> Result<Vec<Record>, BackendError> {
    Ok(answer.json::<Records>()?.records)
}
