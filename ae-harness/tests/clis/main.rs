//! The real command-line agents against a scripted model server.
//!
//! `.ci/agents` installs them; `AE_AGENTS_DIR` names the folder. Without it these tests are skipped with a message, with
//! `AE_REQUIRE_SERVICES=1` they fail.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[path = "../models/mod.rs"]
mod models;

mod answers;
mod faults;
mod kills;
mod measure;
mod metered;
mod network;
mod processes;
mod rig;
mod server;
mod sessions;
mod stops;
mod versions;

/// A test of each scenario for one agent.
macro_rules! each {
    ($agent:ident: $($scenario:ident),+ $(,)?) => {
        mod $agent {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    if let Some(rig) = crate::rig::Rig::new(crate::rig::Kind::named(stringify!($agent))) {
                        super::$scenario(rig).await;
                    }
                }
            )+
        }
    };
}
use each;
