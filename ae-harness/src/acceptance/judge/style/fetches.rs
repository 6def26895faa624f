//! What a style sheet makes a browser fetch.

use cssparser::{ParseError, Parser, Token};

/// Functions whose strings are addresses.
const FETCHING: [&str; 5] = ["image", "image-set", "-webkit-image-set", "src", "url"];

/// Every address that a style sheet names, wherever it stands.
pub(in crate::acceptance::judge) fn addresses(css: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&mut Parser::new(css), false, &mut found);
    found
}

/// Strings are addresses in functions that fetch, and in what follows `@import`.
fn collect(input: &mut Parser<'_>, inside: bool, found: &mut Vec<String>) {
    let mut strings = inside;
    while let Ok(token) = input.next() {
        let token = token.clone();
        let fetching = match &token {
            Token::UnquotedUrl(address) => {
                found.push(address.to_string());
                continue;
            }
            Token::QuotedString(address) if strings => {
                found.push(address.to_string());
                continue;
            }
            Token::AtKeyword(name) => {
                strings = name.eq_ignore_ascii_case("import");
                continue;
            }
            Token::Semicolon => {
                strings = inside;
                continue;
            }
            Token::Function(name) => FETCHING.iter().any(|function| name.eq_ignore_ascii_case(function)),
            Token::CurlyBracketBlock => {
                strings = inside;
                false
            }
            Token::ParenthesisBlock | Token::SquareBracketBlock => inside,
            _ => continue,
        };
        let nested: Result<(), ParseError<()>> = input.parse_nested_block(|inner| {
            collect(inner, fetching, found);
            Ok(())
        });
        if nested.is_err() {
            // Nested too deep to be read: as if it fetched from anywhere.
            found.push("//".to_owned());
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_however_they_are_written() {
        for (css, expected) in [
            ("a{background:url(x.png)}", vec!["x.png"]),
            ("a{background:URL( 'x.png' )}", vec!["x.png"]),
            ("a{background:u\\72l(x.png)}", vec!["x.png"]),
            ("@font-face{src:url(//h/f.woff2) format('woff2')}", vec!["//h/f.woff2"]),
            ("a{background:image-set('x.png' 1x, url(y.png) 2x)}", vec!["x.png", "y.png"]),
            ("@media screen{a{b{mask:src(\"x.svg\")}}}", vec!["x.svg"]),
            ("@import 'a.css';a{content:'b'}", vec!["a.css"]),
            ("@\\69mport url(a.css) layer(x);", vec!["a.css"]),
            ("a{content:'http://x'}/* url(c) */", vec![]),
            ("@charset 'utf-8';a[href='x']{b:c}", vec![]),
        ] {
            assert_eq!(addresses(css), expected, "{css}");
        }
        assert!(addresses(&"a{".repeat(200)).contains(&"//".to_owned()));
    }
}
