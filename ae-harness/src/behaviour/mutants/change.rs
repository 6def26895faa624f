//! The small changes of a script that make it wrong, as a slip of the author would.

use std::ops::Range;

use crate::script::{Token, spanned};

/// A change: the text at this place becomes another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

/// Operators of more than one character, the longest first.
const OPERATORS: [&str; 28] = [
    ">>>=", "===", "!==", "**=", "<<=", ">>=", ">>>", "...", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "**", "<<",
];

/// The wrong operators for a right one. `+` and `-` count between two values only.
const SWAPS: [(&str, &[&str]); 18] = [
    ("===", &["!=="]),
    ("!==", &["==="]),
    ("==", &["!="]),
    ("!=", &["=="]),
    ("<", &["<=", ">="]),
    ("<=", &["<", ">"]),
    (">", &[">=", "<="]),
    (">=", &[">", "<"]),
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["/"]),
    ("/", &["*"]),
    ("%", &["*"]),
    ("++", &["--"]),
    ("+=", &["-="]),
    ("-=", &["+="]),
];

/// Words after which no value has been read yet.
const BEFORE_VALUES: [&str; 12] =
    ["return", "typeof", "case", "in", "of", "yield", "await", "new", "delete", "void", "instanceof", "else"];

/// Words that begin a statement which is more than an expression.
const STATEMENTS: [&str; 22] = [
    "return", "const", "let", "var", "import", "export", "function", "class", "case", "default", "for", "if",
    "while", "else", "break", "continue", "do", "switch", "try", "catch", "finally", "async",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    /// An operator, a bracket, a separator.
    Mark,
    /// A pattern or a template.
    Whole,
}

/// A token as it is written.
#[derive(Debug, Clone)]
struct Piece<'a> {
    kind: Kind,
    text: &'a str,
    at: Range<usize>,
}

impl Piece<'_> {
    fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }

    /// Whether a value ends here.
    fn ends_value(&self) -> bool {
        match self.kind {
            Kind::Text | Kind::Whole => true,
            Kind::Word => !BEFORE_VALUES.contains(&self.text),
            Kind::Mark => [")", "]", "}"].contains(&self.text),
        }
    }
}

/// Every change of a script, in the order of their places.
pub(super) fn changes(script: &str) -> Vec<Change> {
    let pieces = pieces(script);
    let mut found = Vec::new();
    for at in 0..pieces.len() {
        operators(&pieces, at, &mut found);
        literals(&pieces, at, &mut found);
        conditions(&pieces, at, &mut found);
        returns(&pieces, at, &mut found);
    }
    statements(&pieces, &mut found);
    found.retain(|change| script.get(change.at.clone()).is_some_and(|text| text != change.text));
    found.sort_by(|a, b| (a.at.start, a.at.end, &a.text).cmp(&(b.at.start, b.at.end, &b.text)));
    found.dedup();
    found
}

fn pieces(script: &str) -> Vec<Piece<'_>> {
    let tokens = spanned(script);
    let (mut found, mut next) = (Vec::new(), 0);
    for (token, at) in tokens {
        // A part of an operator that was taken whole.
        if at.start < next {
            continue;
        }
        let (kind, at) = match token {
            Token::Word(_) => (Kind::Word, at),
            Token::Text(_) => (Kind::Text, at),
            Token::Mark('`') => (Kind::Whole, at),
            Token::Mark(_)
                if at.len() > 1 && script.get(at.clone()).is_some_and(|text| text.starts_with('/')) =>
            {
                (Kind::Whole, at)
            }
            Token::Mark(_) => {
                let rest = script.get(at.start..).unwrap_or_default();
                let long = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                let end = long.map_or(at.end, |operator| at.start + operator.len());
                (Kind::Mark, at.start..end)
            }
        };
        next = at.end;
        found.push(Piece { kind, text: script.get(at.clone()).unwrap_or_default(), at });
    }
    found
}

