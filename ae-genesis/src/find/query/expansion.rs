//! Related terms from a small bundled table.

use std::sync::LazyLock;

use crate::find::text;

/// One line a concept: `names | related terms`, separated by commas. See the file's head.
const TABLE: &str = include_str!("expansion.txt");

/// The most related terms of one query.
const RELATED_MAX: usize = 40;
/// The weight of another name of the same thing.
pub(crate) const WEIGHT_NAME: f64 = 0.7;
/// The weight of a related term.
const WEIGHT_RELATED: f64 = 0.5;

/// A concept of the table: its names with their stems, and what is related to it.
struct Concept {
    names: Vec<(&'static str, Vec<String>)>,
    related: Vec<(&'static str, Vec<String>)>,
}

static CONCEPTS: LazyLock<Vec<Concept>> = LazyLock::new(|| {
    let terms = |list: &'static str| -> Vec<(&'static str, Vec<String>)> {
        list.split(',')
            .map(str::trim)
            .map(|term| (term, text::stems(term)))
            .filter(|(_, stems)| !stems.is_empty())
            .collect()
    };
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('|'));
    lines.map(|(names, related)| Concept { names: terms(names), related: terms(related) }).collect()
});

/// Terms related to the keywords, with their weights, in the order of the keywords and then of the table.
pub(super) fn related(keywords: &[String]) -> Vec<(&'static str, f64)> {
    let flat: Vec<String> = keywords.iter().flat_map(|keyword| text::stems(keyword)).collect();
    let mut found: Vec<(&'static str, &[String], f64)> = Vec::new();
    for concept in CONCEPTS.iter() {
        if !concept.names.iter().any(|(_, name)| flat.windows(name.len()).any(|window| *window == **name)) {
            continue;
        }
        let names = concept.names.iter().map(|(name, stems)| (*name, stems, WEIGHT_NAME));
        let terms = concept.related.iter().map(|(term, stems)| (*term, stems, WEIGHT_RELATED));
        for (term, stems, weight) in names.chain(terms) {
            let known = found.iter().any(|(_, other, _)| *other == stems);
            if !known && found.len() < RELATED_MAX {
                found.push((term, stems, weight));
            }
        }
    }
    found.into_iter().map(|(term, _, weight)| (term, weight)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(keywords: &[&str]) -> Vec<&'static str> {
        let keywords: Vec<String> = keywords.iter().map(|word| (*word).to_owned()).collect();
        related(&keywords).into_iter().map(|(term, _)| term).collect()
    }

    #[test]
    fn names_bring_their_relatives() {
        assert!(terms(&["csv"]).contains(&"spreadsheet"));
        assert!(terms(&["invoicing"]).contains(&"billing"));
        assert!(terms(&["xyzzy"]).is_empty());
    }

    #[test]
    fn every_line_of_the_table_is_well_formed() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        for line in lines {
            let (names, terms) = line.split_once('|').expect(line);
            assert!(names.split(',').all(|name| !text::stems(name).is_empty()), "{line}");
            assert!(terms.split(',').all(|term| !text::stems(term).is_empty()), "{line}");
            assert_eq!(line, line.to_lowercase());
        }
    }
}
