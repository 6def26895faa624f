//! The suites can fail: one wrong backend a clause, each caught by the clause's number.

mod abilities;
mod events;
mod provider;
mod webhooks;
