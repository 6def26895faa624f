//! Names as text: each name has one text and each text at most one name, also where a name is not UTF-8.

/// The text of a name: a backslash is doubled, and a byte that is not UTF-8 is written as `\x` and two digits.
pub(super) fn text(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        if chunk.valid().contains('\\') {
            out.push_str(&chunk.valid().replace('\\', "\\\\"));
        } else {
            out.push_str(chunk.valid());
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The name of a text; `None` where no name has it.
pub(super) fn name(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        out.extend_from_slice(plain.as_bytes());
        rest = if let Some(rest) = escaped.strip_prefix('\\') {
            out.push(b'\\');
            rest
        } else {
            let digits = escaped.strip_prefix('x')?;
            out.push(u8::from_str_radix(digits.get(..2)?, 16).ok()?);
            digits.get(2..)?
        };
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_their_own_text() {
        assert_eq!(text("src/café.rs".as_bytes()), "src/café.rs");
        assert_eq!(text(b"a\\x41\xff"), "a\\\\x41\\xff");
        assert_eq!(name("a\\q"), None);
    }

    proptest! {
        #[test]
        fn every_name_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(name(&text(&bytes)), Some(bytes));
        }
    }
}
