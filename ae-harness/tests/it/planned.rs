//! The page of a product that is not built yet.

use std::fs;

use ae_core::{CheckKind, Priority};
use scraper::{Html, Selector};

use crate::fixture::{build, checks, criterion, failing, planned, spec};

/// Words by which a page claims that something works, sells it, or shows where its evidence is from.
const CLAIMS: [&str; 14] = [
    "buy",
    "checkout",
    "try it",
    "get started",
    "sign up",
    "works",
    "available now",
    "download",
    "subscribe",
    "licence",
    "in your browser",
    "free trial",
    "choose",
    "what it does",
];
/// Words of the approval that no buyer reads.
const INNER: [&str; 7] = [
    "unverified",
    "an assumption",
    "posts speak",
    "post speaks",
    "hackernews",
    "why does every csv import",
    "points",
];

fn visible(page: &str) -> String {
    let html = Html::parse_document(page);
    let body = Selector::parse("title, body").unwrap();
    let text: Vec<&str> = html.select(&body).flat_map(|element| element.text()).collect();
    let metas = Selector::parse("meta[content]").unwrap();
    let metas = html.select(&metas).filter_map(|meta| meta.attr("content"));
    text.into_iter().chain(metas).collect::<Vec<_>>().join(" ").to_lowercase()
}

#[tokio::test]
async fn it_claims_nothing_and_sells_nothing() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &planned()).await;
    for name in ["index.html", "privacy.html", "404.html"] {
        let page = fs::read_to_string(workspace.path().join("site").join(name)).unwrap();
        let text = visible(&page);
        for word in CLAIMS.iter().chain(&INNER) {
            assert!(!text.contains(word), "{name} says {word:?}: {text}");
        }
        assert!(!page.contains("<script") && !page.contains("checkout"), "{page}");
    }
    let page = fs::read_to_string(workspace.path().join("site/index.html")).unwrap();
    let html = Html::parse_document(&page);
    let texts = |selector: &str| -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).map(|element| element.text().collect::<String>()).collect()
    };
    assert!(texts("#features h3").iter().all(|title| title.starts_with("Planned: ")), "{page}");
    assert!(texts("h1").iter().all(|title| title.starts_with("Planned: ")), "{page}");
    assert!(texts("title").iter().all(|title| title.contains("not built yet")), "{page}");
    assert_eq!(texts("form button"), ["Count me in"]);
    assert!(texts("#pricing").iter().all(|prices| prices.contains("Planned price")), "{page}");
    assert!(!workspace.path().join("site/tool").exists());
}

#[tokio::test]
async fn a_buyer_reads_nothing_of_the_approval() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    for name in ["index.html", "privacy.html", "404.html"] {
        let text = visible(&fs::read_to_string(workspace.path().join("site").join(name)).unwrap());
        for word in INNER {
            assert!(!text.contains(word), "{name} says {word:?}: {text}");
        }
    }
}

/// Edits the front page of a plan and says which checks fail.
async fn edited(from: &str, to: &str) -> Vec<String> {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &planned()).await;
    let path = workspace.path().join("site/index.html");
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.contains(from), "{from}: {before}");
    fs::write(&path, before.replace(from, to)).unwrap();
    failing(workspace.path(), &planned())
}

#[tokio::test]
async fn a_page_that_hides_what_is_missing_fails() {
    let (not, interest) = (vec!["AC-NOT"], vec!["AC-INT"]);
    let both = vec!["AC-NOT", "AC-INT"];
    let form = "<form method=\"post\" action=\"interest\">";
    let button = "<button class=\"button\" type=\"submit\">Count me in</button>";
    for (from, to, wanted) in [
        ("<strong>Not built yet.</strong>", "<strong>New.</strong>", not.clone()),
        ("(not built yet)", "", not.clone()),
        ("content=\"Not built yet. ", "content=\"", not.clone()),
        ("lanned price", "rice", not.clone()),
        ("Count me in</button>", "Buy it</button>", not.clone()),
        ("</main>", "<p><a href=\"checkout?tier=starter\">Go on</a></p></main>", not.clone()),
        ("</main>", "<p><a href=\"privacy.html\">Start free</a></p></main>", not.clone()),
        (
            "</main>",
            "<form method=\"get\" action=\"privacy.html\"><button>Go</button></form></main>",
            not.clone(),
        ),
        (form, "<form method=\"get\" action=\"interest\">", vec!["AC-NOT", "AC-INT"]),
        (form, "<form method=\"post\" action=\"privacy.html\">", both.clone()),
        (
            button,
            "<input type=\"hidden\" name=\"who\" value=\"x\"><button>Count me in</button>",
            both.clone(),
        ),
        (button, "", interest.clone()),
        (button, "<button name=\"who\" value=\"x\">Count me in</button>", both),
        ("<div id=\"interest\"", "<div id=\"interest\" hidden", interest),
        (
            "</head>",
            "<script type=\"module\" src=\"styles.css\"></script></head>",
            vec!["generic-self-contained"],
        ),
    ] {
        let mut found = edited(from, to).await;
        let mut wanted = wanted;
        found.sort();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{from} -> {to}");
    }
    // Said too late.
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &planned()).await;
    let path = workspace.path().join("site/index.html");
    let page = fs::read_to_string(&path).unwrap();
    let notice = "<p class=\"notice\" data-criterion=\"AC-NOT\">";
    let late = page
        .replace(notice, "<p>")
        .replace("<strong>Not built yet.</strong>", "")
        .replace("</main>", "<p data-criterion=\"AC-NOT\">Not built yet.</p></main>");
    // The prices say it too, but below the first heading.
    fs::write(&path, late).unwrap();
    assert_eq!(failing(workspace.path(), &planned()), ["AC-NOT"]);
}

#[tokio::test]
async fn a_product_that_works_is_no_plan() {
    let workspace = tempfile::tempdir().unwrap();
    let mut spec = spec();
    spec.acceptance_criteria.push(criterion("AC-NOT", Priority::P0, CheckKind::NotBuilt));
    spec.acceptance_criteria.push(criterion("AC-INT", Priority::P0, CheckKind::Interest));
    build(workspace.path(), &spec).await;
    assert_eq!(failing(workspace.path(), &spec), ["AC-NOT", "AC-INT"]);
    // And a plan that should sell something fails, too.
    let mut plan = planned();
    plan.acceptance_criteria.push(criterion("AC-BUY", Priority::P0, CheckKind::Checkout));
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &plan).await;
    assert_eq!(failing(workspace.path(), &plan), ["AC-BUY"], "{:?}", checks(workspace.path(), &plan));
}
