//! Groups evidence into niches and scores them by the terms of the niche formula.

use std::collections::BTreeSet;

use ae_core::{Digest, DigestWriter, Evidence, NicheId};
use rust_decimal::Decimal;

use super::{
    NAME,
    family::{FamilyFeature, Theme},
    naming,
    outline::NicheOutline,
    outline_check::{LINE_CHARS, LONG_CHARS, NAME_CHARS, Numbers, TEXT_CHARS, Words},
    reading::{Item, about, ids, on_topic},
    term,
};
use crate::{Figure, Niche, NicheBrief, Problem, Score, ScoreTerm, SignalKind};

/// A narrower niche needs at least this many items of its own.
const CLUSTER_MIN: usize = 3;

/// The niches that the evidence supports, best first: the whole topic, and each feature that several items ask for. None
/// for an intent that leaves open what to build.
pub(super) fn propose(brief: &NicheBrief) -> Vec<Niche> {
    let theme = Theme::of(&brief.query);
    let items = on_topic(&brief.evidence, &brief.query, brief.now);
    if brief.query.question.is_some() || brief.count == 0 || (items.is_empty() && !brief.despite_evidence) {
        return Vec::new();
    }
    let mut niches = vec![niche(brief, &theme, None, &items)];
    for feature in theme.features() {
        let ids = about(&items, &brief.query, feature.cues.iter().copied());
        let own: Vec<Item<'_>> =
            items.iter().filter(|item| ids.contains(&item.evidence.id)).cloned().collect();
        let whole = own.len() == items.len();
        if own.len() >= CLUSTER_MIN && !whole && own.iter().any(Item::is_demand) {
            niches.push(niche(brief, &theme, Some(feature), &own));
        }
    }
    niches
        .sort_by(|left, right| right.score.total.cmp(&left.score.total).then_with(|| left.id.cmp(&right.id)));
    niches.truncate(brief.count);
    niches
}

/// The niche that an analyst outlined, over those of its posts that are about the intent.
pub(super) fn outlined(brief: &NicheBrief, outline: &NicheOutline) -> Result<Niche, Vec<Problem>> {
    let theme = Theme::of(&brief.query);
    let cited: Vec<Evidence> =
        brief.evidence.iter().filter(|item| outline.evidence.contains(&item.id)).cloned().collect();
    let items = on_topic(&cited, &brief.query, brief.now);
    let problems = problems(brief, outline, &items);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut niche = niche(brief, &theme, None, &items);
    niche.id = id("outline", &outline.name, &items);
    niche.name.clone_from(&outline.name);
    let topic = naming::product(&brief.query);
    niche.description = format!("{} ({})", outline.description, counted(&topic, &items));
    let pain = |(text, ids): &(String, Vec<String>)| format!("{text}: asked for in {}", ids.join(", "));
    niche.pain_points = outline.pains.iter().map(pain).collect();
    if brief.query.audience.is_none() {
        niche.target_audience.clone_from(&outline.audience);
    }
    niche.value_proposition.clone_from(&outline.value_proposition);
    Ok(niche)
}

