//! The visible text of a page, and where in it each element stands.

use std::{collections::HashMap, ops::Range};

use scraper::{ElementRef, Html, Node};

use crate::{
    phrase::{BREAK, JOINT, is_unseen},
    text::folded,
};

/// Elements that stand apart from their neighbours (HTML Living Standard, section 15.3).
const BLOCKS: &str = "address article aside blockquote body br button caption center col dd details dialog dir div dl dt \
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol \
    p pre search section select summary table tbody td textarea th tr ul";

/// Text, folded for comparison, with the places of its elements.
#[derive(Debug, Default)]
pub(super) struct Prose {
    text: Vec<char>,
    places: HashMap<usize, Range<usize>>,
    /// The separator before the next piece.
    gap: Option<char>,
}

impl Prose {
    /// Reads a page. `key` names an element; what `is_hidden` is left out, and so is text right inside an element that
    /// `hides_text`.
    pub(super) fn read(
        html: &Html,
        key: impl Fn(&ElementRef<'_>) -> usize,
        is_hidden: impl Fn(&ElementRef<'_>) -> bool,
        hides_text: impl Fn(&ElementRef<'_>) -> bool,
    ) -> Self {
        let mut prose = Self::default();
        // Each node waits twice: to be opened, then, with the place where its text begins, to be closed.
        let mut waiting = vec![(html.tree.root(), None)];
        while let Some((node, begun)) = waiting.pop() {
            let element = ElementRef::wrap(node);
            if element.is_some_and(|element| is_hidden(&element)) {
                continue;
            }
            if element.is_some_and(|element| BLOCKS.split(' ').any(|name| name == element.value().name())) {
                prose.part(BREAK);
            }
            if let (Some(element), Some(start)) = (element, begun) {
                prose.places.insert(key(&element), start..prose.text.len());
                continue;
            }
            if let Node::Text(text) = node.value() {
                if !node.parent().and_then(ElementRef::wrap).is_some_and(|parent| hides_text(&parent)) {
                    prose.push(text);
                }
                continue;
            }
            if element.is_some() {
                waiting.push((node, Some(prose.text.len())));
            }
            waiting.extend(node.children().rev().map(|child| (child, None)));
        }
        prose
    }

    /// The text, where what separates its pieces is a space, a joint or a break.
    pub(super) fn text(&self) -> &[char] {
        &self.text
    }

    /// The place of an element's text; empty when it is hidden.
    pub(super) fn place(&self, key: usize) -> Range<usize> {
        self.places.get(&key).cloned().unwrap_or_default()
    }

    /// Whether something can be read there.
    pub(super) fn is_text(&self, place: &Range<usize>) -> bool {
        let mut found = self.text.get(place.clone()).unwrap_or_default().iter();
        found.any(|c| !c.is_whitespace() && !is_unseen(*c))
    }

    /// Takes a piece of text; characters without width join what stands on their two sides.
    fn push(&mut self, text: &str) {
        for (at, piece) in text.split(is_unseen).enumerate() {
            if at > 0 {
                self.part(JOINT);
            }
            if piece.starts_with(char::is_whitespace) {
                self.part(' ');
            }
            let folded = folded(piece);
            if !folded.is_empty() {
                self.text.extend(self.gap.take().filter(|_| !self.text.is_empty()));
                self.text.extend(folded.chars());
                self.part(JOINT);
            }
            if piece.ends_with(char::is_whitespace) {
                self.part(' ');
            }
        }
    }

    /// Parts what follows from what was before; a break outdoes a space, and that a joint.
    fn part(&mut self, gap: char) {
        let strength = |gap: char| [JOINT, ' ', BREAK].iter().position(|known| *known == gap);
        if self.gap.is_none_or(|known| strength(gap) > strength(known)) {
            self.gap = Some(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> String {
        let html = Html::parse_document(&format!("<!DOCTYPE html><body>{body}"));
        let is_hidden = |element: &ElementRef<'_>| element.attr("hidden").is_some();
        let prose = Prose::read(&html, |_| 0, is_hidden, |_| false);
        prose.text().iter().collect::<String>().replace(JOINT, "_").replace(BREAK, "/")
    }

    #[test]
    fn pieces_are_parted_as_a_reader_sees_them() {
        for (body, expected) in [
            ("<p>A  b</p>", "a b"),
            ("<b>1</b><b>9.00</b>", "1_9.00"),
            ("<b>1</b> <b>9.00</b>", "1 9.00"),
            ("<b>1 </b>9.00", "1 9.00"),
            ("<li>1</li><li>9.00</li>", "1/9.00"),
            ("1<br>9.00", "1/9.00"),
            ("1<!-- -->9", "1_9"),
            ("1<i hidden>hidden</i>9", "1_9"),
            ("1<div hidden>hidden</div>9", "1_9"),
            ("1<div></div>9", "1/9"),
            ("1\u{200B}9 \u{200B}7", "1_9 7"),
            ("1<wbr>9", "1_9"),
            ("<table><tr><td>1<td>9</table>", "1/9"),
            (" <p> </p> ", ""),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }
}
