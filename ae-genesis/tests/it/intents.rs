//! Intents of all kinds, read and specified over made-up evidence.

use ae_core::{
    Behaviour, BillingInterval, Case, CheckKind, Deliverable, Evidence, Feature, Intent, Offer,
    OfferedFeature, Origin, ProductSpec, Untrusted,
};
use ae_genesis::{
    Analyst, NicheBrief, NicheValidator, RuleAnalyst, RuleValidator, SignalQuery, SpecBrief,
    ValidationRequest, Verdict, verify_spec,
};
use serde_json::json;

use crate::{intent, intent_table::TABLE, key, now};

/// An offer like that of a table tool.
pub fn tables() -> Offer {
    let feature = |title: &str, tier: Option<&str>, words: &[&str]| {
        let id = title.to_lowercase().replace(' ', "-");
        let cases = vec![Case::new("one", json!("a"), json!("b"))];
        let mut feature = Feature::new(title, "Does it.")
            .with_behaviours(vec![Behaviour::new(id, "tool/modules/x.js", "run").with_cases(cases)]);
        feature.tier = tier.map(str::to_owned);
        OfferedFeature::new(feature, words.iter().map(|word| (*word).to_owned()).collect())
    };
    let owned = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    Offer::new("tabular", Deliverable::WebTool, "Clean tables without breaking them")
        .with_families(owned("csv tsv spreadsheet table row column"))
        .with_words(owned("data messy broken open view large big excel"))
        .with_features(vec![
            feature("Repair", None, &["repair", "fix", "clean", "validate"]),
            feature("Convert", None, &["convert", "json", "sql", "markdown", "export"]),
            feature("Merge", Some("pro"), &["merge", "join", "combine", "duplicate"]),
        ])
        .with_limits(owned("Nothing"))
}

pub fn dated(id: &str, title: &str, date: &str) -> Evidence {
    let title = Untrusted::new(Origin::Signals("made-up".into()), title.to_owned());
    let mut evidence = Evidence::new(id, "made-up", title, now());
    evidence.relevance = 1.into();
    evidence.posted_at = Some(format!("{date}T00:00:00Z").parse().unwrap());
    evidence
}

/// Five recent posts that ask for the product in its own words.
fn demand(query: &SignalQuery) -> Vec<Evidence> {
    let words = query.keywords.join(" ");
    let forms = [
        "Ask HN: Is there a tool for {}?",
        "Looking for a {} tool",
        "I would pay for {} software",
        "Ask HN: Alternatives for {}?",
    ];
    let title =
        |(n, form): (usize, &&str)| dated(&format!("p{n}"), &form.replace("{}", &words), "2026-05-01");
    forms.iter().enumerate().map(title).collect()
}

/// The spec of an intent, or the question that it needs.
async fn specify(intent: &Intent, evidence: Option<Vec<Evidence>>) -> Result<(Verdict, ProductSpec), String> {
    let query = SignalQuery::from_intent(intent);
    let evidence = evidence.unwrap_or_else(|| demand(&query));
    let brief = NicheBrief::new(intent.clone(), evidence, now()).with_despite_evidence(true);
    let niches = RuleAnalyst.propose(&key(), &brief).await.unwrap().artefact;
    let Some(niche) = niches.into_iter().next() else { return Err(query.question.unwrap_or_default()) };
    assert_eq!(query.question, None, "{}", intent.text());
    let report =
        RuleValidator.validate(&ValidationRequest::new(niche.clone(), intent.clone(), now())).await.unwrap();
    let verdict = report.verdict;
    let brief = SpecBrief::new(intent.clone(), niche, report, now())
        .with_offers(vec![tables()])
        .with_despite_evidence(true);
    let spec = RuleAnalyst.specify(&key(), &brief).await.unwrap().artefact;
    assert_eq!(verify_spec(&spec), [], "{}", intent.text());
    Ok((verdict, spec))
}

