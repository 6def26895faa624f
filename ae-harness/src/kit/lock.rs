//! The ready lock of a page: scripts that check a licence and keep what is paid for locked.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html};

use super::{
    KitDraft,
    check::{Files, resolve},
    manifest::Manifest,
    problems::Problems,
};
use crate::script;

/// The content of the lock itself.
const LOCK: &str = include_str!("../../kits/lock.js");
/// The attribute of the element that the form for licences is built into.
const PLACE: &str = "data-lock";

/// Its files by their paths within a kit. What is not about the form is that of the kit `tabular`.
pub(super) static FILES: [(&str, &str); 3] = [
    ("page/access.js", include_str!("../../kits/tabular/page/access.js")),
    ("page/licence.js", include_str!("../../kits/tabular/page/licence.js")),
    (KitDraft::LOCK, LOCK),
];

/// Adds what keeps the ready lock from working in a kit that holds it and has something to lock.
pub(super) fn check(manifest: &Manifest, files: &Files, problems: &mut Problems) {
    let holds_it = files.get(KitDraft::LOCK).is_some_and(|bytes| bytes == LOCK.as_bytes());
    if !holds_it || manifest.features.iter().all(|entry| entry.tier.is_none()) {
        return;
    }
    let (page, script) = (&manifest.page.markup, &manifest.page.script);
    if let Some(markup) = text(files, page) {
        places(page, markup, problems);
    }
    if !reached(script, files).contains(KitDraft::LOCK) {
        problems.add(
            script,
            "does not import page/lock.js, so that what is paid for would be free: write import { lock } from \"./lock.js\"",
        );
    }
}

/// The places in the markup that the lock needs.
fn places(file: &str, markup: &str, problems: &mut Problems) {
    let parsed = Html::parse_fragment(markup);
    let elements = || parsed.tree.root().descendants().filter_map(ElementRef::wrap);
    let is_paid = |element: &ElementRef<'_>| element.attr("data-tier") == Some("pro");
    if !elements().any(|element| is_paid(&element)) {
        problems.add(
            file,
            "has no element with data-tier=\"pro\": mark what is paid for with it, so that it is locked",
        );
    }
    let Some(place) = elements().find(|element| element.attr(PLACE).is_some()) else {
        problems.add(file, "has no element for the form of licences: add <div data-lock></div>");
        return;
    };
    if place.ancestors().filter_map(ElementRef::wrap).chain([place]).any(|outer| is_paid(&outer)) {
        problems.add(file, "the element with data-lock is locked itself: move it out of data-tier=\"pro\"");
    }
}

/// The scripts that run with the page when `script` runs, by static or other imports.
fn reached(script: &str, files: &Files) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![script.to_owned()]);
    while let Some(path) = open.pop() {
        let imports = text(files, &path).map(script::imports).unwrap_or_default();
        open.extend(imports.iter().filter_map(|import| resolve(&path, import)));
        reached.insert(path);
        open.retain(|path| !reached.contains(path));
    }
    reached
}

fn text<'a>(files: &'a Files, path: &str) -> Option<&'a str> {
    files.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok())
}
