//! From behaviours to verdicts.

use std::borrow::Cow;

use ae_core::{BackendError, Behaviour, Clock as _, Law, SystemClock};
use serde_json::Value;

use super::{
    BehaviourLimits, BehaviourOutcome, CaseVerdict, Launcher, Modules, Verdict, compare,
    lanes::Lanes,
    laws,
    vary::{Chance, Variant},
    wire::{Answer, Call},
};

/// The variants of a case that run in addition to the case as it is written.
const VARIANTS: usize = 2;

/// Runs cases and laws against ES modules, in child processes without I/O and with limits.
///
/// A case runs as it is written and, if it says what may [vary](ae_core::Case::vary), twice more with other texts of the
/// same shape in their place. Each call, and each step of a law, has a fresh context: nothing is left over from the one
/// before. The clock stands, `Math.random` gives the same numbers each time, and the time zone is UTC.
#[derive(Debug, Clone)]
pub struct BehaviourRunner {
    launcher: Launcher,
    pub(super) limits: BehaviourLimits,
}

/// One argument and the condition on the result.
struct Trial<'a> {
    behaviour: &'a Behaviour,
    given: Cow<'a, Value>,
    goal: Goal<'a>,
    /// Whether the texts are those of the case as it is written.
    written: bool,
}

enum Goal<'a> {
    Equals(Cow<'a, Value>),
    Holds(&'a Law),
}

/// The trials of one case or law, or the reason why there are none.
struct Planned<'a> {
    name: &'a str,
    trials: Result<Vec<Trial<'a>>, String>,
}

impl BehaviourRunner {
    /// A runner whose child processes run that program, with the default limits.
    pub fn new(launcher: Launcher) -> Self {
        Self { launcher, limits: BehaviourLimits::default() }
    }

    /// Runs all cases and laws of `behaviours`, and says for each behaviour how it went.
    ///
    /// `seed` decides the variants. Make it when the check is made, so that the modules were written without knowing it.
    ///
    /// It blocks until all is done or the time is up; in an async program call it where blocking is allowed.
    ///
    /// # Errors
    ///
    /// `Unavailable` when the program can't be started or does not call [`behaviour_child`](super::behaviour_child),
    /// `Unsupported` when the program would start itself without end. Nothing that the modules do is an error.
    pub fn run(
        &self,
        modules: &Modules,
        behaviours: &[Behaviour],
        seed: u64,
    ) -> Result<Vec<BehaviourOutcome>, BackendError> {
        let program = self.launcher.program()?;
        let end = SystemClock.monotonic().saturating_add(self.limits.total);
        let lanes = Lanes { program: &program, limits: &self.limits, modules, end };
        let planned: Vec<(&Behaviour, Vec<Planned<'_>>)> =
            behaviours.iter().map(|behaviour| (behaviour, plan(behaviour, seed))).collect();
        let trials: Vec<&Trial<'_>> = planned
            .iter()
            .flat_map(|(_, planned)| planned)
            .flat_map(|one| one.trials.iter().flatten())
            .collect();

        let first = lanes.answers(&trials.iter().map(|trial| trial.call()).collect::<Vec<_>>())?;
        let again: Vec<Option<Call<'_>>> =
            trials.iter().zip(&first).map(|(trial, answer)| trial.second(answer)).collect();
        let calls: Vec<Call<'_>> = again.iter().flatten().cloned().collect();
        let mut second = lanes.answers(&calls)?.into_iter();
        let second: Vec<Option<Answer>> =
            again.iter().map(|call| call.as_ref().and_then(|_| second.next())).collect();

        let mut judged = trials.iter().zip(first.iter().zip(&second));
        let outcomes = planned.iter().map(|(behaviour, planned)| {
            let verdicts = planned.iter().map(|one| one.verdict(&mut judged));
            BehaviourOutcome::new(&behaviour.id, verdicts.collect())
        });
        Ok(outcomes.collect())
    }
}

ae_core::setters! { BehaviourRunner {
    /// Sets the limits.
    fn with_limits(limits: BehaviourLimits);
} }

fn plan(behaviour: &Behaviour, seed: u64) -> Vec<Planned<'_>> {
    let cases = behaviour.cases.iter().map(|case| {
        let variants = || (0..VARIANTS).filter(|_| !case.vary.is_empty());
        let varied = variants().map(|number| {
            let chance = &mut Chance::new(seed, &[&behaviour.id, "case", &case.name, &number.to_string()]);
            let variant = Variant::draw(&case.vary, &[&case.given, &case.expect], chance)?;
            let goal = Goal::Equals(Cow::Owned(variant.of(&case.expect)));
            Ok(Trial { behaviour, given: Cow::Owned(variant.of(&case.given)), goal, written: false })
        });
        let written = Trial {
            behaviour,
            given: Cow::Borrowed(&case.given),
            goal: Goal::Equals(Cow::Borrowed(&case.expect)),
            written: true,
        };
        Planned { name: &case.name, trials: std::iter::once(Ok(written)).chain(varied).collect() }
    });
    let laws = behaviour.properties.iter().map(|property| {
        let goal = || Goal::Holds(&property.law);
        let variants = || (0..VARIANTS).filter(|_| !property.vary.is_empty());
        let all: Vec<&Value> = property.given.iter().collect();
        let written = property
            .given
            .iter()
            .map(|given| Ok(Trial { behaviour, given: Cow::Borrowed(given), goal: goal(), written: true }));
        let varied = variants().flat_map(|number| {
            let chance = &mut Chance::new(seed, &[&behaviour.id, "law", &property.name, &number.to_string()]);
            let variant = Variant::draw(&property.vary, &all, chance);
            all.iter()
                .map(|given| {
                    let variant = variant.as_ref().map_err(Clone::clone)?;
                    Ok(Trial {
                        behaviour,
                        given: Cow::Owned(variant.of(given)),
                        goal: goal(),
                        written: false,
                    })
                })
                .collect::<Vec<_>>()
        });
        let trials = written.chain(varied).collect::<Result<Vec<_>, _>>();
        let some = |trials: Vec<_>| {
            if trials.is_empty() { Err("no argument to try it on".to_owned()) } else { Ok(trials) }
        };
        Planned { name: &property.name, trials: trials.and_then(some) }
    });
    cases.chain(laws).collect()
}

