#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod database;
mod error;
mod open;
mod schema;

pub use ae_core as core;
pub use database::Database;
pub use error::Failure;
pub use open::{Access, Durability, Options};
pub use rusqlite;
pub use schema::Schema;
