//! Modules with one defect each: cases that hold with a defect do not prove the line it is in.

mod change;

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use ae_core::{BackendError, Behaviour, Clock as _, Digest, DigestWriter, ErrorKind, SystemClock};
use serde::{Deserialize, Serialize};

use super::{BehaviourOutcome, BehaviourRunner, Modules, Verdict, error};
use crate::text::shown;

/// The least time that the cases have with a defect, and one call of them; a machine may be busy.
const TIME_MIN: Duration = Duration::from_secs(2);
const CALL_MIN: Duration = Duration::from_secs(1);

/// The number of defects to try, and the time for them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MutantRules {
    /// The most defects that are tried.
    pub most: usize,
    /// Decides which ones, if there are more, and the other texts of cases that vary.
    pub seed: u64,
    /// The time for all of them. Those that it leaves out are counted.
    pub total: Duration,
}

impl MutantRules {
    /// 200 defects within two minutes.
    pub const fn new(seed: u64) -> Self {
        Self { most: 200, seed, total: Duration::from_secs(120) }
    }
}

ae_core::setters! { MutantRules {
    /// Sets the most defects that are tried.
    fn with_most(most: usize);
    /// Sets the time for all of them.
    fn with_total(total: Duration);
} }

/// One defect of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mutant {
    /// The path of the module.
    pub module: String,
    /// The line of the defect, from 1.
    pub line: usize,
    /// The text in the right module, on one line and cut.
    pub before: String,
    /// The text in its place; empty where nothing is.
    pub after: String,
    /// The whole source with the defect. It is left out of the written form.
    #[serde(skip)]
    pub source: String,
}

/// The place and the change: ``tool/modules/sum.js:3: `<` → `<=` ``.
impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, line, before, after, .. } = self;
        if after.is_empty() {
            return write!(f, "{module}:{line}: without `{before}`");
        }
        write!(f, "{module}:{line}: `{before}` → `{after}`")
    }
}

/// The findings about a set of defects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MutantReport {
    /// The defects that a case or a law noticed.
    pub caught: usize,
    /// The defects that left no module, since it could not be read any more. They say nothing.
    pub invalid: usize,
    /// The defects for which there was no time.
    pub untried: usize,
    /// The defects that no case and no law noticed, by module and line.
    pub survivors: Vec<Mutant>,
}

impl MutantReport {
    /// The number of defects that were tried and left a module.
    pub fn tried(&self) -> usize {
        self.caught.saturating_add(self.survivors.len())
    }
}

/// Defects of `modules`: comparisons and other operators, numbers by one, texts, `true` and `false`, conditions, returned
/// values, and statements that are left out; at most `most`, chosen by `seed`, in the order of modules and lines. The same
/// modules and numbers give the same ones.
pub fn mutants(modules: &Modules, most: usize, seed: u64) -> Vec<Mutant> {
    let mut found: Vec<(Digest, &str, change::Change)> = Vec::new();
    for (path, source) in modules.sources() {
        found.extend(change::changes(source).into_iter().map(|change| {
            let order = DigestWriter::new("mutant")
                .field(&seed.to_be_bytes())
                .field(path.as_bytes())
                .field(&change.at.start.to_be_bytes())
                .field(change.text.as_bytes())
                .finish();
            (order, path.as_str(), change)
        }));
    }
    found.sort_by_key(|(order, ..)| *order);
    found.truncate(most);
    found.sort_by_key(|(order, path, change)| (*path, change.at.start, *order));
    let sources = modules.sources();
    let made = found.into_iter().filter_map(|(_, path, change)| mutant(path, sources.get(path)?, &change));
    made.collect()
}

fn mutant(path: &str, source: &str, change: &change::Change) -> Option<Mutant> {
    let (before, rest) = source.split_at_checked(change.at.start)?;
    let (old, after) = rest.split_at_checked(change.at.len())?;
    Some(Mutant {
        module: path.to_owned(),
        line: before.matches('\n').count() + 1,
        before: shown(old, 60),
        after: shown(&change.text, 60),
        source: format!("{before}{}{after}", change.text),
    })
}

