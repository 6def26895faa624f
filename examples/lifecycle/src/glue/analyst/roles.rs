//! The roles, and the niches of the product manager.

use ae_core::{BackendError, TaskKind};
use ae_genesis::{Niche, NicheBrief, NicheOutline, Problem};

use super::{
    forms::{NicheForm, NichesForm},
    model::Desk,
    prompts::{self, rules},
};

/// A role of the analyst in one call.
#[derive(Debug)]
pub(super) struct Role {
    /// For keys, records and errors: a plain label.
    pub(super) name: &'static str,
    /// The work in a few words, by which the router chooses the model.
    pub(super) title: &'static str,
    pub(super) work: &'static str,
    pub(super) kind: TaskKind,
    pub(super) system: &'static str,
    pub(super) output_tokens_max: u64,
}

const NICHES: Role = Role {
    name: "analyst-niches",
    title: "Propose niches",
    work: "Read posts and group them into niches for a product.",
    kind: TaskKind::Content,
    system: rules!(
        "You are a product manager. You read posts of people and say which niches they support.",
        "A niche cites every post that it rests on, and each pain the posts that speak of it.",
        " Leave posts out that are about something else."
    ),
    output_tokens_max: 8_192,
};

pub(super) const PRODUCT: Role = Role {
    name: "analyst-product",
    title: "Write the product spec",
    work: "Write the promise, the audience and the stories of a small product from evidence.",
    kind: TaskKind::Content,
    system: rules!(
        "You are a product manager. You specify a small product so that others can build, judge and sell it.",
        "Promise nothing that the builder does not do. What you don't know is an assumption or an open question."
    ),
    output_tokens_max: 8_192,
};

pub(super) const PRICE: Role = Role {
    name: "analyst-price",
    title: "Name a price",
    work: "Name a fair price of a small product.",
    kind: TaskKind::Content,
    system: rules!(
        "You are a product manager. You name the first price of a small product, as an estimate that is tested later.",
        "The price is for one customer who uses it at work."
    ),
    output_tokens_max: 2_048,
};

pub(super) const DESIGN: Role = Role {
    name: "analyst-design",
    title: "Design the product",
    work: "Decide the behaviours, the data and the limits of a small product.",
    kind: TaskKind::Architecture,
    system: rules!(
        "You are a software architect. You say what each behaviour of a product has to do, which data it handles and where its limits are.",
        "Say nothing that the builder's texts contradict."
    ),
    output_tokens_max: 8_192,
};

pub(super) const TASKS: Role = Role {
    name: "analyst-tasks",
    title: "Plan the work",
    work: "Split the work on a small product into tasks with dependencies and criteria.",
    kind: TaskKind::Architecture,
    system: rules!(
        "You are a project manager. You split the work on a product into tasks that can be done and judged one by one.",
        "Each task comes after those that it depends on. Each acceptance criterion is served by at least one task.",
        " Criteria whose check is a behaviour are served by a task of the kind implementation.",
        " The last task is of the kind operations: it publishes what was checked."
    ),
    output_tokens_max: 8_192,
};

/// Problems as a model reads them.
pub(super) fn listed(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// The niches, best first by the rules' score. Without posts no model is asked, unless a person goes on despite that.
pub(super) async fn niches(desk: &mut Desk<'_>, brief: &NicheBrief) -> Result<Vec<Niche>, BackendError> {
    let nothing = brief.evidence.is_empty() && !brief.despite_evidence;
    if nothing || brief.count == 0 || brief.query.question.is_some() {
        return Ok(Vec::new());
    }
    let check = |form: &NichesForm| all(form, brief).map(drop);
    let form = desk.ask(&NICHES, prompts::niches(brief), check).await?;
    let mut niches = all(&form, brief).unwrap_or_default();
    niches.sort_by_key(|niche| std::cmp::Reverse(niche.score.total));
    Ok(niches)
}

/// All niches of a form, or what is wrong with it.
fn all(form: &NichesForm, brief: &NicheBrief) -> Result<Vec<Niche>, Vec<String>> {
    let (mut niches, mut problems): (Vec<Niche>, Vec<String>) = (Vec::new(), Vec::new());
    if form.niches.len() > brief.count {
        problems.push(format!("niches: are {}, {} at most", form.niches.len(), brief.count));
    }
    for (position, outline) in form.niches.iter().take(brief.count).map(outline).enumerate() {
        match outline.niche(brief) {
            Ok(niche) if niches.iter().any(|known| known.id == niche.id) => {
                problems.push(format!("niches[{position}]: is there twice"));
            }
            Ok(niche) => niches.push(niche),
            Err(found) => {
                problems.extend(listed(&found).iter().map(|problem| format!("niches[{position}].{problem}")));
            }
        }
    }
    if problems.is_empty() { Ok(niches) } else { Err(problems) }
}

fn outline(form: &NicheForm) -> NicheOutline {
    let pains = form.pains.iter().map(|pain| (pain.text.clone(), pain.evidence.clone())).collect();
    NicheOutline::new(&form.name, &form.description)
        .with_audience(&form.audience)
        .with_value_proposition(&form.value_proposition)
        .with_pains(pains)
        .with_evidence(form.evidence.clone())
}
