//! Clients of vendors: a dialect for each wire form under one transport.
#![cfg_attr(
    not(all(feature = "anthropic", feature = "gemini", feature = "openai", feature = "openai-compatible")),
    allow(dead_code, unused_imports, reason = "each form uses a part of the transport")
)]

#[cfg(feature = "anthropic")]
mod anthropic;
#[cfg(all(test, feature = "anthropic", feature = "gemini"))]
mod any_bytes;
mod body;
mod client;
mod dialect;
#[cfg(feature = "gemini")]
mod gemini;
mod limits;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
mod openai_chat;
#[cfg(feature = "openai")]
mod openai_responses;
#[cfg(any(feature = "openai", feature = "openai-compatible"))]
mod openai_shared;
mod rate;
mod stream;

pub(crate) use self::dialect::{
    Content, Decoder, Dialect, Image, WireRequest, add_text, image, invalid, unreadable, unsupported,
};
pub use self::{client::VendorClient, limits::VendorLimits};
