//! The client: a dialect, a key, an address.

use std::{borrow::Cow, sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Mode, Retry, Secret};
use ae_core_http::{Client, Limits, Request};
use ae_core_wire::{Api, UsageReader, WireFailure, classify};
use async_trait::async_trait;
use tokio::time::timeout;

use super::{Content, Dialect, VendorLimits, body::Body, rate::rate, stream::VendorStream};
use crate::{
    Completion, CompletionRequest, CompletionStream, ModelClient, ModelClientInfo, Served, call::check,
};

/// Of an error answer no more than this counts.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// The time for the body of an error answer.
const ERROR_WITHIN: Duration = Duration::from_secs(10);

/// A client of one vendor's models. Clones share its connections; it needs a Tokio runtime.
///
/// It makes each call once: retries, budgets and fallbacks are the caller's. A repeated key is a new call. What the
/// vendor's form has no place for is [`Unsupported`](ErrorKind::Unsupported). The key goes into a header, never into an
/// address, an error or a debug text.
#[derive(Debug, Clone)]
pub struct VendorClient {
    name: Cow<'static, str>,
    dialect: Arc<dyn Dialect>,
    key: Option<Secret<String>>,
    limits: VendorLimits,
    base_url: Cow<'static, str>,
    http: Client,
}

impl VendorClient {
    /// A client of the vendor `name` with the vendor's usual address.
    pub(crate) fn of(
        name: impl Into<Cow<'static, str>>,
        dialect: impl Dialect,
        base_url: impl Into<Cow<'static, str>>,
        key: Option<Secret<String>>,
    ) -> Result<Self, BackendError> {
        let (name, base_url) = (name.into(), base_url.into());
        let limits = VendorLimits::default();
        let http = connect(name.clone(), &base_url, &limits)?;
        let client = Self { name, dialect: Arc::new(dialect), key, limits, base_url, http };
        if client.key.as_ref().is_some_and(|key| key.expose().trim().is_empty()) {
            let message = "the key is empty: set the key of the vendor's account";
            return Err(client.error(ErrorKind::Unauthenticated, message));
        }
        // A key that no header can hold is an error now, not at the first call.
        client.keyed(Request::post("complete", [""; 0]))?;
        Ok(client)
    }

    /// Sends to another address, for example a gateway or a server of one's own.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it is not an `http` or `https` address, or holds a password or a query.
    pub fn with_base_url(mut self, base_url: impl Into<String>) -> Result<Self, BackendError> {
        let base_url = base_url.into();
        self.http = self.http.with_base_url(&base_url)?;
        self.base_url = Cow::Owned(base_url);
        Ok(self)
    }

    /// Sets the bounds of every call.
    ///
    /// # Errors
    ///
    /// `Internal` when TLS can't be set up again.
    pub fn with_limits(mut self, limits: VendorLimits) -> Result<Self, BackendError> {
        self.http = connect(self.name.clone(), &self.base_url, &limits)?;
        self.limits = limits;
        Ok(self)
    }

    /// Sends a request and gives the answer as soon as it begins, if its status is good.
    async fn open(&self, request: &CompletionRequest, stream: bool) -> Result<(Body, Served), BackendError> {
        check(request, self.name.clone())?;
        let wire = self.dialect.request(request, stream)?;
        let mut http = self.keyed(Request::post("complete", wire.path))?.with_json(&wire.body)?;
        for (name, value) in wire.query {
            http = http.with_query(name, value);
        }
        for (name, value) in wire.headers {
            http = http.with_header(name, &value)?;
        }
        let first_byte = stream.then_some(self.limits.first_byte);
        if stream {
            // A compressed stream may come in fewer and later pieces.
            http = http.with_header("accept-encoding", "identity")?;
        }
        let opening = self.http.open_any(&http, self.limits.whole);
        let passed = match first_byte {
            Some(within) => timeout(within, opening).await.unwrap_or_else(|_| {
                let message = format!("no answer within {} s", within.as_secs_f32());
                Err(self
                    .error(ErrorKind::Timeout, message)
                    .with_retry(Retry::Backoff)
                    .with_effect(Effect::Unknown))
            })?,
            None => opening.await?,
        };
        let served = Served::default()
            .with_request_id(
                passed.header("request-id").or_else(|| passed.header("x-request-id")).map(str::to_owned),
            )
            .with_rate(rate(|name| passed.header(name), passed.date()));
        let body = Body::new(self.name.clone(), passed, &self.limits).with_first_byte(first_byte);
        if body.passed().status().is_success() {
            Ok((body, served))
        } else {
            Err(self.refused(body, served).await)
        }
    }

