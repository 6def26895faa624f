//! The form of text and amounts in a request.

use ae_core::{Currency, ErrorKind, Money};

use super::payer;
use crate::{
    Caps,
    units::{self, AmountError},
};

/// The longest URL, in bytes.
const URL_BYTES_MAX: usize = 2_048;
/// The most prices of one payment link.
const LINES_MAX: usize = 20;

/// The fault of a request, found in the request alone, without a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not a label on one line.
    #[error("the {what} must be 1 to {chars_max} characters on one line, without blanks at its ends")]
    Line {
        /// Which text.
        what: &'static str,
        /// The most characters.
        chars_max: usize,
    },
    /// Too long, or with control characters.
    #[error("the {what} must be at most {chars_max} characters without control characters")]
    Text {
        /// Which text.
        what: &'static str,
        /// The most characters.
        chars_max: usize,
    },
    /// Not a plain label for URLs and forms.
    #[error("the {what} must be 1 to 64 ASCII letters, digits, hyphens or underscores")]
    Label {
        /// Which text.
        what: &'static str,
    },
    /// Not a page on the web.
    #[error("the {what} must be an http or https URL of at most {URL_BYTES_MAX} bytes")]
    Url {
        /// Which URL.
        what: &'static str,
    },
    /// Not a number of prices that one link can have.
    #[error("a payment link has 1 to {LINES_MAX} prices")]
    Lines,
    /// Something in a payer reference that identifies or could pay for a person, or that can't be seen.
    #[error("the payer reference must not hold {what}: use a label such as CUST-7")]
    Payer {
        /// The part that it must not hold.
        what: &'static str,
    },
    /// Not an amount that can be a price.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Higher than prices may be here.
    #[error("{amount} is above {amount_max}, the highest price here")]
    AboveCap {
        /// The amount.
        amount: Money,
        /// The highest one, from [`Caps::amount_max`].
        amount_max: Money,
    },
}

impl RequestError {
    /// The kind of the error that a provider answers: [`ErrorKind::QuotaExceeded`] above a cap, else
    /// [`ErrorKind::InvalidInput`].
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::AboveCap { .. } => ErrorKind::QuotaExceeded,
            _ => ErrorKind::InvalidInput,
        }
    }
}

/// A label on one line, of 1 to `chars_max` characters, without blanks at its ends.
pub(crate) fn line(what: &'static str, text: &str, chars_max: usize) -> Result<(), RequestError> {
    let is_good = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= chars_max
        && !text.chars().any(|c| c.is_control() || reorders(c));
    if is_good { Ok(()) } else { Err(RequestError::Line { what, chars_max }) }
}

/// Running text of at most `chars_max` characters.
pub(crate) fn text(what: &'static str, text: &str, chars_max: usize) -> Result<(), RequestError> {
    let is_good = text.chars().count() <= chars_max
        && !text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || reorders(c));
    if is_good { Ok(()) } else { Err(RequestError::Text { what, chars_max }) }
}

/// A plain label for URLs and forms.
pub(crate) fn label(what: &'static str, text: &str) -> Result<(), RequestError> {
    if is_label(text) { Ok(()) } else { Err(RequestError::Label { what }) }
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
    if is_good { Ok(()) } else { Err(RequestError::Url { what }) }
}

/// How many prices a payment link has.
pub(crate) fn lines(count: usize) -> Result<(), RequestError> {
    if (1..=LINES_MAX).contains(&count) { Ok(()) } else { Err(RequestError::Lines) }
}

/// The payer in the operator's words: a label, because journals can't forget an address, a card or an account.
pub(crate) fn payer(text: &str) -> Result<(), RequestError> {
    let what = if text.chars().any(|c| reorders(c) || is_invisible(c)) {
        "invisible characters"
    } else if text.contains('@') {
        "an e-mail address"
    } else if payer::holds_iban(text) {
        "an IBAN"
    } else if payer::holds_card(text) {
        "a card number"
    } else {
        return line("payer reference", text, 120);
    };
    Err(RequestError::Payer { what })
}

/// Changes the order in which text is shown, so that it reads as something else; or ends a line unseen.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes no ink: two labels that differ in it alone look the same.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A price: a known and allowed currency, above zero, whole minor units, within the cap.
pub(crate) fn amount(amount: Money, caps: &Caps, currencies: &[Currency]) -> Result<(), RequestError> {
    let currency = amount.currency();
    if !currencies.contains(&currency) {
        return Err(AmountError::UnknownCurrency(currency).into());
    }
    if units::to_minor_units(amount)? <= caps.amount_max {
        return Ok(());
    }
    let places = units::exponent(currency).unwrap_or_default();
    // Only a cap far below zero is not an amount; it allows no more than nothing does.
    let amount_max =
        Money::from_minor(caps.amount_max, places, currency).unwrap_or_else(|_| Money::zero(currency));
    Err(RequestError::AboveCap { amount, amount_max })
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
