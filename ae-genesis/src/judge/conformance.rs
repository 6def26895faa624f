//! The contract of [`NicheValidator`].

use ae_core::{
    Digest, NicheId,
    conformance::{Ran, held, holds, same},
};
use rust_decimal::Decimal;

use crate::{
    Figure, Niche, NicheValidator, Score, SignalKind, ValidationReport, ValidationRequest, Verdict,
    conformance::{evidence, intent, now},
};

/// Runs every check.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(validator: &dyn NicheValidator) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_report_is_of_the_niche_and_repeatable(validator)).await;
    ran.clause("C2", c2_no_evidence_is_not_enough(validator)).await;
    ran.clause("C3", c3_go_needs_several_items_and_demand(validator)).await;
    ran.clause("C4", c4_missing_inputs_are_left_out(validator)).await;
    ran.clause("C5", c5_there_is_a_reason(validator)).await;
    ran.clause("C6", c6_the_confidence_is_an_estimate(validator)).await;
    ran.clause("C7", c7_customers_are_rounded_up(validator)).await;
    ran
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

async fn judge(clause: &str, validator: &dyn NicheValidator, niche: Niche) -> ValidationReport {
    held(clause, validator.validate(&ValidationRequest::new(niche, intent(), now())).await)
}

async fn c1_the_report_is_of_the_niche_and_repeatable(validator: &dyn NicheValidator) {
    let niche = niche(30, |_| true).await;
    let report = judge("C1", validator, niche.clone()).await;
    same("C1", &report.niche, &niche.id);
    same("C1", &*report.validated_by, validator.name());
    same("C1", &judge("C1", validator, niche).await, &report);
}

async fn c2_no_evidence_is_not_enough(validator: &dyn NicheValidator) {
    let report = judge("C2", validator, niche(0, |_| true).await).await;
    same("C2", &report.verdict, &Verdict::NotEnoughEvidence);
}

async fn c3_go_needs_several_items_and_demand(validator: &dyn NicheValidator) {
    let one = judge("C3", validator, niche(1, SignalKind::is_demand).await).await;
    holds("C3", one.verdict != Verdict::Go, "go with one item");
    let talk = judge("C3", validator, niche(30, |kind| !kind.is_demand()).await).await;
    holds("C3", talk.verdict != Verdict::Go, "go without a request, a complaint or a willingness to pay");
}

async fn c4_missing_inputs_are_left_out(validator: &dyn NicheValidator) {
    let report = judge("C4", validator, niche(30, |_| true).await).await;
    same("C4", &Score::from_terms(report.score.terms.clone()), &report.score);
    let left_out = report.score.terms.iter().filter(|term| term.points.is_none());
    left_out.for_each(|term| holds("C4", !term.note.is_empty(), "a term is left out without a note"));
    let volume = report.figures.iter().find(|named| named.name == "search_volume");
    holds("C4", volume.is_some_and(|named| named.figure.value.is_none()), "a search volume without a source");
}

async fn c5_there_is_a_reason(validator: &dyn NicheValidator) {
    for items in [0, 1, 30] {
        let report = judge("C5", validator, niche(items, |_| true).await).await;
        holds("C5", report.reasons.iter().any(|reason| !reason.is_empty()), "no reason");
    }
}

async fn c6_the_confidence_is_an_estimate(validator: &dyn NicheValidator) {
    for items in [0, 1, 30] {
        let confidence = judge("C6", validator, niche(items, |_| true).await).await.confidence;
        let within = confidence.value.is_some_and(|value| (Decimal::ZERO..=Decimal::ONE).contains(&value));
        holds("C6", within, "the confidence is not between 0 and 1");
        holds("C6", confidence.estimated, "the confidence is not marked as an estimate");
    }
}

async fn c7_customers_are_rounded_up(validator: &dyn NicheValidator) {
    let Some(mrr) = judge("C7", validator, niche(30, |_| true).await).await.mrr else { return };
    let reached =
        |customers: u64| mrr.price.checked_mul(customers).is_ok_and(|sum| sum.pico() >= mrr.target.pico());
    holds("C7", reached(mrr.customers), "the customers do not reach the target");
    holds("C7", !reached(mrr.customers.saturating_sub(1)), "fewer customers would do");
}
