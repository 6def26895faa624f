//! Anthropic Messages.

mod answer;
mod request;
mod stream;
mod thinking;

use ae_core::{BackendError, Secret};
use ae_core_wire::Api;

use super::{Content, Decoder, Dialect, VendorClient, WireRequest};
use crate::CompletionRequest;

const API: Api = Api::AnthropicMessages;

/// The form of Anthropic Messages.
#[derive(Debug)]
pub(super) struct Anthropic;

impl VendorClient {
    /// A client of Anthropic's models, by the Messages API.
    ///
    /// The seed and the classes flex and batch have no place in it. An effort becomes adaptive thinking from version 4.6 on,
    /// and a number of tokens before.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` for an empty key, `InvalidInput` for one that a header can't hold, `Internal` when TLS can't be
    /// set up.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use ae_router::core::{BackendError, IdempotencyKey, Secret};
    /// use ae_router::{CompletionRequest, Delta, ModelClient, VendorClient};
    ///
    /// async fn ask(key: Secret<String>, call: &IdempotencyKey) -> Result<String, BackendError> {
    ///     let client = VendorClient::anthropic(key)?;
    ///     let request = CompletionRequest::new("claude-haiku-4-5", "What is the capital of France?", 200);
    ///     let mut stream = client.stream(call, &request).await?;
    ///     let mut text = String::new();
    ///     while let Some(delta) = stream.next().await? {
    ///         if let Delta::Text(piece) = delta {
    ///             text.push_str(&piece);
    ///         }
    ///     }
    ///     Ok(text)
    /// }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "anthropic")))]
    pub fn anthropic(key: Secret<String>) -> Result<Self, BackendError> {
        Self::of("anthropic", Anthropic, "https://api.anthropic.com", Some(key))
    }
}

impl Dialect for Anthropic {
    fn api(&self) -> Api {
        API
    }

    fn request(&self, request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError> {
        request::wire(request, stream)
    }

    fn answer(&self, body: &[u8]) -> Result<Content, BackendError> {
        answer::content(body)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(stream::Events::default())
    }
}
