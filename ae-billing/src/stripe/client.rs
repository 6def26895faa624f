//! The only place that sends.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Mode, RetryPolicy, Runtime};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    API_VERSION,
    answer::{
        self,
        error::{Failure, failure},
        strange,
    },
    call::{StripeCall, Verb},
    config::{NAME, StripeConfig},
};

/// The most pages of one list.
const PAGES_MAX: u32 = 1_000;
const FORM: &str = "application/x-www-form-urlencoded";

/// An object, and whether it is the stored answer to an earlier request under the same key.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) value: Value,
    pub(super) is_replayed: bool,
}

/// Sends requests of one account.
#[derive(Debug)]
pub(super) struct Wire {
    http: Client,
    pub(super) config: StripeConfig,
    pub(super) runtime: Runtime,
    /// Set once an object of another mode came: from then on nothing is sent.
    is_halted: AtomicBool,
}

impl Wire {
    pub(super) fn new(config: StripeConfig, runtime: Runtime) -> Result<Self, BackendError> {
        config.check()?;
        // A page of a hundred objects is larger than most answers.
        let limits = Limits::default().with_body_bytes_max(16 << 20);
        let http = Client::new(NAME, &config.base_url, limits)?;
        Ok(Self { http, config, runtime, is_halted: AtomicBool::new(false) })
    }

    /// Sends `call`, a POST under `key`.
    pub(super) async fn send(&self, call: &StripeCall, key: Option<&str>) -> Result<Answered, Failure> {
        self.send_body(call, &call.body(), key).await
    }

    /// Sends `call` with `body` in place of its own: the stored one.
    pub(super) async fn send_body(
        &self,
        call: &StripeCall,
        body: &str,
        key: Option<&str>,
    ) -> Result<Answered, Failure> {
        if self.is_halted.load(Ordering::Acquire) {
            return Err(self.wrong_mode(call.operation).into());
        }
        let request = self.request(call, body, key)?;
        let answer = self.http.send_under(&request, &rule(), &self.runtime).await?;
        if !(200..300).contains(&answer.status()) {
            return Err(failure(&answer));
        }
        let value: Value = answer.json()?;
        self.guard(call, &value)?;
        Ok(Answered { value, is_replayed: answer.header("idempotent-replayed") == Some("true") })
    }

    /// The object that `call` gives.
    pub(super) async fn object<T: DeserializeOwned>(&self, call: &StripeCall) -> Result<T, BackendError> {
        answer::object(call.operation, self.send(call, None).await?.value)
    }

    /// As [`object`](Self::object), `None` where there is none.
    pub(super) async fn found<T: DeserializeOwned>(
        &self,
        call: &StripeCall,
    ) -> Result<Option<T>, BackendError> {
        match self.object(call).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every object of a list, newest first, over all pages.
    pub(super) async fn list<T: DeserializeOwned>(&self, call: &StripeCall) -> Result<Vec<T>, BackendError> {
        let call = call.clone().with("limit", 100);
        let (mut all, mut next) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let page = match &next {
                Some(last) => call.clone().with("starting_after", last),
                None => call.clone(),
            };
            let mut value = self.send(&page, None).await?.value;
            let has_more = value.get("has_more").and_then(Value::as_bool).unwrap_or_default();
            let Some(Value::Array(data)) = value.get_mut("data").map(Value::take) else {
                return Err(strange(call.operation, "a list without objects"));
            };
            next = data.last().and_then(|last| last.get("id")?.as_str().map(str::to_owned));
            for object in data {
                all.push(answer::object(call.operation, object)?);
            }
            if has_more && next.is_none() {
                return Err(strange(call.operation, "a list that goes on after nothing"));
            }
            if !has_more {
                return Ok(all);
            }
        }
        let message = format!("a list has more than {PAGES_MAX} pages: use an account with fewer objects");
        Err(BackendError::new(ErrorKind::QuotaExceeded, NAME, call.operation, message))
    }

    fn request(&self, call: &StripeCall, body: &str, key: Option<&str>) -> Result<Request, BackendError> {
        let path = std::iter::once("v1".to_owned()).chain(call.path.iter().cloned());
        let mut request = match call.verb {
            Verb::Get => Request::get(call.operation, path),
            Verb::Post => Request::post(call.operation, path).with_body(FORM, body)?,
            Verb::Delete => Request::delete(call.operation, path),
        };
        if call.verb != Verb::Post {
            for (name, value) in call.pairs() {
                request = request.with_query(name, value);
            }
        }
        request = request.with_bearer(&self.config.key)?.with_header("stripe-version", API_VERSION)?;
        if let Some(account) = &self.config.account {
            request = request.with_header("stripe-account", account)?;
        }
        match key {
            Some(key) => request.with_header("idempotency-key", key),
            None => Ok(request),
        }
    }

    /// Refuses an object of another mode, and whatever would be sent after it.
    fn guard(&self, call: &StripeCall, value: &Value) -> Result<(), BackendError> {
        let is_live = self.config.mode == Mode::Live;
        let is_other = |object: &Value| {
            object.get("livemode").and_then(Value::as_bool).is_some_and(|live| live != is_live)
        };
        let data = value.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if is_other(value) || data.iter().any(is_other) {
            self.is_halted.store(true, Ordering::Release);
            let effect = if call.verb == Verb::Get { Effect::NotApplied } else { Effect::Unknown };
            return Err(self.wrong_mode(call.operation).with_effect(effect));
        }
        Ok(())
    }

    fn wrong_mode(&self, operation: &'static str) -> BackendError {
        let message = format!(
            "an object is not of the {} mode that is configured: nothing more is sent; check the key and the address",
            self.config.mode
        );
        BackendError::new(ErrorKind::PermissionDenied, NAME, operation, message).with_code("wrong_mode")
    }
}

/// The tries of Stripe's own clients, with two differences: a 429 is tried again with a pause and the same key, and
/// `Retry-After` is a lower bound.
fn rule() -> RetryRule {
    let half_a_second = Duration::from_millis(500);
    RetryRule::default()
        .with_policy(RetryPolicy::new(3).with_pauses(half_a_second, Duration::from_secs(5)))
        .with_pause_min(half_a_second)
        // Each POST has a key, and a DELETE of what is gone changes nothing.
        .with_repeatable()
        .with_verdict(verdict)
}

fn verdict(answer: &Answer) -> Option<bool> {
    match answer.header("stripe-should-retry") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => matches!(answer.status(), 409 | 500..=599).then_some(true),
    }
}
