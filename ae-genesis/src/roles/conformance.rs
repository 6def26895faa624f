//! The contract of [`Analyst`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check panics by design")]

use std::collections::BTreeSet;

use ae_core::ProductSpec;

use crate::{
    Analyst, Niche, NicheBrief, NicheValidator, RuleValidator, SampleSource, SpecBrief, ValidationRequest,
    conformance::{evidence, intent, now},
    verify_spec,
};

/// Every check.
pub async fn run_all(analyst: &dyn Analyst) {
    c1_the_info_stays(analyst);
    c2_without_evidence_there_is_no_niche(analyst).await;
    c3_the_count_is_a_cap(analyst).await;
    c4_niches_cite_the_brief(analyst).await;
    c5_scores_are_the_sum_of_their_terms(analyst).await;
    c6_c7_the_spec_fits_together(analyst).await;
    c8_sample_evidence_makes_a_sample_spec(analyst).await;
    c9_what_is_unknown_is_listed(analyst).await;
}

async fn brief(source: &str) -> NicheBrief {
    NicheBrief::new(intent(), evidence(source).await, now())
}

async fn niches(analyst: &dyn Analyst, brief: &NicheBrief) -> Vec<Niche> {
    let niches = analyst.propose(brief).await.expect("C0: the analyst can propose");
    assert!(!niches.is_empty(), "C0: plenty of evidence and no niche");
    niches
}

async fn spec(analyst: &dyn Analyst, source: &str) -> (Niche, ProductSpec) {
    let brief = brief(source).await;
    let niche = niches(analyst, &brief).await.swap_remove(0);
    let request = ValidationRequest::new(niche.clone(), intent(), now());
    let report = RuleValidator.validate(&request).await.expect("rules do not fail");
    let brief = SpecBrief::new(intent(), niche.clone(), report, now());
    (niche, analyst.specify(&brief).await.expect("C0: the analyst can specify"))
}

/// C1.
pub fn c1_the_info_stays(analyst: &dyn Analyst) {
    let first = analyst.info();
    assert!(!first.name.is_empty(), "C1: the name is empty");
    assert_eq!(analyst.info(), first, "C1: the info changed");
}

/// C2.
pub async fn c2_without_evidence_there_is_no_niche(analyst: &dyn Analyst) {
    let brief = NicheBrief::new(intent(), Vec::new(), now());
    let niches = analyst.propose(&brief).await.expect("C2: the analyst accepts an empty brief");
    assert!(niches.is_empty(), "C2: a niche without evidence");
}

/// C3.
pub async fn c3_the_count_is_a_cap(analyst: &dyn Analyst) {
    for count in [0, 1, 3] {
        let brief = brief("check").await.with_count(count);
        let niches = analyst.propose(&brief).await.expect("C3: the analyst can propose");
        assert!(niches.len() <= count, "C3: {} niches, {count} wanted", niches.len());
        let ids: BTreeSet<_> = niches.iter().map(|niche| niche.id).collect();
        assert_eq!(ids.len(), niches.len(), "C3: two niches share an id");
    }
}

/// C4.
pub async fn c4_niches_cite_the_brief(analyst: &dyn Analyst) {
    let brief = brief("check").await;
    for niche in niches(analyst, &brief).await {
        assert!(
            niche.evidence.iter().all(|item| brief.evidence.contains(item)),
            "C4: evidence that is not in the brief"
        );
        for term in &niche.score.terms {
            let known = |id: &String| brief.evidence.iter().any(|item| item.id == *id);
            assert!(
                term.evidence.iter().all(known),
                "C4: {} cites an id that is not in the brief",
                term.name
            );
        }
    }
}

/// C5.
pub async fn c5_scores_are_the_sum_of_their_terms(analyst: &dyn Analyst) {
    for niche in niches(analyst, &brief("check").await).await {
        let sum = crate::Score::from_terms(niche.score.terms.clone());
        assert_eq!(sum, niche.score, "C5: the score is not the sum of its terms");
        let within =
            niche.score.terms.iter().all(|term| term.points.is_none_or(|points| points <= term.out_of));
        assert!(within, "C5: a term gives more than its maximum");
    }
}

/// C6 and C7.
pub async fn c6_c7_the_spec_fits_together(analyst: &dyn Analyst) {
    let (niche, spec) = spec(analyst, "check").await;
    let problems = verify_spec(&spec);
    assert!(
        problems.is_empty(),
        "C6: {}",
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    );
    assert_eq!(spec.niche, niche.id, "C7: the spec serves another niche");
    assert!(
        spec.evidence.iter().all(|item| niche.evidence.contains(item)),
        "C7: evidence that is not the niche's"
    );
    assert_eq!(spec.analyst, analyst.info().name, "C7: the spec does not carry the analyst's name");
}

/// C8.
pub async fn c8_sample_evidence_makes_a_sample_spec(analyst: &dyn Analyst) {
    assert!(
        spec(analyst, SampleSource::NAME).await.1.sample,
        "C8: a spec from sample signals does not say so"
    );
    assert!(!spec(analyst, "check").await.1.sample, "C8: a spec from other signals says sample");
}

/// C9.
pub async fn c9_what_is_unknown_is_listed(analyst: &dyn Analyst) {
    let spec = spec(analyst, "check").await.1;
    assert!(!spec.unclear.is_empty(), "C9: nothing is unclear, though the search volume was not measured");
    assert!(!spec.assumptions.is_empty(), "C9: no assumption, though the prices were not tested");
}
