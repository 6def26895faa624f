//! A model server for tests: what the vendors' servers answer, by a script.
//!
//! It listens on loopback and speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Gemini, each as a
//! stream or whole. A [`Script`] says what the model of one run does, turn by turn, or decides it from what was asked
//! ([`Asked`]). The tools are chosen from those that the agent offers, so that one script works with any agent. Each
//! request is kept for assertions ([`Heard`]).
//!
//! A module of this folder, for the integration tests of any crate: `#[path = "…/ae-harness/tests/models/mod.rs"] mod models;`
//! with the development dependencies `bytes`, `http-body-util`, `hyper`, `hyper-util`, `serde_json` and `tokio`.
//!
//! ```ignore
//! let models = ModelServer::start();
//! let base_url = models.play("good", Script::turns([Turn::write("hello.txt", "hello\n"), Turn::text("Done.")]));
//! // … run an agent with this base URL …
//! assert_eq!(models.calls("good").len(), 2);
//! assert_eq!(models.spent("good"), Usage::EACH * 2);
//! ```
#![allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

mod answer;
mod anthropic;
mod asked;
mod body;
mod chat;
mod gemini;
mod responses;
mod route;
mod script;
mod server;
mod tools;
mod usage;

pub use asked::{Api, Asked, Said, Tool};
pub use script::{Act, Answer, Fault, Script, Turn};
pub use server::{Heard, ModelServer};
pub use usage::Usage;
