//! Responses.

mod answer;
mod request;
mod stream;
#[cfg(test)]
mod tests;

pub(super) use self::{answer::whole, request::read, stream::Stream};
