//! Only what visitors get to proves something, and links lead where a browser takes them.

use std::{fs, path::Path};

use crate::fixture::{build, checks, failing, policy, spec};

/// A sound page below the front page.
fn page(main: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>More</title>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"../styles.css\"></head><body><main><h1>More</h1>{main}</main></body></html>",
        policy()
    )
}

/// A good site with more files; `swaps` are made in its front page, each of which must change something.
async fn site(workspace: &Path, swaps: &[(&str, &str)], more: &[(&str, String)]) {
    build(workspace, &spec()).await;
    let folder = workspace.join("site");
    let mut front = fs::read_to_string(folder.join("index.html")).unwrap();
    for (from, to) in swaps {
        assert!(front.contains(from), "{from}");
        front = front.replace(from, to);
    }
    fs::write(folder.join("index.html"), front).unwrap();
    for (name, text) in more {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

async fn failed(swaps: &[(&str, &str)], more: &[(&str, String)]) -> Vec<String> {
    let workspace = tempfile::tempdir().unwrap();
    site(workspace.path(), swaps, more).await;
    failing(workspace.path(), &spec())
}

const FEATURE: (&str, &str) = ("Find duplicate rows", "Find rows");

fn feature() -> String {
    page("<p data-criterion=\"AC-004\">Find duplicate rows</p>")
}

fn linked(link: &'static str) -> (&'static str, &'static str) {
    ("</main>", link)
}

#[tokio::test]
async fn a_page_proves_something_only_when_a_visible_link_leads_there() {
    let more = [("docs/more.html", feature())];
    for link in [
        "<p><a href=\"docs/more.html\">More</a></p></main>",
        "<p><a href=\"docs/more\">More</a></p></main>",
        "<p><a href=\"/p/csv-tidy/docs/../docs/more.html?x#\">More</a></p></main>",
        "<p><a href=\"http://127.0.0.1:8787/p/csv-tidy/docs/more.html\">More</a></p></main>",
        "<p><a href=\"docs/more.html\"><img src=\"favicon.svg\" alt=\"More\"></a></p></main>",
    ] {
        assert_eq!(failed(&[FEATURE, linked(link)], &more).await, Vec::<String>::new(), "{link}");
    }
    for link in [
        "</main>",
        "<p hidden><a href=\"docs/more.html\">More</a></p></main>",
        "<p><a href=\"docs/more.html\" aria-label=\"More\"></a></p></main>",
        "<p><a href=\"docs/more.html\" download>More</a></p></main>",
        "<p><link itemprop=\"x\" rel=\"author\" href=\"docs/more.html\"></p></main>",
    ] {
        let workspace = tempfile::tempdir().unwrap();
        site(workspace.path(), &[FEATURE, linked(link)], &more).await;
        assert_eq!(failing(workspace.path(), &spec()), ["AC-004"], "{link}");
    }
}

#[tokio::test]
async fn a_style_sheet_by_another_name_hides_too() {
    let link = ("</head>", "<link rel=\"alternate StyleSheet\" href=\"theme.txt\"></head>");
    let css = "\u{FEFF}[data-criterion~=\"AC-004\"]{display:none}".to_owned();
    assert!(failed(&[link], &[("theme.txt", css.clone())]).await.contains(&"generic-styles".to_owned()));
    assert_eq!(failed(&[], &[("theme.txt", css)]).await, Vec::<String>::new(), "nothing links to it");
}

#[tokio::test]
async fn pages_are_followed_from_page_to_page_and_unreached_ones_are_named() {
    let step = |href: &str| page(&format!("<p><a href=\"{href}\">On</a></p>"));
    let front = linked("<p><a href=\"a/\">On</a></p></main>");
    let more =
        [("a/index.html", step("../b/one")), ("b/one.html", step("two.html")), ("b/two.html", feature())];
    assert_eq!(failed(&[FEATURE, front], &more).await, Vec::<String>::new());

    // The same pages in a ring that nothing leads into.
    let workspace = tempfile::tempdir().unwrap();
    site(workspace.path(), &[FEATURE, ("data-criterion=\"AC-004\"", "")], &more).await;
    let found: Vec<_> = checks(workspace.path(), &spec()).into_iter().filter(|check| !check.passed).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].detail.contains("no visible link leads from the front page to site/b/two.html"),
        "{}",
        found[0].detail
    );
}

