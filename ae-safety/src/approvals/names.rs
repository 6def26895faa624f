//! Names of people, as far as they decide who may answer.

use ae_core::is_unseen;

/// Letters of other alphabets, and the Latin one that they look like in one of the cases.
const ALIKE: [(char, &str); 23] = [
    ('a', "аα"),
    ('b', "вβь"),
    ('c', "сϲ"),
    ('d', "ԁ"),
    ('e', "еε"),
    ('g', "ԍց"),
    ('h', "нһηհ"),
    ('i', "l1|іιıӏ"),
    ('j', "јϳյ"),
    ('k', "кκ"),
    ('m', "мμ"),
    ('n', "пոռ"),
    ('o', "0оοօσ"),
    ('p', "рρ"),
    ('q', "ԛգզ"),
    ('s', "ѕս"),
    ('t', "тτ"),
    ('u', "υսц"),
    ('v', "νѵ"),
    ('w', "ԝшωա"),
    ('x', "хχ"),
    ('y', "уγү"),
    ('z', "ζ"),
];

/// The reason why `name` is unclear to the eye, if it is.
pub(super) fn unclear(name: &str) -> Option<&'static str> {
    if name.chars().any(is_unseen) {
        return Some("holds a character that can't be seen");
    }
    let Some(alphabets) = name.chars().map(alphabet).collect::<Option<Vec<_>>>() else {
        return Some("holds a character that is in no everyday alphabet, or looks like one of another");
    };
    let mut letters = alphabets.into_iter().filter(|alphabet| *alphabet != COMMON);
    let first = letters.next()?;
    // People write Latin and East Asian letters in one name.
    let together = |other| other == first || matches!((first, other), (LATIN, EAST) | (EAST, LATIN));
    (!letters.all(together)).then_some("mixes the letters of several scripts")
}

/// Whether two names are the same to the eye: without regard to case, blanks and look-alike letters. Otherwise who asked
/// could answer under a name in Cyrillic letters.
pub(super) fn same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(name: &str) -> String {
    let letters = name.chars().map(narrow).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    let latin = |c: char| ALIKE.iter().find(|(_, others)| others.contains(c)).map_or(c, |(latin, _)| *latin);
    letters.map(latin).collect::<String>().replace("rn", "m")
}

/// A full-width character as the ordinary one.
fn narrow(c: char) -> char {
    let ordinary = u32::from(c).wrapping_sub(0xfee0);
    char::from_u32(ordinary).filter(|c| c.is_ascii_graphic()).unwrap_or(c)
}

const COMMON: u32 = 0;
const LATIN: u32 = 1;
const EAST: u32 = 2;

/// The alphabet of a character, [`COMMON`] for those of all, `None` for letters that are in no everyday use.
fn alphabet(c: char) -> Option<u32> {
    Some(match narrow(c) {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => LATIN,
        '\0'..='\u{7f}' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{2010}'..='\u{2019}' => COMMON,
        '\u{3000}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{20000}'..='\u{323af}' => EAST,
        '\u{530}'..='\u{58f}' => 3,
        '\u{1200}'..='\u{139f}' => 4,
        // The others lie in blocks of their own.
        other @ ('\u{370}'..='\u{11ff}' | '\u{1780}'..='\u{18af}') => u32::from(other) >> 8 << 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for other in ["Agent", " AGENT ", "\u{430}gent", "ag\u{435}nt", "\u{ff41}gent", "a gent"] {
            assert!(same(other, "agent"), "{other}");
        }
        assert!(same("\u{0430}\u{0440}\u{0435}", "ape"), "a name of one script that looks like another's");
        assert!(same("AL", "AI") && same("Al", "AI"));
        for other in ["agent2", "agents", "ada", ""] {
            assert!(!same(other, "agent"), "{other}");
        }
    }

    #[test]
    fn names_that_hide_something_are_unclear() {
        for name in [
            "agent\u{200b}",
            "a\u{202e}da",
            "\u{feff}ada",
            "a\u{ad}da",
            "ada\u{3164}",
            "a\u{430}da",
            "ada\n",
            "agent\u{2800}",
            "\u{1d41a}gent",
            "agen\u{1d42d}",
            "\u{13aa}da",
        ] {
            assert!(unclear(name).is_some(), "{}", name.escape_unicode());
        }
        for name in [
            "ada",
            "Ada Lovelace",
            "ada@example.com",
            "Zoë O'Neill-2",
            "Ада",
            "渡辺 愛",
            "Ada 渡辺",
            "김철수",
            "עדה",
            "عائشة",
        ] {
            assert_eq!(unclear(name), None, "{name}");
        }
    }
}
