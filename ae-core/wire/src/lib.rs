#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod facts;
mod failure;
mod refusal;
mod usage;

pub use ae_core as core;
pub use api::{Api, Call, Route};
pub use facts::{CallFacts, WireError};
pub use failure::{FailureClass, WireFailure, classify};
pub use refusal::{Refusal, RefusalKind, refusal};
pub use usage::UsageReader;
