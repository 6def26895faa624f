//! Checks of a site whose product is not built yet.

use scraper::ElementRef;

use super::{
    Verdict,
    address::Place,
    content::{because, hidden, marked, phrases, unmarked},
    document::{Page, is_tool},
    judged, meta,
    pages::Site,
};
use crate::{
    acceptance::AcceptancePlan,
    phrase::{names, places},
    text::folded,
};

/// The sentence that visitors have to see.
const NOT_BUILT: &str = "not built yet";
/// The words that stand at a price.
const PLANNED_PRICE: &str = "planned price";
/// Words on a button or a link that offer more than there is.
const OFFERS: [&str; 12] = [
    "buy",
    "order",
    "purchase",
    "subscribe",
    "pay",
    "start",
    "try",
    "download",
    "install",
    "upgrade",
    "sign up",
    "log in",
];

/// The site says that the product is not built yet, and offers nothing else.
pub(super) fn not_built(site: &Site, criterion: &str, plan: &AcceptancePlan, has_prices: bool) -> Verdict {
    phrases(site, criterion, &[NOT_BUILT.to_owned()])?;
    let Some(front) = site.page("index.html") else {
        return Err("site/index.html is missing: write it".to_owned());
    };
    let mut problems = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            problems.push(format!("site/index.html: {what}"));
        }
    };
    let says = |text: &str| folded(text).contains(NOT_BUILT);
    let first = places(front.text(), NOT_BUILT).first().map_or(usize::MAX, |place| place.start);
    let section = front.named("h2").map(|heading| front.place(&heading)).find(|place| !place.is_empty());
    expect(
        section.is_none_or(|section| first < section.start),
        "say \"not built yet\" before the first h2, where people see it at once",
    );
    let title: String = front.named("title").flat_map(|title| title.text()).collect();
    expect(says(&title), "the title has to say \"not built yet\": search results show it alone");
    for name in ["description", "og:description"] {
        expect(
            meta::meta(front, name).is_some_and(says),
            &format!("<meta> {name} has to say \"not built yet\": it is shown alone"),
        );
    }
    expect(
        !has_prices || !places(front.text(), PLANNED_PRICE).is_empty(),
        "call a price what it is: \"planned price\"",
    );
    problems.extend(site.pages.iter().flat_map(|page| offers(site, page, plan)));
    judged(problems, "visitors see that the product is not built yet, and nothing else is offered")
}

/// Links, buttons and forms that offer what is not there.
fn offers(site: &Site, page: &Page, plan: &AcceptancePlan) -> Vec<String> {
    let mut problems = Vec::new();
    let mut add = |what: String| problems.push(format!("site/{}: {what}", page.name));
    for element in page.elements() {
        if is_tool(&element) {
            add("has an element with the id \"tool\", which nothing is there for: rename it".to_owned());
        }
        match element.value().name() {
            "a" | "area" => {
                let place = element.attr("href").map(|href| site.place(page, href));
                let inside = match &place {
                    Some(Place::Inside(inside)) => Some(inside.path.as_str()),
                    _ => None,
                };
                if inside == Some(plan.checkout_path.as_str()) {
                    add("a link leads to the checkout of a product that is not built: remove it".to_owned());
                } else if !matches!(inside, Some("" | "index.html")) {
                    // The name of the product may be any word, and leads to the front page.
                    offer(page, &element).into_iter().for_each(&mut add);
                }
            }
            "button" | "summary" => offer(page, &element).into_iter().for_each(&mut add),
            "form" if !counts(site, page, &element, &plan.interest_path) => {
                add(format!("a form does more than post an interest to {:?}: remove it", plan.interest_path));
            }
            "input" | "select" | "textarea" => {
                add("asks visitors for something: remove the field, the button alone is enough".to_owned());
            }
            _ => {}
        }
    }
    problems
}

fn offer(page: &Page, element: &ElementRef<'_>) -> Option<String> {
    let text = page.text().get(page.place(element)).unwrap_or_default();
    let word = OFFERS.iter().find(|word| !names(text, word).is_empty())?;
    let name = element.value().name();
    Some(format!("<{name}> offers to {word:?}, which nothing is there for: say what it does"))
}

/// A form that counts an interest and asks for nothing.
pub(super) fn interest(site: &Site, criterion: &str, path: &str) -> Verdict {
    let marked = marked(site, criterion);
    let mut forms = marked.iter().flat_map(|(page, element)| {
        let inner = element.descendent_elements().chain(std::iter::once(*element));
        inner.filter(|inner| inner.value().name() == "form").map(move |form| (*page, form))
    });
    let is_pressed = |page: &Page, form: &ElementRef<'_>| {
        let mut buttons = form.descendent_elements().filter(|inner| inner.value().name() == "button");
        buttons.any(|button| !matches!(button.attr("type"), Some("button" | "reset")) && page.offers(&button))
    };
    if forms.any(|(page, form)| counts(site, page, &form, path) && is_pressed(page, &form)) {
        return Ok(format!("a visible button counts an interest at {path:?} and asks for nothing"));
    }
    let what = format!(
        "it has to be, or hold, a visible <form method=\"post\"> to {path:?} of the site, with a button and without fields"
    );
    Err(unmarked(site, criterion, &what) + &because(hidden(&marked)))
}

/// Whether a form posts to the path, and sends nothing.
fn counts(site: &Site, page: &Page, form: &ElementRef<'_>, path: &str) -> bool {
    let is_post = form.attr("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("post"));
    let place = site.place(page, form.attr("action").unwrap_or_default());
    let mut inner = form.descendent_elements();
    let sends = |element: &ElementRef<'_>| {
        matches!(element.value().name(), "input" | "select" | "textarea" | "object")
            || element.attr("name").is_some()
            || element.attr("formaction").is_some()
    };
    let leads_there = matches!(place, Place::Inside(inside) if inside.path == path && inside.query.is_none());
    is_post && leads_there && !inner.any(|element| sends(&element))
}
