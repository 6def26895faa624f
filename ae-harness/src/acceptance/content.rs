//! Checks of what people see.

use super::{Verdict, document::Page, site::Site};
use crate::text::{folded, query_value};

/// The fewest visible characters of a page that says something.
const PAGE_CHARS_MIN: usize = 200;

pub(super) fn phrases(site: &Site, criterion: &str, phrases: &[String]) -> Verdict {
    let mut marked = false;
    let mut hidden = None;
    let mut seen = Vec::new();
    for page in site.pages() {
        for element in page.marked(criterion) {
            marked = true;
            hidden = hidden.or_else(|| page.hidden_within(&element));
            if page.is_visible(&element) {
                seen.extend(page.seen(&element));
            }
        }
    }
    if !marked {
        return Err(unmarked(criterion, &format!("it has to show {phrases:?}")));
    }
    let missing: Vec<_> =
        phrases.iter().filter(|phrase| !seen.iter().any(|text| text.contains(&folded(phrase)))).collect();
    if missing.is_empty() {
        return Ok(format!("{phrases:?} can be seen in an element marked {criterion}"));
    }
    Err(format!(
        "site/index.html: {missing:?} can't be seen inside any element marked data-criterion=\"{criterion}\": write it there, \
         visibly{}",
        because(hidden)
    ))
}

pub(super) fn present(site: &Site, criterion: &str) -> Verdict {
    let mut marked = false;
    let mut hidden = None;
    for page in site.pages() {
        for element in page.marked(criterion) {
            marked = true;
            hidden = hidden.or_else(|| page.hidden_within(&element));
            if page.is_visible(&element) && page.seen(&element).iter().any(|text| !text.is_empty()) {
                return Ok(format!("site/{} shows an element marked {criterion}", page.name));
            }
        }
    }
    if marked {
        return Err(format!(
            "the element marked data-criterion=\"{criterion}\" in the site is hidden or empty: show it, with text{}",
            because(hidden)
        ));
    }
    Err(unmarked(criterion, "it has to be visible and not empty"))
}

pub(super) fn checkout(site: &Site, criterion: &str, path: &str, tiers: &[String]) -> Verdict {
    let mut targets = Vec::new();
    let mut marked = false;
    let mut hidden = None;
    for page in site.pages() {
        for link in page.named("a") {
            let Some(href) = link.attr("href") else { continue };
            let leads_there = href.split('?').next() == Some(path);
            if leads_there {
                hidden = hidden.or_else(|| page.hidden_within(&link));
            }
            if leads_there && page.is_visible(&link) && page.seen(&link).iter().any(|text| !text.is_empty()) {
                targets.push(href.to_owned());
            }
        }
        marked |= page.marked(criterion).any(|element| {
            page.is_visible(&element)
                && std::iter::once(element)
                    .chain(element.descendent_elements())
                    .filter(|inner| page.is_visible(inner))
                    .any(|inner| inner.attr("href").is_some_and(|href| href.split('?').next() == Some(path)))
        });
    }
    if !marked {
        let what = format!("it has to be, or hold, a visible link to {path:?}{}", because(hidden));
        return Err(unmarked(criterion, &what));
    }
    let wanted = tiers.iter().map(|tier| format!("{path}?tier={}", query_value(tier)));
    let missing: Vec<_> = wanted.filter(|href| !targets.contains(href)).collect();
    if missing.is_empty() {
        return Ok(format!("{} tiers have a visible checkout link", tiers.len()));
    }
    Err(format!(
        "site/index.html: no visible link leads to {}: add one for each tier{}",
        missing.join(", "),
        because(hidden)
    ))
}

pub(super) fn privacy(site: &Site, criterion: &str) -> Verdict {
    let mut target = None;
    for page in site.pages() {
        for element in page.marked(criterion).filter(|element| page.is_visible(element)) {
            let inner = std::iter::once(element).chain(element.descendent_elements());
            let mut hrefs =
                inner.filter(|inner| inner.value().name() == "a").filter_map(|link| link.attr("href"));
            target = target.or_else(|| {
                hrefs.next().map(|href| href.split(['#', '?']).next().unwrap_or_default().to_owned())
            });
        }
    }
    let Some(target) = target else {
        return Err(unmarked(criterion, "it has to be, or hold, a visible link to the privacy page"));
    };
    let Some(page) = site.page(&target) else {
        return Err(format!("site/{target}: the privacy link leads to a page that does not exist: write it"));
    };
    let chars = page.seen_text().chars().count();
    if chars < PAGE_CHARS_MIN {
        return Err(format!(
            "site/{target}: the page has {chars} visible characters: say what is collected and why{}",
            because(page.hidden_somewhere())
        ));
    }
    Ok(format!("site/{target} is linked and has {chars} characters"))
}

pub(super) fn sample_notice(site: &Site) -> Verdict {
    let page = site.page("index.html");
    let text = page.map(Page::seen_text).unwrap_or_default();
    if text.contains("sample") && text.contains("no evidence") {
        return Ok("the front page says that the signals are a sample and no evidence".to_owned());
    }
    Err(format!(
        "site/index.html: say visibly that the demand signals are a bundled \"sample\" and \"no evidence\"{}",
        because(page.and_then(Page::hidden_somewhere))
    ))
}

fn unmarked(criterion: &str, what: &str) -> String {
    format!(
        "site/index.html: no visible element is marked data-criterion=\"{criterion}\": mark the one that fulfils it; {what}"
    )
}

/// Tells what hides an element, if anything does.
fn because(hidden: Option<&str>) -> String {
    hidden.map(|reason| format!("; it is hidden because {reason}")).unwrap_or_default()
}