fn operators(pieces: &[Piece<'_>], at: usize, found: &mut Vec<Change>) {
    let Some(piece) = pieces.get(at).filter(|piece| piece.kind == Kind::Mark) else { return };
    let after_value = at.checked_sub(1).and_then(|at| pieces.get(at)).is_some_and(Piece::ends_value);
    let swaps = SWAPS.iter().find(|(operator, _)| piece.is(operator)).map_or(&[][..], |(_, wrong)| wrong);
    if after_value {
        found.extend(swaps.iter().map(|wrong| change(&piece.at, wrong)));
    } else if piece.is("!") {
        found.push(change(&piece.at, ""));
    }
}

fn literals(pieces: &[Piece<'_>], at: usize, found: &mut Vec<Change>) {
    let Some(piece) = pieces.get(at) else { return };
    let before = at.checked_sub(1).and_then(|at| pieces.get(at));
    match piece.kind {
        Kind::Word => {
            let is_name = before.is_some_and(|before| before.is(".") || before.is("?."));
            if let (false, Ok(number)) = (is_name, piece.text.parse::<u32>()) {
                let fewer = number.checked_sub(1);
                let more = number.checked_add(1);
                found
                    .extend(fewer.into_iter().chain(more).map(|other| change(&piece.at, &other.to_string())));
            }
            match piece.text {
                "true" if !is_name => found.push(change(&piece.at, "false")),
                "false" if !is_name => found.push(change(&piece.at, "true")),
                _ => {}
            }
        }
        Kind::Text => {
            let names_module = before.is_some_and(|before| before.is("from") || before.is("import"));
            if !names_module {
                let other = if piece.text.len() > 2 { "''" } else { "'?'" };
                found.push(change(&piece.at, other));
            }
        }
        Kind::Mark | Kind::Whole => {}
    }
}

/// `if (x)` becomes `if (!(x))`; the same for `while` would loop without an end more often than not.
fn conditions(pieces: &[Piece<'_>], at: usize, found: &mut Vec<Change>) {
    let [begin, open, ..] = pieces.get(at..).unwrap_or_default() else { return };
    if !begin.is("if") || !open.is("(") {
        return;
    }
    let Some(close) = pieces.get(at + 2..).and_then(|rest| end(rest, |_| false)) else { return };
    let Some([first, .., close]) = pieces.get(at + 2..=at + 2 + close) else { return };
    // Two places, so one change of everything between them.
    found.push(Change {
        at: first.at.start..close.at.start,
        text: format!("!({})", joined(pieces, first, close)),
    });
}

/// `return x` becomes `return undefined`.
fn returns(pieces: &[Piece<'_>], at: usize, found: &mut Vec<Change>) {
    let (Some(begin), Some(rest)) = (pieces.get(at), pieces.get(at + 1..)) else { return };
    if !begin.is("return") {
        return;
    }
    if let (Some(length), Some(first)) = (end(rest, |piece| piece.is(";")), rest.first()) {
        if let Some(last) = length.checked_sub(1).and_then(|last| rest.get(last)) {
            found.push(Change { at: first.at.start..last.at.end, text: "undefined".to_owned() });
        }
    }
}

/// A statement that is an expression goes.
fn statements(pieces: &[Piece<'_>], found: &mut Vec<Change>) {
    let mut open: Vec<&str> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| pieces.get(at));
        // Not in the head of a loop.
        let begins = before.is_none_or(|before| before.is(";") || before.is("{") || before.is("}"))
            && open.last().is_none_or(|open| *open == "{");
        if begins && piece.kind == Kind::Word && !STATEMENTS.contains(&piece.text) {
            let rest = pieces.get(at..).unwrap_or_default();
            if let Some(last) = end(rest, |piece| piece.is(";")).and_then(|last| rest.get(last)) {
                if last.is(";") {
                    found.push(Change { at: piece.at.start..last.at.end, text: ";".to_owned() });
                }
            }
        }
        match piece.text {
            "(" | "[" | "{" if piece.kind == Kind::Mark => open.push(piece.text),
            ")" | "]" | "}" if piece.kind == Kind::Mark => drop(open.pop()),
            _ => {}
        }
    }
}

/// The place of the first piece outside of brackets that `ends`, or of the bracket that closes what is around them.
fn end(pieces: &[Piece<'_>], ends: impl Fn(&Piece<'_>) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, piece) in pieces.iter().enumerate() {
        if depth == 0 && ends(piece) {
            return Some(at);
        }
        match piece.text {
            "(" | "[" | "{" if piece.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if piece.kind == Kind::Mark => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Some(at),
            },
            _ => {}
        }
    }
    None
}

/// The pieces from `first` up to `close`, with spaces between them.
fn joined(pieces: &[Piece<'_>], first: &Piece<'_>, close: &Piece<'_>) -> String {
    let inside = pieces.iter().filter(|piece| (first.at.start..close.at.start).contains(&piece.at.start));
    inside.map(|piece| piece.text).collect::<Vec<_>>().join(" ")
}

fn change(at: &Range<usize>, text: &str) -> Change {
    Change { at: at.clone(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mutants(script: &str) -> Vec<String> {
        let apply = |change: Change| {
            format!("{}{}{}", &script[..change.at.start], change.text, &script[change.at.end..])
        };
        changes(script).into_iter().map(apply).collect()
    }

    #[test]
    fn each_kind_of_slip_is_made() {
        for (script, expected) in [
            ("a < b", &["a <= b", "a >= b"][..]),
            ("a === b", &["a !== b"]),
            ("a && !b", &["a || !b", "a && b"]),
            ("-a + b", &["-a - b"]),
            ("a - 1", &["a + 1", "a - 0", "a - 2"]),
            ("x = true", &["x = false"]),
            ("x = 'a' + \"\"", &["x = '' + \"\"", "x = 'a' - \"\"", "x = 'a' + '?'"]),
            ("import 'a'; import b from \"c\"", &[]),
            ("if (a) b", &["if (!(a)) b"]),
            ("if (f(a) || b) c", &["if (!(f ( a ) || b)) c", "if (f(a) && b) c"]),
            ("() => { return { a }; }", &["() => { return undefined; }"]),
            ("() => { return; }", &[]),
            ("{ a.b(c); d = e; }", &["{ ; d = e; }", "{ a.b(c); ; }"]),
            ("for (;a;) {}", &[]),
            ("o.true; /a<b/; `a<b`", &["; /a<b/; `a<b`"]),
            ("// a < b\n", &[]),
            ("a => b", &[]),
        ] {
            assert_eq!(mutants(script), expected, "{script}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_changes_within_it(script in "[a-z0-9`$\\{\\}'\"/*\\\\\n ();<>=!&|+.é-]{0,60}") {
            for change in changes(&script) {
                prop_assert!(script.get(change.at).is_some());
            }
        }
    }
}
