//! Numbers of a JSON file as they are written, without floating point.

use ae_router::{Fee, Rate};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// The digits that a decimal number holds for certain.
const DIGITS_MAX: usize = 27;

/// The exact value of a JSON number, or `None` when it is another kind of value or has too many digits.
pub(crate) fn exact(raw: &RawValue) -> Option<Decimal> {
    let text = raw.get();
    let digits = text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).filter(u8::is_ascii_digit);
    if digits.count() > DIGITS_MAX {
        return None;
    }
    if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).ok()
    } else {
        Decimal::from_str_exact(text).ok()
    }
}

/// A rate from dollars per million tokens.
pub(crate) fn per_million(raw: &RawValue) -> Option<Rate> {
    Rate::per_million(exact(raw)?).ok()
}

/// A rate from dollars per token.
pub(crate) fn per_token(raw: &RawValue) -> Option<Rate> {
    Rate::per_million(exact(raw)?.checked_mul(Decimal::from(1_000_000))?).ok()
}

/// A fee from dollars per thousand calls.
pub(crate) fn per_thousand(raw: &RawValue) -> Option<Fee> {
    Fee::per_thousand(exact(raw)?).ok()
}

/// A fee from dollars per call.
pub(crate) fn per_call(raw: &RawValue) -> Option<Fee> {
    Fee::per_thousand(exact(raw)?.checked_mul(Decimal::from(1_000))?).ok()
}

/// A surcharge in whole percent from a factor such as `1.1`.
pub(crate) fn percent(raw: &RawValue) -> Option<u32> {
    let percent = (exact(raw)?.checked_sub(Decimal::ONE)?.checked_mul(Decimal::from(100))?).normalize();
    (percent.scale() == 0).then(|| u32::try_from(percent.mantissa()).ok())?
}
