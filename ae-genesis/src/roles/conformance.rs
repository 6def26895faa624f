//! The contract of [`Analyst`].

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use ae_core::{
    IdempotencyKey, ProductSpec,
    conformance::{Ran, held, holds, key, same},
};

use crate::{
    Analyst, Drafted, Niche, NicheBrief, NicheValidator, RuleValidator, SampleSource, Score, SpecBrief,
    ValidationRequest,
    conformance::{evidence, intent, now},
    verify_spec,
};

/// Runs every check.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(analyst: &dyn Analyst) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_info_stays(analyst)).await;
    ran.clause("C2", c2_without_evidence_there_is_no_niche(analyst)).await;
    ran.clause("C3", c3_the_count_is_a_cap(analyst)).await;
    ran.clause("C4", c4_niches_cite_the_brief(analyst)).await;
    ran.clause("C5", c5_scores_are_the_sum_of_their_terms(analyst)).await;
    ran.clause("C6", c6_the_spec_fits_together(analyst)).await;
    ran.clause("C7", c7_the_spec_serves_the_niche(analyst)).await;
    ran.clause("C8", c8_sample_evidence_makes_a_sample_spec(analyst)).await;
    ran.clause("C9", c9_the_unknown_is_listed(analyst)).await;
    ran.clause("C10", c10_the_cost_is_stated(analyst)).await;
    let repeats = analyst.info().repeats;
    ran.clause_if("C11", repeats, c11_a_repeated_key_gets_the_same_answer(analyst)).await;
    ran
}

async fn brief(source: &str) -> NicheBrief {
    NicheBrief::new(intent(), evidence(source).await, now())
}

async fn niches(clause: &str, analyst: &dyn Analyst, brief: &NicheBrief) -> Vec<Niche> {
    let niches = held(clause, analyst.propose(&next(clause), brief).await).artefact;
    holds(clause, !niches.is_empty(), "plenty of evidence and no niche");
    niches
}

/// A key that no other call has.
fn next(clause: &str) -> IdempotencyKey {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    key(clause, CALLS.fetch_add(1, Ordering::Relaxed))
}

async fn spec_brief(clause: &str, analyst: &dyn Analyst, source: &str) -> SpecBrief {
    let niche = niches(clause, analyst, &brief(source).await).await.swap_remove(0);
    let request = ValidationRequest::new(niche.clone(), intent(), now());
    let report = held(clause, RuleValidator.validate(&request).await);
    SpecBrief::new(intent(), niche, report, now())
}

async fn spec(clause: &str, analyst: &dyn Analyst, source: &str) -> (Niche, ProductSpec) {
    let brief = spec_brief(clause, analyst, source).await;
    let draft = held(clause, analyst.specify(&next(clause), &brief).await);
    (brief.niche, draft.artefact)
}

async fn c1_the_info_stays(analyst: &dyn Analyst) {
    let first = analyst.info();
    holds("C1", !first.provider.name.is_empty(), "the name is empty");
    same("C1", &first, &analyst.info());
}

async fn c2_without_evidence_there_is_no_niche(analyst: &dyn Analyst) {
    let brief = NicheBrief::new(intent(), Vec::new(), now());
    let draft = held("C2", analyst.propose(&next("C2"), &brief).await);
    holds("C2", draft.artefact.is_empty(), "a niche without evidence");
}

async fn c3_the_count_is_a_cap(analyst: &dyn Analyst) {
    for count in [0, 1, 3] {
        let brief = brief("check").await.with_count(count);
        let niches = held("C3", analyst.propose(&next("C3"), &brief).await).artefact;
        holds("C3", niches.len() <= count, "more niches than wanted");
        let ids: BTreeSet<_> = niches.iter().map(|niche| niche.id).collect();
        holds("C3", ids.len() == niches.len(), "two niches share an id");
    }
}

async fn c4_niches_cite_the_brief(analyst: &dyn Analyst) {
    let brief = brief("check").await;
    for niche in niches("C4", analyst, &brief).await {
        let cited = niche.evidence.iter().all(|item| brief.evidence.contains(item));
        holds("C4", cited, "evidence that is not in the brief");
        let mut ids = niche.score.terms.iter().flat_map(|term| &term.evidence);
        let known = ids.all(|id| brief.evidence.iter().any(|item| item.id == *id));
        holds("C4", known, "a term cites an id that is not in the brief");
    }
}

async fn c5_scores_are_the_sum_of_their_terms(analyst: &dyn Analyst) {
    for niche in niches("C5", analyst, &brief("check").await).await {
        same("C5", &Score::from_terms(niche.score.terms.clone()), &niche.score);
        let mut terms = niche.score.terms.iter();
        let within = terms.all(|term| term.points.is_none_or(|points| points <= term.out_of));
        holds("C5", within, "a term gives more than its maximum");
    }
}

async fn c6_the_spec_fits_together(analyst: &dyn Analyst) {
    let problems = verify_spec(&spec("C6", analyst, "check").await.1);
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    holds("C6", problems.is_empty(), &list.join("; "));
}

async fn c7_the_spec_serves_the_niche(analyst: &dyn Analyst) {
    let (niche, spec) = spec("C7", analyst, "check").await;
    same("C7", &spec.niche, &niche.id);
    let cited = spec.evidence.iter().all(|item| niche.evidence.contains(item));
    holds("C7", cited, "evidence that is not the niche's");
    same("C7", &spec.analyst, &analyst.info().provider.name);
}

async fn c8_sample_evidence_makes_a_sample_spec(analyst: &dyn Analyst) {
    let sample = spec("C8", analyst, SampleSource::NAME).await.1.sample;
    holds("C8", sample, "a spec from sample signals does not say so");
    holds("C8", !spec("C8", analyst, "check").await.1.sample, "a spec from other signals says sample");
}

async fn c9_the_unknown_is_listed(analyst: &dyn Analyst) {
    let spec = spec("C9", analyst, "check").await.1;
    holds("C9", !spec.unclear.is_empty(), "nothing is unclear, though the search volume was not measured");
    holds("C9", !spec.assumptions.is_empty(), "no assumption, though the prices were not tested");
}

async fn c10_the_cost_is_stated(analyst: &dyn Analyst) {
    let brief = brief("check").await;
    stated(analyst, &held("C10", analyst.propose(&next("C10"), &brief).await));
    let brief = spec_brief("C10", analyst, "check").await;
    stated(analyst, &held("C10", analyst.specify(&next("C10"), &brief).await));
}

fn stated<T>(analyst: &dyn Analyst, draft: &Drafted<T>) {
    if analyst.info().metered {
        let negative = draft.cost.is_some_and(|cost| cost.is_negative());
        holds("C10", !negative, "a cost below zero");
        holds("C10", !draft.models.is_empty(), "a metered answer names no model");
    } else {
        holds("C10", draft.cost.is_some_and(|cost| cost.is_zero()), "a free answer without a cost of zero");
        let none = draft.usage.is_none() && draft.models.is_empty() && draft.repairs == 0;
        holds("C10", none, "a free answer says that it used a model");
    }
}

async fn c11_a_repeated_key_gets_the_same_answer(analyst: &dyn Analyst) {
    let (brief, key) = (brief("check").await, next("C11"));
    let first = held("C11", analyst.propose(&key, &brief).await);
    same("C11", &first, &held("C11", analyst.propose(&key, &brief).await));
    let (brief, key) = (spec_brief("C11", analyst, "check").await, next("C11"));
    let first = held("C11", analyst.specify(&key, &brief).await);
    same("C11", &first, &held("C11", analyst.specify(&key, &brief).await));
}
