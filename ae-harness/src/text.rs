//! Text as it is shown, and as it is compared.

use ae_core::{Origin, PriceTier, Untrusted};

/// The text on one line without control characters, invisible characters and noncharacters: at most `chars_max` characters.
pub(crate) fn shown(text: &str, chars_max: usize) -> String {
    let text: String = text.chars().map(|c| if is_noncharacter(c) { ' ' } else { c }).collect();
    Untrusted::new(Origin::Agent("spec".to_owned()), text).one_line(chars_max)
}

/// The form in which phrases are compared: as shown, in lower case.
#[cfg(feature = "site")]
pub(crate) fn folded(text: &str) -> String {
    shown(text, usize::MAX).to_lowercase()
}

/// The name of a tier on the price list, which the builder writes and the checks look for.
pub(crate) fn tier_name(tier: &PriceTier) -> String {
    let named = [&tier.name, &tier.id].map(|text| shown(text, 300));
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "Plan".to_owned())
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
    fn shown_text_has_nothing_invisible() {
        assert_eq!(shown("a\u{FFFE}b\u{FDD0}\0c\u{202E}", 80), "a b c");
        assert_eq!(token("AC 1\"><x"), "AC-1---x");
    }

    #[cfg(feature = "site")]
    #[test]
    fn text_is_folded_and_encoded() {
        assert_eq!(folded("  Ä \n B "), "ä b");
        assert_eq!(query_value("a b&ü"), "a%20b%26%C3%BC");
    }
}
