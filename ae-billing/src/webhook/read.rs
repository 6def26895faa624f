//! A reader of the objects in events.

#[cfg(any(feature = "polar", feature = "stripe"))]
use ae_core::{Currency, Money};
use ae_core::{RunId, Timestamp};
use serde_json::Value;

#[cfg(any(feature = "polar", feature = "stripe"))]
use super::amount;
use crate::{NewPrice, WebhookError};

/// The longest id, in bytes.
const ID_BYTES_MAX: usize = 255;

/// The object of an event. Paths are JSON pointers: the first that is there and not null counts, later ones are where
/// older versions of the API have the same thing.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) kind: &'a str,
    pub(crate) value: &'a Value,
    /// The time of the event.
    pub(crate) at: Timestamp,
}

impl<'a> Object<'a> {
    pub(crate) fn find(self, paths: &[&str]) -> Option<&'a Value> {
        paths.iter().filter_map(|path| self.value.pointer(path)).find(|value| !value.is_null())
    }

    pub(crate) fn text(self, path: &str) -> Option<&'a str> {
        self.find(&[path]).and_then(Value::as_str)
    }

    #[cfg(any(feature = "polar", feature = "stripe"))]
    pub(crate) fn is_true(self, path: &str) -> bool {
        self.find(&[path]).and_then(Value::as_bool).unwrap_or_default()
    }

    /// An id, given as text or as the whole object that has it.
    pub(crate) fn id(self, paths: &[&str]) -> Result<Option<String>, WebhookError> {
        let Some(value) = self.find(paths) else { return Ok(None) };
        let text = value.as_str().or_else(|| value.get("id").and_then(Value::as_str));
        match text.filter(|text| is_id(text)) {
            Some(id) => Ok(Some(id.to_owned())),
            None => Err(self.unreadable(paths)),
        }
    }

    pub(crate) fn needed_id(self, paths: &[&str]) -> Result<String, WebhookError> {
        self.id(paths)?.ok_or_else(|| self.unreadable(paths))
    }

    /// The amount in minor units at `path`, in the currency of the object.
    #[cfg(any(feature = "polar", feature = "stripe"))]
    pub(crate) fn money(self, path: &str) -> Result<Money, WebhookError> {
        let minor = self.find(&[path]).and_then(Value::as_i64);
        let currency: Option<Currency> = self.text("/currency").and_then(|code| code.parse().ok());
        let money = minor.zip(currency).and_then(|(minor, code)| amount::of_minor(minor, code).ok());
        money.ok_or_else(|| self.unreadable(&[path]))
    }

    /// The time at one of `paths`, in whole seconds.
    #[cfg(feature = "stripe")]
    pub(crate) fn time(self, paths: &[&str]) -> Option<Timestamp> {
        self.find(paths).and_then(Value::as_i64).and_then(|second| Timestamp::from_second(second).ok())
    }

    /// The time at one of `paths`, as text.
    #[cfg(any(feature = "paddle", feature = "polar"))]
    pub(crate) fn date(self, paths: &[&str]) -> Option<Timestamp> {
        self.find(paths).and_then(Value::as_str).and_then(|text| text.parse().ok())
    }

    /// The items of the list at `path`.
    #[cfg(feature = "stripe")]
    pub(crate) fn list(self, path: &str) -> impl Iterator<Item = Self> {
        let items = self.find(&[path]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().map(move |value| Self { value, ..self })
    }

    /// The run that the metadata at one of `paths` names.
    pub(crate) fn run(self, paths: &[&str]) -> Option<RunId> {
        self.noted(paths, "ae_run").and_then(|run| run.parse().ok())
    }

    /// The tier that the metadata at one of `paths` names; empty without.
    pub(crate) fn tier(self, paths: &[&str]) -> String {
        self.noted(paths, "ae_tier").filter(|tier| NewPrice::is_tier(tier)).unwrap_or_default().to_owned()
    }

    fn noted(self, paths: &[&str], name: &str) -> Option<&'a str> {
        paths.iter().find_map(|path| self.value.pointer(path)?.get(name)?.as_str())
    }

    /// Names the place and never the content.
    pub(crate) fn unreadable(self, paths: &[&str]) -> WebhookError {
        let place = paths.first().copied().unwrap_or_default().trim_start_matches('/').replace('/', ".");
        WebhookError::MalformedEvent(format!("{place} of {} can't be read", self.kind))
    }
}

fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
