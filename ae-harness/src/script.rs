//! As much of JavaScript as it takes to find imports and exports: words, texts and marks, without comments.

use std::{ops::Range, str::Chars};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Text(String),
    /// A character; a whole pattern is its first slash, a whole template its first quote.
    Mark(char),
}

impl Token {
    #[cfg(feature = "site")]
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }

    fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

/// The texts that a script imports from, as they are written.
pub(crate) fn imports(script: &str) -> Vec<String> {
    let tokens = tokens(script);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = |skip: usize| tokens.get(at + skip);
        // `a.import` and `{ from: "x" }` are names of properties.
        let is_property = at > 0 && tokens.get(at - 1) == Some(&Token::Mark('.'));
        let text = match (token.word(), next(1), next(2)) {
            (Some("from" | "import"), Some(Token::Text(text)), _) => Some(text),
            (Some("import"), Some(Token::Mark('(')), Some(Token::Text(text))) => Some(text),
            _ => None,
        };
        found.extend(text.filter(|_| !is_property).cloned());
    }
    found
}

/// The names that a module exports.
#[cfg(feature = "site")]
pub(crate) fn exports(script: &str) -> Vec<String> {
    let tokens = tokens(script);
    let mut found = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.is("export")) {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        match rest {
            [Token::Mark('{'), names @ ..] => found.extend(listed(names)),
            [Token::Word(word), ..] if word == "default" => found.push(word.clone()),
            _ => {
                let declared = rest.iter().take(4).skip_while(|token| {
                    let words = ["async", "function", "const", "let", "var", "class"];
                    words.iter().any(|word| token.is(word)) || **token == Token::Mark('*')
                });
                found.extend(declared.take(1).filter_map(Token::word).map(str::to_owned));
            }
        }
    }
    found
}

/// The names of `a, b as c }`.
#[cfg(feature = "site")]
fn listed(tokens: &[Token]) -> Vec<String> {
    let inside = tokens.iter().take_while(|token| **token != Token::Mark('}'));
    let inside: Vec<&Token> = inside.collect();
    let entries = inside.split(|token| **token == Token::Mark(','));
    entries.filter_map(|entry| entry.last().and_then(|token| token.word())).map(str::to_owned).collect()
}

fn tokens(script: &str) -> Vec<Token> {
    spanned(script).into_iter().map(|(token, _)| token).collect()
}

/// The tokens, each with its place in bytes.
pub(crate) fn spanned(script: &str) -> Vec<(Token, Range<usize>)> {
    let mut found: Vec<(Token, Range<usize>)> = Vec::new();
    let mut chars = Cursor(script.chars());
    let at = |chars: &Cursor<'_>| script.len() - chars.0.as_str().len();
    loop {
        let start = at(&chars);
        let Some(c) = chars.next() else { return found };
        let token = match c {
            c if c.is_whitespace() => continue,
            '/' if chars.peek() == Some('/') => {
                skip_line(&mut chars);
                continue;
            }
            '/' if chars.peek() == Some('*') => {
                skip_comment(&mut chars);
                continue;
            }
            '/' if begins_pattern(found.last().map(|(token, _)| token)) => {
                skip_pattern(&mut chars);
                Token::Mark('/')
            }
            '"' | '\'' => Token::Text(text(&mut chars, c)),
            '`' => {
                skip_template(&mut chars);
                Token::Mark('`')
            }
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(is_word) {
                    word.push(c);
                }
                Token::Word(word)
            }
            c => Token::Mark(c),
        };
        found.push((token, start..at(&chars)));
    }
}

/// The characters that are left.
struct Cursor<'a>(Chars<'a>);

