//! The words of publishing.

use std::{fmt, path::PathBuf};

use ae_core::{BackendError, Digest, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest label of a site: what one part of a domain name can hold (RFC 1035, section 2.3.4).
const SITE_MAX: usize = 63;
/// How many hex digits of the manifest's digest name a release.
pub(crate) const ID_DIGITS: usize = 16;

/// The label of a site: 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

impl SiteId {
    /// Reads a label.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for anything that is no label.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let fits = (1..=SITE_MAX).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
        if plain && fits {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(80).collect();
        Err(BackendError::new(
            ErrorKind::InvalidInput,
            "deploy",
            "parse_site",
            format!("{shown:?} is no site: use 1 to 63 lower-case letters, digits and inner hyphens"),
        ))
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SiteId {
    type Error = BackendError;

    fn try_from(text: String) -> Result<Self, BackendError> {
        Self::parse(&text)
    }
}

impl From<SiteId> for String {
    fn from(id: SiteId) -> Self {
        id.0
    }
}

/// Names a release by its content: the first 16 hex digits of its manifest's digest. Other hosts use their own ids of
/// 1 to 64 letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeploymentId(String);

impl DeploymentId {
    /// Reads an id.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for anything that is no id.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if plain && (1..=64).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(80).collect();
        let message = format!("{shown:?} is no release id: use 1 to 64 letters, digits, `_` and `-`");
        Err(BackendError::new(ErrorKind::InvalidInput, "deploy", "parse_release", message))
    }

    /// The id of the release with this manifest.
    #[must_use]
    pub fn of_manifest(manifest: &Digest) -> Self {
        Self(manifest.short(ID_DIGITS))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DeploymentId {
    type Error = BackendError;

    fn try_from(text: String) -> Result<Self, BackendError> {
        Self::parse(&text)
    }
}

impl From<DeploymentId> for String {
    fn from(id: DeploymentId) -> Self {
        id.0
    }
}

/// Which site, and where it will answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploySpec {
    /// The site.
    pub site: SiteId,
    /// Its absolute address; ends with `/`.
    pub base_url: String,
}

/// Exactly what publishing would do: a person approves its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployPlan {
    /// The site.
    pub site: SiteId,
    /// The release it will be.
    pub release: DeploymentId,
    /// SHA-256 over the sorted manifest: every path with its content's digest.
    pub manifest: Digest,
    /// How many files.
    pub files: usize,
    /// How many bytes.
    pub bytes: u64,
    /// Where the site will answer.
    pub base_url: String,
    /// The folder that the files are read from, once more, when publishing.
    pub root: PathBuf,
}

/// Who a deployer is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployerInfo {
    /// Its name, for example `local`.
    pub name: String,
    /// Whether an older release can be activated again.
    pub rollback: bool,
    /// How many releases of a site are kept.
    pub releases_kept: usize,
    /// Whether publishing may cost money.
    pub metered: bool,
}

/// How a release is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeploymentStatus {
    /// Waiting for its turn.
    Queued,
    /// Being published.
    Building,
    /// Published, checked, can be activated.
    Ready,
    /// It can't be served.
    Error,
}

impl fmt::Display for DeploymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Error => "error",
        })
    }
}

/// One release of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Which release.
    pub id: DeploymentId,
    /// Of which site.
    pub site: SiteId,
    /// Where the site answers.
    pub url: String,
    /// How it is doing.
    pub state: DeploymentStatus,
    /// Whether it is the one that answers.
    pub active: bool,
    /// When it was published first.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_domain_label() {
        for good in ["a", "csv-tidy-1b2a44", &"x".repeat(63)] {
            assert!(SiteId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "é", &"x".repeat(64)] {
            assert!(SiteId::parse(bad).is_err(), "{bad}");
            assert!(serde_json::from_value::<SiteId>(bad.into()).is_err(), "{bad}");
        }
        assert!(DeploymentId::parse("../x").is_err());
    }
}
