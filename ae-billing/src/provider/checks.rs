//! The form of text and amounts in a request.

use ae_core::{BillingInterval, Currency, ErrorKind, Money, is_unseen};

use super::payer;
use crate::{Caps, Charge, ProviderInfo, Step, units};

/// The longest URL, in bytes.
const URL_BYTES_MAX: usize = 2_048;
/// The most prices of one payment link.
const LINES_MAX: usize = 20;
/// The most steps of a tiered price.
const STEPS_MAX: usize = 100;
/// The longest trial, in days.
const TRIAL_DAYS_MAX: u16 = 730;

/// The fault of a request, found in the request alone, without a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    kind: ErrorKind,
    message: String,
}

impl RequestError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::InvalidInput, message: message.into() }
    }

    /// The kind of the error that a provider answers: [`ErrorKind::QuotaExceeded`] above a cap, else
    /// [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

fn when(is_good: bool, fault: impl FnOnce() -> String) -> Result<(), RequestError> {
    if is_good { Ok(()) } else { Err(RequestError::new(fault())) }
}

/// A label on one line, of 1 to `chars_max` characters, without blanks at its ends.
pub(crate) fn line(what: &'static str, text: &str, chars_max: usize) -> Result<(), RequestError> {
    let is_good = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= chars_max
        && !text.chars().any(|c| c.is_control() || reorders(c));
    when(is_good, || {
        format!("the {what} must be 1 to {chars_max} characters on one line, without blanks at its ends")
    })
}

/// Running text of at most `chars_max` characters.
pub(crate) fn text(what: &'static str, text: &str, chars_max: usize) -> Result<(), RequestError> {
    let is_good = text.chars().count() <= chars_max
        && !text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || reorders(c));
    when(is_good, || format!("the {what} must be at most {chars_max} characters without control characters"))
}

/// A plain label for URLs and forms.
pub(crate) fn label(what: &'static str, text: &str) -> Result<(), RequestError> {
    when(is_label(text), || {
        format!("the {what} must be 1 to 64 ASCII letters, digits, hyphens or underscores")
    })
}

