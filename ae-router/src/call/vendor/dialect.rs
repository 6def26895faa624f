//! The seam between a wire form and the transport.

use std::fmt;

use ae_core::{BackendError, ErrorKind};
use ae_core_wire::Api;
use serde_json::Value;

use crate::{CompletionRequest, Delta, FinishReason, Part};

/// A wire form: our request to theirs, their answer to ours. Pure: no I/O, no clock.
///
/// Usage, served model, class of service and web searches are read from the raw bytes by the transport, and the request's
/// id and the rate limits from the headers, in one place for all forms. The transport has checked the rules that all
/// requests follow.
pub(crate) trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// The form, for usage and errors.
    fn api(&self) -> Api;

    /// The request as it goes over the wire, without the key.
    ///
    /// `InvalidInput` for a request that can't be right, `Unsupported` for a part that the form has no place for.
    fn request(&self, request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError>;

    /// The content of a whole answer. `Protocol` when it is not one.
    fn answer(&self, body: &[u8]) -> Result<Content, BackendError>;

    /// A reader of one streamed answer.
    fn decoder(&self) -> Box<dyn Decoder>;
}

/// A request as it goes over the wire, without the key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WireRequest {
    /// The segments of the path after the base address.
    pub(crate) path: Vec<String>,
    /// The query.
    pub(crate) query: Vec<(&'static str, String)>,
    /// Headers but those of the key and of the content type.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub(crate) body: Value,
}

/// The content of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The pieces.
    pub(crate) parts: Vec<Part>,
    /// The reason of its end.
    pub(crate) finish_reason: FinishReason,
}

/// Reads the events of one streamed answer.
pub(crate) trait Decoder: fmt::Debug + Send {
    /// Takes the data of one server-sent event and adds the pieces that it brings. An event that states an error, and one of
    /// an unknown type, is passed over: the transport reads the errors.
    fn event(&mut self, data: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError>;

    /// The whole content, once the stream has ended; `None` when its end was not seen: the answer was cut.
    fn finish(self: Box<Self>) -> Option<Content>;
}

/// The error of a request that can't be right in a form.
pub(crate) fn invalid(api: Api, message: impl Into<String>) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, api.as_str(), "complete", message)
}

/// The error of a request with a part that a form has no place for.
pub(crate) fn unsupported(api: Api, message: impl Into<String>) -> BackendError {
    BackendError::new(ErrorKind::Unsupported, api.as_str(), "complete", message)
}

/// The error of an answer that is not one of its form. The transport adds that the call may be billed.
pub(crate) fn unreadable(api: Api, message: impl Into<String>) -> BackendError {
    BackendError::new(ErrorKind::Protocol, api.as_str(), "complete", message)
}

/// Adds text to the last piece, or as a new one after a piece of another kind.
pub(crate) fn add_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// An image by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Image<'a> {
    /// An `https` address.
    Url(&'a str),
    /// The bytes in base64.
    Inline { media_type: &'a str, data: &'a str },
}

/// Reads the reference of an image. Whether the base64 is right and the media type is taken is the vendor's to say.
pub(crate) fn image(api: Api, reference: &str) -> Result<Image<'_>, BackendError> {
    let inline = || {
        let (media_type, data) = reference.strip_prefix("data:")?.split_once(";base64,")?;
        (media_type.starts_with("image/") && !data.is_empty()).then_some(Image::Inline { media_type, data })
    };
    if reference.starts_with("https://") {
        return Ok(Image::Url(reference));
    }
    inline().ok_or_else(|| {
        invalid(
            api,
            "an image is neither an https address nor a data: URL with an image's media type and base64",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_an_address_or_inline() {
        let image = |reference| image(Api::Gemini, reference);
        assert_eq!(image("https://x/y.png").unwrap(), Image::Url("https://x/y.png"));
        let inline = Image::Inline { media_type: "image/png", data: "iVBO" };
        assert_eq!(image("data:image/png;base64,iVBO").unwrap(), inline);
        for bad in ["", "http://x/y.png", "file:///etc/passwd", "data:image/png,x", "data:text/html;base64,x"]
        {
            assert_eq!(image(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }
}
