#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod events;
mod facts;
mod failure;
mod lines;
mod refusal;
mod usage;

pub use ae_core as core;
pub use api::{Api, Call, Route};
pub use events::{EventReader, EventTooLong};
pub use facts::{CallFacts, WireError};
pub use failure::{FailureClass, WireFailure, classify, duration};
pub use refusal::{Refusal, RefusalKind, refusal};
pub use usage::UsageReader;
