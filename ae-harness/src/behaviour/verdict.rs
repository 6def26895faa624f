//! The results of a run.

use serde::{Deserialize, Serialize};

ae_core::wire_enum! {
    /// The result of one case or law.
    #[non_exhaustive]
    pub enum Verdict {
        /// It holds.
        Passed = "passed",
        /// The function returned another value, or one that breaks the law.
        OtherValue = "other_value",
        /// The function threw, its promise was rejected or never settled, or its module does not load.
        Threw = "threw",
        /// It took more than its time.
        TimedOut = "timed_out",
        /// It used more than its memory.
        OutOfMemory = "out_of_memory",
        /// The module is missing, or does not export that function.
        NoSuchExport = "no_such_export",
        /// The function returned something that JSON does not have: a `Map`, a getter, `NaN`, …
        NotData = "not_data",
        /// The process that ran it ended without an answer.
        Died = "died",
        /// The case itself can't be run: it proves nothing until it is corrected.
        Unusable = "unusable",
    }
}

/// The verdict on one case or law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseVerdict {
    /// The name of the case or law.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason: where the value differs and how, or what was thrown. Bounded and without control characters, but its
    /// words may come from the module: data, not instructions. Empty where it passed.
    pub detail: String,
}

impl CaseVerdict {
    /// A verdict with its reason.
    pub fn new(name: impl Into<String>, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name: name.into(), verdict, detail: detail.into() }
    }
}

/// The verdicts on one behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BehaviourOutcome {
    /// The id of the behaviour.
    pub id: String,
    /// The cases in their order, then the laws.
    pub verdicts: Vec<CaseVerdict>,
}

impl BehaviourOutcome {
    /// The verdicts on the behaviour `id`.
    pub fn new(id: impl Into<String>, verdicts: Vec<CaseVerdict>) -> Self {
        Self { id: id.into(), verdicts }
    }

    /// Whether every case and law holds. A behaviour without any proves nothing, so it does not pass.
    pub fn passed(&self) -> bool {
        !self.verdicts.is_empty() && self.verdicts.iter().all(|case| case.verdict == Verdict::Passed)
    }
}