#[tokio::test]
async fn a_checkout_link_counts_where_a_browser_takes_it() {
    let front = [
        ("href=\"checkout?tier=team\"", "href=\"docs/buy.html\""),
        ("</main>", "<p><a href=\"docs/buy.html\">Buy</a></p></main>"),
    ];
    for href in [
        "../checkout?tier=team",
        "/p/csv-tidy/checkout?tier=team",
        "http://127.0.0.1:8787/p/csv-tidy/checkout?tier=team#now",
        "..\\checkout?tier=te%61m",
    ] {
        let buy = page(&format!("<p><a href=\"{href}\">Choose Team</a></p>"));
        assert_eq!(failed(&front, &[("docs/buy.html", buy)]).await, Vec::<String>::new(), "{href}");
    }
    for (href, wanted) in [
        ("checkout?tier=team", vec!["AC-007", "generic-links"]),
        ("/checkout?tier=team", vec!["AC-007", "generic-links"]),
        ("//elsewhere.example/p/csv-tidy/checkout?tier=team", vec!["AC-007"]),
        ("../checkout?tier=teams", vec!["AC-007"]),
        ("../checkout?tier=team&tier=starter", vec!["AC-007"]),
        ("../checkout", vec!["AC-007"]),
    ] {
        let buy = page(&format!("<p><a href=\"{href}\">Choose Team</a></p>"));
        assert_eq!(failed(&front, &[("docs/buy.html", buy)]).await, wanted, "{href}");
    }
    let hidden = page("<p><a href=\"../checkout?tier=team\" hidden>Choose Team</a></p>");
    assert_eq!(failed(&front, &[("docs/buy.html", hidden)]).await, ["AC-007"]);
}

#[tokio::test]
async fn a_base_is_refused_and_its_links_prove_nothing() {
    let swaps = [("<title>", "<base href=\"/p/csv-tidy/docs/\"><title>")];
    assert_eq!(failed(&swaps, &[]).await, ["AC-007", "AC-008", "generic-links", "generic-self-contained"]);
}

#[tokio::test]
async fn the_error_page_has_no_place_to_be_relative_to() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let path = workspace.path().join("site/404.html");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, before.replace("/p/csv-tidy/privacy.html", "privacy.html")).unwrap();
    let found: Vec<_> = checks(workspace.path(), &spec()).into_iter().filter(|check| !check.passed).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].id == "generic-links" && found[0].detail.contains("any depth"), "{}", found[0].detail);
}

#[tokio::test]
async fn what_leads_elsewhere_is_told_as_a_browser_tells_it() {
    for link in [
        "<a href=\"java\tscript:alert(1)\">x</a>",
        "<button formaction=\" JAVA\nscript:x\">x</button>",
        "<img alt=\"x\" src=\"/\\elsewhere.example/x.png\">",
        "<img alt=\"x\" src=\"favicon.svg\" srcset=\"favicon.svg 1x,//elsewhere.example/x.png 2x\">",
        "<svg><use xlink:href=\"//elsewhere.example/x.svg#x\"></use></svg>",
    ] {
        let found = failed(&[("</main>", &format!("<p>{link}</p></main>"))], &[]).await;
        assert_eq!(found, ["generic-self-contained"], "{link}");
    }
    for link in [
        "<a href=\"/\\elsewhere.example/x\">x</a>",
        "<a href=\"mailto:a@b.example\">x</a>",
        "<a href=\"#top\">x</a>",
    ] {
        let found = failed(&[("</main>", &format!("<p>{link}</p></main>"))], &[]).await;
        assert_eq!(found, Vec::<String>::new(), "{link}");
    }
}
