//! The callers: their keys, their budgets, and the models that they may use.

use std::{collections::BTreeSet, hint::black_box, sync::Arc};

use ae_router::{
    Router, Tier,
    core::{Digest, Money},
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{args::usd, ledger::Ledger};

/// A file of keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    keys: Vec<Entry>,
}

/// A caller, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    sha256: Digest,
    budget_usd: String,
    pub(crate) models: Option<BTreeSet<String>>,
    pub(crate) tiers: Option<BTreeSet<Tier>>,
    #[serde(default)]
    pub(crate) metrics: bool,
}

impl Entry {
    pub(crate) fn budget(&self) -> Result<Money, String> {
        usd(&self.budget_usd).map_err(|error| format!("budget_usd of {}: {error}", self.name))
    }
}

/// Reads a file of keys.
pub(crate) fn read(text: &str) -> Result<Vec<Entry>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let (mut names, mut digests) = (BTreeSet::new(), BTreeSet::new());
    for entry in &file.keys {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if entry.name.is_empty() || entry.name.len() > 64 || !entry.name.bytes().all(plain) {
            return Err(format!("{:?} is not a name: use letters, digits, -, _ and .", entry.name));
        }
        if !names.insert(&entry.name) || !digests.insert(entry.sha256.as_bytes()) {
            return Err(format!("the name or the key of {} is there twice", entry.name));
        }
        entry.budget()?;
    }
    if file.keys.is_empty() { Err("there is no key in it".to_owned()) } else { Ok(file.keys) }
}

/// A caller at work.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) name: String,
    /// `None` where no keys are asked for.
    sha256: Option<Digest>,
    pub(crate) limit: Money,
    pub(crate) ledger: Arc<Ledger>,
    /// Spends from this caller's budget.
    pub(crate) router: Router,
    models: Option<BTreeSet<String>>,
    only_auto: bool,
    pub(crate) metrics: bool,
}

impl Access {
    /// A caller with a key.
    pub(crate) fn of(entry: Entry, limit: Money, ledger: Arc<Ledger>, router: Router) -> Self {
        Self {
            only_auto: entry.tiers.is_some() && entry.models.is_none(),
            name: entry.name,
            sha256: Some(entry.sha256),
            limit,
            ledger,
            router,
            models: entry.models,
            metrics: entry.metrics,
        }
    }

    /// The one caller of a proxy without keys.
    pub(crate) fn open(limit: Money, ledger: Arc<Ledger>, router: Router) -> Self {
        let name = "local".to_owned();
        let (sha256, models) = (None, None);
        Self { name, sha256, limit, ledger, router, models, only_auto: false, metrics: true }
    }

    /// Whether the caller may name `model`.
    pub(crate) fn may_name(&self, model: &str) -> bool {
        !self.only_auto && self.models.as_ref().is_none_or(|models| models.contains(model))
    }

    /// Whether keys are asked for.
    pub(crate) const fn has_key(&self) -> bool {
        self.sha256.is_some()
    }
}

/// The caller with this key. All keys are compared, each in constant time.
pub(crate) fn find<'a>(all: &'a [Arc<Access>], key: Option<&[u8]>) -> Option<&'a Arc<Access>> {
    if let [only] = all {
        if only.sha256.is_none() {
            return Some(only);
        }
    }
    let given = Digest::from_bytes(Sha256::digest(key?).into());
    let right = |access: &&Arc<Access>| access.sha256.as_ref().is_some_and(|sha256| same(sha256, &given));
    all.iter().fold(None, |found, access| if right(&access) { Some(access) } else { found })
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
pub(crate) fn same(one: &Digest, other: &Digest) -> bool {
    let pairs = one.as_bytes().iter().zip(other.as_bytes());
    black_box(pairs.fold(0, |all, (one, other)| black_box(all | (one ^ other)))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    fn file(fields: &str) -> Result<Vec<Entry>, String> {
        read(&format!(r#"{{"keys":[{{"name":"ci","sha256":"{HEX}",{fields}}}]}}"#))
    }

    #[test]
    fn a_file_is_checked() {
        let keys = file(r#""budget_usd":"5","models":["gpt-5.2"],"tiers":["TIER3"]"#).unwrap();
        assert_eq!(keys[0].budget().unwrap(), usd("5").unwrap());
        assert_eq!(keys[0].tiers, Some(BTreeSet::from([Tier::Intern])));
        for wrong in [r#""budget_usd":5"#, r#""budget_usd":"-5""#, r#""budget_usd":"5","x":1"#, r#""x":1"#] {
            assert!(file(wrong).is_err(), "{wrong}");
        }
        assert!(read(r#"{"keys":[]}"#).is_err());
        assert_eq!(Digest::from_bytes(Sha256::digest(b"foo").into()), keys[0].sha256);
    }

    #[test]
    fn digests_are_compared_whole() {
        let zero = Digest::from_bytes([0; 32]);
        assert!(same(&zero, &zero.clone()));
        for at in 0..32 {
            let mut bytes = [0; 32];
            bytes[at] = 128;
            assert!(!same(&zero, &Digest::from_bytes(bytes)));
        }
    }
}
