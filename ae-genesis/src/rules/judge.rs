//! Judges a niche by the validation formula.

use std::collections::BTreeSet;

use ae_core::{Evidence, Timestamp};
use rust_decimal::Decimal;

use super::{
    NAME,
    pricing::{self, Prices},
    reading::{Item, ids, is_sample, on_topic},
    term,
};
use crate::{
    Figure, NamedFigure, Score, ScoreTerm, SignalKind, ValidationReport, ValidationRequest, Verdict,
};

/// "Several" independent items.
const ITEMS_MIN: usize = 3;
/// The demands among them.
const DEMAND_MIN: usize = 2;
/// The share of the reachable points that a niche must get, in percent.
const SHARE_MIN: i64 = 60;
/// Stems of audiences that buy for a business.
const BUSINESS: &str = "accountant agenc busi clinic compani consult dentist design develop engin enterpris entrepreneur firm founder \
    freelanc landlord lawyer market merchant offic organis profession programm recruit restaur retail sale school \
    seller shop sme startup store team";

pub(super) fn judge(request: &ValidationRequest) -> ValidationReport {
    let niche = &request.niche;
    let items = on_topic(&niche.evidence, &request.query, request.now);
    let recent = ids(&items, |item| item.recent);
    let demand = ids(&items, |item| item.is_demand());
    let direct = items.iter().any(|item| item.own && item.is_demand());
    let mut figures = counts(&items, request.now);
    figures.extend(unknowns(request));
    let score = Score::from_terms(terms(request, &items));
    let share = percent(&score);
    let enough = recent.len() >= ITEMS_MIN && demand.len() >= DEMAND_MIN && direct;
    let verdict = match share {
        _ if !enough => Verdict::NotEnoughEvidence,
        Some(share) if share >= Decimal::from(SHARE_MIN) => Verdict::Go,
        Some(_) => Verdict::NoGo,
        None => Verdict::NotEnoughEvidence,
    };
    let prices = Prices::of(&request.query, request.intent.currency());
    let reasons = reasons(verdict, &items, (&recent, &demand), &score, request);
    let confidence = confidence(&items, demand.len(), request.now);
    ValidationReport::new(request, NAME, verdict, score, confidence)
        .with_reasons(reasons)
        .with_mrr(pricing::arithmetic(&request.query, &prices))
        .with_figures(figures)
}

/// The share of the reachable points in percent, rounded down to a tenth.
fn percent(score: &Score) -> Option<Decimal> {
    let share = (score.total * Decimal::from(100)).checked_div(score.out_of)?;
    Some(share.round_dp_with_strategy(1, rust_decimal::RoundingStrategy::ToZero))
}

