//! The markup of a tool: a fragment that stands in a page of the site's own.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html};

use super::problems::Problems;
use crate::acceptance::part_problems;

/// Elements that a part of a page can't hold, or that the policy of the site forbids.
const REFUSED: &str =
    "script style base applet link meta iframe object embed frame html head body title main h1";
/// Ids of the page around it.
const TAKEN: [&str; 5] = ["main", "features", "pricing", "questions", "interest"];
/// The id of the element that holds all others.
const ROOT: &str = "tool";

/// Adds the defects of the markup in `file`.
pub(super) fn check(file: &str, markup: &str, problems: &mut Problems) {
    // Without a page around it the parser takes misplaced parts of a document as errors, which they are.
    let parsed = Html::parse_fragment(markup);
    for error in parsed.errors.iter().take(5) {
        problems.add(file, format_args!("the parser says {error:?}: correct the markup"));
    }
    // The parser leaves these out of a fragment.
    for name in REFUSED.split(' ') {
        let lower = markup.to_ascii_lowercase();
        let opens = lower.match_indices(&format!("<{name}")).any(|(at, found)| {
            let after = lower.get(at + found.len()..).and_then(|rest| rest.chars().next());
            after.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-')
        });
        if opens {
            problems.add(file, format_args!("holds <{name}>, which a part of a page can't have: remove it"));
        }
    }
    let mut ids = BTreeSet::from(TAKEN);
    let elements = parsed.tree.root().descendants().filter_map(ElementRef::wrap);
    for element in elements.skip(1) {
        let name = element.value().name();
        for (attribute, value) in element.value().attrs() {
            if attribute.starts_with("on") || attribute == "style" {
                problems
                    .add(file, format_args!("<{name} {attribute}=…> is not allowed by the site's policy"));
            }
            if attribute == "data-criterion" {
                problems.add(file, "marks are set by the builder: remove data-criterion");
            }
            let is_far = ["http:", "https:", "//"]
                .iter()
                .any(|far| value.trim().to_ascii_lowercase().starts_with(far));
            if is_far && name != "a" {
                problems.add(
                    file,
                    format_args!("<{name} {attribute}> names {value:?}: put the file into the kit"),
                );
            }
        }
        if let Some(id) = element.attr("id").filter(|id| !ids.insert(id)) {
            problems
                .add(file, format_args!("the id {id:?} is used twice, or by the page around it: rename it"));
        }
    }
    for problem in part_problems(file, markup) {
        problems.add(file, problem);
    }
    let roots: Vec<Option<&str>> =
        parsed.root_element().child_elements().map(|root| root.attr("id")).collect();
    if roots != [Some(ROOT)] {
        problems.add(file, format_args!("has to be one element with id={ROOT:?} that holds all others"));
    }
}