impl BehaviourRunner {
    /// Runs `behaviours` against defects of the modules that they reach, and says which ones no case noticed. A line with
    /// such a defect is not proven, or the defect makes no difference: a person has to judge.
    ///
    /// Behaviours that do not hold without a defect are left out. It blocks until all is done or the time is up; a defect
    /// after which the cases take many times as long counts as noticed.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), and `InvalidInput` when no behaviour holds.
    pub fn survivors(
        &self,
        modules: &Modules,
        behaviours: &[Behaviour],
        rules: &MutantRules,
    ) -> Result<MutantReport, BackendError> {
        let start = SystemClock.monotonic();
        let mut proven = Vec::new();
        let mut reached = Modules::new();
        for behaviour in behaviours {
            let begin = SystemClock.monotonic();
            let outcomes = self.run(modules, std::slice::from_ref(behaviour), rules.seed)?;
            if !outcomes.iter().all(BehaviourOutcome::passed) {
                continue;
            }
            let took = SystemClock.monotonic().saturating_sub(begin);
            let paths = modules.reached_from(&behaviour.module);
            for path in &paths {
                reached = reached.replaced(path, modules.sources().get(*path).cloned().unwrap_or_default());
            }
            proven.push(Proof { behaviour, paths, took });
        }
        if proven.is_empty() {
            let message = "no behaviour holds, so defects show nothing: build the modules first";
            return Err(error(ErrorKind::InvalidInput, message));
        }
        // The one that is done first finds most defects for the least time.
        proven.sort_by_key(|proof| proof.took);
        let mutants = mutants(&reached, rules.most, rules.seed);
        let trials = Trials {
            runner: self,
            modules,
            proven,
            mutants: &mutants,
            seed: rules.seed,
            end: start.saturating_add(rules.total),
        };
        trials.report()
    }
}

/// A behaviour that holds without a defect.
struct Proof<'a> {
    behaviour: &'a Behaviour,
    paths: std::collections::BTreeSet<&'a str>,
    took: Duration,
}

struct Trials<'a> {
    runner: &'a BehaviourRunner,
    modules: &'a Modules,
    proven: Vec<Proof<'a>>,
    mutants: &'a [Mutant],
    seed: u64,
    end: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Caught,
    Invalid,
    Survived,
    Untried,
}

impl Trials<'_> {
    fn report(&self) -> Result<MutantReport, BackendError> {
        let (next, fates) = (AtomicUsize::new(0), Mutex::new(vec![Fate::Untried; self.mutants.len()]));
        let work = || -> Result<(), BackendError> {
            while let Some((at, mutant)) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                self.mutants.get(at).map(|mutant| (at, mutant))
            } {
                if SystemClock.monotonic() >= self.end {
                    return Ok(());
                }
                let fate = self.fate(mutant)?;
                if let Some(place) = fates.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                    *place = fate;
                }
            }
            Ok(())
        };
        let lanes = self.runner.limits.processes.max(1);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..lanes).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                thread.join().map_err(|_| error(ErrorKind::Internal, "a thread of the runner panicked"))?
            })
        })?;
        let mut report = MutantReport::default();
        let fates = fates.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (fate, mutant) in fates.into_iter().zip(self.mutants) {
            match fate {
                Fate::Caught => report.caught += 1,
                Fate::Invalid => report.invalid += 1,
                Fate::Untried => report.untried += 1,
                Fate::Survived => report.survivors.push(mutant.clone()),
            }
        }
        Ok(report)
    }

    /// Runs the behaviours that reach the module, until one notices.
    fn fate(&self, mutant: &Mutant) -> Result<Fate, BackendError> {
        let modules = self.modules.replaced(&mutant.module, mutant.source.clone());
        let reaching = self.proven.iter().filter(|proof| proof.paths.contains(mutant.module.as_str()));
        for proof in reaching {
            let left = self.end.saturating_sub(SystemClock.monotonic());
            let within = proof.took.saturating_mul(10).max(TIME_MIN);
            let mut limits = self.runner.limits.clone();
            limits.total = within.min(left);
            limits.call = limits.call.min(proof.took.max(CALL_MIN));
            limits.processes = 1;
            let runner = self.runner.clone().with_limits(limits);
            let outcomes = match runner.run(&modules, std::slice::from_ref(proof.behaviour), self.seed) {
                Err(_) if self.end <= SystemClock.monotonic() => return Ok(Fate::Untried),
                outcomes => outcomes?,
            };
            if outcomes.iter().all(BehaviourOutcome::passed) {
                continue;
            }
            if self.end <= SystemClock.monotonic() {
                // The time may have been up, and not the defect noticed.
                return Ok(Fate::Untried);
            }
            return Ok(if outcomes.iter().all(unreadable) { Fate::Invalid } else { Fate::Caught });
        }
        Ok(Fate::Survived)
    }
}

/// Whether each case failed because the module is not a script any more.
fn unreadable(outcome: &BehaviourOutcome) -> bool {
    outcome
        .verdicts
        .iter()
        .all(|case| case.verdict == Verdict::Threw && case.detail.contains("threw SyntaxError"))
}