    /// The error that an answer with a bad status stands for.
    async fn refused(&self, mut body: Body, served: Served) -> BackendError {
        let mut text = Vec::new();
        let reading = async {
            while text.len() < ERROR_BYTES_MAX {
                let Ok(Some(piece)) = body.next().await else { break };
                text.extend_from_slice(&piece);
            }
        };
        // The status alone says enough when the rest does not come.
        let _late = timeout(ERROR_WITHIN, reading).await;
        let passed = body.passed();
        let failure = classify(self.api(), passed.status().as_u16(), |name| passed.header(name), &text);
        // A `retry-after` that is a date needs the time of the answer.
        let pause = passed.pause().filter(|_| failure.retry() == Retry::Backoff);
        let error = self.failed(failure, served);
        match pause {
            Some(pause) => error.with_retry(Retry::After(pause)),
            None => error,
        }
    }

    pub(super) fn failed(&self, failure: WireFailure, served: Served) -> BackendError {
        let failure = match &self.key {
            Some(key) => failure.without(key.expose()),
            None => failure,
        };
        let error = failure.into_error(self.name.clone(), "complete");
        match served.request_id {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }

    fn keyed(&self, request: Request) -> Result<Request, BackendError> {
        match (&self.key, self.api()) {
            (None, _) => Ok(request),
            (Some(key), Api::AnthropicMessages) => request.with_header("x-api-key", key.expose()),
            (Some(key), Api::Gemini) => request.with_header("x-goog-api-key", key.expose()),
            (Some(key), _) => request.with_bearer(key),
        }
    }

    pub(super) fn api(&self) -> Api {
        self.dialect.api()
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> BackendError {
        BackendError::new(kind, self.name.clone(), "complete", message)
    }
}

fn connect(name: Cow<'static, str>, base_url: &str, limits: &VendorLimits) -> Result<Client, BackendError> {
    let http = Limits::default().with_connect(limits.connect).with_answer(limits.whole);
    Client::new(name, base_url, http)
}

#[async_trait]
impl ModelClient for VendorClient {
    fn info(&self) -> ModelClientInfo {
        ModelClientInfo::new(self.name.clone(), Mode::Live)
    }

    async fn complete(
        &self,
        _key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        let (mut body, served) = self.open(request, false).await?;
        let (mut whole, mut reader) = (Vec::new(), UsageReader::new(self.api()));
        while let Some(piece) = body.next().await? {
            reader.push(&piece);
            whole.extend_from_slice(&piece);
        }
        match reader.failure() {
            // Some gateways answer 200 with an error in it.
            Some(failure) => Err(self.failed(failure.clone(), served).with_effect(Effect::Unknown)),
            None => {
                // The call was made, so it may be billed.
                let content =
                    self.dialect.answer(&whole).map_err(|error| error.with_effect(Effect::Unknown))?;
                Ok(completion(&request.model, content, &reader, served))
            }
        }
    }

    async fn stream(
        &self,
        _key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        let (body, served) = self.open(request, true).await?;
        let decoder = self.dialect.decoder();
        Ok(CompletionStream::new(VendorStream::new(
            self.clone(),
            request.model.clone(),
            body,
            decoder,
            served,
        )))
    }
}

/// The whole answer. `asked` is the model that was asked for, in case that the vendor names none.
pub(super) fn completion(asked: &str, content: Content, reader: &UsageReader, served: Served) -> Completion {
    let served = served
        .with_service_tier(reader.service_tier().map(str::to_owned))
        .with_web_searches(reader.web_searches());
    let mut completion = Completion::new(reader.model().unwrap_or(asked), content.parts)
        .with_finish_reason(content.finish_reason)
        .with_served(served);
    // A statement that is not whole could be short of something that is billed.
    completion.usage = reader.usage().filter(|_| reader.is_complete() && reader.skipped() == 0);
    completion
}
