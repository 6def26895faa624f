//! Values with one form as text.

/// The text does not have the form of the value that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct ParseError {
    text: String,
    expected: &'static str,
}

impl ParseError {
    /// `text`, shown up to its 80th character, is not `expected`: a noun and the form to use, such as
    /// `a task id: use 1 to 64 letters`.
    #[must_use]
    pub fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.chars().take(80).collect(), expected }
    }
}

/// Implements serde for types with one text: written as `Display` shows it, read by `FromStr`.
///
/// The crate that uses it depends on `serde`.
///
/// ```
/// # use std::{fmt, str::FromStr};
/// struct Even(u32);
///
/// impl fmt::Display for Even {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "{}", self.0)
///     }
/// }
///
/// impl FromStr for Even {
///     type Err = ae_core::ParseError;
///
///     fn from_str(text: &str) -> Result<Self, Self::Err> {
///         let even = text.parse().ok().filter(|number| number % 2 == 0);
///         even.map(Self).ok_or_else(|| ae_core::ParseError::new(text, "an even number"))
///     }
/// }
///
/// ae_core::serde_text!(Even);
///
/// assert_eq!(serde_json::to_string(&Even(4))?, "\"4\"");
/// assert!(serde_json::from_str::<Even>("\"5\"").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! serde_text {
    ($($type:ty),+) => {$(
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as ::serde::Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(::serde::de::Error::custom)
            }
        }
    )+};
}
