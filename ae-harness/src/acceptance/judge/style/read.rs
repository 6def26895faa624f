//! From the text of a style sheet to its declarations.

use cssparser::{ParseError, Parser, Token};

/// Functions whose strings are addresses.
const FETCHING: [&str; 5] = ["image", "image-set", "-webkit-image-set", "src", "url"];
/// The most bytes of one style sheet, the same as of a whole site.
const BYTES_MAX: usize = 500_000;

/// One part of a value; white space and comments are left out, escapes are resolved.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::acceptance::judge) enum Part {
    /// A word in lower case, that of an at-rule with its `@`; the name of a custom property as it is written.
    Word(String),
    /// The digits after a `#`, in lower case.
    Hash(String),
    /// A number with its unit: nothing, `%`, or letters in lower case.
    Number(f32, String),
    /// A string.
    Text(String),
    /// A comma, a slash or another mark.
    Mark(char),
    /// A function, or a bracket without a name.
    Call(String, Vec<Part>),
    /// A token that no value may hold, or blocks nested too deep.
    Bad,
}

/// A declaration: its name in lower case (custom properties as written) and its value without `!important`.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) value: Vec<Part>,
    /// The text as written.
    pub(super) text: String,
}

/// The declarations of one block.
#[derive(Debug)]
pub(in crate::acceptance::judge) struct Rule {
    pub(super) file: String,
    /// The text before the block.
    pub(in crate::acceptance::judge) selector: String,
    /// Whether it applies in dark or in light only, where an at-rule around it says so in the plainest way.
    pub(in crate::acceptance::judge) dark: Option<bool>,
    /// Whether it selects only what is inside the tool, whose text proves nothing.
    pub(super) is_in_tool: bool,
    pub(super) declarations: Vec<Declaration>,
}

impl Rule {
    /// The last value of a declaration.
    pub(in crate::acceptance::judge) fn value(&self, name: &str) -> Option<&[Part]> {
        self.declarations.iter().rev().find(|declared| declared.name == name).map(|found| &*found.value)
    }

    /// The custom properties that it declares.
    pub(in crate::acceptance::judge) fn variables(&self) -> impl Iterator<Item = (&str, &[Part])> {
        let custom = self.declarations.iter().filter(|declared| declared.name.starts_with("--"));
        custom.map(|declared| (&*declared.name, &*declared.value))
    }
}

/// All style sheets of a site.
#[derive(Debug, Default)]
pub(in crate::acceptance::judge) struct Sheets {
    pub(in crate::acceptance::judge) rules: Vec<Rule>,
    /// Rules for paper, which hide nothing on a screen but may fetch.
    print: Vec<Rule>,
    /// Descriptions of text that can't be read.
    pub(super) unread: Vec<String>,
}

impl Sheets {
    /// Adds a style sheet.
    pub(in crate::acceptance::judge) fn add(&mut self, file: &str, css: &str) {
        // A byte order mark is not a part of the first selector (CSS Syntax Module Level 3, section 3.2).
        let css = css.strip_prefix('\u{FEFF}').unwrap_or(css);
        if css.len() > BYTES_MAX {
            self.unread
                .push(format!("site/{file}: a style sheet has more than {BYTES_MAX} bytes: shorten it"));
            return;
        }
        let (file, selector) = (file.to_owned(), String::new());
        let rule = Rule { file, selector, dark: None, is_in_tool: false, declarations: Vec::new() };
        self.block(&mut Parser::new(css), rule);
    }

    /// Every address that a browser fetches, with the file that names it.
    pub(in crate::acceptance::judge) fn fetched(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for rule in self.rules.iter().chain(&self.print) {
            for declared in &rule.declarations {
                addresses(&declared.value, false, &mut |address| found.push((&*rule.file, address)));
            }
        }
        found
    }

    /// Reads to the end of a block. Text up to a semicolon is a declaration, and text before braces begins a block, at
    /// any depth: a browser takes no other text as a declaration.
    fn block(&mut self, input: &mut Parser<'_>, mut rule: Rule) {
        while !input.is_exhausted() {
            input.skip_whitespace();
            let start = input.position();
            let mut parts = Vec::new();
            loop {
                let end = input.position();
                let token = match input.next() {
                    Ok(Token::Semicolon) | Err(_) => {
                        self.declare(&mut rule, parts, input.slice(start..end));
                        break;
                    }
                    Ok(token) => token.clone(),
                };
                // Braces are a part of the value of a custom property, which no style sheet declares outside of a block.
                let is_value = !rule.selector.is_empty() && is_custom(&parts);
                if matches!(token, Token::CurlyBracketBlock) && !is_value {
                    self.nested(input, &rule, &parts, input.slice(start..end));
                    break;
                }
                parts.push(part(&token, input));
            }
        }
        if !rule.declarations.is_empty() {
            self.rules.push(rule);
        }
    }

    fn nested(&mut self, input: &mut Parser<'_>, outer: &Rule, prelude: &[Part], text: &str) {
        let rule = Rule {
            file: outer.file.clone(),
            selector: shortened(text),
            dark: scheme(prelude).or(outer.dark),
            is_in_tool: is_in_tool(text),
            declarations: Vec::new(),
        };
        let read: Result<(), ParseError<()>> = input.parse_nested_block(|inner| {
            if *prelude == [word("@media"), word("print")] {
                let mut paper = Self::default();
                paper.block(inner, rule);
                self.print.extend(paper.rules.into_iter().chain(paper.print));
                self.unread.extend(paper.unread);
            } else {
                self.block(inner, rule);
            }
            Ok(())
        });
        if read.is_err() {
            self.unread.push(format!("site/{}: blocks are nested too deep: flatten them", outer.file));
        }
    }

