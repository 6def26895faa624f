//! What text and amounts in a request must look like.

use ae_core::{BackendError, ErrorKind, Money};

use super::records::error;
use crate::{BillingConfig, units};

const URL_BYTES_MAX: usize = 2_048;

/// A label on one line, of 1 to `chars_max` characters, without blanks at its ends.
pub(crate) fn line(
    operation: &'static str,
    what: &str,
    text: &str,
    chars_max: usize,
) -> Result<(), BackendError> {
    let is_good = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= chars_max
        && !text.chars().any(char::is_control);
    if is_good {
        return Ok(());
    }
    bad(
        operation,
        format!("the {what} must be 1 to {chars_max} characters on one line, without blanks at its ends"),
    )
}

/// Running text of at most `chars_max` characters.
pub(crate) fn text(
    operation: &'static str,
    what: &str,
    text: &str,
    chars_max: usize,
) -> Result<(), BackendError> {
    let is_good =
        text.chars().count() <= chars_max && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if is_good {
        return Ok(());
    }
    bad(operation, format!("the {what} must be at most {chars_max} characters without control characters"))
}

/// A plain label for URLs and forms.
pub(crate) fn label(operation: &'static str, what: &str, text: &str) -> Result<(), BackendError> {
    let is_good = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_good {
        return Ok(());
    }
    bad(operation, format!("the {what} must be 1 to 64 ASCII letters, digits, hyphens or underscores"))
}

/// A page on the web: no other scheme, so that a link on the pay page can't run a script.
pub(crate) fn url(operation: &'static str, what: &str, text: Option<&str>) -> Result<(), BackendError> {
    let Some(text) = text else {
        return Ok(());
    };
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_good = text.len() <= URL_BYTES_MAX
        && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_good {
        return Ok(());
    }
    bad(operation, format!("the {what} must be an http or https URL of at most {URL_BYTES_MAX} bytes"))
}

/// Who paid, in the operator's words: a label, no e-mail address, because journals can't forget.
pub(crate) fn payer(operation: &'static str, text: &str) -> Result<(), BackendError> {
    line(operation, "payer reference", text, 120)?;
    if text.contains('@') {
        return bad(
            operation,
            "the payer reference must not hold an e-mail address: use a label such as CUST-7",
        );
    }
    Ok(())
}

/// A price: a known and allowed currency, above zero, whole minor units, within the cap.
pub(crate) fn amount(
    operation: &'static str,
    config: &BillingConfig,
    amount: Money,
) -> Result<(), BackendError> {
    if !config.currencies.contains(&amount.currency()) {
        return bad(operation, format!("{} is not a currency that prices may have here", amount.currency()));
    }
    let minor = units::to_minor_units(amount).or_else(|refused| bad(operation, refused.to_string()))?;
    if minor > config.caps.amount_max {
        let message = format!(
            "{amount} is above the cap of {} minor units for one price: raise the cap if it is meant",
            config.caps.amount_max
        );
        return Err(error(ErrorKind::QuotaExceeded, operation, message));
    }
    Ok(())
}

pub(crate) fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(error(ErrorKind::InvalidInput, operation, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_linked() {
        for good in ["http://127.0.0.1:8080/p/csv/", "https://example.com"] {
            assert!(url("t", "url", Some(good)).is_ok(), "{good}");
        }
        for refused in
            ["", "javascript:alert(1)", "//example.com", "http://", "https:///x", "http://a b", "http://a\n"]
        {
            assert!(url("t", "url", Some(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_address_is_no_payer_reference() {
        assert!(payer("t", "CUST-7, bank transfer").is_ok());
        for refused in ["", " x", "a@example.com", "a\nb", &"x".repeat(121)] {
            assert!(payer("t", refused).is_err(), "{refused}");
        }
    }
}
