//! Values under a name that says what they are: `API_KEY=…`, `"password": "…"`, `--token …`, `<secret>…</secret>`.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{
    Finding,
    names::{Announces, announces, is_constant},
    values::{is_key, is_password, looks_random},
};

/// Parts of the names that can announce a secret: without one of these nothing is looked at.
const PARTS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "salt",
    "auth",
    "mnemonic",
    "phrase",
    "sig",
    "psk",
    "jwt",
    "otp",
    "bearer",
];
const NAME_BYTES_MAX: usize = 80;
const VALUE_BYTES_MAX: usize = 4096;

static NAMES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .build(PARTS)
        .expect("a few short literals make a small automaton")
});

/// How a value stands to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `=`, `:`, `=>`, `:=` and XML: one or the other.
    Assigns,
    /// A flag and a blank: `--password x`.
    Flag,
    /// Something that only counts with a quoted value: `setenv("X", "v")`.
    Quoted,
    /// Prose: `the token is x`.
    Is,
}

#[derive(Debug, Clone, Copy)]
struct Value {
    start: usize,
    end: usize,
    quoted: bool,
}

/// Finds values; text inside of `markers` is not a name.
pub(super) fn scan(text: &str, markers: &[Range<usize>], found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for hit in NAMES.find_iter(text) {
        let at = markers.partition_point(|marker| marker.end <= hit.start());
        let marked = markers.get(at).is_some_and(|marker| marker.start <= hit.start());
        if hit.start() < from || marked {
            continue;
        }
        let (start, end) = name_around(bytes, hit.start(), hit.end());
        from = end;
        let Some(name) = text.get(start..end).filter(|name| name.len() <= NAME_BYTES_MAX) else { continue };
        let Some(announced) = announces(name) else { continue };
        let Some((operator, at)) = operator(text, start, end) else { continue };
        let Some(value) = value(text, at, operator, announced, is_constant(name)) else { continue };
        let Some(body) = text.get(value.start..value.end) else { continue };
        if counts(announced, operator, body, value.quoted) {
            let kind = kind(announced, name);
            found.push(Finding { start: value.start, end: value.end, kind });
        }
    }
}

fn kind(announced: Announces, name: &str) -> &'static str {
    let lower = name.to_ascii_lowercase();
    match announced {
        Announces::Password => "PASSWORD",
        Announces::Mnemonic => "MNEMONIC",
        Announces::Key if lower.contains("aws") && lower.contains("secret") => "AWS_SECRET_KEY",
        Announces::Key if lower.contains("stripe") => "STRIPE_KEY",
        Announces::Key => "GENERIC_API_KEY",
    }
}

