//! Texts of one form.

/// Declares a text that is checked when it is made and when it is read: who refuses it, the form, and its test.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident($backend:literal, $form:literal, $test:expr)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the text.
            ///
            /// # Errors
            ///
            /// `InvalidInput` for any other form.
            pub fn parse(text: &str) -> Result<Self, ae_core::BackendError> {
                let test: fn(&str) -> bool = $test;
                if test(text) {
                    return Ok(Self(text.to_owned()));
                }
                let shown: String = text.chars().take(80).collect();
                let message = format!("{shown:?} is not {}", $form);
                Err(ae_core::BackendError::new(ae_core::ErrorKind::InvalidInput, $backend, "parse", message))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ae_core::BackendError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}
pub(crate) use checked_text;

/// Whether the text is a part of a domain name: 1 to 63 lower-case letters, digits and inner hyphens (RFC 1035, section
/// 2.3.4).
pub(crate) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether the text is 1 to `most` letters, digits, `_` and `-`.
pub(crate) fn is_token(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
