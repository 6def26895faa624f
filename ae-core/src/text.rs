//! Values with one form as text.

use crate::{BackendError, ErrorKind};

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

impl From<ParseError> for BackendError {
    fn from(error: ParseError) -> Self {
        Self::new(ErrorKind::InvalidInput, "input", "parse", error.to_string()).with_source(error)
    }
}

/// Declares a text of one form: its docs and name, the form as [`ParseError::new`] takes it, and its test.
///
/// The type has `as_str`, `Display`, `FromStr` and serde. The crate that uses it depends on `serde`.
///
/// ```
/// ae_core::checked_text! {
///     /// A word in lower case.
///     pub struct Word: "a word: use lower-case letters", |text| text.bytes().all(|b| b.is_ascii_lowercase())
/// }
///
/// assert_eq!("tidy".parse::<Word>()?.as_str(), "tidy");
/// assert!("CSV".parse::<Word>().is_err());
/// # Ok::<(), ae_core::ParseError>(())
/// ```
#[macro_export]
macro_rules! checked_text {
    ($(#[$meta:meta])* $vis:vis struct $name:ident: $form:expr, $test:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            $vis fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::ParseError;

            fn from_str(text: &str) -> Result<Self, $crate::ParseError> {
                let test: fn(&str) -> bool = $test;
                if test(text) { Ok(Self(text.to_owned())) } else { Err($crate::ParseError::new(text, $form)) }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::serde_text!($name);
    };
}
