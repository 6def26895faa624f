//! Checks of the pages' structure.

use std::collections::BTreeSet;

use scraper::ElementRef;

use super::{
    Verdict,
    document::{Page, has_rendered_text, is_rendered},
    judged,
    pages::Site,
};

/// Attributes without which an element is wrong (HTML Living Standard).
const REQUIRED: [(&str, &str); 8] = [
    ("img", "src"),
    ("img", "alt"),
    ("form", "action"),
    ("link", "href"),
    ("link", "rel"),
    ("source", "srcset"),
    ("iframe", "title"),
    ("area", "alt"),
];

/// Pages parse cleanly.
pub(super) fn markup(site: &Site) -> Verdict {
    let mut problems = Vec::new();
    for page in &site.pages {
        let at = |what: String| format!("site/{}: {what}", page.name);
        if !page.follows_the_standard() {
            problems.push(at("has no <!DOCTYPE html>: begin with it".to_owned()));
        }
        let errors: BTreeSet<&String> = page.errors.iter().collect();
        problems.extend(
            errors.iter().take(3).map(|error| at(format!("the parser says {error:?}: correct the markup"))),
        );
        let mut seen = BTreeSet::new();
        for id in page.ids() {
            if id.is_empty() || id.contains(char::is_whitespace) {
                problems.push(at(format!("the id {id:?} is empty or has white space: name it without")));
            } else if !seen.insert(id) {
                problems.push(at(format!("the id {id:?} is used twice: rename one")));
            }
        }
        for element in page.elements() {
            let name = element.value().name();
            let missing =
                REQUIRED.iter().filter(|(of, attribute)| *of == name && element.attr(attribute).is_none());
            problems.extend(missing.map(|(_, attribute)| at(format!("<{name}> has no {attribute}: add it"))));
            if name == "a" && element.attr("href").is_some_and(|href| href.trim().is_empty()) {
                problems.push(at("a link has an empty href: say where it leads".to_owned()));
            }
        }
        if !page
            .named("meta")
            .any(|meta| meta.attr("charset").is_some_and(|set| set.eq_ignore_ascii_case("utf-8")))
        {
            problems.push(at("has no <meta charset=\"utf-8\">: add it first in the head".to_owned()));
        }
    }
    judged(problems, format!("{} pages parse without errors", site.pages.len()))
}

/// The parts of accessibility that a program can see.
pub(super) fn accessibility(site: &Site) -> Verdict {
    let problems: Vec<String> = site.pages.iter().flat_map(page_problems).collect();
    judged(
        problems,
        format!("{} pages have language, title, headings, landmarks, labels and zoom", site.pages.len()),
    )
}

pub(super) fn page_problems(page: &Page) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            problems.push(format!("site/{}: {what}", page.name));
        }
    };
    let count = |name: &str| page.named(name).count();
    let lang = page.named("html").any(|html| html.attr("lang").is_some_and(|lang| !lang.trim().is_empty()));
    expect(lang, "<html> has no lang: say which language the page is in");
    let title = page.named("title").any(|title| !title.text().collect::<String>().trim().is_empty());
    expect(title, "has no title: add one to the head");
    expect(count("h1") == 1, &format!("has {} h1 elements: a page has exactly one", count("h1")));
    expect(count("main") == 1, &format!("has {} main landmarks: a page has exactly one", count("main")));
    let zoom = page.named("meta").filter(|meta| meta.attr("name") == Some("viewport")).any(|meta| {
        let content = meta.attr("content").unwrap_or_default();
        content.contains("width=device-width")
            && !content.contains("user-scalable=no")
            && !content.contains("maximum-scale")
    });
    expect(
        zoom,
        "has no viewport that allows zoom: add <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
    );
    let levels: Vec<u32> = page.elements().filter_map(|element| level(&element)).collect();
    expect(
        levels.first().is_none_or(|first| *first == 1),
        "the first heading is not an h1: begin with the h1",
    );
    let skips = levels.windows(2).any(|pair| matches!(pair, [before, after] if *after > *before + 1));
    expect(!skips, "a heading skips a level: use h2 after h1, h3 after h2");
    for element in page.elements().filter(is_rendered) {
        let name = element.value().name();
        let needs_name = matches!(name, "button") || (name == "a" && element.attr("href").is_some());
        expect(
            !needs_name || is_named(&element),
            &format!("a <{name}> has no text and no aria-label: name it"),
        );
        let is_field = matches!(name, "select" | "textarea")
            || (name == "input"
                && !matches!(element.attr("type"), Some("hidden" | "submit" | "button" | "reset")));
        expect(
            !is_field || is_labelled(page, &element),
            &format!("an <{name}> has no label: add <label for>"),
        );
        expect(name != "th" || element.attr("scope").is_some(), "a <th> has no scope: say col or row");
    }
    problems
}

fn level(element: &ElementRef<'_>) -> Option<u32> {
    element.value().name().strip_prefix('h')?.parse().ok().filter(|level| (1..=6).contains(level))
}

fn has_aria_name(element: &ElementRef<'_>) -> bool {
    ["aria-label", "aria-labelledby"]
        .iter()
        .any(|name| element.attr(name).is_some_and(|value| !value.trim().is_empty()))
}

fn is_named(element: &ElementRef<'_>) -> bool {
    let alternative = || {
        element.descendent_elements().any(|inner| inner.attr("alt").is_some_and(|alt| !alt.trim().is_empty()))
    };
    has_aria_name(element) || has_rendered_text(element) || alternative()
}

fn is_labelled(page: &Page, element: &ElementRef<'_>) -> bool {
    let by_for =
        element.attr("id").is_some_and(|id| page.named("label").any(|label| label.attr("for") == Some(id)));
    let inside =
        element.ancestors().filter_map(ElementRef::wrap).any(|outer| outer.value().name() == "label");
    has_aria_name(element) || by_for || inside
}
