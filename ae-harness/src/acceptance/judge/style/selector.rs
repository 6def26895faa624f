//! What selectors select at most.
//!
//! A condition that a checker can't see, such as `:hover`, is left out: the selector then matches more. What can't be
//! understood at all selects everything.

use cssparser::{ParseError, Parser, Token};
use scraper::Selector;

/// The longest selector that is built; nesting can make them grow without end.
const CHARS_MAX: usize = 1_000;
/// The most selectors of one rule.
const TARGETS_MAX: usize = 1_000;
/// A condition that every element meets, in place of one that is left out.
const ANY: &str = ":is(*)";

/// One selector of a list.
#[derive(Debug, Clone)]
pub(super) struct Target {
    text: String,
    /// A box beside the element's own text, such as `::before`; the text stays.
    pub(super) beside: bool,
}

impl Target {
    pub(super) fn everything() -> Self {
        Self { text: "*".to_owned(), beside: false }
    }

    pub(super) fn selector(&self) -> Selector {
        let own = Selector::parse(&self.text);
        own.or_else(|_| Selector::parse("*")).expect("the universal selector is one")
    }

    fn of(relaxed: Relaxed) -> Self {
        let is_known = relaxed.text.len() <= CHARS_MAX && Selector::parse(&relaxed.text).is_ok();
        if is_known { Self { text: relaxed.text, beside: relaxed.beside } } else { Self::everything() }
    }
}

/// What a list of selectors selects at most, one by one; `outer` is what the rule around it selects, if it is nested
/// (CSS Nesting Module Level 1).
pub(super) fn targets(list: &str, outer: Option<&[Target]>) -> Vec<Target> {
    let outer = outer.map(|outer| {
        let texts: Vec<&str> = outer.iter().map(|target| target.text.as_str()).collect();
        let text = format!(":is({})", texts.join(","));
        if text.len() <= CHARS_MAX { text } else { ANY.to_owned() }
    });
    let mut input = Parser::new(list);
    let mut found = Vec::new();
    loop {
        let mut relaxed = Relaxed::default();
        let end = relaxed.read(&mut input, outer.as_deref().unwrap_or(ANY));
        if let Some(outer) = outer.as_deref().filter(|_| !relaxed.nests) {
            relaxed.text.insert_str(0, &format!("{outer} "));
        }
        found.push(if relaxed.unknown { Target::everything() } else { Target::of(relaxed) });
        if found.len() > TARGETS_MAX {
            return vec![Target::everything()];
        }
        if end {
            return found;
        }
    }
}

/// Pseudo-elements that are no part of the element's own text.
const BESIDE: [&str; 10] = [
    "after",
    "backdrop",
    "before",
    "cue",
    "file-selector-button",
    "marker",
    "placeholder",
    "selection",
    "spelling-error",
    "target-text",
];
/// Pseudo-classes that follow from the document alone and that the selector engine knows.
const EXACT: [&str; 7] =
    ["empty", "first-child", "first-of-type", "last-child", "last-of-type", "only-child", "only-of-type"];
/// The same with arguments.
const EXACT_CALLS: [&str; 4] = ["nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"];

/// A selector without the conditions that can't be seen.
#[derive(Debug, Default)]
struct Relaxed {
    text: String,
    /// Whether a condition was left out.
    wider: bool,
    /// Whether it holds a nesting selector `&`.
    nests: bool,
    beside: bool,
    unknown: bool,
}

impl Relaxed {
    /// Reads up to a comma and says whether the list ends there.
    fn read(&mut self, input: &mut Parser<'_>, outer: &str) -> bool {
        input.skip_whitespace();
        loop {
            let start = input.position();
            let Ok(token) = input.next_including_whitespace() else { return true };
            let token = token.clone();
            match token {
                Token::Comma => return false,
                Token::Colon => self.pseudo(input, outer),
                Token::WhiteSpace(_) => self.text.push(' '),
                Token::Delim('&') if self.text.len() <= CHARS_MAX => {
                    self.nests = true;
                    self.text.push_str(outer);
                }
                Token::Ident(_)
                | Token::Hash(_)
                | Token::IDHash(_)
                | Token::Delim('.' | '*' | '>' | '+' | '~') => {
                    self.text.push_str(input.slice_from(start));
                }
                Token::SquareBracketBlock => {
                    consume(input);
                    self.attribute(input.slice_from(start));
                }
                _ => self.unknown = true,
            }
        }
    }

