//! One parsed page.

use std::{collections::BTreeSet, ops::Range};

use scraper::{ElementRef, Html};

use super::prose::Prose;

/// Elements whose text is not shown on the page, or only by a browser that does not know the element.
const UNSEEN: [&str; 21] = [
    "audio", "canvas", "datalist", "embed", "head", "iframe", "math", "meter", "noembed", "noframes",
    "noscript", "object", "option", "progress", "rp", "script", "style", "svg", "template", "title", "video",
];

/// The id of the element that holds the tool of a site.
const TOOL: &str = "tool";

/// A page of the site.
#[derive(Debug)]
pub(super) struct Page {
    /// Its path, relative to the site.
    pub(super) name: String,
    /// The errors that the parser put up with.
    pub(super) errors: Vec<String>,
    html: Html,
    prose: Prose,
}

impl Page {
    /// Parses a page and reads the text that its markup lets be seen. The text of a tool is its own: its styles and scripts
    /// show and hide it.
    pub(super) fn parse(name: &str, text: &str) -> Self {
        let html = Html::parse_document(text);
        let errors = html.errors.iter().map(ToString::to_string).collect();
        let is_hidden = |element: &ElementRef<'_>| is_tool(element) || unrendered(element).is_some();
        let prose = Prose::read(&html, Self::key, is_hidden, is_closed);
        Self { name: name.to_owned(), errors, html, prose }
    }

    /// The name of an element for as long as the page lives unchanged: the address of its value.
    pub(super) fn key(element: &ElementRef<'_>) -> usize {
        std::ptr::from_ref(element.value()).addr()
    }

    /// Whether the page has the doctype with which browsers follow the standard.
    pub(super) fn follows_the_standard(&self) -> bool {
        self.html.quirks_mode == Html::new_document().quirks_mode
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

    /// Whether the link has something to press: text, or an image that stands for it.
    pub(super) fn offers(&self, link: &ElementRef<'_>) -> bool {
        let mut images = link.descendent_elements().filter(|inner| inner.value().name() == "img");
        let mut has_image = || {
            images.any(|image| {
                is_rendered(&image) && image.attr("alt").is_some_and(|alt| !alt.trim().is_empty())
            })
        };
        is_rendered(link) && (self.shows(link) || has_image())
    }

    /// Whether `<base>` changes where every link leads.
    pub(super) fn has_base(&self) -> bool {
        self.named("base").any(|base| base.attr("href").is_some())
    }

    /// The reason why the element, or something in it that could hold text, is not seen.
    pub(super) fn hidden_within(&self, element: &ElementRef<'_>) -> Option<String> {
        let inner = element.descendent_elements().filter(|inner| !UNSEEN.contains(&inner.value().name()));
        lineage(element).chain(inner).find_map(|element| unrendered(&element))
    }

    /// The reason why something on the page is not seen.
    pub(super) fn hidden_somewhere(&self) -> Option<String> {
        self.hidden_within(&self.html.root_element())
    }

    /// The visible text of the page, folded for comparison.
    pub(super) fn text(&self) -> &[char] {
        self.prose.text()
    }

    /// The place of an element's text in it.
    pub(super) fn place(&self, element: &ElementRef<'_>) -> Range<usize> {
        self.prose.place(Self::key(element))
    }

    /// Whether an element shows text.
    pub(super) fn shows(&self, element: &ElementRef<'_>) -> bool {
        self.prose.is_text(&self.place(element))
    }
}

/// Whether the element is the tool of the site.
pub(super) fn is_tool(element: &ElementRef<'_>) -> bool {
    element.attr("id") == Some(TOOL)
}

/// Whether one place is a part of another.
pub(super) fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether the markup alone lets the element be on the page, whatever the styles.
pub(super) fn is_rendered(element: &ElementRef<'_>) -> bool {
    lineage(element).all(|element| unrendered(&element).is_none())
}

/// Whether the element holds text that the markup alone lets be on the page, whatever the styles.
pub(super) fn has_rendered_text(element: &ElementRef<'_>) -> bool {
    element.descendants().any(|node| {
        let has_text = node.value().as_text().is_some_and(|text| !text.trim().is_empty());
        has_text && node.parent().and_then(ElementRef::wrap).is_none_or(|parent| is_rendered(&parent))
    })
}

/// The element and those around it.
pub(super) fn lineage<'a>(element: &ElementRef<'a>) -> impl Iterator<Item = ElementRef<'a>> {
    std::iter::once(*element).chain(element.ancestors().filter_map(ElementRef::wrap))
}

/// The reason why the markup alone keeps an element from being seen.
fn unrendered(element: &ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    let has = |attribute: &str| element.attr(attribute).is_some();
    let is = |attribute: &str, wanted: &str| {
        element.attr(attribute).is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let what = if UNSEEN.contains(&name) {
        "shows no text of its own"
    } else if has("hidden") {
        "is hidden"
    } else if is("aria-hidden", "true") {
        "is hidden from screen readers"
    } else if name == "input" && is("type", "hidden") {
        "is a hidden field"
    } else if name == "dialog" && !has("open") {
        "is closed: add open, or use another element"
    } else if has("popover") {
        "shows up only when it is called: use another element"
    } else if is_folded_away(element) {
        "is inside <details> that is closed: add open"
    } else if matches!(name, "font" | "marquee") || has("bgcolor") || (name == "body" && has("text")) {
        "has a look that can't be judged: use a class"
    } else {
        return None;
    };
    Some(format!("<{name}> {what}"))
}

fn is_closed(element: &ElementRef<'_>) -> bool {
    element.value().name() == "details" && element.attr("open").is_none()
}

/// Whether the element is a part of closed `<details>` other than its summary.
fn is_folded_away(element: &ElementRef<'_>) -> bool {
    let Some(parent) = element.parent().and_then(ElementRef::wrap).filter(is_closed) else { return false };
    let mut siblings = parent.children().filter_map(ElementRef::wrap);
    let summary = siblings.find(|sibling| sibling.value().name() == "summary");
    summary.is_none_or(|summary| summary != *element)
}
