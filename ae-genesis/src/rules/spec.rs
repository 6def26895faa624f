//! Writes the spec of a product for one niche.

use std::collections::BTreeSet;

use ae_core::{BackendError, ErrorKind, Feature, ProductSpec};

use super::{
    NAME,
    family::Theme,
    naming,
    outline::ProductOutline,
    outline_check::{LINE_CHARS, LONG_CHARS, NAME_CHARS, Numbers, TEXT_CHARS, Words},
    plan::Plan,
    pricing::{self, Prices},
    reading::{Item, ids, is_sample, on_topic},
    stories::{Outline, Stories, first_lower},
};
use crate::{Problem, SpecBrief, Verdict, verify_spec};

/// The most evidence a spec carries.
const EVIDENCE_MAX: usize = 40;

pub(super) fn specify(brief: &SpecBrief) -> Result<ProductSpec, BackendError> {
    check(brief).map_err(|text| BackendError::new(ErrorKind::InvalidInput, NAME, "specify", text))?;
    Ok(write(brief, &ProductOutline::new(NAME)))
}

/// The spec around the words of an analyst.
pub(super) fn outlined(brief: &SpecBrief, outline: &ProductOutline) -> Result<ProductSpec, Vec<Problem>> {
    check(brief).map_err(|what| vec![Problem { at: "brief".to_owned(), what }])?;
    let problems = problems(brief, outline);
    if !problems.is_empty() {
        return Err(problems);
    }
    let spec = write(brief, outline);
    let problems = verify_spec(&spec);
    if problems.is_empty() { Ok(spec) } else { Err(problems) }
}

/// The spec; what the outline leaves empty follows from the intent, the offers and the table of families.
fn write(brief: &SpecBrief, outline: &ProductOutline) -> ProductSpec {
    let query = &brief.query;
    let theme = Theme::of(query);
    let mut niche = brief.niche.clone();
    niche.evidence.truncate(EVIDENCE_MAX);
    let items = on_topic(&niche.evidence, query, brief.now);
    let mut plan = Plan::of(query, &brief.offers, &items, &theme);
    plan.features = features(&plan, outline);
    let product_name = outline.product_name.clone().unwrap_or_else(|| naming::product_name(query));
    let audience = naming::audience(query).or_else(|| outline.audience.clone());
    let audience = audience.unwrap_or_else(|| anyone(&plan));
    let prices = Prices::of(query, brief.intent.currency()).estimated(outline.price);
    let pricing = match plan.offer {
        Some(_) => prices.tiers(&plan.paid()),
        None => prices.planned(&plan.paid()),
    };
    let tagline = match (plan.offer, &outline.tagline) {
        (Some(_), Some(own)) => own.clone(),
        (Some(offer), None) => naming::line(&offer.tagline),
        (None, Some(own)) => format!("Planned: {}", first_lower(own)),
        (None, None) => format!("Planned: {}, for {audience}", naming::product(query)),
    };
    let demand = ids(&items, |item| item.is_demand());
    let stories = Stories::of(&Outline {
        product_name: &product_name,
        tagline: &tagline,
        audience: &audience,
        deliverable: plan.deliverable(),
        features: &plan.features,
        words: &outline.features,
        tiers: &pricing,
        demand: &demand,
        validated: brief.validation.verdict == Verdict::Go,
    });
    let tasks = stories.tasks(plan.deliverable());
    let slug = naming::slug(&product_name);
    let mut spec = ProductSpec::new(niche.id, product_name, slug, tagline);
    spec.deliverable = plan.deliverable();
    spec.offer = plan.offer.map(|offer| offer.name.clone());
    let problem = || problem(&naming::product(query), &items, &demand);
    spec.problem_statement = outline.problem.clone().unwrap_or_else(problem);
    spec.assumptions = assumptions(brief, &theme, &plan, &prices, outline);
    spec.unclear = unclear(brief, &plan, &prices);
    spec.unclear.extend(outline.unclear.iter().cloned());
    spec.out_of_scope = plan.offer.map_or_else(out_of_scope, |offer| offer.limits.clone());
    spec.out_of_scope.extend(outline.out_of_scope.iter().cloned());
    spec.sources = brief.sources.iter().map(crate::SourceReport::note).collect();
    spec.mrr = pricing::arithmetic(query, &prices);
    spec.sample = is_sample(&niche.evidence) || made_up(brief);
    spec.analyst.clone_from(&outline.analyst);
    (spec.user_stories, spec.acceptance_criteria, spec.tasks) = (stories.stories, stories.criteria, tasks);
    (spec.target_users, spec.core_features, spec.pricing) = (vec![audience], plan.features, pricing);
    spec.evidence = niche.evidence;
    spec
}

/// The features as an analyst puts them: those of an offer in its order, with the posts that it found; what it planned for a
/// pre-order.
fn features(plan: &Plan<'_>, outline: &ProductOutline) -> Vec<Feature> {
    let cited = |feature: &mut Feature, ids: &[String]| {
        let new: Vec<_> = ids.iter().filter(|id| !feature.evidence.contains(*id)).cloned().collect();
        feature.evidence.extend(new);
    };
    if plan.offer.is_none() && !outline.features.is_empty() {
        let planned = outline.features.iter().map(|words| {
            let text = format!("Planned: {}", first_lower(&words.description));
            Feature::new(&words.title, text).with_evidence(words.evidence.clone())
        });
        return planned.collect();
    }
    let mut features = plan.features.clone();
    let place = |title: &str| outline.features.iter().position(|words| words.title == title);
    features.sort_by_key(|feature| place(&feature.title).unwrap_or(usize::MAX));
    for feature in &mut features {
        let words = outline.features.iter().find(|words| words.title == feature.title);
        words.iter().for_each(|words| cited(feature, &words.evidence));
    }
    features
}

