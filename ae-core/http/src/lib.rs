#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod client;
mod relay;
mod request;
mod retry;

pub use ae_core as core;
pub use answer::Answer;
pub use client::{Client, Limits};
pub use relay::{Passed, Relay};
pub use request::Request;
pub use retry::RetryRule;
