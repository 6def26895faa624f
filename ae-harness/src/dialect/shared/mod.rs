//! The parts that the dialects share: the prompt, reading lines, naming failures, the end of a run.

mod amount;
mod failure;
mod line;
mod prompt;
mod verdict;

pub(super) use self::{
    amount::usd,
    failure::{FailureText, kind_of_status, kind_of_words},
    line::{Text, lenient, text_of},
    prompt::{prompt, url_with},
    verdict::{Said, Speaker, Unknown, settle, since},
};
