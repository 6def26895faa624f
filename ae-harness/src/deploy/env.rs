//! Environment variables of a site's functions.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use ae_core::{BackendError, ErrorKind, Secret};
use serde::{Deserialize, Serialize};

ae_core::checked_text! {
    /// The name under which a secret is kept at the composition that runs the deployer: 1 to 64 letters, digits, `_`, `-`, `.` and `/`.
    pub struct SecretHandle: "a secret's name: use 1 to 64 letters, digits, `_`, `-`, `.` and `/`", |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
    }
}

/// The most bytes of a plain value.
const VALUE_MAX: usize = 5_000;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EnvValue {
    /// Plain text, which anyone may read.
    Plain(String),
    /// A secret, by its name: the deployer asks its [`SecretReader`] when it sends it.
    Secret(SecretHandle),
}

/// An environment variable of a site, for production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnvVar {
    /// Its name: 1 to 64 capital letters, digits and `_`, no digit first.
    pub name: String,
    /// Its value.
    pub value: EnvValue,
}

impl EnvVar {
    /// The variable `name`.
    pub fn new(name: impl Into<String>, value: EnvValue) -> Self {
        Self { name: name.into(), value }
    }

    /// Refuses a variable that a host would, for implementations of [`set_env`](super::Deployer::set_env). The error never
    /// holds the value.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a name of another form, and for a plain value of more than 5,000 bytes or with a NUL.
    pub fn check(&self) -> Result<(), BackendError> {
        check_name("set_env", &self.name)?;
        match &self.value {
            EnvValue::Plain(text) if text.len() > VALUE_MAX || text.contains('\0') => {
                let message = format!(
                    "the value of {} has {} bytes or a NUL: {VALUE_MAX} is the limit",
                    self.name,
                    text.len()
                );
                Err(BackendError::new(ErrorKind::InvalidInput, "env", "set_env", message))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses what is not the name of a variable.
pub(super) fn check_name(operation: &'static str, name: &str) -> Result<(), BackendError> {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let starts = |b: u8| b.is_ascii_uppercase() || b == b'_';
    if name.bytes().next().is_some_and(starts) && name.len() <= 64 && name.bytes().all(plain) {
        return Ok(());
    }
    // A value in the place of the name is not repeated.
    let message = "a variable's name has 1 to 64 capital letters, digits and `_`, no digit first: rename it";
    Err(BackendError::new(ErrorKind::InvalidInput, "env", operation, message))
}

/// Gives secrets by their names: the composition that makes it decides which, and records each reading.
#[derive(Clone)]
pub struct SecretReader(Arc<ReadSecret>);

type ReadSecret = dyn Fn(SecretHandle) -> Pin<Box<dyn Future<Output = Result<Secret<String>, BackendError>> + Send>>
    + Send
    + Sync;

impl SecretReader {
    /// A reader that calls `read`.
    pub fn new<F>(read: impl Fn(SecretHandle) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Secret<String>, BackendError>> + Send + 'static,
    {
        Self(Arc::new(move |handle| Box::pin(read(handle))))
    }

    /// The secret named `handle`.
    ///
    /// # Errors
    ///
    /// As the composition has it.
    pub async fn read(&self, handle: SecretHandle) -> Result<Secret<String>, BackendError> {
        (self.0)(handle).await
    }
}

impl fmt::Debug for SecretReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretReader").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_errors_hold_no_value() {
        let plain = |name: &str, value: &str| EnvVar::new(name, EnvValue::Plain(value.to_owned())).check();
        for good in ["A", "_A", "AE_LINKS_2", &"X".repeat(64)] {
            assert!(plain(good, "").is_ok(), "{good}");
        }
        for bad in ["", "2A", "a", "A-B", "A B", "A=B", "Ä", &"X".repeat(65)] {
            let error = plain(bad, "sk_live_1").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(!format!("{error:?}").contains("sk_live_1"));
        }
        for bad in ["sk_live_1\0".to_owned(), "sk_live_1".repeat(600)] {
            assert!(!format!("{:?}", plain("A", &bad).unwrap_err()).contains("sk_live_1"));
        }
    }
}
