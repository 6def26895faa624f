//! Writes the spec of a product for one niche.

use ae_core::{BackendError, ErrorKind, ProductSpec};

use super::{
    NAME,
    family::Theme,
    naming,
    plan::Plan,
    pricing::{self, Prices},
    reading::{Item, ids, is_sample, on_topic},
    stories::{Outline, Stories},
};
use crate::{SpecBrief, Verdict};

/// The most evidence a spec carries.
const EVIDENCE_MAX: usize = 40;

pub(super) fn specify(brief: &SpecBrief) -> Result<ProductSpec, BackendError> {
    check(brief)?;
    let query = &brief.query;
    let theme = Theme::of(query);
    let mut niche = brief.niche.clone();
    niche.evidence.truncate(EVIDENCE_MAX);
    let items = on_topic(&niche.evidence, query, brief.now);
    let plan = Plan::of(query, &brief.offers, &items, &theme);
    let product_name = naming::product_name(query);
    let audience = naming::audience(query).unwrap_or_else(|| anyone(&plan));
    let prices = Prices::of(query, brief.intent.currency());
    let pricing = match plan.offer {
        Some(_) => prices.tiers(&plan.paid()),
        None => prices.planned(&plan.paid()),
    };
    let tagline = match plan.offer {
        Some(offer) => naming::line(&offer.tagline),
        None => format!("Planned: {}, for {audience}", naming::product(query)),
    };
    let demand = ids(&items, |item| item.is_demand());
    let stories = Stories::of(&Outline {
        product_name: &product_name,
        tagline: &tagline,
        audience: &audience,
        deliverable: plan.deliverable(),
        features: &plan.features,
        tiers: &pricing,
        demand: &demand,
        validated: brief.validation.verdict == Verdict::Go,
    });
    let tasks = stories.tasks(plan.deliverable());
    let slug = naming::slug(&product_name);
    let mut spec = ProductSpec::new(niche.id, product_name, slug, tagline);
    spec.deliverable = plan.deliverable();
    spec.offer = plan.offer.map(|offer| offer.name.clone());
    spec.problem_statement = problem(&naming::product(query), &items, &demand);
    spec.assumptions = assumptions(brief, &theme, &plan, &prices);
    spec.unclear = unclear(brief, &plan, &prices);
    spec.out_of_scope = plan.offer.map_or_else(out_of_scope, |offer| offer.limits.clone());
    spec.sources = brief.sources.iter().map(crate::SourceReport::note).collect();
    spec.mrr = pricing::arithmetic(query, &prices);
    spec.sample = is_sample(&niche.evidence) || made_up(brief);
    spec.analyst = NAME.to_owned();
    (spec.user_stories, spec.acceptance_criteria, spec.tasks) = (stories.stories, stories.criteria, tasks);
    (spec.target_users, spec.core_features, spec.pricing) = (vec![audience], plan.features, pricing);
    spec.evidence = niche.evidence;
    Ok(spec)
}

/// The people where the intent names none.
fn anyone(plan: &Plan<'_>) -> String {
    match plan.offer.and_then(|offer| offer.families.first()) {
        Some(noun) => {
            // "CSV", but not "Text": a noun in a sentence.
            let name = Some(naming::display(noun)).filter(|name| *name == noun.to_uppercase());
            format!("anyone who works with {}", name.as_ref().unwrap_or(noun))
        }
        None => "anyone who needs it".to_owned(),
    }
}

/// Refuses a brief that does not fit together, or whose intent leaves open what to build.
fn check(brief: &SpecBrief) -> Result<(), BackendError> {
    let refuse = |text: String| Err(BackendError::new(ErrorKind::InvalidInput, NAME, "specify", text));
    if let Some(question) = &brief.query.question {
        return refuse(format!("the intent is not clear: {question}"));
    }
    if brief.validation.niche != brief.niche.id {
        return refuse(format!(
            "the validation is of niche {}, not of {}: validate this one",
            brief.validation.niche, brief.niche.id
        ));
    }
    Ok(())
}

/// Whether a source that some of the evidence came from is made up.
fn made_up(brief: &SpecBrief) -> bool {
    let used = |name: &str| brief.niche.evidence.iter().any(|item| item.source == name);
    brief.sources.iter().any(|source| source.sample && used(&source.name))
}

fn problem(product: &str, items: &[Item<'_>], demand: &[String]) -> String {
    let posts = match items.len() {
        1 => "1 post was found".to_owned(),
        n => format!("{n} posts were found"),
    };
    if demand.is_empty() {
        return format!(
            "{posts} on this topic: {product}. None of the last three years asks for something better."
        );
    }
    let shown = demand.iter().take(5).map(|id| format!("[{id}]")).collect::<Vec<_>>().join(" ");
    let verb = if demand.len() == 1 { "asks" } else { "ask" };
    format!(
        "{posts} on this topic: {product}. Of those of the last three years, {} {verb} for something better, complain or offer to \
         pay: {shown}.",
        demand.len()
    )
}

fn assumptions(brief: &SpecBrief, theme: &Theme, plan: &Plan<'_>, prices: &Prices) -> Vec<String> {
    let mut list = vec![
        match plan.offer {
            Some(offer) => format!("theme: {}, because {}", offer.name, plan.why),
            None => theme.line(),
        },
        "written by rules, without a model".to_owned(),
    ];
    if brief.validation.verdict != Verdict::Go {
        list.push(SpecBrief::NOT_VALIDATED.to_owned());
        let who = if brief.despite_evidence { "a person decided to go on" } else { "it was written" };
        list.push(format!("{who} although the validation says {}", brief.validation.verdict));
    }
    if prices.named {
        list.push(format!(
            "the price {} {} is the one that the intent names",
            prices.pro,
            prices.interval.words()
        ));
    } else {
        list.push(pricing::RULE.to_owned());
    }
    if brief.query.audience.is_none() {
        list.push("the intent names no audience".to_owned());
    }
    let unasked = plan.features.iter().filter(|feature| feature.evidence.is_empty());
    list.extend(unasked.map(|feature| format!("feature that no post asks for: {}", feature.title)));
    list
}

fn unclear(brief: &SpecBrief, plan: &Plan<'_>, prices: &Prices) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    if plan.offer.is_none() {
        list.push(plan.why.clone());
    }
    list.extend(brief.query.money_notes.iter().cloned());
    let missing = brief.validation.figures.iter().filter(|named| named.figure.value.is_none());
    let notes: Vec<String> = missing.map(|named| named.figure.note.clone()).collect();
    if notes.is_empty() {
        list.push("how many visitors buy: unknown (no visitor was measured)".to_owned());
    }
    list.extend(notes);
    let no_count = "so no customer count is computed";
    match brief.query.target {
        None => list.push(format!("revenue target: none named in the intent, {no_count}")),
        Some(target) if target.currency() != prices.pro.currency() => {
            list.push(format!(
                "revenue target: {target} is not in the currency of the price, {}, {no_count}",
                prices.pro
            ));
        }
        Some(_) if prices.interval != ae_core::BillingInterval::MONTH => {
            list.push(format!(
                "revenue target: the price is due {}, not monthly, {no_count}",
                prices.interval.words()
            ));
        }
        Some(_) => {}
    }
    if naming::asks_for_free(&brief.query) {
        list.push("the intent says \"free\": the paid plan has a price all the same".to_owned());
    }
    list.dedup();
    list
}

/// The things that a pre-order does not do.
fn out_of_scope() -> Vec<String> {
    ["Charging anything before it is built", "Languages other than English"].map(str::to_owned).to_vec()
}
