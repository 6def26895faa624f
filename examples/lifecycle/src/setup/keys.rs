//! Joins the installation's keys to the gate: reading one is recorded before it happens.

use std::sync::Arc;

use ae_billing::LicenceKey;
use ae_core::{
    Action, ActionKind, Digest, ErrorKind, IdSource, IdempotencyKey, Mode, Provider, RunId, Secret, Spend,
};
use ae_safety::{Gatekeeper, Grant, Guarded, Order, Refusal, request_digest};

use super::DataDir;
use crate::error::{Error, Result};

/// The number of the key that signs licences.
const LICENCE_KEY: u32 = 1;

/// The keys of an installation, reached only through a permit.
#[derive(Debug)]
pub struct Keys {
    pub(super) dir: Guarded<DataDir>,
    ids: Arc<dyn IdSource>,
}

impl Keys {
    /// Puts the keys in `dir` behind `keeper`; a key that is missing is made of secret bytes from `ids`.
    pub fn new(dir: DataDir, ids: Arc<dyn IdSource>, keeper: Gatekeeper) -> Self {
        Self { dir: Guarded::new(dir, Provider::new("data-dir", Mode::Offline), keeper), ids }
    }

    /// Reads the key `name`, making it on first use. The audit log says so before the file is touched.
    ///
    /// # Errors
    ///
    /// When the gate refuses, the log can't be written, or the key file is damaged.
    pub async fn read(&self, name: &str) -> Result<Secret<String>> {
        // Keys belong to the installation and to no run; their effects still need a durable name.
        let installation = RunId::from_digest(&Digest::of_bytes("installation", b"keys"));
        let key = IdempotencyKey::derive(installation, "keys", name, 0);
        let request = name.to_owned();
        let action = Action::new(ActionKind::ReadSecret, "keys/read", name, request_digest(&request)?)
            .with_spend(Spend::Free)
            .with_summary(format!("read the key {name:?} of this installation"));
        let grant = Grant::new("ae");
        let order = Order::new(&key, action, request, &grant);
        let ids = Arc::clone(&self.ids);
        let read = move |dir: &DataDir, name: &str| {
            let secret = dir.key(name, &*ids);
            async move { Ok(secret) }
        };
        let performed = self.dir.perform(order, |dir, _, name| Box::pin(read(dir, name)), |_| None).await?;
        performed.map_err(refused)?
    }

    /// Reads the key that signs licences. Its public half is part of every release that is sold, so it stays the same.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn licence_key(&self) -> Result<LicenceKey> {
        signing_key(LICENCE_KEY, &self.read("licence").await?, "licence")
    }
}

/// The key number `number` from the text of the key file `name`.
pub(super) fn signing_key(number: u32, text: &Secret<String>, name: &str) -> Result<LicenceKey> {
    let mut bytes = [0; 32];
    let damaged = |error: Box<dyn std::error::Error + Send + Sync>| {
        let hint = format!("restore keys/{name} from a backup; without it, products refuse new licences");
        Error::new(ErrorKind::Protocol, format!("the licence key is damaged: keys/{name}"))
            .with_hint(hint)
            .with_source(error)
    };
    hex::decode_to_slice(text.expose(), &mut bytes).map_err(|error| damaged(error.into()))?;
    LicenceKey::new(number, &Secret::new(bytes)).map_err(|error| damaged(error.into()))
}

pub(super) fn refused(refusal: Refusal) -> Error {
    Error::new(refusal.kind(), format!("a key may not be read: {refusal}")).with_source(refusal)
}
