//! Answers, from Stripe's objects to our types: pure.

pub(super) mod catalog;
pub(super) mod customers;
pub(super) mod error;
pub(super) mod payments;

use std::collections::BTreeMap;

use ae_core::{BackendError, Currency, ErrorKind, Money, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{config::NAME, request::amounts};

/// The mark of an object that was made here.
pub(super) type Marks = BTreeMap<String, String>;

/// The object that `value` describes.
pub(super) fn object<T: DeserializeOwned>(operation: &'static str, value: Value) -> Result<T, BackendError> {
    // The parser's message can quote the object.
    serde_json::from_value(value)
        .map_err(|_| strange(operation, "an object is not of the form that its API has"))
}

pub(super) fn strange(operation: &'static str, message: &str) -> BackendError {
    BackendError::new(
        ErrorKind::Protocol,
        NAME,
        operation,
        format!("the answer can't be understood: {message}"),
    )
}

pub(super) fn time(operation: &'static str, seconds: i64) -> Result<Timestamp, BackendError> {
    Timestamp::from_second(seconds).map_err(|_| strange(operation, "a time is out of range"))
}

/// An amount of whole minor units; `None` in a currency whose units are not known here.
pub(super) fn money(minor: i64, currency: &str) -> Option<Money> {
    let currency: Currency = currency.parse().ok()?;
    amounts::read(&minor.to_string(), currency)
}

/// An object that is named, or stands there as a whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Named {
    Id(String),
    Whole { id: String },
}

impl Named {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

pub(super) fn mark<'a>(marks: &'a Marks, name: &str) -> &'a str {
    marks.get(name).map_or("", String::as_str)
}

/// The value of a mark or an id that was written here.
pub(super) fn parsed<T: std::str::FromStr>(
    operation: &'static str,
    text: &str,
    what: &str,
) -> Result<T, BackendError> {
    text.parse().map_err(|_| strange(operation, &format!("{what} is missing or damaged")))
}

/// One of the names of an enum.
pub(super) fn named<T: DeserializeOwned>(operation: &'static str, name: &str) -> Result<T, BackendError> {
    object(operation, Value::String(name.to_owned()))
}