fn counts(announced: Announces, operator: Operator, body: &str, quoted: bool) -> bool {
    match announced {
        Announces::Mnemonic => {
            let words = body.split_whitespace();
            let small =
                |word: &str| (3..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
            let (count, plain) =
                words.fold((0, true), |(count, plain), word| (count + 1, plain && small(word)));
            plain && (11..=25).contains(&count)
        }
        Announces::Key if operator == Operator::Is => is_key(body) && looks_random(body.as_bytes()),
        Announces::Key => is_key(body),
        Announces::Password if operator == Operator::Is => is_password(body, false) && body.len() >= 8,
        Announces::Password => is_password(body, quoted),
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The whole name around a part of it; a lone `key` takes the word before it along, as in `api key`.
fn name_around(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let left = |at: usize| {
        let before = bytes.get(..at).unwrap_or_default();
        at - before.iter().rev().take(NAME_BYTES_MAX).take_while(|byte| is_name(**byte)).count()
    };
    let rest = bytes.get(end..).unwrap_or_default();
    let end = end + rest.iter().take(NAME_BYTES_MAX).take_while(|byte| is_name(**byte)).count();
    let mut first = left(start);
    let alone = bytes.get(first..end).is_some_and(|name| name.eq_ignore_ascii_case(b"key"));
    if alone && first > 0 && bytes.get(first - 1) == Some(&b' ') {
        first = left(first - 1);
    }
    (first, end)
}

fn skip(bytes: &[u8], at: usize, of: &[u8]) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| of.contains(byte)).count()
}

/// The text after the name, and where the value may begin.
fn operator(text: &str, start: usize, end: usize) -> Option<(Operator, usize)> {
    let bytes = text.as_bytes();
    let closed = skip(bytes, end, b"\\\"'`*]");
    let at = skip(bytes, closed, b" \t");
    let rest = text.get(at..)?;
    for op in ["=>", ":=", "=", ":"] {
        if let Some(after) = rest.strip_prefix(op) {
            if after.starts_with(['=', ':', '~']) {
                return None;
            }
            return Some((Operator::Assigns, skip(bytes, at + op.len(), b" \t")));
        }
    }
    if let Some(after) = rest.strip_prefix('>') {
        let element = after.bytes().take(VALUE_BYTES_MAX).any(|byte| byte == b'<');
        return element.then_some((Operator::Assigns, at + 1));
    }
    if closed > end {
        if let Some(value) = value_attribute(rest) {
            return Some((Operator::Assigns, at + value));
        }
        if rest.starts_with(',') {
            return Some((Operator::Quoted, skip(bytes, at + 1, b" \t")));
        }
    } else if let Some(value) =
        value_attribute(rest).filter(|_| rest.starts_with('\n') || rest.starts_with("\\n"))
    {
        return Some((Operator::Assigns, at + value));
    }
    if at > end && (text.get(..start)?.ends_with("--") || text.get(start..end)?.starts_with("--")) {
        return Some((Operator::Flag, at));
    }
    let is = ["is ", "is: ", "was ", "to "].into_iter().find(|is| rest.starts_with(is))?;
    (at > closed).then_some((Operator::Is, skip(bytes, at + is.len(), b" \t`")))
}

/// The value next to a name: `value="…"`, `, "value": "…"`, `value: …` on the next line.
fn value_attribute(rest: &str) -> Option<usize> {
    let window = rest.as_bytes().get(..rest.len().min(60))?;
    let bytes = rest.as_bytes();
    let mut at = 0;
    while window.get(at).is_some_and(|byte| {
        b" \t\r\n,\\\"'".contains(byte) || (*byte == b'n' && at > 0 && window.get(at - 1) == Some(&b'\\'))
    }) {
        at += 1;
    }
    let word = rest.get(at..)?;
    let after = ["value", "Value"].into_iter().find_map(|name| word.strip_prefix(name))?;
    let at = skip(bytes, rest.len() - after.len(), b"\\\"' \t");
    matches!(bytes.get(at), Some(b':' | b'=')).then(|| skip(bytes, at + 1, b" \t"))
}

/// The value at `at`.
fn value(
    text: &str,
    at: usize,
    operator: Operator,
    announced: Announces,
    environment: bool,
) -> Option<Value> {
    let at = unwrapped(text, at + reference(text.get(at..)?));
    if let Some(value) = quoted(text, at) {
        return Some(without_scheme(text, value));
    }
    if operator == Operator::Quoted {
        return None;
    }
    let bytes = text.as_bytes();
    let ends: &[u8] = match (announced, environment) {
        (Announces::Mnemonic, _) => b"\n\r\"'`<>,;\\",
        (_, true) => b" \t\n\r\"'`<>\\",
        (_, false) => b" \t\n\r\"'`<>\\,;)]}|&",
    };
    let rest = bytes.get(at..)?;
    let length = rest.iter().take(VALUE_BYTES_MAX).take_while(|byte| !ends.contains(byte)).count();
    let body = text.get(at..at + length)?;
    let typed = body.len() < 24
        && body.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'&' | b':' | b'_' | b'?'));
    let after = skip(bytes, at + length, b" \t");
    if typed && text.get(after..)?.starts_with('=') {
        return quoted(text, unwrapped(text, skip(bytes, after + 1, b" \t")));
    }
    if matches!(body, "Bearer" | "Basic" | "Token" | "token" | "bearer" | "basic") {
        return value(text, after, operator, announced, environment).filter(|_| after > at + length);
    }
    let length = body.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']).len();
    (!body.starts_with('-') || operator != Operator::Flag).then_some(Value {
        start: at,
        end: at + length,
        quoted: false,
    })
}

/// The length of the mark of a reference type, as in `token: &'static str = "…"`.
fn reference(rest: &str) -> usize {
    ["&'static ", "&"].into_iter().find(|mark| rest.starts_with(mark)).map_or(0, str::len)
}

/// Past a call or a marker around a literal: `Some("`, `b'`, `String::from("`. Calls that read a value are no literal.
fn unwrapped(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at..) else { return at };
    let head = rest
        .bytes()
        .take(40)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.'))
        .count();
    let (word, after) = rest.split_at(head);
    let reads = ["env", "get", "var", "read", "load", "fetch", "param", "require", "input", "lookup"];
    let lower = word.to_ascii_lowercase();
    if matches!(word, "b" | "r" | "f" | "u") && after.starts_with(['"', '\'']) {
        return at + head;
    }
    if head > 0 && after.starts_with('(') && !reads.iter().any(|read| lower.contains(read)) {
        let inner = after.get(1..).unwrap_or_default();
        if inner.trim_start_matches('\\').starts_with(['"', '\'']) {
            return at + head + 1;
        }
    }
    at
}

/// A value between two equal quotes at any depth of escaping.
fn quoted(text: &str, at: usize) -> Option<Value> {
    let rest = text.get(at..)?;
    let open = if rest.starts_with("&quot;") {
        "&quot;"
    } else {
        let escapes = rest.bytes().take(16).take_while(|byte| *byte == b'\\').count();
        let quote = rest.as_bytes().get(escapes)?;
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        rest.get(..=escapes)?
    };
    let start = at + open.len();
    let bytes = text.as_bytes();
    let mut from = start;
    let limit = (start + VALUE_BYTES_MAX).min(text.len());
    while from < limit {
        let byte = bytes.get(from)?;
        if *byte == b'\n' {
            return None;
        }
        if bytes.get(from..)?.starts_with(open.as_bytes()) {
            return Some(Value { start, end: from, quoted: true });
        }
        // A deeper escape stands for a character of the value.
        from += if *byte == b'\\' && open.len() == 1 { 2 } else { 1 };
    }
    None
}

/// `"Bearer x"` is `x`.
fn without_scheme(text: &str, value: Value) -> Value {
    let body = text.get(value.start..value.end).unwrap_or_default();
    let scheme = ["Bearer ", "bearer ", "Basic ", "basic ", "token ", "Token "]
        .into_iter()
        .find(|s| body.starts_with(s));
    Value { start: value.start + scheme.map_or(0, str::len), ..value }
}