    /// Takes an attribute selector. HTML compares the values of some attributes without regard to case (HTML Living
    /// Standard, section 4.16.2), so all are compared that way.
    fn attribute(&mut self, text: &str) {
        let loose =
            text.strip_suffix(']').filter(|start| start.contains('=')).map(|start| format!("{start} i]"));
        match loose.filter(|loose| Selector::parse(loose).is_ok()) {
            Some(loose) => {
                self.wider = true;
                self.text.push_str(&loose);
            }
            None => self.text.push_str(text),
        }
    }

    /// Reads what follows a colon.
    fn pseudo(&mut self, input: &mut Parser<'_>, outer: &str) {
        let Ok(token) = input.next_including_whitespace() else {
            self.unknown = true;
            return;
        };
        match token.clone() {
            Token::Colon => self.element(input),
            Token::Ident(name) => {
                let name = name.to_lowercase();
                if matches!(name.as_str(), "before" | "after") {
                    self.beside = true;
                    self.leave_out();
                } else if name == "root" || EXACT.contains(&name.as_str()) {
                    self.text.push_str(&format!(":{name}"));
                } else {
                    self.leave_out();
                }
            }
            Token::Function(name) => {
                let name = name.to_lowercase();
                let inside: Result<(), ParseError<()>> = input.parse_nested_block(|inner| {
                    self.call(&name, inner, outer);
                    while inner.next().is_ok() {}
                    Ok(())
                });
                self.unknown |= inside.is_err();
            }
            _ => self.unknown = true,
        }
    }

    /// Reads the name of a pseudo-element; one that is, or may be, a part of the text stands for its element.
    fn element(&mut self, input: &mut Parser<'_>) {
        match input.next_including_whitespace().cloned() {
            Ok(Token::Ident(name)) => {
                let name = name.to_lowercase();
                self.beside |= BESIDE.contains(&name.as_str()) || name.starts_with("-webkit-scrollbar");
                self.leave_out();
            }
            Ok(Token::Function(_)) => {
                consume(input);
                self.leave_out();
            }
            _ => self.unknown = true,
        }
    }

    /// Reads a pseudo-class with arguments.
    fn call(&mut self, name: &str, inner: &mut Parser<'_>, outer: &str) {
        if EXACT_CALLS.contains(&name) {
            let start = inner.position();
            while inner.next().is_ok() {}
            let text = format!(":{name}({})", inner.slice_from(start));
            return self.push_if_known(&text);
        }
        if !matches!(name, "is" | "where" | "not" | "has") {
            return self.leave_out();
        }
        let mut texts = Vec::new();
        let mut wider = false;
        loop {
            let mut relaxed = Self::default();
            let end = relaxed.read(inner, outer);
            self.nests |= relaxed.nests;
            self.unknown |= relaxed.unknown;
            wider |= relaxed.wider || relaxed.beside || relaxed.nests;
            texts.push(relaxed.text.trim().to_owned());
            if end {
                break;
            }
        }
        // A wider condition inside `:not` would make the whole narrower.
        if name == "not" && wider {
            return self.leave_out();
        }
        // Each alone, since the engine forgives what it does not know inside a list, and then matches less.
        let known = |text: &String| match name {
            "has" => Selector::parse(&format!("* {text}")).is_ok(),
            _ => Selector::parse(text).is_ok(),
        };
        if !texts.iter().all(known) {
            return self.leave_out();
        }
        self.push_if_known(&format!(":{name}({})", texts.join(",")));
    }

    fn push_if_known(&mut self, text: &str) {
        if text.len() <= CHARS_MAX && Selector::parse(text).is_ok() {
            self.text.push_str(text);
        } else {
            self.leave_out();
        }
    }

    fn leave_out(&mut self) {
        self.wider = true;
        self.text.push_str(ANY);
    }
}

/// Reads a bracket to its end.
fn consume(input: &mut Parser<'_>) {
    let _: Result<(), ParseError<()>> = input.parse_nested_block(|inner| {
        while inner.next().is_ok() {}
        Ok(())
    });
}
