//! The error of a request that can't be read.

use std::{error::Error as StdError, fmt};

use ae_core::{BackendError, ErrorKind};

use crate::Api;

/// A request whose cost can't be known. The message holds no text of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError(String);

impl WireError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Other messages of the parser may quote the request.
    pub(crate) fn json(api: Api, error: &serde_json::Error) -> Self {
        let said = error.to_string();
        let reason = ["duplicate field", "missing field"]
            .iter()
            .find(|known| said.starts_with(**known))
            .map_or("not the JSON of such a call", |_| {
                said.split(" at line ").next().unwrap_or("not readable")
            });
        Self(format!("a request of {api}: {reason} (line {}, column {})", error.line(), error.column()))
    }

    /// The reason.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for WireError {}

impl From<WireError> for BackendError {
    fn from(error: WireError) -> Self {
        Self::new(ErrorKind::InvalidInput, "wire", "read_call", error.0)
    }
}
