//! Text as people see it, and as it is compared.

use ae_core::{Origin, Untrusted};

/// The text on one line without control, invisible and unassigned-for-ever characters, at most `chars_max` characters.
pub(crate) fn shown(text: &str, chars_max: usize) -> String {
    let text: String = text.chars().map(|c| if is_noncharacter(c) { ' ' } else { c }).collect();
    Untrusted::new(Origin::Agent("spec".to_owned()), text).one_line(chars_max)
}

/// The form in which phrases are compared: as shown, in lower case.
pub(crate) fn folded(text: &str) -> String {
    shown(text, usize::MAX).to_lowercase()
}

/// Every phrase of `text` that stands in straight double quotes, as shown; an unclosed quote is no phrase.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('"').collect();
    let closed = parts.len().saturating_sub(1) / 2;
    let inside = parts.iter().skip(1).step_by(2).take(closed);
    inside.map(|part| shown(part, usize::MAX)).filter(|part| !part.is_empty()).collect()
}

/// The id of a criterion as one token of a space-separated attribute.
pub(crate) fn token(id: &str) -> String {
    let token: String = shown(id, 64)
        .chars()
        .map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect();
    if token.is_empty() { "criterion".to_owned() } else { token }
}

/// `text` for a query string: everything but unreserved characters (RFC 3986, section 2.3) is percent-encoded.
pub(crate) fn query_value(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Noncharacters (Unicode 16.0, section 23.7), which HTML forbids.
fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_in_pairs() {
        assert_eq!(quoted(r#"names "A  b" and "c""#), ["A b", "c"]);
        assert_eq!(quoted(r#"an "open one"#), Vec::<String>::new());
        assert_eq!(quoted(r#"a "b" and "open"#), ["b"]);
        assert_eq!(quoted(r#"empty "" and " ""#), Vec::<String>::new());
    }

    #[test]
    fn shown_text_has_nothing_invisible() {
        assert_eq!(shown("a\u{FFFE}b\u{FDD0}\0c\u{202E}", 80), "a b c");
        assert_eq!(folded("  Ä \n B "), "ä b");
        assert_eq!(token("AC 1\"><x"), "AC-1---x");
        assert_eq!(query_value("a b&ü"), "a%20b%26%C3%BC");
    }
}
