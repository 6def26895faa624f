//! Answers that are kept for equal requests.

mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "mock")]
pub use self::port::MockAnswerCache;
#[cfg(feature = "redis")]
pub use self::redis::RedisCache;
pub use self::{client::CachedClient, memory::MemoryCache, port::AnswerCache};
