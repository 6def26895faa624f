//! Broken sites fail exactly the checks that they break.

use std::fs;

use ae_core::{CheckKind, ErrorKind, Priority, ProductSpec};
use ae_harness::AcceptancePlan;

use crate::fixture::{build, checks, context, criterion, failing, spec};

/// Builds a good site, edits one file and says which checks fail.
async fn broken(file: &str, edit: impl FnOnce(String) -> Option<String>) -> Vec<String> {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let path = workspace.path().join("site").join(file);
    let before = fs::read_to_string(&path).unwrap_or_default();
    match edit(before.clone()) {
        Some(after) => {
            assert_ne!(before, after, "the edit of {file} changes something");
            fs::write(&path, after).unwrap();
        }
        None => fs::remove_file(&path).unwrap(),
    }
    let found = failing(workspace.path(), &spec());
    for check in checks(workspace.path(), &spec()).iter().filter(|check| !check.passed) {
        assert!(
            check.detail.contains("site") || check.detail.contains("rule"),
            "{}: {}",
            check.id,
            check.detail
        );
    }
    found
}

#[tokio::test]
async fn each_defect_fails_its_own_check() {
    let replace = |from: &'static str, to: &'static str| move |text: String| Some(text.replace(from, to));
    let long = "<p>".to_owned() + &"x".repeat(120_000) + "</p></main>";
    for (name, found, wanted) in [
        (
            "missing feature",
            broken("index.html", replace("Find duplicate rows", "Find rows")).await,
            vec!["AC-004"],
        ),
        (
            "hidden attribute",
            broken("index.html", replace("class=\"audience\"", "class=\"audience\" hidden")).await,
            vec!["AC-003"],
        ),
        (
            "mark removed",
            broken("index.html", replace("data-criterion=\"AC-005\"", "")).await,
            vec!["AC-005"],
        ),
        ("wrong price", broken("index.html", replace("$9.00", "$8.00")).await, vec!["AC-006"]),
        (
            "no team button",
            broken("index.html", replace("checkout?tier=team", "privacy.html")).await,
            vec!["AC-007"],
        ),
        (
            "broken link",
            broken("index.html", replace("href=\"#questions\"", "href=\"nowhere.html\"")).await,
            vec!["generic-links"],
        ),
        (
            "broken anchor",
            broken("index.html", replace("id=\"questions\"", "id=\"asked\"")).await,
            vec!["generic-links"],
        ),
        (
            "link above the site",
            broken("index.html", replace("href=\"./\"", "href=\"/\"")).await,
            vec!["generic-links"],
        ),
        (
            "empty privacy page",
            broken("privacy.html", |_| Some(EMPTY.to_owned())).await,
            vec!["AC-008", "generic-self-contained"],
        ),
        (
            "duplicate id",
            broken("index.html", replace("id=\"status\"", "id=\"pricing\"")).await,
            vec!["generic-markup"],
        ),
        (
            "unclosed markup",
            broken(
                "index.html",
                replace("</section><section id=\"pricing\">", "</div></section><section id=\"pricing\">"),
            )
            .await,
            vec!["generic-markup"],
        ),
        (
            "external script",
            broken(
                "index.html",
                replace("</main>", "<script src=\"https://evil.example/x.js\"></script></main>"),
            )
            .await,
            vec!["generic-self-contained"],
        ),
        (
            "external font",
            broken("styles.css", replace(".price{", "@font-face{src:url(https://f.example/a)}\n.price{"))
                .await,
            vec!["generic-self-contained"],
        ),
        (
            "handler",
            broken("index.html", replace("<h2>Pricing</h2>", "<h2 onclick=\"x()\">Pricing</h2>")).await,
            vec!["generic-self-contained"],
        ),
        (
            "no language",
            broken("index.html", replace(" lang=\"en\"", "")).await,
            vec!["generic-accessibility"],
        ),
        (
            "skipped heading",
            broken("index.html", replace("<h2>Pricing</h2>", "<h5>Pricing</h5>")).await,
            vec!["generic-accessibility"],
        ),
        (
            "field without label",
            broken("index.html", replace("</main>", "<input name=\"q\"></main>")).await,
            vec!["generic-accessibility"],
        ),
        (
            "low contrast",
            broken("styles.css", replace("--muted:#505a66", "--muted:#b5bcc4")).await,
            vec!["generic-contrast"],
        ),
        ("no robots", broken("robots.txt", |_| None).await, vec!["generic-files", "generic-discovery"]),
        (
            "foreign sitemap",
            broken("sitemap.xml", replace("127.0.0.1:8787", "elsewhere.example")).await,
            vec!["generic-discovery"],
        ),
        ("no preview", broken("index.html", replace("og:title", "og:other")).await, vec!["generic-social"]),
        (
            "too heavy",
            broken("index.html", move |text| Some(text.replace("</main>", &long))).await,
            vec!["generic-weight"],
        ),
        (
            "dead privacy page",
            broken("privacy.html", |_| None).await,
            vec!["AC-008", "generic-files", "generic-links", "generic-discovery"],
        ),
    ] {
        assert_eq!(found, wanted, "{name}");
    }
}

