//! Related terms from a small bundled table.

use crate::find::text;

/// One line a concept: `names | related terms`, separated by commas. See the file's head.
const TABLE: &str = include_str!("expansion.txt");

/// The most related terms of one query.
const RELATED_MAX: usize = 40;
/// The weight of another name of the same thing.
pub(crate) const WEIGHT_NAME: f64 = 0.7;
/// The weight of a related term.
const WEIGHT_RELATED: f64 = 0.5;

/// Terms related to the keywords, with their weights, in the order of the keywords and then of the table.
pub(super) fn related(keywords: &[String]) -> Vec<(&'static str, f64)> {
    let stems: Vec<Vec<String>> = keywords.iter().map(|keyword| text::stems(keyword)).collect();
    let flat: Vec<String> = stems.concat();
    let mut found: Vec<(&'static str, f64)> = Vec::new();
    for (names, terms) in concepts() {
        let named = names.split(',').any(|name| {
            let name = text::stems(name);
            !name.is_empty() && flat.windows(name.len()).any(|window| *window == *name)
        });
        if !named {
            continue;
        }
        let names = names.split(',').map(|name| (name.trim(), WEIGHT_NAME));
        let terms = terms.split(',').map(|term| (term.trim(), WEIGHT_RELATED));
        for (term, weight) in names.chain(terms) {
            let known = found.iter().any(|(other, _)| text::same_stems(other, term));
            if !term.is_empty() && !known && found.len() < RELATED_MAX {
                found.push((term, weight));
            }
        }
    }
    found
}

/// Whether the table knows `word` as a name of something, so that it carries a topic alone.
pub(crate) fn is_name(word: &str) -> bool {
    concepts().any(|(names, _)| names.split(',').any(|name| text::same_stems(name, word)))
}

fn concepts() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('|'))
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
