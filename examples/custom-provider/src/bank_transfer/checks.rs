//! What text and amounts in a request must look like, so that nothing can forge a line of a slip.

use ae_billing::{Caps, units};
use ae_core::{BackendError, ErrorKind, Money};

use super::error;

/// A label on one line.
pub(super) fn line(
    operation: &'static str,
    what: &str,
    text: &str,
    chars_max: usize,
) -> Result<(), BackendError> {
    let is_good = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= chars_max
        && !text.chars().any(char::is_control);
    let message =
        || format!("the {what} must be 1 to {chars_max} characters on one line, without blanks around");
    require(is_good, operation, message)
}

/// Running text, which no slip shows.
pub(super) fn text(
    operation: &'static str,
    what: &str,
    text: &str,
    chars_max: usize,
) -> Result<(), BackendError> {
    let is_good = text.chars().count() <= chars_max;
    require(is_good, operation, || format!("the {what} must be at most {chars_max} characters"))
}

/// A plain label.
pub(super) fn label(operation: &'static str, what: &str, text: &str) -> Result<(), BackendError> {
    let is_good = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let message = || format!("the {what} must be 1 to 64 ASCII letters, digits, hyphens or underscores");
    require(is_good, operation, message)
}

/// A page on the web, if any.
pub(super) fn url(operation: &'static str, text: Option<&str>) -> Result<(), BackendError> {
    let is_good = text.is_none_or(|text| {
        let is_page = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
        is_page && text.len() <= 2_048 && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    });
    require(is_good, operation, || "a URL must begin with http:// or https:// and hold no blanks".to_owned())
}

/// Above zero, whole minor units of a known currency, within the cap.
pub(super) fn amount(operation: &'static str, caps: Caps, amount: Money) -> Result<(), BackendError> {
    let minor = units::to_minor_units(amount).or_else(|refused| bad(operation, refused.to_string()))?;
    if minor > caps.amount_max {
        let message = format!("{amount} is above the cap for one price: raise the cap if it is meant");
        return Err(error(ErrorKind::QuotaExceeded, operation, message));
    }
    Ok(())
}

pub(super) fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(error(ErrorKind::InvalidInput, operation, message))
}

fn require(is_good: bool, operation: &'static str, message: impl Fn() -> String) -> Result<(), BackendError> {
    if is_good { Ok(()) } else { bad(operation, message()) }
}
