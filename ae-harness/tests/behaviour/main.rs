//! The behaviour runner, with real child processes and hostile modules.
#![allow(missing_docs, unreachable_pub)]
