//! The contract of [`NicheValidator`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check panics by design")]

use ae_core::{Digest, NicheId};
use rust_decimal::Decimal;

use crate::{
    Figure, Niche, NicheValidator, Score, SignalKind, ValidationReport, ValidationRequest, Verdict,
    conformance::{evidence, intent, now},
};

/// Every check.
pub async fn run_all(validator: &dyn NicheValidator) {
    c1_the_report_is_of_the_niche_and_repeatable(validator).await;
    c2_no_evidence_is_not_enough(validator).await;
    c3_go_needs_several_items_and_demand(validator).await;
    c4_missing_inputs_are_left_out(validator).await;
    c5_c6_there_is_a_reason_and_a_confidence(validator).await;
    c7_customers_are_rounded_up(validator).await;
}

/// A niche with the first `items` pieces of evidence of which `test` holds.
async fn niche(items: usize, test: impl Fn(SignalKind) -> bool) -> Niche {
    let unknown = || Figure::unknown("keyword source", now(), "unknown (no keyword source configured)");
    let id = NicheId::from_digest(&Digest::of_bytes("conformance", b"niche"));
    let mut niche = Niche::new(id, "CSV", unknown(), unknown());
    let fits = |title: &str| test(SignalKind::of_title(title));
    let all = evidence("check").await;
    niche.evidence = all.into_iter().filter(|item| fits(item.title.as_data())).take(items).collect();
    niche
}

async fn judge(validator: &dyn NicheValidator, niche: Niche) -> ValidationReport {
    let request = ValidationRequest::new(niche, intent(), now());
    validator.validate(&request).await.expect("C0: the validator can judge")
}

/// C1.
pub async fn c1_the_report_is_of_the_niche_and_repeatable(validator: &dyn NicheValidator) {
    let niche = niche(30, |_| true).await;
    let report = judge(validator, niche.clone()).await;
    assert_eq!(report.niche, niche.id, "C1: the report names another niche");
    assert_eq!(report.validated_by, validator.name(), "C1: the report does not say who judged");
    assert_eq!(judge(validator, niche).await, report, "C1: the same request gives another report");
}

/// C2.
pub async fn c2_no_evidence_is_not_enough(validator: &dyn NicheValidator) {
    let report = judge(validator, niche(0, |_| true).await).await;
    assert_eq!(report.verdict, Verdict::NotEnoughEvidence, "C2: a verdict without evidence");
}

/// C3.
pub async fn c3_go_needs_several_items_and_demand(validator: &dyn NicheValidator) {
    let one = judge(validator, niche(1, SignalKind::is_demand).await).await;
    assert_ne!(one.verdict, Verdict::Go, "C3: go with one item");
    let talk = judge(validator, niche(30, |kind| !kind.is_demand()).await).await;
    assert_ne!(talk.verdict, Verdict::Go, "C3: go without a request, a complaint or a willingness to pay");
}

/// C4.
pub async fn c4_missing_inputs_are_left_out(validator: &dyn NicheValidator) {
    let report = judge(validator, niche(30, |_| true).await).await;
    assert_eq!(
        Score::from_terms(report.score.terms.clone()),
        report.score,
        "C4: the score is not the sum of its terms"
    );
    for term in report.score.terms.iter().filter(|term| term.points.is_none()) {
        assert!(!term.note.is_empty(), "C4: {} is left out without a note", term.name);
    }
    let volume = report.figure("search_volume").expect("C4: the search volume is not among the figures");
    assert!(volume.value.is_none(), "C4: a search volume without a source");
}

/// C5 and C6.
pub async fn c5_c6_there_is_a_reason_and_a_confidence(validator: &dyn NicheValidator) {
    for items in [0, 1, 30] {
        let report = judge(validator, niche(items, |_| true).await).await;
        assert!(report.reasons.iter().any(|reason| !reason.is_empty()), "C5: no reason");
        let value = report.confidence.value.expect("C6: no confidence");
        assert!((Decimal::ZERO..=Decimal::ONE).contains(&value), "C6: a confidence of {value}");
        assert!(report.confidence.estimated, "C6: the confidence is not marked as an estimate");
    }
}

/// C7.
pub async fn c7_customers_are_rounded_up(validator: &dyn NicheValidator) {
    let Some(mrr) = judge(validator, niche(30, |_| true).await).await.mrr else { return };
    let reached =
        |customers: u64| mrr.price.checked_mul(customers).is_ok_and(|sum| sum.pico() >= mrr.target.pico());
    assert!(reached(mrr.customers), "C7: {} customers do not reach the target", mrr.customers);
    assert!(!reached(mrr.customers.saturating_sub(1)), "C7: fewer than {} customers would do", mrr.customers);
}
