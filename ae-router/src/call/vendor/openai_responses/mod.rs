//! OpenAI Responses.

mod answer;
mod request;
#[cfg(test)]
mod tests;

use ae_core::{BackendError, Secret};
use ae_core_wire::Api;

use super::{Content, Decoder, Dialect, VendorClient, WireRequest};
use crate::CompletionRequest;

const API: Api = Api::OpenAiResponses;

/// OpenAI Responses. Nothing is stored at the vendor: reasoning comes sealed and goes back with the conversation.
///
/// The vendor caches by itself, so wishes for a cache need no field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenAiResponses;

#[cfg_attr(docsrs, doc(cfg(feature = "openai")))]
impl VendorClient {
    /// OpenAI, by its Responses. Nothing is stored there.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` and `InvalidInput` when the key can't be one, `Internal` when TLS can't be set up.
    pub fn openai(key: Secret<String>) -> Result<Self, BackendError> {
        Self::of("openai", OpenAiResponses, "https://api.openai.com/v1", Some(key))
    }
}

impl Dialect for OpenAiResponses {
    fn api(&self) -> Api {
        API
    }

    fn request(&self, request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError> {
        Ok(WireRequest {
            path: vec!["responses".to_owned()],
            query: Vec::new(),
            headers: Vec::new(),
            body: request::body(request, stream)?,
        })
    }

    fn answer(&self, body: &[u8]) -> Result<Content, BackendError> {
        answer::whole(body)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::<answer::Reader>::default()
    }
}