/// The checks that prove something by visible text, and the one of the style sheets.
const READING: [&str; 9] =
    ["AC-001", "AC-002", "AC-003", "AC-004", "AC-005", "AC-006", "AC-007", "AC-008", "generic-styles"];

/// Puts `css` before the style sheet of a good site and returns the checks that then fail, with their details.
async fn styled(css: &str) -> Vec<(String, String)> {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let path = workspace.path().join("site/styles.css");
    fs::write(&path, format!("{css}\n{}", fs::read_to_string(&path).unwrap())).unwrap();
    let failed = checks(workspace.path(), &spec()).into_iter().filter(|check| !check.passed);
    failed.map(|check| (check.id, check.detail)).collect()
}

#[tokio::test]
async fn a_sheet_that_hides_anything_proves_nothing() {
    for css in [
        "x{display:none}",
        "x,.other::before{display:none}",
        "@media not print{x{visibility:collapse}}",
        "@supports (display:grid){@layer top{x{opacity:0%}}}",
        "main{section{& x{font-size:0px}}}",
        "@keyframes away{to{opacity:0}}",
        "x{surely-new-property:1}",
    ] {
        let failed = styled(css).await;
        let ids: Vec<&str> = failed.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, READING, "{css}");
        assert!(failed.iter().all(|(_, detail)| detail.contains("site/styles.css: \"")), "{css}: {failed:?}");
    }
    for css in ["@media print{x{display:none}}", "x a:hover{opacity:.8}", "x{color:var(--ink)}"] {
        assert_eq!(styled(css).await, [], "{css}");
    }
}

#[tokio::test]
async fn markup_that_hides_text_is_refused() {
    for (edit, wanted) in [
        (("class=\"audience\"", "class=\"audience\" style=\"opacity:0\""), vec!["generic-self-contained"]),
        (("class=\"audience\"", "class=\"audience\" popover"), vec!["AC-003"]),
        (("</head>", "<style>.audience{color:transparent}</style></head>"), vec!["generic-self-contained"]),
        (("<section id=\"pricing\">", "<section id=\"pricing\" hidden>"), vec!["AC-006", "AC-007"]),
        (("<!DOCTYPE html>", "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 3.2//EN\">"), vec!["generic-markup"]),
    ] {
        let (from, to) = edit;
        let mut found = broken("index.html", |text| Some(text.replace(from, to))).await;
        let mut wanted = wanted;
        found.sort();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{to}");
    }
}

const EMPTY: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Privacy</title></head>\
    <body><main><h1>Privacy</h1></main></body></html>";

#[tokio::test]
async fn a_changed_plan_is_refused() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let plan = AcceptancePlan::derive(&spec(), &context());
    let seal = plan.seal();
    assert_eq!(AcceptancePlan::derive(&spec(), &context()).seal(), seal);
    let json = serde_json::to_string(&plan).unwrap();
    let restored: AcceptancePlan = serde_json::from_str(&json).unwrap();
    assert!(restored.run(workspace.path(), &seal).is_ok());
    let mut softer = plan.clone();
    softer.checks.pop();
    assert_eq!(softer.run(workspace.path(), &seal).unwrap_err().kind(), ErrorKind::Conflict);
    let first = r#"{"schema_version":1,"checks":[{"id":"x","criterion":null,"priority":"P0","asserts":{"kind":"links"}}]}"#;
    let first: AcceptancePlan = serde_json::from_str(first).unwrap();
    assert_eq!(first.run(workspace.path(), &first.seal()).unwrap_err().kind(), ErrorKind::Unsupported);
    let mut lost = plan.clone();
    lost.base_url = "/p/csv-tidy/".to_owned();
    assert_eq!(lost.run(workspace.path(), &lost.seal()).unwrap_err().kind(), ErrorKind::InvalidInput);
    let mut newer = plan;
    newer.schema_version += 1;
    assert_eq!(newer.run(workspace.path(), &newer.seal()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn low_priorities_are_not_checked() {
    let plan = AcceptancePlan::derive(&spec(), &context());
    assert!(plan.checks.iter().all(|check| check.id != "AC-009"));
    assert_eq!(plan.checks.iter().filter(|check| check.criterion.is_some()).count(), 8);
}

#[tokio::test]
async fn a_criterion_that_no_check_proves_is_listed_and_never_passes() {
    let mut spec = spec();
    let unproven = [CheckKind::Manual, CheckKind::default(), CheckKind::Phrases { phrases: Vec::new() }];
    spec.acceptance_criteria = unproven
        .into_iter()
        .enumerate()
        .map(|(at, check)| criterion(&format!("M-{at}"), Priority::P0, check))
        .collect();
    let mut stored = serde_json::to_value(&spec).unwrap();
    for criterion in stored["acceptance_criteria"].as_array_mut().unwrap() {
        criterion.as_object_mut().unwrap().remove("check").unwrap();
    }
    let older: ProductSpec = serde_json::from_value(stored).unwrap();
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec).await;
    for spec in [spec, older] {
        let plan = AcceptancePlan::derive(&spec, &context());
        assert_eq!(plan.manual, spec.acceptance_criteria);
        let outcomes = plan.run(workspace.path(), &plan.seal()).unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.criterion.is_none()), "{outcomes:?}");
    }
}