    fn declare(&mut self, rule: &mut Rule, parts: Vec<Part>, text: &str) {
        match parts.as_slice() {
            [] => {}
            [Part::Word(name), ..] if matches!(name.as_str(), "@charset" | "@layer" | "@namespace") => {}
            [Part::Word(name), Part::Mark(':'), value @ ..] if !parts.contains(&Part::Bad) => {
                let value = match value {
                    [value @ .., Part::Mark('!'), Part::Word(word)] if word == "important" => value,
                    value => value,
                };
                rule.declarations.push(Declaration {
                    name: name.clone(),
                    value: value.to_vec(),
                    text: shortened(text),
                });
            }
            _ => {
                let (file, text) = (&rule.file, shortened(text));
                self.unread.push(format!("site/{file}: {text:?} can't be judged: remove or correct it"));
            }
        }
    }
}

/// Finds the strings of functions that fetch.
fn addresses<'a>(parts: &'a [Part], is_fetched: bool, found: &mut dyn FnMut(&'a str)) {
    for part in parts {
        match part {
            Part::Text(address) if is_fetched => found(address),
            Part::Call(name, inside) => addresses(inside, FETCHING.contains(&name.as_str()), found),
            _ => {}
        }
    }
}

/// Whether a declaration of a custom property begins.
fn is_custom(parts: &[Part]) -> bool {
    matches!(parts, [Part::Word(name), Part::Mark(':'), ..] if name.starts_with("--"))
}

/// Whether a media query asks for dark or for light colours, and for one of them only.
fn scheme(prelude: &[Part]) -> Option<bool> {
    let asks = |scheme: &str| {
        let feature = vec![word("prefers-color-scheme"), Part::Mark(':'), word(scheme)];
        prelude.contains(&Part::Call(String::new(), feature))
    };
    let is_plain = !prelude.iter().any(|part| *part == Part::Mark(',') || *part == word("not"));
    let is_media = is_plain && prelude.first() == Some(&word("@media"));
    let (dark, light) = (is_media && asks("dark"), is_media && asks("light"));
    (dark != light).then_some(dark)
}

/// Whether each selector begins with the id of the tool and goes on to its descendants. What follows then can't leave the
/// tool: the siblings of a descendant are inside, too.
fn is_in_tool(selectors: &str) -> bool {
    selectors.split(',').all(|selector| {
        let rest = selector.trim().strip_prefix("#tool").unwrap_or_default();
        let (states, inner) =
            rest.split_at(rest.find(|c: char| c == '>' || c.is_whitespace()).unwrap_or(rest.len()));
        let count = |mark: char| states.chars().filter(|c| *c == mark).count();
        let is_plain = states.chars().all(|c| c.is_ascii_alphanumeric() || "[]=-_".contains(c));
        let is_state = (states.is_empty() || states.starts_with('[')) && is_plain && count('[') == count(']');
        let inner = inner.trim_start();
        let inner = inner.strip_prefix('>').map_or(inner, str::trim_start);
        is_state && inner.starts_with(|c: char| c.is_ascii_alphabetic() || ".#[:*".contains(c))
    })
}

fn word(text: &str) -> Part {
    Part::Word(text.to_owned())
}

fn part(token: &Token<'_>, input: &mut Parser<'_>) -> Part {
    match token {
        Token::Ident(name) if name.starts_with("--") => word(name),
        Token::Ident(name) => word(&name.to_lowercase()),
        Token::AtKeyword(name) => word(&format!("@{}", name.to_lowercase())),
        Token::Hash(digits) | Token::IDHash(digits) => Part::Hash(digits.to_lowercase()),
        Token::QuotedString(text) => Part::Text(text.to_string()),
        Token::UnquotedUrl(address) => Part::Call("url".to_owned(), vec![Part::Text(address.to_string())]),
        Token::Number { value, .. } => Part::Number(*value, String::new()),
        Token::Percentage { unit_value, .. } => Part::Number(unit_value * 100.0, "%".to_owned()),
        Token::Dimension { value, unit, .. } => Part::Number(*value, unit.to_lowercase()),
        Token::Comma => Part::Mark(','),
        Token::Colon => Part::Mark(':'),
        Token::Semicolon => Part::Mark(';'),
        Token::Delim(mark) => Part::Mark(*mark),
        Token::Function(name) => call(&name.to_lowercase(), input),
        Token::ParenthesisBlock => call("", input),
        Token::SquareBracketBlock => call("[", input),
        Token::CurlyBracketBlock => call("{", input),
        _ => Part::Bad,
    }
}

fn call(name: &str, input: &mut Parser<'_>) -> Part {
    let mut parts = Vec::new();
    let read: Result<(), ParseError<()>> = input.parse_nested_block(|inner| {
        while let Ok(token) = inner.next() {
            let token = token.clone();
            parts.push(part(&token, inner));
        }
        Ok(())
    });
    if read.is_err() || parts.contains(&Part::Bad) { Part::Bad } else { Part::Call(name.to_owned(), parts) }
}

/// Text on one line, cut to a length that fits into a diagnosis.
fn shortened(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect()
}