/// The problems in the words of an analyst.
fn problems(brief: &SpecBrief, outline: &ProductOutline) -> Vec<Problem> {
    let mut words = Words::default();
    let mut niche = brief.niche.clone();
    niche.evidence.truncate(EVIDENCE_MAX);
    let plan = Plan::of(&brief.query, &brief.offers, &[], &Theme::of(&brief.query));
    let mut known = Numbers::default().and(brief.intent.text());
    for offered in plan.offer.iter().flat_map(|offer| &offer.features) {
        known = known.and(&offered.feature.title).and(&offered.feature.description);
    }
    for text in plan.offer.iter().flat_map(|offer| offer.limits.iter().chain([&offer.tagline])) {
        known = known.and(text);
    }
    if let Some(name) = &outline.product_name {
        words.name("product_name", name, &known);
    }
    if let Some(tagline) = &outline.tagline {
        words.text("tagline", tagline, LINE_CHARS, &known);
        plan.offer.iter().for_each(|offer| words.promise("tagline", tagline, offer, &brief.query));
    }
    if let Some(audience) = &outline.audience {
        words.text("audience", audience, LINE_CHARS, &known);
    }
    if let Some(problem) = &outline.problem {
        let cited: Vec<String> = niche.evidence.iter().map(|item| item.id.clone()).collect();
        let cited: Vec<_> = cited.into_iter().filter(|id| problem.contains(&format!("[{id}]"))).collect();
        let all = cited.iter().fold(known.clone().and_titles(&niche.evidence, &cited), |all, id| all.and(id));
        words.text("problem", problem, LONG_CHARS, &all);
        if cited.is_empty() && !niche.evidence.is_empty() {
            words.wrong("problem", "cites no post: write the id of a post in square brackets");
        }
    }
    for (at, entries) in [
        ("assumptions", &outline.assumptions),
        ("unclear", &outline.unclear),
        ("out_of_scope", &outline.out_of_scope),
    ] {
        words.list(at, entries, &known);
    }
    feature_problems(&mut words, &plan, outline, &known);
    let ids: BTreeSet<&str> = niche.evidence.iter().map(|item| item.id.as_str()).collect();
    for (position, feature) in outline.features.iter().enumerate() {
        words.ids(&format!("features[{position}].evidence"), &feature.evidence, &ids);
    }
    words.price(outline, &Prices::of(&brief.query, brief.intent.currency()));
    words.0
}

fn feature_problems(words: &mut Words, plan: &Plan<'_>, outline: &ProductOutline, known: &Numbers) {
    let mut titles = BTreeSet::new();
    if plan.offer.is_none() && outline.features.len() > super::plan::PLANNED_MAX {
        words.wrong(
            "features",
            format!("are {}, {} at most", outline.features.len(), super::plan::PLANNED_MAX),
        );
    }
    for (position, feature) in outline.features.iter().enumerate() {
        let at = |field: &str| format!("features[{position}].{field}");
        if !titles.insert(crate::find::text::fold(&feature.title)) {
            words.wrong(at("title"), format!("{:?} is there twice", feature.title));
        }
        match plan.offer {
            Some(offer) => {
                let own = offer.features.iter().map(|offered| offered.feature.title.as_str());
                let own: Vec<&str> = own.collect();
                if !own.contains(&feature.title.as_str()) {
                    words.wrong(at("title"), format!("is none of those that are proven: {}", own.join("; ")));
                }
            }
            None => {
                words.text(&at("title"), &feature.title, NAME_CHARS, known);
                words.text(&at("description"), &feature.description, TEXT_CHARS, known);
            }
        }
        words.optional(&at("wish"), &feature.wish, TEXT_CHARS, known);
        words.optional(&at("benefit"), &feature.benefit, TEXT_CHARS, known);
        words.optional(&at("why"), &feature.why, TEXT_CHARS, known);
    }
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
fn check(brief: &SpecBrief) -> Result<(), String> {
    if let Some(question) = &brief.query.question {
        return Err(format!("the intent is not clear: {question}"));
    }
    if brief.validation.niche != brief.niche.id {
        return Err(format!(
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

fn assumptions(
    brief: &SpecBrief,
    theme: &Theme,
    plan: &Plan<'_>,
    prices: &Prices,
    outline: &ProductOutline,
) -> Vec<String> {
    let by = &outline.analyst;
    let mut list = vec![
        match plan.offer {
            Some(offer) => format!("theme: {}, because {}", offer.name, plan.why),
            None => theme.line(),
        },
        match by.as_str() {
            NAME => "written by rules, without a model".to_owned(),
            by => format!(
                "names, texts and stories by the analyst {by:?}; proofs, scores and arithmetic by rules"
            ),
        },
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
    } else if prices.estimated {
        list.push(format!(
            "the price {} {} is an estimate of the analyst {by:?} and is not tested",
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
    if outline.product_name.is_some() {
        list.push("whether the product's name is free to use was not checked".to_owned());
    }
    list.extend(outline.assumptions.iter().cloned());
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
