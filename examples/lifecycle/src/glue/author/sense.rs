//! Whether behaviours prove anything.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{BackendError, Behaviour, Law};
use ae_genesis::SignalQuery;
use ae_harness::{BehaviourRunner, KitDraft, Modules, Verdict};

/// The fewest cases and laws of a behaviour.
const PROOFS_MIN: usize = 3;
/// The most problems that are reported at once.
const PROBLEMS_MAX: usize = 20;
/// The seed of the other texts: these runs judge the cases, not a product.
const SEED: u64 = 1;

/// The bodies of functions that do nothing, and what each does.
const STUBS: [(&str, &str); 9] = [
    ("return given;", "returns its argument"),
    ("return undefined;", "returns nothing"),
    ("return null;", "returns null"),
    ("return {};", "returns {}"),
    ("return [];", "returns []"),
    ("return \"\";", "returns \"\""),
    ("return 0;", "returns 0"),
    ("return true;", "returns true"),
    ("return { error: \"unsupported\" };", "always returns an error"),
];

/// The problems of a specification that can be read: an intent that it does not cover, behaviours that are too few or can't
/// be run, and those that a function which does nothing would pass. It blocks while cases run.
///
/// # Errors
///
/// When the runner can't be started.
pub fn sense(
    draft: &KitDraft,
    query: &SignalQuery,
    runner: &BehaviourRunner,
) -> Result<Vec<String>, BackendError> {
    let mut problems = Vec::new();
    if let Err(why) = query.covered_by(draft.offer()) {
        problems.push(format!("kit.json: the intent is not covered: {why}"));
    }
    problems.extend(tiers(draft));
    let behaviours: Vec<Behaviour> = draft.behaviours().cloned().collect();
    problems.extend(behaviours.iter().filter_map(few));
    let odd: Vec<_> = behaviours.iter().flat_map(exports).filter(|name| !is_identifier(name)).collect();
    if !odd.is_empty() {
        problems.extend(
            odd.iter().map(|name| format!("{name:?} is not the name of a function: use letters and digits")),
        );
        return Ok(problems);
    }
    for (body, does) in STUBS {
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
        let outcomes = runner.run(&stubs(&behaviours, body)?, &behaviours, SEED)?;
        for outcome in &outcomes {
            if outcome.passed() {
                problems.push(format!("{}: a function that {does} passes all of it", outcome.id));
            }
            for case in outcome.verdicts.iter().filter(|case| case.verdict == Verdict::Unusable) {
                problems.push(format!("{}, {:?}: can't be run: {}", outcome.id, case.name, case.detail));
            }
        }
        problems.dedup();
    }
    let mut known = BTreeSet::new();
    problems.retain(|problem| known.insert(problem.clone()));
    problems.truncate(PROBLEMS_MAX);
    Ok(problems)
}

/// There has to be something to buy, and something to try.
fn tiers(draft: &KitDraft) -> Option<String> {
    let features = &draft.offer().features;
    let paid = features.iter().filter(|offered| offered.feature.tier.is_some()).count();
    let wrong =
        features.iter().filter_map(|offered| offered.feature.tier.as_deref()).find(|tier| *tier != "pro");
    match (paid, wrong) {
        (_, Some(tier)) => Some(format!("kit.json: the tier {tier:?} is neither null nor \"pro\"")),
        (0, None) => Some("kit.json: no feature has the tier \"pro\", so nothing would be sold".to_owned()),
        (all, None) if all == features.len() => {
            Some("kit.json: no feature is free (tier null): the free part must be useful alone".to_owned())
        }
        _ => None,
    }
}

fn few(behaviour: &Behaviour) -> Option<String> {
    let (cases, laws) = (&behaviour.cases, &behaviour.properties);
    let count = cases.len() + laws.len();
    if count < PROOFS_MIN {
        return Some(format!("{}: {count} cases and laws, {PROOFS_MIN} are the fewest", behaviour.id));
    }
    let varies =
        cases.iter().any(|case| !case.vary.is_empty()) || laws.iter().any(|law| !law.vary.is_empty());
    (!varies).then(|| format!("{}: none of its cases and laws has `vary`", behaviour.id))
}

/// The functions that a behaviour needs.
fn exports(behaviour: &Behaviour) -> impl Iterator<Item = &str> {
    let back = behaviour.properties.iter().filter_map(|property| match &property.law {
        Law::RoundTrip { back } => Some(back.as_str()),
        _ => None,
    });
    std::iter::once(behaviour.export.as_str()).chain(back)
}

fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Modules whose every function has that body.
fn stubs(behaviours: &[Behaviour], body: &str) -> Result<Modules, BackendError> {
    let mut sources = BTreeMap::<&str, String>::new();
    let mut known = BTreeSet::new();
    for behaviour in behaviours {
        for export in exports(behaviour) {
            if known.insert((behaviour.module.as_str(), export)) {
                let source = sources.entry(&behaviour.module).or_default();
                let own = known.len();
                source.push_str(&format!(
                    "const f{own} = (given) => {{ {body} }};\nexport {{ f{own} as {export} }};\n"
                ));
            }
        }
    }
    sources.into_iter().try_fold(Modules::new(), |modules, (path, source)| modules.with(path, source))
}
