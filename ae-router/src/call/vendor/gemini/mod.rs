//! Google Gemini: `generateContent` and `streamGenerateContent`.

mod answer;
mod request;
mod stream;
mod thinking;

use ae_core::{BackendError, Secret};
use ae_core_wire::Api;

use super::{Content, Decoder, Dialect, VendorClient, WireRequest};
use crate::CompletionRequest;

const API: Api = Api::Gemini;

/// The start of an id that was made up for a call without one. It does not go back to the vendor.
const MADE_UP: &str = "gemini-";

/// The form of Gemini's `generateContent`.
#[derive(Debug)]
pub(super) struct Gemini;

impl VendorClient {
    /// A client of Google's Gemini models, by the Gemini API.
    ///
    /// A model may be named `models/x` or `x`. The class batch has no place in it; input is cached without being asked for,
    /// so a wish for a cache changes nothing. An image by address needs a known ending, since its media type is part of
    /// the request. An effort becomes a level of thinking from version 3 on, and a budget of tokens before.
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
    /// use ae_router::{CompletionRequest, ModelClient, VendorClient};
    ///
    /// async fn ask(key: Secret<String>, call: &IdempotencyKey) -> Result<String, BackendError> {
    ///     let client = VendorClient::gemini(key)?;
    ///     let request = CompletionRequest::new("gemini-3.8-flash", "What is the capital of France?", 200);
    ///     Ok(client.complete(call, &request).await?.text().as_data().clone())
    /// }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "gemini")))]
    pub fn gemini(key: Secret<String>) -> Result<Self, BackendError> {
        Self::of("google", Gemini, "https://generativelanguage.googleapis.com", Some(key))
    }
}

impl Dialect for Gemini {
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
