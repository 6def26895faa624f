//! Niches and specs around the words of an analyst.

use ae_core::{
    Behaviour, Case, Currency, Deliverable, Evidence, Feature, Money, Offer, OfferedFeature, Priority,
};
use ae_genesis::{
    Analyst, FeatureOutline, Niche, NicheBrief, NicheOutline, NicheValidator, Problem, ProductOutline,
    RuleAnalyst, RuleValidator, SpecBrief, ValidationRequest, verify_spec,
};
use serde_json::json;

use crate::{intent, key, lifecycle::evidence, now};

const TEXT: &str = "Build a $500 MRR CSV tool";

fn posts() -> Vec<Evidence> {
    let titles = [
        "Ask HN: Is there a tool that repairs broken CSV files?",
        "I would pay $7 for something that merges CSV files by key",
        "Tell HN: My bank still exports broken CSV files",
        "A history of tea",
    ];
    titles.iter().zip(["a", "b", "c", "tea"]).map(|(title, id)| evidence(id, title)).collect()
}

fn brief(text: &str) -> NicheBrief {
    NicheBrief::new(intent(text), posts(), now())
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn good_niche() -> NicheOutline {
    NicheOutline::new("Broken bank exports", "Files that banks export can't be opened as they are.")
        .with_audience("people who keep books")
        .with_value_proposition("A file that opens at once")
        .with_pains(vec![("Exports are broken".to_owned(), ids(&["a", "c"]))])
        .with_evidence(ids(&["a", "b", "c"]))
}

fn places(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.at.as_str()).collect()
}

#[test]
fn a_niche_has_the_analysts_words_and_the_rules_numbers() {
    let niche = good_niche().niche(&brief(TEXT)).unwrap();
    assert_eq!(niche.name, "Broken bank exports");
    assert_eq!(niche.target_audience, "people who keep books");
    assert_eq!(niche.pain_points, ["Exports are broken: asked for in a, c"]);
    assert!(niche.description.ends_with("of the last three years)"), "{}", niche.description);
    let whole = niche.score.terms.iter().filter_map(|term| term.points).sum::<rust_decimal::Decimal>();
    assert_eq!(niche.score.total, whole);
    assert!(niche.search_volume.value.is_none());
    assert_eq!(niche.id, good_niche().niche(&brief(TEXT)).unwrap().id, "the same words give the same id");
}

#[test]
fn a_niche_cites_what_is_there_and_nothing_else() {
    let wrong = |outline: NicheOutline| outline.niche(&brief(TEXT)).unwrap_err();
    assert_eq!(places(&wrong(good_niche().with_evidence(ids(&["a", "b", "c", "zz"])))), ["evidence"]);
    assert_eq!(
        places(&wrong(good_niche().with_evidence(ids(&["tea"])).with_pains(Vec::new()))),
        ["evidence"]
    );
    let off_topic = vec![("They drink tea".to_owned(), ids(&["tea"]))];
    assert_eq!(places(&wrong(good_niche().with_pains(off_topic))), ["pains[0].evidence"]);
    assert_eq!(places(&wrong(good_niche().with_pains(vec![("So it is".to_owned(), vec![])]))), ["pains[0]"]);
    assert_eq!(places(&wrong(good_niche().with_audience("10,000 accountants"))), ["audience"]);
    assert_eq!(places(&wrong(good_niche().with_value_proposition("<b>fast</b>"))), ["value_proposition"]);
    let cited = good_niche().with_value_proposition("People would pay $7 for it").niche(&brief(TEXT));
    assert!(cited.is_ok(), "a cited post has that number: {cited:?}");
    assert_eq!(NicheOutline::default().niche(&brief(TEXT)).unwrap_err().len(), 5);
}

fn offer() -> Offer {
    let feature = |title: &str, tier: Option<&str>, id: &str, words: &[&str]| {
        let case = Case::new("one", json!("x"), json!("y"));
        let behaviour = Behaviour::new(id, "tool/x.js", id).with_cases(vec![case]);
        let mut feature =
            Feature::new(title, format!("{title} of any size.")).with_behaviours(vec![behaviour]);
        feature.tier = tier.map(str::to_owned);
        OfferedFeature::new(feature, words.iter().map(|word| (*word).to_owned()).collect())
    };
    Offer::new("tables", Deliverable::WebTool, "Repair CSV files in your browser.")
        .with_families(ids(&["csv"]))
        .with_words(ids(&["browser", "file"]))
        .with_features(vec![
            feature("Repair files", None, "repair", &["repair", "broken"]),
            feature("Merge files", Some("pro"), "merge", &["merge", "key"]),
        ])
        .with_limits(vec!["It does not read Excel workbooks.".to_owned()])
}

async fn spec_brief(text: &str, offers: Vec<Offer>) -> SpecBrief {
    let niches: Vec<Niche> = RuleAnalyst.propose(&key(), &brief(text)).await.unwrap().artefact;
    let niche = niches.into_iter().next().unwrap();
    let request = ValidationRequest::new(niche.clone(), intent(text), now());
    let report = RuleValidator.validate(&request).await.unwrap();
    SpecBrief::new(intent(text), niche, report, now()).with_offers(offers)
}

