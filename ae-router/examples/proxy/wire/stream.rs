//! A streamed answer, in either form.

use ae_router::{Completion, Delta};
use serde_json::Value;

use super::{Asked, Form, Seal, Stamp, chat, responses};

/// Writes the server-sent events of one answer. An empty text is nothing to send.
#[derive(Debug)]
pub(crate) struct Writer {
    form: Either,
    /// Whether calls of tools wait for the end, where their signatures are known.
    calls_at_end: bool,
}

#[derive(Debug)]
enum Either {
    Chat(chat::Stream),
    Responses(responses::Stream),
}

impl Writer {
    /// A writer for an answer of `model`. `calls_at_end` holds calls of tools back until their vendor's signatures are known;
    /// Gemini, which is the vendor that signs them, sends calls whole anyway.
    pub(crate) fn new(asked: &Asked, stamp: Stamp, model: &str, calls_at_end: bool, seal: &Seal) -> Self {
        let form = match asked.form {
            Form::Chat => Either::Chat(chat::Stream::new(stamp, model.to_owned(), asked.usage)),
            Form::Responses => {
                let stream =
                    responses::Stream::new(asked.echo.clone(), stamp, model.to_owned(), seal.clone());
                Either::Responses(stream)
            }
        };
        Self { form, calls_at_end }
    }

    pub(crate) fn begin(&mut self) -> String {
        match &mut self.form {
            Either::Chat(stream) => stream.begin(),
            Either::Responses(stream) => stream.begin(),
        }
    }

    pub(crate) fn piece(&mut self, piece: &Delta) -> String {
        if self.calls_at_end && matches!(piece, Delta::ToolCall { .. } | Delta::ToolArguments { .. }) {
            return String::new();
        }
        match &mut self.form {
            Either::Chat(stream) => stream.piece(piece),
            Either::Responses(stream) => stream.piece(piece),
        }
    }

    pub(crate) fn end(&mut self, answer: &Completion) -> String {
        match &mut self.form {
            Either::Chat(stream) => stream.end(answer),
            Either::Responses(stream) => stream.end(answer),
        }
    }

    /// The end of an answer that broke off.
    pub(crate) fn error(&mut self, error: &Value) -> String {
        match &mut self.form {
            Either::Chat(stream) => stream.error(error),
            Either::Responses(stream) => stream.error(error),
        }
    }
}
