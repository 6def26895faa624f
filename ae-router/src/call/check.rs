//! The rules that every request has to follow, whatever the client.

use std::borrow::Cow;

use ae_core::{BackendError, ErrorKind};

use crate::{CompletionRequest, Role};

/// The error of a request that can't be right.
pub(crate) fn check(
    request: &CompletionRequest,
    backend: impl Into<Cow<'static, str>>,
) -> Result<(), BackendError> {
    let wrong = if request.model.is_empty() {
        "the request names no model"
    } else if request.output_tokens_max == 0 {
        "output_tokens_max is 0: allow at least 1 token"
    } else if request.messages.last().is_none_or(|turn| turn.role != Role::User) {
        "the last message must be the user's"
    } else {
        return Ok(());
    };
    Err(BackendError::new(ErrorKind::InvalidInput, backend, "complete", wrong))
}
