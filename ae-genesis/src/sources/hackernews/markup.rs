//! HTML fragments of the search service as plain text.

/// Drops tags and decodes the character references that the service writes.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let (shown, length) = if from.starts_with('<') { tag(from) } else { reference(from) };
        plain.push_str(&shown);
        rest = from.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// A tag becomes nothing, a paragraph or a break a space; `a < b` stays.
fn tag(text: &str) -> (String, usize) {
    let named =
        text.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
    match text.find('>') {
        Some(end) if named => {
            let breaks = text.starts_with("<p") || text.starts_with("<br");
            (if breaks { " " } else { "" }.to_owned(), end + 1)
        }
        _ => ("<".to_owned(), 1),
    }
}

fn reference(text: &str) -> (String, usize) {
    // No reference is longer than this.
    let end = text.bytes().take(12).position(|byte| byte == b';');
    let decoded = end.and_then(|end| Some((decode(text.get(1..end)?)?, end + 1)));
    decoded.map_or(("&".to_owned(), 1), |(c, length)| (c.to_string(), length))
}

fn decode(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_go_and_references_are_decoded() {
        for (html, text) in [
            ("a &amp; b &#x27;c&#39; &hellip;", "a & b 'c' …"),
            ("<p>one<p>two<br/>three", " one two three"),
            ("<a href=\"https://x\">link</a>", "link"),
            ("1 < 2 && 3 > 2 &unknown; &", "1 < 2 && 3 > 2 &unknown; &"),
        ] {
            assert_eq!(plain(html), text);
        }
    }

    proptest! {
        #[test]
        fn text_without_markup_stays(text in "[a-zA-Z0-9 .,é]{0,60}") {
            prop_assert_eq!(plain(&text), text);
        }

        #[test]
        fn no_text_panics(text in ".{0,100}") {
            let _ = plain(&text);
        }
    }
}
