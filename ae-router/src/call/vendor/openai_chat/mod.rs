//! OpenAI Chat Completions, which other vendors offer too.

mod answer;
mod request;
#[cfg(test)]
mod tests;

use ae_core::{BackendError, Secret};
use ae_core_wire::Api;

use super::{Content, Decoder, Dialect, VendorClient, WireRequest};
use crate::CompletionRequest;

const API: Api = Api::OpenAiChat;

/// OpenAI Chat Completions.
///
/// Vendors of this form cache by themselves, so wishes for a cache need no field.
#[derive(Debug, Clone)]
pub(crate) struct OpenAiChat {
    /// Whether the vendor is OpenAI itself.
    own: bool,
    /// The mark of pieces that only this vendor can read: the form alone does not say whose they are.
    mark: String,
}

impl OpenAiChat {
    /// OpenAI itself.
    #[cfg(feature = "openai")]
    pub(crate) fn openai() -> Self {
        Self { own: true, ..Self::compatible("openai") }
    }

    /// Another vendor of the form, or a server of one's own.
    pub(crate) fn compatible(name: &str) -> Self {
        Self { own: false, mark: format!("{API}/{name}") }
    }
}

#[cfg(feature = "openai")]
#[cfg_attr(docsrs, doc(cfg(feature = "openai")))]
impl VendorClient {
    /// OpenAI, by its Chat Completions: for stop texts and seeds, which Responses does not take.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` and `InvalidInput` when the key can't be one, `Internal` when TLS can't be set up.
    pub fn openai_chat(key: Secret<String>) -> Result<Self, BackendError> {
        Self::of("openai", OpenAiChat::openai(), "https://api.openai.com/v1", Some(key))
    }
}

#[cfg(feature = "openai-compatible")]
#[cfg_attr(docsrs, doc(cfg(feature = "openai-compatible")))]
impl VendorClient {
    /// Another vendor of OpenAI's Chat Completions, or a server of one's own: Ollama, vLLM, OpenRouter, ….
    ///
    /// `name` is the provider's in errors and in the catalogue. `base_url` is the address up to `chat/completions`, for
    /// example `http://127.0.0.1:11434/v1`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address is not an `http` or `https` one, or holds a password or a query;
    /// `Unauthenticated` and `InvalidInput` when the key can't be one, `Internal` when TLS can't be set up.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use ae_router::core::{BackendError, IdempotencyKey};
    /// use ae_router::{CompletionRequest, ModelClient, VendorClient};
    ///
    /// async fn ask(call: &IdempotencyKey) -> Result<String, BackendError> {
    ///     let client = VendorClient::compatible("ollama", "http://127.0.0.1:11434/v1", None)?;
    ///     let request = CompletionRequest::new("llama3.2", "What is the capital of France?", 200);
    ///     Ok(client.complete(call, &request).await?.text().as_data().clone())
    /// }
    /// ```
    pub fn compatible(
        name: impl Into<String>,
        base_url: impl Into<String>,
        key: Option<Secret<String>>,
    ) -> Result<Self, BackendError> {
        let (name, base_url) = (name.into(), base_url.into());
        let dialect = OpenAiChat::compatible(&name);
        Self::of(name, dialect, base_url, key)
    }
}

impl Dialect for OpenAiChat {
    fn api(&self) -> Api {
        API
    }

    fn request(&self, request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError> {
        Ok(WireRequest {
            path: vec!["chat".to_owned(), "completions".to_owned()],
            query: Vec::new(),
            headers: Vec::new(),
            body: request::body(self, request, stream)?,
        })
    }

    fn answer(&self, body: &[u8]) -> Result<Content, BackendError> {
        answer::whole(self, body)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(answer::Reader::new(self))
    }
}