fn problems(brief: &NicheBrief, outline: &NicheOutline, items: &[Item<'_>]) -> Vec<Problem> {
    let mut words = Words::default();
    let known = Numbers::default().and(brief.intent.text()).and_titles(&brief.evidence, &outline.evidence);
    words.text("name", &outline.name, NAME_CHARS, &known);
    words.text("description", &outline.description, LONG_CHARS, &known);
    words.text("audience", &outline.audience, LINE_CHARS, &known);
    words.text("value_proposition", &outline.value_proposition, TEXT_CHARS, &known);
    let all: BTreeSet<&str> = brief.evidence.iter().map(|item| item.id.as_str()).collect();
    words.ids("evidence", &outline.evidence, &all);
    let own: BTreeSet<&str> = items.iter().map(|item| item.evidence.id.as_str()).collect();
    if own.is_empty() && !brief.despite_evidence {
        words.wrong("evidence", "cites no post that is about the intent, in its own or in related words");
    }
    for (position, (text, ids)) in outline.pains.iter().enumerate() {
        let at = format!("pains[{position}]");
        words.text(&at, text, TEXT_CHARS, &known);
        words.ids(&format!("{at}.evidence"), ids, &own);
        if ids.is_empty() {
            words.wrong(at, "cites no post");
        }
    }
    words.0
}

fn niche(brief: &NicheBrief, theme: &Theme, focus: Option<&FamilyFeature>, items: &[Item<'_>]) -> Niche {
    let topic = naming::product(&brief.query);
    let name = match focus {
        None => topic.clone(),
        Some(feature) => format!("{topic}: {}", feature.title.to_lowercase()),
    };
    let unknown = |what: &str| {
        Figure::unknown(
            "no keyword source",
            brief.now,
            format!("{what}: unknown (no keyword source configured)"),
        )
    };
    let id = id(NAME, &name, items);
    let mut niche = Niche::new(id, name.clone(), unknown("search volume"), unknown("keyword difficulty"));
    niche.description = counted(&topic, items);
    niche.pain_points = pains(brief, theme, items);
    niche.target_audience = naming::audience(&brief.query).unwrap_or_else(|| "not named".to_owned());
    niche.value_proposition = name;
    niche.evidence = items.iter().map(|item| item.evidence.clone()).collect();
    niche.score = Score::from_terms(terms(brief, theme, focus, items));
    niche
}

/// The evidence in numbers.
fn counted(topic: &str, items: &[Item<'_>]) -> String {
    let demand = items.iter().filter(|item| item.is_demand()).count();
    format!(
        "{} {} about {topic} in the evidence, {demand} of them a request, a complaint or a willingness to pay of the last three years",
        items.len(),
        if items.len() == 1 { "post" } else { "posts" }
    )
}

fn id(by: &str, name: &str, items: &[Item<'_>]) -> NicheId {
    let mut writer = DigestWriter::new("niche").field(by.as_bytes()).field(name.as_bytes());
    for id in items.iter().map(|item| item.evidence.id.as_str()).collect::<BTreeSet<_>>() {
        writer = writer.field(id.as_bytes());
    }
    let digest: Digest = writer.finish();
    NicheId::from_digest(&digest)
}

/// The pains: the features that posts speak of, with the posts' ids.
fn pains(brief: &NicheBrief, theme: &Theme, items: &[Item<'_>]) -> Vec<String> {
    let asked = theme.features().iter().filter_map(|feature| {
        let asked = about(items, &brief.query, feature.cues.iter().copied());
        let shown = asked.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        (!asked.is_empty()).then(|| format!("{}: asked for in {shown}", feature.title))
    });
    asked.collect()
}

/// The terms of the niche formula: specificity 20, pain clarity 25, audience 15, value proposition 20, evidence 10, SaaS
/// fit 10.
fn terms(
    brief: &NicheBrief,
    theme: &Theme,
    focus: Option<&FamilyFeature>,
    items: &[Item<'_>],
) -> Vec<ScoreTerm> {
    let audience = brief.query.audience.as_deref();
    let words = brief.query.keywords.len();
    let specificity =
        8 + 4 * i64::from(words >= 2) + 4 * i64::from(audience.is_some()) + 4 * i64::from(focus.is_some());
    let demand = ids(items, |item| item.is_demand());
    let is_sharp = |kind| matches!(kind, SignalKind::Complaint | SignalKind::WillingnessToPay);
    let sharp = ids(items, |item| item.recent && is_sharp(item.kind));
    let pain = match count(&demand) {
        0 => 0,
        n => (8 + 4 * (n - 1) + if sharp.is_empty() { 0 } else { 5 }).min(25),
    };
    let paying = ids(items, |item| item.recent && item.kind == SignalKind::WillingnessToPay);
    let recurring = brief.query.target.is_some() || brief.query.price.is_some();
    let saas = 5 + 3 * i64::from(recurring) + 2 * i64::from(!paying.is_empty());
    vec![
        term(
            "specificity",
            Some(specificity),
            20,
            "8 for a topic, 4 each for a second word, a named audience, one feature in focus",
            vec![],
        ),
        term(
            "pain_clarity",
            Some(pain),
            25,
            format!(
                "8 for a request, complaint or willingness to pay, 4 for each further one, 5 for a complaint or willingness \
             to pay: {} found, {} of them sharp",
                demand.len(),
                sharp.len()
            ),
            demand.clone(),
        ),
        audience_term(audience, items),
        value_term(brief, theme, items),
        term(
            "evidence",
            Some(count(items)),
            10,
            format!("1 for each independent post: {}", items.len()),
            ids(items, |_| true),
        ),
        term(
            "saas_fit",
            Some(saas),
            10,
            "5 for software, 3 when the intent aims at recurring revenue, 2 for a willingness to pay",
            paying,
        ),
    ]
}

fn value_term(brief: &NicheBrief, theme: &Theme, items: &[Item<'_>]) -> ScoreTerm {
    let direct = ids(items, |item| item.own && item.is_demand());
    let features = theme.features().iter().map(|feature| {
        (feature.title.to_lowercase(), about(items, &brief.query, feature.cues.iter().copied()))
    });
    let asked: Vec<(String, Vec<String>)> = features.filter(|(_, ids)| !ids.is_empty()).collect();
    let titles: Vec<&str> = asked.iter().map(|(title, _)| title.as_str()).collect();
    term(
        "value_proposition",
        Some(6 * (count(&direct) + count(&titles))),
        20,
        format!(
            "6 for each post that asks for it in the intent's own words: {}; 6 for each usual feature that a post speaks of: {}",
            direct.len(),
            if titles.is_empty() { "none".to_owned() } else { titles.join(", ") }
        ),
        unique(asked.iter().flat_map(|(_, ids)| ids.clone()).chain(direct)),
    )
}

fn audience_term(audience: Option<&str>, items: &[Item<'_>]) -> ScoreTerm {
    let Some(audience) = audience else {
        let note =
            "left out: the intent names no audience, and the usual one of such products is an assumption";
        return ScoreTerm::new("audience", None, Decimal::from(15), note, Vec::new());
    };
    let last = crate::find::text::stems(audience).pop().unwrap_or_default();
    let named = ids(items, |item| item.stems.contains(&last));
    let points = 10 + 5 * i64::from(!named.is_empty());
    term(
        "audience",
        Some(points),
        15,
        "10 for an audience named by the intent, 5 when a post names it too",
        named,
    )
}

fn unique(ids: impl Iterator<Item = String>) -> Vec<String> {
    ids.collect::<BTreeSet<_>>().into_iter().collect()
}

fn count<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}
