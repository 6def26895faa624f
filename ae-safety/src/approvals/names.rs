//! Names of people, as far as they decide who may answer.

use unicode_normalization::UnicodeNormalization;
use unicode_security::{
    GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection,
    general_security_profile::IdentifierType, skeleton,
};

/// A blank that no property of Unicode calls one.
const BRAILLE_BLANK: char = '\u{2800}';

/// The reason why `name` is unclear to the eye, if it is.
pub(super) fn unclear(name: &str) -> Option<&'static str> {
    let unseen = |c: char| c.is_control() || c.identifier_type() == Some(IdentifierType::Default_Ignorable);
    if name.chars().any(unseen) {
        return Some("holds a character that can't be seen");
    }
    let letters: String = name.nfkc().filter(|c| c.is_alphabetic()).collect();
    // One script, or one of the pairs in which people write names, such as Latin and Han.
    let is_mixed = !letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive);
    is_mixed.then_some("mixes the letters of several scripts")
}

/// Whether two names are the same to the eye: without regard to case, blanks, compatibility forms and look-alike letters
/// (UTS #39). Otherwise who asked could answer under `аgent`, with a Cyrillic `а`.
pub(super) fn same(a: &str, b: &str) -> bool {
    // Folded before and after: some letters look alike in one case only.
    let before = |name: &str| skeleton(&plain(name).to_lowercase()).collect::<String>();
    let after = |name: &str| skeleton(&plain(name)).collect::<String>().to_lowercase();
    before(a) == before(b) || after(a) == after(b)
}

fn plain(name: &str) -> String {
    name.nfkc().filter(|c| !c.is_whitespace() && *c != BRAILLE_BLANK).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for other in [
            "Agent",
            " AGENT ",
            "\u{430}gent",
            "ag\u{435}nt",
            "\u{ff41}gent",
            "\u{1d41a}gent",
            "a gent",
            "agent\u{2800}",
            "agen\u{1d42d}",
        ] {
            assert!(same(other, "agent"), "{other}");
        }
        assert!(same("\u{0430}\u{0440}\u{0435}", "ape"), "a name of one script that looks like another's");
        assert!(same("AL", "AI") || same("Al", "AI"), "in one of the cases");
        for other in ["agent2", "agents", "ada", ""] {
            assert!(!same(other, "agent"), "{other}");
        }
    }

    #[test]
    fn names_that_hide_something_are_unclear() {
        for name in
            ["agent\u{200b}", "a\u{202e}da", "\u{feff}ada", "a\u{ad}da", "ada\u{3164}", "a\u{430}da", "ada\n"]
        {
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
        ] {
            assert_eq!(unclear(name), None, "{name}");
        }
    }
}
