//! One parsed page.

use std::collections::{BTreeSet, HashSet};

use scraper::{ElementRef, Html, Node, Selector, node::Element};

use crate::text::folded;

/// Elements whose text nobody sees on the page.
const UNSEEN: [&str; 8] = ["head", "script", "style", "template", "noscript", "title", "iframe", "datalist"];

/// A page of the site.
#[derive(Debug)]
pub(super) struct Page {
    /// Its path, relative to the site.
    pub(super) name: String,
    /// What the parser had to forgive.
    pub(super) errors: Vec<String>,
    html: Html,
    hidden: HashSet<usize>,
}

impl Page {
    /// Parses a page; elements that match one of `hiding` count as not visible.
    pub(super) fn parse(name: &str, text: &str, hiding: &[Selector]) -> Self {
        let html = Html::parse_document(text);
        let errors = html.errors.iter().map(ToString::to_string).collect();
        let hidden =
            hiding.iter().flat_map(|selector| html.select(selector)).map(|element| key(&element)).collect();
        Self { name: name.to_owned(), errors, html, hidden }
    }

    /// Whether the page has a doctype, so that browsers follow the standard.
    pub(super) fn has_doctype(&self) -> bool {
        self.html.tree.root().children().any(|node| node.value().is_doctype())
    }

    /// Every element, in document order.
    pub(super) fn elements(&self) -> impl Iterator<Item = ElementRef<'_>> {
        self.html.tree.root().descendants().filter_map(ElementRef::wrap)
    }

    /// Every element of this name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = ElementRef<'a>> {
        self.elements().filter(move |element| element.value().name() == name)
    }

    /// Every value of `id`.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.elements().filter_map(|element| element.attr("id")).collect()
    }

    /// The ids as a set.
    pub(super) fn anchors(&self) -> BTreeSet<&str> {
        self.ids().into_iter().collect()
    }

    /// Every element marked with `criterion`.
    pub(super) fn marked<'a>(&'a self, criterion: &'a str) -> impl Iterator<Item = ElementRef<'a>> {
        self.elements().filter(move |element| {
            element.attr("data-criterion").is_some_and(|ids| ids.split_whitespace().any(|id| id == criterion))
        })
    }

    /// Whether nothing hides the element.
    pub(super) fn is_visible(&self, element: &ElementRef<'_>) -> bool {
        let with_ancestors =
            std::iter::once(*element).chain(element.ancestors().filter_map(ElementRef::wrap));
        with_ancestors.into_iter().all(|e| !hides(e.value()) && !self.hidden.contains(&key(&e)))
    }

    /// The visible text inside an element, folded for comparison: its pieces joined with and without white space,
    /// since markup may or may not separate words.
    pub(super) fn seen(&self, element: &ElementRef<'_>) -> [String; 2] {
        let mut pieces = Vec::new();
        for node in element.descendants() {
            let Node::Text(text) = node.value() else { continue };
            let shown =
                node.parent().and_then(ElementRef::wrap).is_none_or(|parent| self.is_visible(&parent));
            if shown {
                pieces.push(&**text);
            }
        }
        [folded(&pieces.join(" ")), folded(&pieces.concat())]
    }

    /// The visible text of the whole page, folded.
    pub(super) fn seen_text(&self) -> String {
        let [spaced, _] = self.seen(&self.html.root_element());
        spaced
    }
}

fn key(element: &ElementRef<'_>) -> usize {
    // The address of a node's value is its identity for as long as the tree lives unchanged.
    std::ptr::from_ref(element.value()).addr()
}

fn hides(element: &Element) -> bool {
    UNSEEN.contains(&element.name())
        || element.attr("hidden").is_some()
        || element.attr("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || (element.name() == "input"
            && element.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")))
}
