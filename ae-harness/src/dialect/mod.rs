//! The dialects of coding agents: how each is started, and how its output is read. All of it is pure; the supervisor
//! performs it.

#[cfg(feature = "acp")]
mod acp;
#[cfg(feature = "claude")]
mod claude;
#[cfg(feature = "codex")]
mod codex;
mod decoder;
#[cfg(feature = "gemini")]
mod gemini;
mod plan;
mod port;
#[cfg(any(feature = "acp", feature = "claude", feature = "codex", feature = "gemini"))]
#[cfg_attr(
    not(all(feature = "acp", feature = "claude", feature = "codex", feature = "gemini")),
    allow(dead_code, unused_imports, reason = "each dialect uses a part of it")
)]
mod shared;

#[cfg(feature = "acp")]
pub use self::acp::Acp;
#[cfg(feature = "claude")]
pub use self::claude::Claude;
#[cfg(feature = "codex")]
pub use self::codex::Codex;
#[cfg(feature = "gemini")]
pub use self::gemini::Gemini;
pub use self::{
    decoder::{AgentExit, Decoder, Outbox},
    plan::{Endpoint, Interrupt, LaunchPlan, LaunchSite, OutputMode, SessionTotals},
    port::Dialect,
};
