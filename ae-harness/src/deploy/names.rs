//! The paths of published files, on disk and in addresses: those that site generators write, and none that two programs
//! read differently.

use std::fmt::Write as _;

/// The longest part of a path, in bytes.
const PART_MAX: usize = 255;
/// The longest path, in bytes.
const PATH_MAX: usize = 1_024;
/// The deepest folder.
const DEPTH_MAX: usize = 32;
/// Besides ASCII letters and digits. `%`, `?`, `#`, `\`, `:` and `;` mean something in an address, the others that are
/// left out mean something to a shell or to Windows.
const PUNCTUATION: &str = "._-~+@!$&'()[],= ";

/// The reason why a file of this path, relative and joined by `/`, is not published, or `None`.
pub(super) fn problem(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > PATH_MAX {
        return Some("a path has 1 to 1024 bytes");
    }
    if path.split('/').count() > DEPTH_MAX {
        return Some("a path has at most 32 parts");
    }
    for part in path.split('/') {
        if part.len() > PART_MAX {
            return Some("a part of a path has at most 255 bytes");
        }
        if part.bytes().all(|byte| byte == b'.') {
            return Some("a path has no empty part, and none of dots alone");
        }
        if part.starts_with(' ') || part.ends_with([' ', '.']) {
            return Some("a part of a path does not begin with a space, nor end with a space or a dot");
        }
        if !part.chars().all(is_plain) {
            return Some("a path has letters, digits, spaces and ._-~+@!$&'()[],= only");
        }
    }
    None
}

fn is_plain(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || PUNCTUATION.contains(letter);
    }
    !letter.is_control() && !letter.is_whitespace() && !is_invisible(letter)
}

/// Letters that show nothing, turn the direction of the text, have no meaning, or stand for bytes that are not UTF-8.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'..='\u{10ffff}')
}

/// The path as it stands in an address.
pub(super) fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The path that stands in an address, decoded once. `None` where an escape is malformed or hides a `/`, a `\` or a control
/// character, or where it is not UTF-8: such addresses name no file.
pub(crate) fn decode(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
        let byte = high * 16 + low;
        if matches!(byte, b'/' | b'\\') || byte.is_ascii_control() {
            return None;
        }
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Files of Next.js, Astro, SvelteKit, Hugo, Docusaurus, VitePress and Gatsby, and names that people give.
    const WRITTEN: [&str; 22] = [
        "index.html",
        ".well-known/security.txt",
        "_next/static/chunks/app/blog/[slug]/page-0d1f7a5b.js",
        "_next/static/chunks/app/(shop)/@modal/(.)photo/[...id]/page-5c.js",
        "_next/static/chunks/app/docs/[[...slug]]/layout-1a.js",
        "_next/static/hM3uPO-_q8xY/_buildManifest.js",
        "blog/first/__next.blog.$d$slug.__PAGE__.txt",
        "__next.!KHNob3Ap.txt",
        "_astro/_slug_.Bx3mYz_1.css",
        "_app/immutable/nodes/0.CXk2-a_b.js",
        "users/[id=integer]/__data.json",
        "+page/index.html",
        "tags/c++/index.html",
        "tags/r&d/index.html",
        "tags/über-uns/index.html",
        "標籤/中文/index.html",
        "docs/1.0/index.html",
        "assets/js/17896441.3f8a.js",
        "assets/chunks/@localSearchIndexroot.DK3.js",
        "~partytown/partytown.js",
        "page-data/sq/d/2468095761.json",
        "images/It's my photo, large (1).png",
    ];

    #[test]
    fn names_of_site_generators_pass_and_come_back_from_their_addresses() {
        for path in WRITTEN {
            assert_eq!(problem(path), None, "{path}");
            let encoded = encode(path);
            assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)));
            assert_eq!(decode(&encoded).as_deref(), Some(path));
            assert_eq!(decode(path).as_deref(), Some(path), "a browser leaves some of it as it is");
        }
        assert_eq!(encode("a b/[ü].js"), "a%20b/%5B%C3%BC%5D.js");
    }

    #[test]
    fn names_that_two_programs_read_differently_are_refused() {
        let long = ["x".repeat(256), "x/".repeat(33), "x/yyyyyyy".repeat(120)];
        for bad in
            ["", "/a", "a//b", "../a", "a/..", "./a", "a/.../b", "a\\b", "a%2fb", "a?b", "a#b", "c:d", "a;b"]
                .into_iter()
                .chain([" a", "a ", "a.", "a*", "a|b", "a\"b", "<a>", "{a}", "a`b", "a^b", "a\nb", "a\0"])
                .chain(["a\u{202e}b", "a\u{200b}b", "a\u{a0}b", "a\u{fffd}b", "a\u{85}b"])
                .chain(long.iter().map(String::as_str))
        {
            assert!(problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_that_hide_something_name_no_file() {
        for bad in ["%", "%2", "%zz", "%2f", "a%2Fb", "%5c", "%00", "%0a", "%7f", "%c3", "%ff", "%+1"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(decode("%2e%2e/%252f").as_deref(), Some("../%2f"), "decoded once");
    }

    proptest! {
        #[test]
        fn an_accepted_path_stays_below_its_root(path in "[a./\\\\ %()\\[\\]é]{0,20}") {
            if problem(&path).is_none() {
                let joined = std::path::Path::new("/release").join(&path);
                let plain = joined.components().skip(1).all(|part| matches!(part, std::path::Component::Normal(_)));
                prop_assert!(joined.starts_with("/release") && plain);
                prop_assert_eq!(joined.to_str().unwrap(), format!("/release/{path}"));
                prop_assert_eq!(decode(&encode(&path)), Some(path));
            }
        }

        #[test]
        fn decoding_never_adds_a_separator(path in "[a%25cCfF0./]{0,20}") {
            if let Some(decoded) = decode(&path) {
                prop_assert_eq!(decoded.matches('/').count(), path.matches('/').count());
                prop_assert!(!decoded.contains(['\\', '\0']));
            }
        }
    }
}
