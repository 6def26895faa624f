//! Checks that any implementation of this crate's ports can run. Each is named after the clause of the contract that it
//! checks, and panics with a message that names it.
//!
//! ```
//! use ae_core::Runtime;
//! use ae_genesis::{RuleAnalyst, RuleValidator, SampleSource, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! conformance::source::run_all(&|| Box::new(SampleSource::new(Runtime::system())), true).await;
//! conformance::analyst::run_all(&RuleAnalyst).await;
//! conformance::validator::run_all(&RuleValidator).await;
//! # }
//! ```

use ae_core::{Currency, Evidence, Intent, Money, Origin, Timestamp, Untrusted};

use crate::{MemorySource, NicheSource, Retriever, Signal, SignalQuery};
pub use crate::{
    judge::conformance as validator, roles::conformance as analyst, sources::conformance as source,
};

/// The time that all checks use.
pub(crate) fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().expect("a constant")
}

/// The intent that all checks use.
pub(crate) fn intent() -> Intent {
    Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD)).expect("a constant")
}

/// Evidence for [`intent`] with plenty of demand; `source` is what it claims to come from.
pub(crate) async fn evidence(source: &str) -> Vec<Evidence> {
    let titles = [
        "Ask HN: Is there a tool that repairs broken CSV files?",
        "Ask HN: How do you clean messy CSV exports every week?",
        "I would pay for something that merges CSV files by key",
        "Tell HN: My bank still exports broken CSV files",
        "Show HN: A CSV viewer for the terminal",
        "Looking for a CSV editor that keeps leading zeros",
        "How I convert CSV exports with a shell script",
        "A short history of CSV",
    ];
    let signal = |(number, title): (usize, &&str)| {
        let title = Untrusted::new(Origin::Signals(source.to_owned()), (*title).to_owned());
        let mut signal = Signal::new(source, format!("c{number}"), title, now());
        signal.points = Some(10);
        signal
    };
    let signals = titles.iter().enumerate().map(signal).collect();
    let query = SignalQuery::from_intent(&intent());
    let mut retriever = Retriever::new(&query);
    MemorySource::new(source, signals, now())
        .collect(&query, &mut retriever)
        .await
        .expect("memory does not fail");
    retriever.finish(now(), 30).evidence
}
