//! Forms of text.

/// Whether the text is a part of a domain name: 1 to 63 lower-case letters, digits and inner hyphens (RFC 1035, section
/// 2.3.4).
pub(crate) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether the text is 1 to `most` letters, digits, `_` and `-`.
pub(crate) fn is_token(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
