//! Paddle Billing, a merchant of record.
//!
//! Paddle has no shareable links: a checkout opens on a page, the seller's own with Paddle.js or one that Paddle hosts. So a
//! payment link is a price of its own at Paddle, a copy of the one that it sells, and its address is the page with the id of
//! that price. Ending a link archives its price and no other. Objects carry the run, the key and the digest of the request
//! in their custom data, so that everything is found again from any machine. Paddle knows no idempotency keys: before
//! anything is made, what is there is looked at, and a request that makes something is sent once and never again by itself.

mod answer;
mod catalog;
mod client;
mod config;
mod desk;
mod money;
mod payments;
mod provider;
mod request;
mod sales;
mod snapshot;
mod webhook;

pub use config::PaddleConfig;
pub use provider::Paddle;
pub use webhook::{PADDLE_EVENTS, PADDLE_TOLERANCE_SECONDS, PaddleVerifier};
