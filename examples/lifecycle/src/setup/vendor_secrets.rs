//! Secrets that a payment provider made: those that sign its events. They lie beside the installation's own keys, and the
//! audit log says so before one is read or kept.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
};

use ae_core::{Action, ActionKind, Digest, IdempotencyKey, Provider, RunId, Secret, Spend};
use ae_safety::{Grant, Order, request_digest};

use super::{
    DataDir, Keys,
    data_dir::{is_private, owner_only},
    keys::refused,
};
use crate::error::{Error, Result};

impl Keys {
    /// Keeps a secret that signs the events of `provider`, in addition to those that are known: an event may still be
    /// signed with an older one.
    ///
    /// # Errors
    ///
    /// When the gate refuses, or the log or the file can't be written.
    pub async fn keep_webhook_secret(&self, provider: &Provider, secret: &Secret<String>) -> Result<()> {
        let secret = secret.clone();
        self.with_file("keys/keep", provider, move |dir, name| dir.keep_line(name, &secret)).await
    }

    /// The secrets that sign the events of `provider`, in its mode, oldest first.
    ///
    /// # Errors
    ///
    /// When the gate refuses, the log can't be written, or the file can't be read.
    pub async fn webhook_secrets(&self, provider: &Provider) -> Result<Vec<Secret<String>>> {
        self.with_file("keys/read", provider, DataDir::lines).await
    }

    async fn with_file<A: Send + 'static>(
        &self,
        operation: &'static str,
        provider: &Provider,
        work: impl FnOnce(&DataDir, &str) -> Result<A> + Send,
    ) -> Result<A> {
        let name = webhook_file(provider);
        let installation = RunId::from_digest(&Digest::of_bytes("installation", b"keys"));
        let key = IdempotencyKey::derive(installation, operation, &name, 0);
        let action = Action::new(ActionKind::ReadSecret, operation, &name, request_digest(&name)?)
            .with_spend(Spend::Free)
            .with_summary(format!("{operation}: the secrets that sign the events of {}", provider.name));
        let grant = Grant::new("ae");
        let order = Order::new(&key, action, name, &grant);
        let call = move |dir: &DataDir, name: &str| {
            let done = work(dir, name);
            async move { Ok(done) }
        };
        self.dir.perform(order, |dir, _, name| Box::pin(call(dir, name)), |_| None).await?.map_err(refused)?
    }
}

/// The name of the file of a provider's secrets; those of a test never pass for those of the real thing.
fn webhook_file(provider: &Provider) -> String {
    format!("webhook-{}-{}", provider.name, provider.mode)
}

impl DataDir {
    fn keep_line(&self, name: &str, secret: &Secret<String>) -> Result<()> {
        let known = self.lines(name)?;
        if known.iter().any(|known| known.expose() == secret.expose()) {
            return Ok(());
        }
        let path = self.secrets(name);
        let failed = |error| Error::io(format!("the key file {} can't be written", path.display()), error);
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        owner_only(&mut options);
        let mut file = options.open(&path).map_err(failed)?;
        // One write, so that two processes lose nothing; the first break ends a line that a crash cut.
        let line = format!("\n{}\n", secret.expose());
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    fn lines(&self, name: &str) -> Result<Vec<Secret<String>>> {
        let path = self.secrets(name);
        is_private(&path)?;
        match fs::read_to_string(&path) {
            Ok(text) => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                Ok(lines.map(|line| Secret::new(line.to_owned())).collect())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Error::io(format!("the key file {} can't be read", path.display()), error)),
        }
    }

    fn secrets(&self, name: &str) -> PathBuf {
        self.path().join("keys").join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_kept_beside_older_ones_and_readable_by_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path()).unwrap();
        assert!(dir.lines("webhook-stripe-test").unwrap().is_empty());
        for secret in ["whsec_one", "whsec_two", "whsec_one"] {
            dir.keep_line("webhook-stripe-test", &Secret::new(secret.to_owned())).unwrap();
        }
        let kept = dir.lines("webhook-stripe-test").unwrap();
        assert_eq!(
            kept.iter().map(|secret| secret.expose().as_str()).collect::<Vec<_>>(),
            ["whsec_one", "whsec_two"]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.path().join("keys/webhook-stripe-test");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            dir.lines("webhook-stripe-test").unwrap_err();
        }
    }
}
