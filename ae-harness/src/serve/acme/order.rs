//! An order at the authority, from the account to the certificate.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, Secret};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder,
    Order, OrderStatus,
};

use super::{
    Inner, failed,
    stored::{self, ACCOUNT, Stored},
};

/// How often the authority is asked whether it is done, and the pause between.
const ASK_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_secs(2);

impl Inner {
    /// A new certificate.
    pub(super) async fn order(&self) -> Result<Stored, BackendError> {
        let account = self.account().await?;
        let names: Vec<_> = self.names.iter().map(|name| Identifier::Dns(name.to_string())).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await.map_err(|error| explained(&error))?;
        let ended = self.prove(&mut order).await;
        self.challenges().clear();
        ended?;
        let key = order.finalize().await.map_err(|error| explained(&error))?;
        let chain = self.certificate(&mut order).await?;
        Stored::parse(Secret::new(format!("{key}{chain}")))
    }

    /// Whether the kept account is one of the authority that is asked now: a certificate of another one, for example of a
    /// staging authority, is not good here.
    pub(super) fn has_account(&self) -> Result<bool, BackendError> {
        let Some(kept) = stored::read(&self.folder, ACCOUNT)? else { return Ok(false) };
        let kept: serde_json::Value = serde_json::from_str(kept.expose()).map_err(|_| {
            failed(ErrorKind::Protocol, "account", format!("{ACCOUNT} is damaged: restore or remove it"))
        })?;
        Ok(kept.get("directory").and_then(|at| at.as_str()) == Some(self.options.directory.as_str()))
    }

    /// The account in the folder, or a new one.
    async fn account(&self) -> Result<Account, BackendError> {
        let builder = match &self.options.root {
            Some(root) => Account::builder_with_root(root),
            None => Account::builder(),
        };
        let builder = builder.map_err(|error| explained(&error))?;
        let is_ours = self.has_account()?;
        if let Some(kept) = stored::read(&self.folder, ACCOUNT)?.filter(|_| is_ours) {
            let credentials: AccountCredentials = serde_json::from_str(kept.expose()).map_err(|_| {
                failed(ErrorKind::Protocol, "account", format!("{ACCOUNT} is damaged: restore or remove it"))
            })?;
            return builder.from_credentials(credentials).await.map_err(|error| explained(&error));
        }
        let contact = self.options.contact.as_ref().map(|address| format!("mailto:{address}"));
        let contact: Vec<&str> = contact.as_deref().into_iter().collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder
            .create(&new, self.options.directory.clone(), None)
            .await
            .map_err(|error| explained(&error))?;
        let text = serde_json::to_string(&credentials)
            .map_err(|_| failed(ErrorKind::Internal, "account", "the account can't be written as JSON"))?;
        stored::write(&self.folder, ACCOUNT, &text)?;
        Ok(account)
    }

    /// Answers the authority's questions until it believes in every name.
    async fn prove(&self, order: &mut Order) -> Result<(), BackendError> {
        let mut authorizations = order.authorizations();
        while let Some(next) = authorizations.next().await {
            let mut authorization = next.map_err(|error| explained(&error))?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let mut challenge = authorization.challenge(ChallengeType::Http01).ok_or_else(|| {
                failed(ErrorKind::Unsupported, "order", "the authority does not ask over HTTP for this name")
            })?;
            let answer = challenge.key_authorization().as_str().to_owned();
            self.challenges().insert(challenge.token.clone(), answer);
            challenge.set_ready().await.map_err(|error| explained(&error))?;
        }
        for _ in 0..ASK_MAX {
            let state = order.refresh().await.map_err(|error| explained(&error))?;
            match state.status {
                OrderStatus::Ready | OrderStatus::Valid => return Ok(()),
                OrderStatus::Invalid => {
                    let message =
                        "the authority does not believe in a name: port 80 of its address must answer here";
                    return Err(failed(ErrorKind::PermissionDenied, "order", message));
                }
                OrderStatus::Pending | OrderStatus::Processing => self.runtime.sleeper.sleep(PAUSE).await,
            }
        }
        Err(failed(ErrorKind::Timeout, "order", "the authority has not decided: repeat later"))
    }

    async fn certificate(&self, order: &mut Order) -> Result<String, BackendError> {
        for _ in 0..ASK_MAX {
            if let Some(chain) = order.certificate().await.map_err(|error| explained(&error))? {
                return Ok(chain);
            }
            self.runtime.sleeper.sleep(PAUSE).await;
        }
        Err(failed(ErrorKind::Timeout, "order", "the authority has not issued the certificate: repeat later"))
    }
}

/// The error of a library, by what the authority said.
fn explained(error: &Error) -> BackendError {
    let kind = match error {
        Error::Api(problem) => {
            let kind = problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next());
            match kind.unwrap_or_default() {
                "rateLimited" => ErrorKind::RateLimited,
                "serverInternal" => ErrorKind::Unavailable,
                "unauthorized" | "rejectedIdentifier" | "caa" | "accountDoesNotExist" => {
                    ErrorKind::PermissionDenied
                }
                _ => ErrorKind::Protocol,
            }
        }
        _ => ErrorKind::Unavailable,
    };
    failed(kind, "order", format!("the authority can't be used: {error}; see its answer, then repeat"))
}