pub(crate) fn is_label(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A page on the web: no other scheme, so that a link on the pay page can't run a script.
pub(crate) fn url(what: &'static str, text: Option<&str>) -> Result<(), RequestError> {
    let Some(text) = text else {
        return Ok(());
    };
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = text.len() <= URL_BYTES_MAX
        && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    when(is_good, || format!("the {what} must be an http or https URL of at most {URL_BYTES_MAX} bytes"))
}

/// How many prices a payment link has.
pub(crate) fn lines(count: usize, provider: &ProviderInfo) -> Result<(), RequestError> {
    let most = if provider.capabilities.choice { LINES_MAX } else { 1 };
    when((1..=most).contains(&count), || match most {
        1 => "a payment link sells exactly one price here: make a link for each".to_owned(),
        most => format!("a payment link has 1 to {most} prices"),
    })
}

/// Days without a charge.
pub(crate) fn trial(days: Option<u16>, provider: &ProviderInfo) -> Result<(), RequestError> {
    let Some(days) = days else { return Ok(()) };
    when(provider.capabilities.trials, || "trials are not offered here".to_owned())?;
    when((1..=TRIAL_DAYS_MAX).contains(&days), || format!("a trial has 1 to {TRIAL_DAYS_MAX} days"))
}

/// A charge that `provider` can take, with amounts in its form and within its caps.
pub(crate) fn charge(
    charge: &Charge,
    interval: BillingInterval,
    provider: &ProviderInfo,
) -> Result<(), RequestError> {
    let (caps, able) = (&provider.caps, &provider.capabilities);
    let whole = |money| amount(money, caps, &provider.currencies);
    let unit = |money: Money| {
        if able.fractions { fraction(money, caps, &provider.currencies) } else { whole(money) }
    };
    match charge {
        Charge::Flat(money) => whole(*money),
        Charge::Metered { unit: money, .. } => {
            when(able.metered, || "prices by metered usage are not offered here".to_owned())?;
            when(interval != BillingInterval::OneTime, || {
                "metered usage is charged at the end of an interval: name one".to_owned()
            })?;
            unit(*money)
        }
        Charge::Tiered { steps, .. } => {
            when(able.tiered, || "prices in steps are not offered here".to_owned())?;
            tiers(steps)?;
            let currency = charge.currency();
            for step in steps {
                let amounts = [step.unit, step.flat].into_iter().flatten();
                for money in amounts.clone() {
                    when(Some(money.currency()) == currency, || "all steps have one currency".to_owned())?;
                }
                when(amounts.clone().any(|money| !money.is_zero()), || {
                    "a step without an amount: give it a price of a unit or of the step".to_owned()
                })?;
                step.unit.filter(|money| !money.is_zero()).map_or(Ok(()), unit)?;
                step.flat.filter(|money| !money.is_zero()).map_or(Ok(()), whole)?;
            }
            Ok(())
        }
    }
}

/// Steps that rise, of which the last alone has no end.
fn tiers(steps: &[Step]) -> Result<(), RequestError> {
    when((1..=STEPS_MAX).contains(&steps.len()), || format!("a price has 1 to {STEPS_MAX} steps"))?;
    let ends: Vec<u64> = steps.iter().map(|step| step.up_to.unwrap_or(u64::MAX)).collect();
    let rises = ends.first().is_some_and(|first| *first > 0)
        && ends.iter().zip(ends.iter().skip(1)).all(|(one, next)| one < next);
    let is_open = steps.last().is_some_and(|last| last.up_to.is_none());
    when(rises && is_open, || "the ends of the steps must rise, and the last step has none".to_owned())
}

/// The price of a unit: above zero, at most 12 places below a minor unit, within the cap.
fn fraction(money: Money, caps: &Caps, currencies: &[Currency]) -> Result<(), RequestError> {
    let currency = money.currency();
    let Some(places) = units::exponent(currency).filter(|_| currencies.contains(&currency)) else {
        return Err(units::unknown(currency));
    };
    when(!money.is_zero() && !money.is_negative(), || format!("{money} is not above zero"))?;
    let most = Money::from_minor(caps.amount_max, places, currency).unwrap_or_else(|_| Money::zero(currency));
    when(!money.exceeds(most).unwrap_or(true), || format!("{money} is above {most}, the highest price here"))
}

/// The payer in the operator's words: a label, because journals can't forget an address, a card or an account.
pub(crate) fn payer(text: &str) -> Result<(), RequestError> {
    let what = if text.chars().any(|c| is_unseen(c) && !c.is_control()) {
        "invisible characters"
    } else if text.contains('@') {
        "an e-mail address"
    } else {
        line("payer reference", text, 120)?;
        if payer::holds_iban(text) {
            "an IBAN"
        } else if payer::holds_card(text) {
            "a card number"
        } else {
            return Ok(());
        }
    };
    when(false, || format!("the payer reference must not hold {what}: use a label such as CUST-7"))
}

/// Changes the order in which text is shown, so that it reads as something else; or ends a line unseen.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A price: a known and allowed currency, above zero, whole minor units, within the cap.
pub(crate) fn amount(amount: Money, caps: &Caps, currencies: &[Currency]) -> Result<(), RequestError> {
    let currency = amount.currency();
    if !currencies.contains(&currency) {
        return Err(units::unknown(currency));
    }
    if units::to_minor_units(amount)? <= caps.amount_max {
        return Ok(());
    }
    let places = units::exponent(currency).unwrap_or_default();
    // Only a cap far below zero is not an amount; it allows no more than nothing does.
    let amount_max =
        Money::from_minor(caps.amount_max, places, currency).unwrap_or_else(|_| Money::zero(currency));
    let message = format!("{amount} is above {amount_max}, the highest price here");
    Err(RequestError { kind: ErrorKind::QuotaExceeded, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_linked() {
        for good in ["http://127.0.0.1:8080/p/csv/", "https://example.com"] {
            assert!(url("url", Some(good)).is_ok(), "{good}");
        }
        for refused in
            ["", "javascript:alert(1)", "//example.com", "http://", "https:///x", "http://a b", "http://a\n"]
        {
            assert!(url("url", Some(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_address_is_not_a_payer_reference() {
        assert!(payer("CUST-7, bank transfer").is_ok());
        for refused in ["", " x", "a@example.com", "a\nb", &"x".repeat(121)] {
            assert!(payer(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_price_above_the_cap_names_the_cap() {
        let check = |text: &str, code: &str, caps: &Caps| {
            let currency = code.parse().unwrap();
            amount(Money::parse(text, currency).unwrap(), caps, &[currency])
        };
        let caps = Caps::default();
        assert_eq!(check("999999.99", "USD", &caps), Ok(()));
        assert_eq!(check("99999999", "JPY", &caps), Ok(()));
        let refused = check("1000000", "USD", &caps).unwrap_err();
        assert_eq!(refused.to_string(), "$1000000.00 is above $999999.99, the highest price here");
        assert_eq!(refused.kind(), ErrorKind::QuotaExceeded);
        let nothing = check("0.01", "USD", &caps.with_amount_max(i64::MIN)).unwrap_err();
        assert_eq!(nothing.to_string(), "$0.01 is above $0.00, the highest price here");
    }
}