impl Cursor<'_> {
    fn next(&mut self) -> Option<char> {
        self.0.next()
    }

    fn peek(&self) -> Option<char> {
        self.0.clone().next()
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|c| wanted(*c)).and_then(|_| self.next())
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a slash after this token begins a pattern and does not divide.
fn begins_pattern(before: Option<&Token>) -> bool {
    match before {
        None => true,
        Some(Token::Text(_)) => false,
        Some(Token::Mark(mark)) => !")]}`".contains(*mark),
        Some(Token::Word(word)) => {
            ["return", "typeof", "case", "in", "of", "yield", "await"].contains(&word.as_str())
        }
    }
}

fn skip_line(chars: &mut Cursor<'_>) {
    while chars.next_if(|c| !matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')).is_some() {}
}

fn skip_comment(chars: &mut Cursor<'_>) {
    chars.next();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        if last == '*' && c == '/' {
            return;
        }
        last = c;
    }
}

/// The content of a text; an escape stands for its character, which is enough for paths.
fn text(chars: &mut Cursor<'_>, end: char) -> String {
    let mut content = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == end => break,
            '\n' => break,
            '\\' => content.extend(chars.next()),
            c => content.push(c),
        }
    }
    content
}

fn skip_pattern(chars: &mut Cursor<'_>) {
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '/' if !in_class => return,
            '\n' => return,
            '[' => in_class = true,
            ']' => in_class = false,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
}

/// Skips a template with the code in it, which holds texts and templates of its own.
fn skip_template(chars: &mut Cursor<'_>) {
    // What encloses the place: `None` for a template, else the count of open braces of its code.
    let mut open: Vec<Option<u32>> = vec![None];
    while let Some(innermost) = open.last_mut() {
        let Some(c) = chars.next() else { return };
        match (innermost, c) {
            (None, '\\') => drop(chars.next()),
            (None, '`') => drop(open.pop()),
            (None, '$') if chars.peek() == Some('{') => {
                chars.next();
                open.push(Some(0));
            }
            (None, _) => {}
            (Some(braces), '{') => *braces += 1,
            (Some(0), '}') => drop(open.pop()),
            (Some(braces), '}') => *braces -= 1,
            (Some(_), '`') => open.push(None),
            (Some(_), '"' | '\'') => drop(text(chars, c)),
            (Some(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn imports_and_exports_are_found() {
        let script = r#"
            // import "./comment.js"
            /* export function gone() {} from "./gone.js" */
            import { a } from "./a.js";
            import b, * as c from './b.js'
            import "./c.js";
            const later = () => import( "./d.js" );
            const text = "import './text.js'", half = 1 / 2, quote = /["'`/]/, more = a / b / c;
            const template = `from "./e.js" ${a.map((x) => `${"}"}${x}`)} import("./f.js")`;
            const o = { from: "./g.js" }; o.import("./h.js");
            export { d, e as f } from "./i.js";
            export * from "./j.js";
            export function one() {}
            export async function* two() {}
            export const three = 3;
            export class Four {}
            export { text, half as five, };
            export default one;
        "#;
        let files = ["a", "b", "c", "d", "i", "j"].map(|name| format!("./{name}.js"));
        assert_eq!(imports(script), files);
        for (token, place) in spanned(script) {
            let text = &script[place];
            match token {
                Token::Word(word) => assert_eq!(text, word),
                Token::Text(inner) => assert_eq!(text.len(), inner.len() + 2, "{text}"),
                Token::Mark(mark) => assert!(text.starts_with(mark), "{text}"),
            }
        }
        #[cfg(feature = "site")]
        let names = exports(script);
        #[cfg(feature = "site")]
        for name in ["d", "f", "one", "two", "three", "Four", "text", "five", "default"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        #[cfg(feature = "site")]
        for name in ["gone", "half", "e", "template"] {
            assert!(!names.iter().any(|found| found == name), "{name}: {names:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends(script in "[a-z`$\\{\\}'\"/*\\\\\n (]{0,60}") {
            let _ = (imports(&script), spanned(&script));
            #[cfg(feature = "site")]
            let _ = exports(&script);
        }
    }
}