#[tokio::test]
async fn product_audience_and_price_are_those_of_the_intent() {
    let mut wrong = Vec::new();
    for (text, product, audience, price, end) in TABLE {
        let intent = intent(text);
        let query = SignalQuery::from_intent(&intent);
        let outcome = specify(&intent, None).await;
        let (_, spec) = match outcome {
            Err(question) => {
                if *end != "?" || question.is_empty() {
                    wrong.push(format!("{text}: asks {question:?}"));
                }
                continue;
            }
            Ok(found) => found,
        };
        let found_audience = query.audience.clone().unwrap_or_default();
        let tier = &spec.pricing[0];
        let found_price = format!("{} {}", tier.price, tier.interval.words());
        let delivered = if spec.deliverable == Deliverable::WebTool { "tool" } else { "pre" };
        let found = (query.product.as_str(), found_audience.as_str(), found_price.as_str(), delivered);
        if found != (*product, *audience, *price, *end) {
            wrong.push(format!("{text}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
    assert!(TABLE.len() >= 60);
}

#[tokio::test]
async fn a_pre_order_claims_nothing_and_sells_nothing() {
    for (text, _, audience, _, end) in TABLE.iter().filter(|row| row.4 == "pre") {
        let (verdict, spec) = specify(&intent(text), None).await.unwrap();
        let has =
            |wanted: CheckKind| spec.acceptance_criteria.iter().any(|criterion| criterion.check == wanted);
        assert!(has(CheckKind::NotBuilt) && has(CheckKind::Interest) && !has(CheckKind::Checkout), "{text}");
        assert!(
            spec.tagline.starts_with("Planned: ") && spec.tagline.contains(audience),
            "{text}: {}",
            spec.tagline
        );
        assert!(
            spec.core_features.iter().all(|feature| feature.description.starts_with("Planned: ")),
            "{text}"
        );
        assert!(
            spec.unclear[0].starts_with("no builder at hand makes this (tabular: "),
            "{text}: {:?}",
            spec.unclear
        );
        assert!(
            spec.assumptions[0].starts_with("theme: ") && spec.assumptions[0].contains(", because "),
            "{text}"
        );
        assert_eq!((spec.pricing.len(), spec.pricing[0].id.as_str(), *end), (1, "pro", "pre"), "{text}");
        let shown = format!("{} {} {:?}", spec.product_name, spec.tagline, spec.target_users);
        assert!(!shown.contains(['<', '>', '`']) && !shown.contains("unverified"), "{text}: {shown}");
        let words = spec.product_name.split(' ').next().unwrap().to_lowercase();
        assert!(text.to_lowercase().contains(words.trim_end_matches('s')), "{text}: {}", spec.product_name);
        assert_eq!(
            verdict == Verdict::Go,
            !spec.assumptions.iter().any(|line| line == SpecBrief::NOT_VALIDATED),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_offer_is_taken_as_it_is() {
    let (_, spec) =
        specify(&intent("CSV cleaner for accountants at $12/month, $500 MRR"), None).await.unwrap();
    let offer = tables();
    assert_eq!((spec.deliverable, spec.offer.as_deref()), (Deliverable::WebTool, Some("tabular")));
    assert_eq!(spec.tagline, offer.tagline);
    assert_eq!(spec.out_of_scope, offer.limits);
    for (feature, offered) in spec.core_features.iter().zip(&offer.features) {
        assert_eq!(
            (&feature.tier, &feature.behaviours),
            (&offered.feature.tier, &offered.feature.behaviours)
        );
        let id = feature.behaviours[0].id.clone();
        assert!(spec.acceptance_criteria.iter().any(|c| c.check == CheckKind::Behaviour { id: id.clone() }));
    }
    let tiers: Vec<&str> = spec.pricing.iter().map(|tier| tier.id.as_str()).collect();
    assert_eq!(tiers, ["pro", "pro-yearly"]);
    assert_eq!(spec.pricing[0].includes, ["Merge"]);
    assert_eq!(spec.mrr.unwrap().customers, 42);
    assert!(spec.tasks.iter().any(|task| task.title == "Build the tool" && task.criteria.len() == 3));
    assert!(spec.assumptions[0].starts_with("theme: tabular, because "));
}

#[tokio::test]
async fn a_one_time_price_is_one_time() {
    let (_, spec) = specify(&intent("CSV cleaner, $29 once, $500 MRR"), None).await.unwrap();
    assert_eq!(spec.pricing.len(), 1);
    assert_eq!(spec.pricing[0].interval, BillingInterval::OneTime);
    assert!(spec.mrr.is_none() && spec.unclear.iter().any(|line| line.contains("not monthly")));
}

#[tokio::test]
async fn old_posts_and_undated_ones_do_not_make_a_go() {
    let titles = [
        "Ask HN: Is there a CSV tool?",
        "Looking for a CSV editor",
        "I would pay for a CSV fixer",
        "Alternatives to my CSV tool?",
    ];
    let with = |date: &str| {
        titles.iter().enumerate().map(|(n, title)| dated(&n.to_string(), title, date)).collect::<Vec<_>>()
    };
    let csv = intent("CSV tool");
    let (verdict, spec) = specify(&csv, Some(with("2011-05-01"))).await.unwrap();
    assert_eq!(verdict, Verdict::NotEnoughEvidence);
    assert!(spec.assumptions.iter().any(|line| line == SpecBrief::NOT_VALIDATED));
    let shown = CheckKind::Phrases { phrases: vec![SpecBrief::NOT_VALIDATED.to_owned()] };
    assert!(spec.acceptance_criteria.iter().any(|criterion| criterion.check == shown));
    let mut undated = with("2026-05-01");
    undated.iter_mut().for_each(|item| item.posted_at = None);
    assert_eq!(specify(&csv, Some(undated)).await.unwrap().0, Verdict::NotEnoughEvidence);
    let headlines = ["CSV considered harmful", "Big Corp launches CSV tool", "CSV files are still broken"];
    let headlines =
        headlines.iter().enumerate().map(|(n, title)| dated(&n.to_string(), title, "2026-05-01")).collect();
    assert_eq!(specify(&csv, Some(headlines)).await.unwrap().0, Verdict::NotEnoughEvidence);
    assert_eq!(specify(&csv, Some(with("2026-05-01"))).await.unwrap().0, Verdict::Go);
    assert_eq!(specify(&csv, Some(Vec::new())).await.unwrap().0, Verdict::NotEnoughEvidence);
}

#[tokio::test]
async fn one_common_word_or_a_stem_alone_is_no_evidence() {
    for (text, titles) in [
        (
            "Drone photography booking site",
            &[
                "Ask HN: Best books of the year?",
                "Is there a free calendar app?",
                "Looking for books on time",
            ][..],
        ),
        (
            "Grocery deals finder",
            &[
                "Ask HN: How do you deal with stress?",
                "Is there a tool to deal with spam?",
                "Looking for a good deal",
            ],
        ),
        (
            "Movie quotes app",
            &[
                "Ask HN: Which quote tool do you use?",
                "Is there an app for invoices and quotes?",
                "Looking for quotes software",
            ],
        ),
    ] {
        let items: Vec<Evidence> =
            titles.iter().enumerate().map(|(n, title)| dated(&n.to_string(), title, "2026-05-01")).collect();
        let (verdict, spec) = specify(&intent(text), Some(items)).await.unwrap();
        assert_eq!(verdict, Verdict::NotEnoughEvidence, "{text}");
        assert!(
            spec.core_features.iter().all(|feature| feature.evidence.is_empty()),
            "{text}: {:?}",
            spec.core_features
        );
        assert!(spec.problem_statement.starts_with("0 posts"), "{text}: {}", spec.problem_statement);
    }
}

#[tokio::test]
async fn a_question_is_refused_by_specify_too() {
    let clear = intent("CSV tool");
    let (niches, unclear) = (
        NicheBrief::new(clear.clone(), demand(&SignalQuery::from_intent(&clear)), now()),
        intent("Build an app"),
    );
    let niche = RuleAnalyst.propose(&key(), &niches).await.unwrap().artefact.swap_remove(0);
    let report = RuleValidator.validate(&ValidationRequest::new(niche.clone(), clear, now())).await.unwrap();
    let error =
        RuleAnalyst.specify(&key(), &SpecBrief::new(unclear, niche, report, now())).await.unwrap_err();
    assert_eq!(error.kind(), ae_core::ErrorKind::InvalidInput);
    assert!(error.message().contains("what should the product do?"), "{error}");
}
