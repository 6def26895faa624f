//! The way to Paddle.

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind, Runtime};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    answer::{Data, Identified, List, Refusal},
    config::{NAME, PaddleConfig, failure},
};

/// Pages that are read at most.
const PAGES_MAX: u32 = 100;

/// A client of one account.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) config: PaddleConfig,
    http: Client,
    runtime: Runtime,
    /// One at a time looks and makes, because Paddle would make two.
    making: Mutex<()>,
}

impl Wire {
    pub(super) fn new(config: PaddleConfig, runtime: Runtime) -> Result<Self, BackendError> {
        config.check()?;
        let http = Client::new(NAME, &config.base_url, Limits::default())?;
        Ok(Self { config, http, runtime, making: Mutex::new(()) })
    }

    pub(super) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.making.lock().await
    }

    /// Reads, again where that may help; `None` for what does not exist.
    pub(super) async fn get<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, BackendError> {
        Ok(self.read::<Data<T>>(request).await?.map(|answer| answer.data))
    }

    /// Reads one page of a list, after the object `after`.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        list: &Request,
        after: Option<&str>,
    ) -> Result<List<T>, BackendError> {
        let mut request = list.clone();
        if let Some(after) = after {
            request = request.with_query("after", after);
        }
        Ok(self.read(request).await?.unwrap_or_default())
    }

    /// Reads all pages of a list.
    pub(super) async fn all<T: DeserializeOwned + Identified>(
        &self,
        list: &Request,
    ) -> Result<Vec<T>, BackendError> {
        let (mut items, mut after): (Vec<T>, Option<String>) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let page = self.page::<T>(list, after.as_deref()).await?;
            let has_more = page.has_more();
            items.extend(page.data);
            after = items.last().map(|item| item.id().to_owned());
            if !has_more {
                return Ok(items);
            }
        }
        let message = format!("the list has more than {PAGES_MAX} pages");
        Err(failure(ErrorKind::QuotaExceeded, "list", message))
    }

    /// Makes something: sent once.
    pub(super) async fn make<T: DeserializeOwned>(&self, request: Request) -> Result<T, BackendError> {
        let answer = self.http.send(&self.signed(request)?).await?;
        understood(answer)?.json::<Data<T>>().map(|answer| answer.data)
    }

    /// Puts something into a state, which can be repeated.
    pub(super) async fn put(&self, request: Request) -> Result<(), BackendError> {
        let rule = RetryRule::default().with_repeatable().with_total(Duration::from_secs(60));
        let answer = self.http.send_under(&self.signed(request)?, &rule, &self.runtime).await?;
        understood(answer).map(drop)
    }

    async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, BackendError> {
        let request = self.signed(request)?;
        let answer = self.http.send_under(&request, &RetryRule::default(), &self.runtime).await?;
        if answer.status() == 404 {
            return Ok(None);
        }
        understood(answer)?.json().map(Some)
    }

    fn signed(&self, request: Request) -> Result<Request, BackendError> {
        let request = request.with_bearer(&self.config.key)?.with_header("accept", "application/json")?;
        request.with_header("paddle-version", "1")
    }
}

/// A good answer, or the error with the vendor's own word for it.
fn understood(answer: Answer) -> Result<Answer, BackendError> {
    if (200..300).contains(&answer.status()) {
        return Ok(answer);
    }
    let error = answer.error();
    let Ok(refusal) = answer.json::<Refusal>() else { return Err(error) };
    let error = match refusal.error.code.as_deref().filter(|code| code.len() < 80) {
        Some(code) => error.with_code(code),
        None => error,
    };
    let places = refusal.error.places();
    Err(if places.is_empty() { error } else { error.with_context("refused", places) })
}

/// The error of an object that is not there.
pub(super) fn missing(operation: &'static str, what: &str) -> BackendError {
    failure(ErrorKind::NotFound, operation, format!("there is no {what} at Paddle"))
}

/// The error of an answer that lacks what it must have.
pub(super) fn unreadable(operation: &'static str, what: &str) -> BackendError {
    failure(ErrorKind::Protocol, operation, format!("the answer's {what} can't be read"))
        .with_effect(Effect::Unknown)
}
