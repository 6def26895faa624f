//! Typed identifiers: a UUID with a meaning, so that a run id can't be passed where a project id belongs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Digest, ParseError};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(#[cfg_attr(feature = "schemars", schemars(with = "String"))] Uuid);

        impl $name {
            /// Wraps a UUID made elsewhere, normally by an [`IdSource`](crate::IdSource).
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Derives the id from content, so that the same content always has the same id (UUID version 8,
            /// RFC 9562 section 5.8).
            pub fn from_digest(digest: &Digest) -> Self {
                let mut bytes = [0_u8; 16];
                for (to, from) in bytes.iter_mut().zip(digest.as_bytes()) {
                    *to = *from;
                }
                Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                const FORM: &str =
                    concat!($kind, " id: expected a UUID such as 01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44");
                Uuid::try_parse(text).map(Self).map_err(|_| ParseError::new(text, FORM))
            }
        }
    };
}

uuid_id!(
    /// One trip of a product through the lifecycle.
    RunId,
    "a run"
);
uuid_id!(
    /// A product under way or live.
    ProjectId,
    "a project"
);
uuid_id!(
    /// A candidate market.
    NicheId,
    "a niche"
);
uuid_id!(
    /// A question to a person that must be answered before an action may happen.
    ApprovalId,
    "an approval"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_through_text_and_json() {
        let id = RunId::from_digest(&Digest::of_bytes("test", b"one"));
        assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<RunId>(&json).unwrap(), id);
        assert_ne!(id, RunId::from_digest(&Digest::of_bytes("test", b"two")));
    }

    #[test]
    fn a_wrong_id_says_what_was_expected() {
        let error = "nonsense".parse::<ProjectId>().unwrap_err().to_string();
        assert!(error.contains("project id") && error.contains("UUID"), "{error}");
    }
}
