//! The state of the loop, and the inputs and results of its parts.

use std::fmt;

use ae_core::{Digest, Outcome};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::State;

/// The thing that is written and tested: any plain data.
pub trait Artifact: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<A: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Artifact for A {}

/// The result of the tests of an artifact. [`TestReport`] is the ready one.
pub trait Verdict:
    fmt::Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Whether everything that had to be proven is. Nothing checked is nothing proven.
    fn passed(&self) -> bool;

    /// The ids of the checks that failed, sorted.
    fn failing(&self) -> Vec<String>;

    /// The ids of the checks that passed, sorted.
    fn passing(&self) -> Vec<String>;

    /// The same for the same failure, whatever the order of the checks, and another one for another failure.
    fn failure_digest(&self) -> Digest;
}

/// The state of the loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, State)]
#[serde(bound = "")]
#[state(version = 1)]
#[non_exhaustive]
pub struct LoopState<A: Artifact, V: Verdict = TestReport> {
    /// Every attempt that was tested, oldest first.
    #[reduce(append)]
    pub attempts: Vec<Attempt>,
    /// The artifact that was written last.
    pub artifact: Option<A>,
    /// The result of its tests.
    pub report: Option<V>,
    /// The diagnosis of the last failure.
    pub diagnosis: Option<Diagnosis>,
    /// How it ended, once it has: `Verified`, `Stalled`, `Exhausted`, or as `write` said.
    pub outcome: Option<Outcome>,
    /// Why `write` ended it.
    pub reason: Option<String>,
    /// The checks that failed in an earlier attempt and pass in the last one.
    pub evidence: Vec<Proof>,
}

impl<A: Artifact, V: Verdict> Default for LoopState<A, V> {
    fn default() -> Self {
        Self {
            attempts: Vec::new(),
            artifact: None,
            report: None,
            diagnosis: None,
            outcome: None,
            reason: None,
            evidence: Vec::new(),
        }
    }
}

/// One attempt as the tests saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1.
    pub attempt: u32,
    /// The ids of the checks that failed.
    pub failing: Vec<String>,
    /// The hash of the failing ids and their details: the same for the same failure.
    pub failure: Digest,
}

impl Attempt {
    /// Attempt number `attempt`, of which the tests said `report`.
    #[must_use]
    pub fn new<V: Verdict>(attempt: u32, report: &V) -> Self {
        Self { attempt, failing: report.failing(), failure: report.failure_digest() }
    }
}

/// A check that failed before and passed after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Proof {
    /// The check.
    pub check: String,
    /// The last attempt in which it failed.
    pub failed_in: u32,
    /// The attempt in which it passes.
    pub passed_in: u32,
}

impl Proof {
    pub(crate) fn new(check: &str, failed_in: u32, passed_in: u32) -> Self {
        Self { check: check.to_owned(), failed_in, passed_in }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckResult {
    /// The check.
    pub id: String,
    /// Whether it passed.
    pub passed: bool,
    /// The reason, in words. The same failure has the same words: no times, no addresses.
    pub detail: String,
}

impl CheckResult {
    /// The result of the check `id`.
    #[must_use]
    pub fn new(id: impl Into<String>, passed: bool, detail: impl Into<String>) -> Self {
        Self { id: id.into(), passed, detail: detail.into() }
    }
}

/// The results of all checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestReport {
    /// Every check that ran.
    pub checks: Vec<CheckResult>,
}

impl TestReport {
    /// The report of these checks.
    #[must_use]
    pub fn new(checks: Vec<CheckResult>) -> Self {
        Self { checks }
    }

    fn ids(&self, passed: bool) -> Vec<String> {
        let mut ids: Vec<_> =
            self.checks.iter().filter(|check| check.passed == passed).map(|check| check.id.clone()).collect();
        ids.sort();
        ids
    }
}

impl Verdict for TestReport {
    fn passed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.passed)
    }

    fn failing(&self) -> Vec<String> {
        self.ids(false)
    }

    fn passing(&self) -> Vec<String> {
        self.ids(true)
    }

    fn failure_digest(&self) -> Digest {
        let mut failed: Vec<_> = self.checks.iter().filter(|check| !check.passed).collect();
        failed.sort_by(|a, b| (&a.id, &a.detail).cmp(&(&b.id, &b.detail)));
        let start = ae_core::DigestWriter::new("ae-langflow failure 1");
        failed
            .iter()
            .fold(start, |digest, check| digest.field(check.id.as_bytes()).field(check.detail.as_bytes()))
            .finish()
    }
}

/// The diagnosis of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The checks that failed.
    pub failing: Vec<String>,
    /// The part of the output that matters.
    pub excerpt: String,
    /// The probable cause.
    pub suspected_cause: String,
    /// Where to look.
    pub files: Vec<String>,
}

impl Diagnosis {
    /// The diagnosis that `suspected_cause` made these checks fail.
    #[must_use]
    pub fn new(failing: Vec<String>, suspected_cause: impl Into<String>) -> Self {
        Self { failing, excerpt: String::new(), suspected_cause: suspected_cause.into(), files: Vec::new() }
    }
}

ae_core::setters! { Diagnosis {
    /// Adds the part of the output that matters.
    fn with_excerpt(excerpt: into String);
    /// Adds the files to look at.
    fn with_files(files: Vec<String>);
} }

/// The input of `write`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WriteInput<A> {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The artifact of the last attempt.
    pub previous: Option<A>,
    /// The diagnosis of its failure.
    pub diagnosis: Option<Diagnosis>,
}

/// The result of one call of `write`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Written<A> {
    /// An artifact to test.
    Made(A),
    /// The loop ends here, without another test.
    Ended {
        /// The outcome of the loop; `Verified` is refused, as only tests can say so.
        outcome: Outcome,
        /// The reason, for people.
        reason: String,
    },
}

/// The input of `test`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestInput<A> {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The artifact.
    pub artifact: A,
}

/// The input of `fix`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FixInput<A, V = TestReport> {
    /// The artifact.
    pub artifact: A,
    /// The result of its tests.
    pub report: V,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// When the loop gives up. A limit below 1 counts as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoopLimits {
    /// The number of attempts that ends the loop as exhausted. 5 by default.
    pub iterations_max: u32,
    /// The number of identical failures in a row that ends it as stalled. 3 by default.
    pub identical_failures_max: u32,
}

impl Default for LoopLimits {
    fn default() -> Self {
        Self { iterations_max: 5, identical_failures_max: 3 }
    }
}

impl LoopLimits {
    /// Sets the number of attempts.
    #[must_use]
    pub const fn with_iterations_max(mut self, attempts: u32) -> Self {
        self.iterations_max = attempts;
        self
    }

    /// Sets the number of identical failures in a row.
    #[must_use]
    pub const fn with_identical_failures_max(mut self, failures: u32) -> Self {
        self.identical_failures_max = failures;
        self
    }
}
