//! The count of all that was not taken over.

use std::collections::BTreeMap;

/// Reasons with their number and a first example.
#[derive(Debug, Default)]
pub(crate) struct Report(BTreeMap<String, (usize, String)>);

impl Report {
    /// Counts one thing that was left out.
    pub(crate) fn refuse(&mut self, why: impl Into<String>, what: &str) {
        self.0.entry(why.into()).or_insert_with(|| (0, what.to_owned())).0 += 1;
    }

    /// The reasons, one a line.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(why, (count, first))| format!("{count:>6} left out: {why} (such as {first})"))
    }
}
