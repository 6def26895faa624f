//! The words of an intent, without markup.

use super::money;
use crate::find::text;

/// A word of the intent.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// As typed, without outer punctuation.
    pub(super) typed: String,
    /// Lower-case, accents folded.
    pub(super) text: String,
    /// Whether a comma or the like ends the phrase after it.
    pub(super) ends: bool,
    /// Whether it is known to be money, audience or the wish to build.
    pub(super) taken: bool,
}

/// Splits at white space, trims punctuation, but keeps currency signs, a minus before an amount and inner marks.
pub(super) fn words(intent: &str) -> Vec<Word> {
    let plain = without_code(&without_code(&without_markup(intent), '`', '`'), '{', '}');
    let mut words: Vec<Word> = Vec::new();
    for raw in plain.split_whitespace() {
        let typed = trimmed(raw);
        if typed.is_empty() {
            // A dash or a sign between phrases.
            if let Some(last) = words.last_mut() {
                last.ends = true;
            }
            continue;
        }
        let text = text::fold(&typed);
        let ends = raw.ends_with([',', ';', ':', '.', '!', '?', ')', '\u{2014}']) && !text.ends_with('+');
        words.push(Word { typed, text, ends, taken: false });
    }
    words
}

fn trimmed(raw: &str) -> String {
    if raw == "@" {
        return "at".to_owned();
    }
    let keep = |c: char| c.is_alphanumeric() || money::is_sign(c);
    let cut = raw.trim_start_matches(|c: char| !keep(c) && !matches!(c, '-' | '\u{2212}'));
    let cut = cut.trim_end_matches(|c: char| !keep(c) && !matches!(c, '+' | '#'));
    let signed = cut.strip_prefix(['-', '\u{2212}']);
    let amount =
        signed.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || money::is_sign(c)));
    let cut = if amount { cut } else { cut.trim_start_matches(|c: char| !keep(c)) };
    if cut.chars().any(keep) { cut.to_owned() } else { String::new() }
}

/// Takes out tags with what scripts and styles hold.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((tag, behind)) = after.split_once('>') else {
            rest = after;
            continue;
        };
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            // `a < b`
            plain.push(' ');
            rest = after;
            continue;
        }
        plain.push(' ');
        let name =
            tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        let closing = format!("</{name}");
        rest = match behind.to_ascii_lowercase().find(&closing) {
            Some(end) if name == "script" || name == "style" => behind.get(end..).unwrap_or_default(),
            _ => behind,
        };
    }
    plain.push_str(rest);
    plain
}

/// Takes out what stands between two marks, where it is more than words, and the marks, quotes and control characters.
fn without_code(text: &str, open: char, close: char) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        plain.push_str(before);
        plain.push(' ');
        let (inside, behind) = after.split_once(close).unwrap_or((after, ""));
        if inside.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')) && !inside.contains(" -") {
            plain.push_str(inside);
            plain.push(' ');
        }
        rest = behind;
    }
    plain.push_str(rest);
    let mark = |c: char| c.is_control() || c == close || matches!(c, '<' | '>' | '"' | '\\' | '|');
    plain.chars().map(|c| if mark(c) { ' ' } else { c }).collect()
}
