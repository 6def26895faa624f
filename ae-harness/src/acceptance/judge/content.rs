//! Checks of the text that people see.

use std::collections::BTreeSet;

use scraper::ElementRef;

use super::{
    Verdict,
    address::Place,
    document::{Page, is_within},
    pages::Site,
};
use crate::{
    phrase::places,
    text::{folded, query_value},
};

/// The fewest visible characters of a page that says something.
const PAGE_CHARS_MIN: usize = 200;

pub(super) fn phrases(site: &Site, criterion: &str, phrases: &[String]) -> Verdict {
    let marked = marked(site, criterion);
    if marked.is_empty() {
        return Err(unmarked(site, criterion, &format!("it has to show {phrases:?}")));
    }
    let shown = |phrase: &String| {
        let phrase = folded(phrase);
        marked.iter().any(|(page, element)| {
            let around = page.place(element);
            places(page.text(), &phrase).iter().any(|place| is_within(place, &around))
        })
    };
    let missing: Vec<_> = phrases.iter().filter(|phrase| !shown(phrase)).collect();
    if missing.is_empty() {
        return Ok(format!("{phrases:?} can be seen in an element marked {criterion}"));
    }
    Err(format!(
        "site/index.html: {missing:?} can't be seen inside any element marked data-criterion=\"{criterion}\": write it there, \
         visibly{}",
        because(hidden(&marked))
    ))
}

pub(super) fn checkout(site: &Site, criterion: &str, path: &str, tiers: &[String]) -> Verdict {
    let leads_there = |place: &Place| matches!(place, Place::Inside(inside) if inside.path == path);
    let mut sold = BTreeSet::new();
    for (_, place) in site.reached().flat_map(|page| site.offered(page)) {
        let Place::Inside(inside) = place else { continue };
        if let ([(key, tier)], true) = (inside.pairs().as_slice(), inside.path == path) {
            sold.extend((key == "tier").then(|| tier.clone()));
        }
    }
    let links = marked_links(site, criterion);
    let mut concealed = site.reached().flat_map(|page| page.named("a").map(move |link| (page, link)));
    let reason = concealed.find_map(|(page, link)| {
        let place = site.place(page, link.attr("href")?);
        page.hidden_within(&link).filter(|_| leads_there(&place))
    });
    if !links.iter().any(|(_, place)| leads_there(place)) {
        let what = format!("it has to be, or hold, a visible link that leads to {path:?} of the site");
        return Err(unmarked(site, criterion, &what) + &because(reason));
    }
    let missing: Vec<_> = tiers.iter().filter(|tier| !sold.contains(*tier)).collect();
    if missing.is_empty() {
        return Ok(format!("{} tiers have a visible checkout link", tiers.len()));
    }
    let missing: Vec<_> = missing.iter().map(|tier| format!("{path}?tier={}", query_value(tier))).collect();
    Err(format!(
        "site/index.html: no visible link on a page that people get to leads to {} of the site: add one for each tier{}",
        missing.join(", "),
        because(reason)
    ))
}

/// The statements of a privacy page, each with what else to write.
const STATEMENTS: [(&str, &str); 3] = [
    ("collect", "what is collected"),
    ("how long", "how long it is kept, under that heading"),
    ("whom to ask", "whom to ask, under that heading"),
];
/// The statement of a site without a contact.
const NO_CONTACT: &str = "no contact was given";

pub(super) fn privacy(site: &Site, criterion: &str, contact: Option<&str>) -> Verdict {
    let mut problem = None;
    for (page, place) in marked_links(site, criterion) {
        let file = match &place {
            Place::Inside(inside) => site.file_at(&inside.path),
            _ => None,
        };
        let Some(target) = file.and_then(|file| site.page(file)) else {
            let from = &page.name;
            problem.get_or_insert(format!(
                "site/{from}: the privacy link leads to no page of the site: write it"
            ));
            continue;
        };
        let says = |phrase: &str| !places(target.text(), &folded(phrase)).is_empty();
        let wanted = contact.unwrap_or(NO_CONTACT);
        let mut missing: Vec<String> = STATEMENTS
            .iter()
            .filter(|(phrase, _)| !says(phrase))
            .map(|(_, what)| (*what).to_owned())
            .collect();
        missing.extend((!says(wanted)).then(|| format!("{wanted:?}")));
        let chars = target.text().len();
        if chars < PAGE_CHARS_MIN {
            missing.push(format!("more than its {chars} visible characters"));
        }
        if missing.is_empty() {
            return Ok(format!(
                "site/{} is linked and says what is collected, how long it is kept and whom to ask",
                target.name
            ));
        }
        problem.get_or_insert(format!(
            "site/{}: the page has to say {}{}",
            target.name,
            missing.join(", and "),
            because(target.hidden_somewhere())
        ));
    }
    Err(problem.unwrap_or_else(|| {
        unmarked(site, criterion, "it has to be, or hold, a visible link to the privacy page")
            + &because(hidden(&marked(site, criterion)))
    }))
}

pub(super) fn sample_notice(site: &Site) -> Verdict {
    let page = site.page("index.html");
    let text = page.map(Page::text).unwrap_or_default();
    if ["sample", "no evidence"].iter().all(|phrase| !places(text, phrase).is_empty()) {
        return Ok("the front page says that the signals are a sample and no evidence".to_owned());
    }
    Err(format!(
        "site/index.html: say visibly that the demand signals are a bundled \"sample\" and \"no evidence\"{}",
        because(page.and_then(Page::hidden_somewhere))
    ))
}

/// The elements that are marked, on the pages that people can get to.
pub(super) fn marked<'a>(site: &'a Site, criterion: &'a str) -> Vec<(&'a Page, ElementRef<'a>)> {
    site.reached().flat_map(|page| page.marked(criterion).map(move |element| (page, element))).collect()
}

/// The links that people see which are marked, or stand in an element that is, with where they lead.
fn marked_links<'a>(site: &'a Site, criterion: &'a str) -> Vec<(&'a Page, Place)> {
    let inside = |link: &ElementRef<'_>, page: &Page| {
        let mut marked = page.marked(criterion);
        marked.any(|element| element == *link || link.ancestors().any(|outer| outer.id() == element.id()))
    };
    let all =
        site.reached().flat_map(|page| site.offered(page).map(move |(link, place)| (page, link, place)));
    all.filter(|(page, link, _)| inside(link, page)).map(|(page, _, place)| (page, place)).collect()
}

/// The reason why one of the elements is not seen.
pub(super) fn hidden(marked: &[(&Page, ElementRef<'_>)]) -> Option<String> {
    marked.iter().find_map(|(page, element)| page.hidden_within(element))
}

pub(super) fn unmarked(site: &Site, criterion: &str, what: &str) -> String {
    let unreached = site.pages.iter().find(|page| {
        page.marked(criterion).next().is_some() && !site.reached().any(|reached| reached.name == page.name)
    });
    let unreached = unreached.map(|page| {
        format!(
            "; no visible link leads from the front page to site/{}, so what stands there proves nothing",
            page.name
        )
    });
    format!(
        "site/index.html: no visible element is marked data-criterion=\"{criterion}\": mark the one that fulfils it; {what}{}",
        unreached.unwrap_or_default()
    )
}

/// The end of a diagnosis: the reason why an element is hidden, if it is.
pub(super) fn because(hidden: Option<String>) -> String {
    hidden.map(|reason| format!("; it is hidden because {reason}")).unwrap_or_default()
}
