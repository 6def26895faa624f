//! The way to Polar.

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind, Runtime};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    answer::{List, Refusal},
    config::{NAME, PolarConfig, failure},
};

/// Pages that are read at most: 100 objects each.
const PAGES_MAX: u32 = 100;

/// A client of one organization.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) config: PolarConfig,
    http: Client,
    runtime: Runtime,
    /// One at a time looks and makes, because Polar would make two.
    making: Mutex<()>,
}

impl Wire {
    pub(super) fn new(config: PolarConfig, runtime: Runtime) -> Result<Self, BackendError> {
        config.check()?;
        let http = Client::new(NAME, &config.base_url, Limits::default())?;
        Ok(Self { config, http, runtime, making: Mutex::new(()) })
    }

    pub(super) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.making.lock().await
    }

    /// Reads, again where that may help; `None` for what does not exist.
    pub(super) async fn get<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, BackendError> {
        let request = self.signed(request)?;
        let answer = self.http.send_under(&request, &RetryRule::default(), &self.runtime).await?;
        if answer.status() == 404 {
            return Ok(None);
        }
        understood(answer)?.json().map(Some)
    }

    /// Reads all pages of a list.
    pub(super) async fn all<T: DeserializeOwned>(&self, list: &Request) -> Result<Vec<T>, BackendError> {
        let mut items = Vec::new();
        for page in 1..=PAGES_MAX {
            let request = list.clone().with_query("limit", "100").with_query("page", page.to_string());
            let Some(read) = self.get::<List<T>>(request).await? else { return Ok(items) };
            items.extend(read.items);
            if page >= read.pagination.max_page {
                return Ok(items);
            }
        }
        Err(failure(ErrorKind::QuotaExceeded, "list", "the list has more than 10,000 objects"))
    }

    /// Makes something: sent once.
    pub(super) async fn make<T: DeserializeOwned>(&self, request: Request) -> Result<T, BackendError> {
        let answer = self.http.send(&self.signed(request)?).await?;
        understood(answer)?.json()
    }

    /// Puts something into a state, which can be repeated.
    pub(super) async fn put(&self, request: Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default().with_repeatable().with_total(Duration::from_secs(60));
        let answer = self.http.send_under(&self.signed(request)?, &rule, &self.runtime).await?;
        understood(answer)
    }

    fn signed(&self, request: Request) -> Result<Request, BackendError> {
        request.with_bearer(&self.config.token)?.with_header("accept", "application/json")
    }
}

/// A good answer, or the error with the vendor's own word for it.
fn understood(answer: Answer) -> Result<Answer, BackendError> {
    if (200..300).contains(&answer.status()) {
        return Ok(answer);
    }
    let error = answer.error();
    let Ok(refusal) = answer.json::<Refusal>() else { return Err(error) };
    let error = match refusal.error.as_deref().filter(|code| code.len() < 80) {
        Some(code) => error.with_code(code),
        None => error,
    };
    let places = refusal.places();
    Err(if places.is_empty() { error } else { error.with_context("refused", places) })
}

/// The error of an object that is not there.
pub(super) fn missing(operation: &'static str, what: &str) -> BackendError {
    failure(ErrorKind::NotFound, operation, format!("there is no {what} at Polar"))
}

/// The error of an answer that lacks what it must have.
pub(super) fn unreadable(operation: &'static str, what: &str) -> BackendError {
    failure(ErrorKind::Protocol, operation, format!("the answer's {what} can't be read"))
        .with_effect(Effect::Unknown)
}