fn good_product() -> ProductOutline {
    ProductOutline::new("test")
        .with_product_name("Row Mender")
        .with_tagline("Merge and repair broken CSV files by key, in your browser.")
        .with_audience("people who keep books")
        .with_problem("Exports can't be opened as they are [a], and someone would pay $7 for a cure [b].")
        .with_features(vec![
            FeatureOutline::new("Merge files", "")
                .with_wish("put two files together")
                .with_benefit("I see all of it at once")
                .with_priority(Priority::P0)
                .with_why("It is asked for")
                .with_evidence(ids(&["b"])),
        ])
        .with_price(Money::parse("12", Currency::USD).unwrap())
        .with_unclear(vec!["Whether banks mend their exports".to_owned()])
        .with_out_of_scope(vec!["Editing by hand".to_owned()])
}

#[tokio::test]
async fn a_delivered_product_keeps_its_proofs_whatever_the_analyst_says() {
    let brief = spec_brief(TEXT, vec![offer()]).await;
    let spec = good_product().spec(&brief).unwrap();
    assert_eq!(verify_spec(&spec), []);
    assert_eq!((spec.deliverable, spec.offer.as_deref()), (Deliverable::WebTool, Some("tables")));
    assert_eq!((spec.product_name.as_str(), spec.slug.as_str()), ("Row Mender", "row-mender"));
    let features: Vec<_> =
        spec.core_features.iter().map(|one| (one.title.as_str(), one.behaviours.len())).collect();
    assert_eq!(features, [("Merge files", 1), ("Repair files", 1)], "all of them, in the analyst's order");
    assert!(spec.core_features[0].description.starts_with("Merge files of any size"));
    let story = spec.user_stories.iter().find(|story| story.title == "Merge files").unwrap();
    assert!(story.description.ends_with("I want to put two files together, so that I see all of it at once"));
    assert_eq!(spec.pricing[0].price, Money::parse("12", Currency::USD).unwrap());
    assert!(spec.assumptions.iter().any(|line| line.contains("is an estimate of the analyst \"test\"")));
    assert_eq!(spec.mrr.unwrap().customers, 42);
    assert!(spec.out_of_scope.iter().any(|line| line.contains("Excel")), "the offer's limits stay");
    let page = serde_json::to_string(&spec.acceptance_criteria).unwrap();
    assert!(page.contains("Row Mender") && page.contains("merge") && page.contains("$12.00 per month"));
}

#[tokio::test]
async fn a_promise_that_nothing_proves_is_refused_by_name() {
    let brief = spec_brief(TEXT, vec![offer()]).await;
    let wrong = |outline: ProductOutline| outline.spec(&brief).unwrap_err();
    let usd = |text| Money::parse(text, Currency::USD).unwrap();
    let told = wrong(good_product().with_tagline("Edit Excel and CSV files in your browser."));
    assert_eq!(places(&told), ["tagline", "tagline"], "{told:?}");
    assert!(told[0].what.contains("\"edit\"") && told[1].what.contains("\"excel\""), "{told:?}");
    for (at, outline) in [
        ("features[0].title", good_product().with_features(vec![FeatureOutline::new("Sync to cloud", "")])),
        (
            "features[0].evidence",
            good_product()
                .with_features(vec![FeatureOutline::new("Merge files", "").with_evidence(ids(&["zz"]))]),
        ),
        ("problem", good_product().with_problem("Nobody can open their files.")),
        ("problem", good_product().with_problem("90 % of files are broken [a].")),
        ("price", good_product().with_price(usd("0.01"))),
        ("price", good_product().with_price(usd("900"))),
        ("price", good_product().with_price(Money::parse("9", "EUR".parse().unwrap()).unwrap())),
        ("product_name", good_product().with_product_name("Row \u{202e}Mender")),
        ("audience", good_product().with_audience("the 500,001 people who keep books")),
        ("unclear[0]", good_product().with_unclear(vec![String::new()])),
    ] {
        let told = wrong(outline);
        assert!(told.iter().all(|problem| problem.at == at), "{at}: {told:?}");
    }
}

#[tokio::test]
async fn the_price_and_the_audience_that_the_intent_names_are_not_the_analysts_to_change() {
    let brief = spec_brief("CSV tool for accountants at $19 a month", vec![offer()]).await;
    let spec = good_product().spec(&brief).unwrap();
    assert_eq!(spec.pricing[0].price, Money::parse("19", Currency::USD).unwrap());
    assert_eq!(spec.target_users, ["accountants"]);
    assert!(!spec.assumptions.iter().any(|line| line.contains("estimate of the analyst")));
}

#[tokio::test]
async fn what_no_builder_covers_stays_a_pre_order() {
    let brief = spec_brief(TEXT, Vec::new()).await;
    let planned = |title: &str| FeatureOutline::new(title, "Turns a file into one that opens.");
    let told = planned("Clean a file").with_wish("open it").with_benefit("I can work");
    let outline = good_product()
        .with_tagline("Exports that open at once")
        .with_features(vec![told, planned("Compare two files")]);
    let spec = outline.spec(&brief).unwrap();
    assert_eq!((spec.deliverable, &spec.offer), (Deliverable::PreOrder, &None));
    assert_eq!(spec.tagline, "Planned: exports that open at once");
    let told: Vec<_> = spec.core_features.iter().map(|one| one.description.as_str()).collect();
    assert!(told.iter().all(|text| text.starts_with("Planned: turns")), "{told:?}");
    assert!(spec.user_stories.iter().any(|story| story.title == "Clean a file"));
    let many = (0..7).map(|n| planned(&format!("Feature {}", ["a", "b", "c", "d", "e", "f", "g"][n])));
    let problems = good_product().with_features(many.collect()).spec(&brief).unwrap_err();
    assert_eq!(places(&problems), ["features"]);
}