impl Trial<'_> {
    fn call(&self) -> Call<'_> {
        self.call_of(&self.behaviour.export, Cow::Borrowed(self.given.as_ref()))
    }

    fn call_of<'b>(&'b self, export: &'b str, given: Cow<'b, Value>) -> Call<'b> {
        Call { module: Cow::Borrowed(&self.behaviour.module), export: Cow::Borrowed(export), given }
    }

    /// The call that a law makes with the result of the first one.
    fn second<'b>(&'b self, first: &'b Answer) -> Option<Call<'b>> {
        let (Goal::Holds(law), Answer::Data(result)) = (&self.goal, first) else { return None };
        let export = match law {
            Law::RoundTrip { back } => back,
            Law::Idempotent => &self.behaviour.export,
            _ => return None,
        };
        Some(self.call_of(export, Cow::Borrowed(result)))
    }

    /// Whether the answers are right; if not, the verdict and the reason.
    fn judge(&self, first: &Answer, second: Option<&Answer>) -> Result<(), (Verdict, String)> {
        let first = first.data()?;
        let law = match &self.goal {
            Goal::Equals(expected) if compare::same(expected, first) => return Ok(()),
            Goal::Equals(expected) => {
                return Err((Verdict::OtherValue, compare::difference(expected, first)));
            }
            Goal::Holds(law) => law,
        };
        let second = || match second {
            Some(second) => {
                second.data().map_err(|(verdict, text)| (verdict, format!("the second call: {text}")))
            }
            None => Err((Verdict::Died, "the second call has no answer".to_owned())),
        };
        match law {
            Law::RoundTrip { .. } => laws::round_trip(&self.given, second()?),
            Law::Idempotent => laws::idempotent(first, second()?),
            Law::KeepsOrder { from, to } => laws::keeps_order(&self.given, first, from, to),
            Law::LosesNothing { from, to } => laws::loses_nothing(&self.given, first, from, to),
            _ => Err((Verdict::Unusable, "this version does not know the law".to_owned())),
        }
    }
}

impl Answer {
    fn data(&self) -> Result<&Value, (Verdict, String)> {
        match self {
            Self::Data(value) => Ok(value),
            Self::Failed { verdict, detail } => Err((*verdict, detail.clone())),
        }
    }
}

type Judged<'a> = (&'a &'a Trial<'a>, (&'a Answer, &'a Option<Answer>));

impl Planned<'_> {
    /// The first failure among its trials, which are the next ones of `judged`.
    fn verdict<'a>(&self, judged: &mut impl Iterator<Item = Judged<'a>>) -> CaseVerdict {
        let count = match &self.trials {
            Ok(trials) => trials.len(),
            Err(reason) => return CaseVerdict::new(self.name, Verdict::Unusable, reason),
        };
        let (mut failure, mut seen) = (None, 0);
        for (trial, (first, second)) in judged.take(count) {
            seen += 1;
            if let (None, Err((verdict, text))) = (&failure, trial.judge(first, second.as_ref())) {
                let text =
                    if trial.written { text } else { format!("with other texts in their place: {text}") };
                failure = Some(CaseVerdict::new(self.name, verdict, text));
            }
        }
        if seen < count {
            return CaseVerdict::new(self.name, Verdict::Died, "the run ended before it");
        }
        failure.unwrap_or_else(|| CaseVerdict::new(self.name, Verdict::Passed, ""))
    }
}