fn terms(request: &ValidationRequest, items: &[Item<'_>]) -> Vec<ScoreTerm> {
    let niche = &request.niche;
    let fraction = Decimal::new(30, 2);
    let launches = ids(items, |item| item.kind == SignalKind::Launch);
    let competition = match launches.len() {
        0 => None,
        n if n <= 5 => Some(15),
        n if n <= 15 => Some(10),
        n if n <= 30 => Some(5),
        _ => Some(0),
    };
    vec![
        ScoreTerm::new(
            "niche",
            Some(niche.score.total * fraction),
            Decimal::from(30),
            format!(
                "the niche score, {} of {} known and 100 in all, times 0.30; a missing term counts as not reached",
                niche.score.total, niche.score.out_of
            ),
            items.iter().map(|item| item.evidence.id.clone()).collect(),
        ),
        term(
            "search_volume",
            niche.search_volume.value.map(volume_points),
            20,
            &*niche.search_volume.note,
            vec![],
        ),
        term(
            "competition",
            competition,
            15,
            match competition {
                Some(_) => "products launched in the evidence: at least this many, an estimate",
                None => "left out: the evidence names no competitor, which does not mean that there is none",
            },
            launches,
        ),
        business_term(request),
        revenue_term(request),
        term(
            "keyword_difficulty",
            niche.keyword_difficulty.value.map(|kd| (Decimal::from(100) - kd) / Decimal::from(10)),
            10,
            &*niche.keyword_difficulty.note,
            vec![],
        ),
    ]
}

/// Full for 1,000 to 10,000 searches a month; less below in proportion; above, one point less per further 1,000, ten at
/// most.
fn volume_points(volume: Decimal) -> Decimal {
    let (low, high, full) = (Decimal::from(1_000), Decimal::from(10_000), Decimal::from(20));
    if volume < low {
        volume / low * full
    } else {
        full - ((volume - high).max(Decimal::ZERO) / low).min(Decimal::TEN)
    }
}

fn business_term(request: &ValidationRequest) -> ScoreTerm {
    let Some(audience) = &request.query.audience else {
        return term("business_customers", None::<i64>, 15, "left out: the intent names no audience", vec![]);
    };
    let business =
        crate::find::text::stems(audience).iter().any(|stem| BUSINESS.split(' ').any(|known| known == stem));
    let (points, note): (i64, _) = if business {
        (15, "the intent names an audience that buys for a business")
    } else {
        (0, "the intent names an audience that does not buy for a business")
    };
    term("business_customers", Some(points), 15, note, vec![])
}

fn revenue_term(request: &ValidationRequest) -> ScoreTerm {
    let Some(price) = request.query.price else {
        let note = "left out: not measured, and the intent names no price";
        return term("revenue_per_customer", None::<i64>, 10, note, vec![]);
    };
    let amount = price.to_decimal();
    let points = [(100, 10), (50, 7), (20, 5)].into_iter().find(|(least, _)| amount >= Decimal::from(*least));
    let note = format!("the price that the intent names, {price} a month");
    term("revenue_per_customer", Some(points.map_or(2, |(_, points)| points)), 10, note, vec![])
}

fn reasons(
    verdict: Verdict,
    items: &[Item<'_>],
    (recent, demand): (&[String], &[String]),
    score: &Score,
    request: &ValidationRequest,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let shown = percent(score).unwrap_or_default().normalize();
    reasons.push(match verdict {
        Verdict::NotEnoughEvidence => format!(
            "{} independent posts about the topic; {} of them are known to be of the last three years, and {} of those are a request, \
             a complaint or a willingness to pay; at least {ITEMS_MIN} and {DEMAND_MIN} are needed, one of them in the intent's own \
             words: search more sources, or pass a file of recent signals with their dates",
            items.len(),
            recent.len(),
            demand.len()
        ),
        _ => format!(
            "{} of {} reachable points, {shown} %; the rule asks for {SHARE_MIN} %",
            score.total.normalize(),
            score.out_of.normalize()
        ),
    });
    if !demand.is_empty() {
        let list = demand.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        reasons.push(format!("{} posts show demand, first {list}", demand.len()));
    }
    let free = ids(items, |item| item.kind == SignalKind::Launch && mentions_free(item));
    if let Some(first) = free.first() {
        reasons.push(format!(
            "against it: {} launched products are free or open source, first {first}",
            free.len()
        ));
    }
    let left_out: Vec<&str> =
        score.terms.iter().filter(|term| term.points.is_none()).map(|term| term.name.as_str()).collect();
    if !left_out.is_empty() {
        reasons.push(format!("left out for lack of data, not counted as zero: {}", left_out.join(", ")));
    }
    if is_sample(&request.niche.evidence) {
        reasons.push("the posts are a made-up sample: no evidence of real demand".to_owned());
    }
    reasons
}

fn mentions_free(item: &Item<'_>) -> bool {
    let open_source = ["open".to_owned(), "sourc".to_owned()];
    item.stems.iter().any(|stem| stem == "free") || item.stems.windows(2).any(|pair| *pair == open_source)
}

/// 0 to 1: number of posts 0.4, number of demands 0.3, share of recent posts 0.2, several sources 0.1.
fn confidence(items: &[Item<'_>], demand: usize, now: Timestamp) -> Figure {
    let evidence: Vec<Evidence> = items.iter().map(|item| item.evidence.clone()).collect();
    if is_sample(&evidence) {
        return Figure::estimated(Decimal::ZERO, NAME, now, "the posts are a made-up sample");
    }
    let part = |have: usize, full: usize, tenths: i64| {
        Decimal::from(have.min(full) as u64) / Decimal::from(full.max(1) as u64) * Decimal::new(tenths, 1)
    };
    let recent = items.iter().filter(|item| item.recent).count();
    let sources: BTreeSet<&str> = evidence.iter().map(|item| item.source.as_str()).collect();
    let recency = if evidence.is_empty() { Decimal::ZERO } else { part(recent, evidence.len(), 2) };
    let sum = part(evidence.len(), 10, 4)
        + part(demand, 5, 3)
        + recency
        + part(sources.len().saturating_sub(1), 1, 1);
    let note = format!(
        "posts 0.4 (full at 10: {}), demand 0.3 (full at 5: {demand}), younger than three years 0.2 ({recent} of {}), \
         a second source 0.1 ({} sources)",
        evidence.len(),
        evidence.len(),
        sources.len()
    );
    Figure::estimated(sum.round_dp(2).normalize(), NAME, now, note)
}

/// The counts of the evidence.
fn counts(items: &[Item<'_>], now: Timestamp) -> Vec<NamedFigure> {
    let count = |name: &str, kind: SignalKind| {
        let number = items.iter().filter(|item| item.kind == kind).count() as u64;
        NamedFigure::new(name, Figure::measured(number, "evidence", now))
    };
    let posts = Figure::measured(items.len() as u64, "evidence", now);
    let launches = items.iter().filter(|item| item.kind == SignalKind::Launch).count() as u64;
    let competitors = if launches == 0 {
        Figure::unknown("evidence", now, "the evidence names no competitor")
    } else {
        Figure::estimated(
            launches,
            "evidence",
            now,
            format!("at least {launches}: products launched in the evidence"),
        )
    };
    vec![
        NamedFigure::new("independent_posts", posts),
        count("requests", SignalKind::Request),
        count("complaints", SignalKind::Complaint),
        count("willingness_to_pay", SignalKind::WillingnessToPay),
        NamedFigure::new("competitors", competitors),
    ]
}

/// The figures that were not measured.
fn unknowns(request: &ValidationRequest) -> Vec<NamedFigure> {
    let niche = &request.niche;
    let unknown = |name: &str, note: &str| NamedFigure::new(name, Figure::unknown(NAME, request.now, note));
    vec![
        NamedFigure::new("search_volume", niche.search_volume.clone()),
        NamedFigure::new("keyword_difficulty", niche.keyword_difficulty.clone()),
        unknown("conversion_rate", "conversion: unknown (no visitor was measured)"),
        unknown("revenue_per_customer", "revenue per customer: unknown (no purchase yet)"),
    ]
}
