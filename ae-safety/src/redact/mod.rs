//! Taking secrets out of text before it is kept or shown.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

use ae_core::Secret;
use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use serde_json::Value;

use self::known::Known;

mod assignments;
mod boundary;
mod known;
mod names;
mod prefixes;
mod structures;
mod values;

/// Shorter values are not looked for a second time: they could be words.
const REPEAT_BYTES_MIN: usize = 12;

/// How often a text is looked at.
const ROUNDS_MAX: usize = 6;

static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[REDACTED:[A-Z0-9_]{1,40}\]").expect("fixed and tested"));

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where its bytes begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// Its kind, for example `GITHUB_TOKEN`.
    pub kind: &'static str,
}

/// Takes secrets out of text.
///
/// It looks for tokens that name their vendor, for values under a name that says what they are, for forms such as key
/// blocks, signed tokens and command lines, and for values that the host has registered. What was found under a name is
/// found again where it stands bare in the same text. Text that was redacted is not changed again.
///
/// It finds what has a public form or a telling name; nothing finds every secret, so keep them out of text in the first
/// place ([`Secret`]). The time it takes grows with the text's length and nothing else.
///
/// ```
/// use ae_safety::Redactor;
///
/// let line = "export API_TOKEN=9f8a7c6b5d4e3f2a1b0c && git clone https://bot:Xk29-fq81@example.net/a.git";
/// assert_eq!(
///     Redactor::new().redact(line),
///     "export API_TOKEN=[REDACTED:GENERIC_API_KEY] && git clone https://bot:[REDACTED:URL_PASSWORD]@example.net/a.git",
/// );
/// ```
#[derive(Clone, Default)]
pub struct Redactor(Arc<Known>);

impl Redactor {
    /// Knows the public formats, and no particular secret yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also finds this very value, plain or as base64, percent-encoded, hex, JSON or shell text. Values of fewer than 6
    /// bytes are not looked for: they would stand everywhere.
    #[must_use]
    pub fn with_known(mut self, secret: Secret<String>) -> Self {
        Arc::make_mut(&mut self.0).add(secret);
        self
    }

    /// The secrets in `text`, in order, without overlap.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let markers: Vec<_> = MARKER.find_iter(text).map(|marker| marker.range()).collect();
        let mut found = Vec::new();
        assignments::scan(text, &markers, &mut found);
        repeats(text, &mut found);
        prefixes::scan(text, &mut found);
        structures::scan(text, &mut found);
        self.0.scan(text, &mut found);
        merge(found, &markers)
    }

    /// `text` with every secret replaced by `[REDACTED:KIND]`.
    ///
    /// A replacement can bring something to light, such as a name that was part of a longer word before, so the result is
    /// looked at again until nothing changes, a few times at most.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut redacted = Cow::Borrowed(text);
        for _ in 0..ROUNDS_MAX {
            let found = self.find(&redacted);
            if found.is_empty() {
                break;
            }
            redacted = Cow::Owned(replaced(&redacted, &found));
        }
        redacted
    }

    /// `value` with every text in it redacted; the name of a member counts for its value.
    pub fn redact_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(text).into_owned()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.redact_json(item)).collect()),
            Value::Object(fields) => {
                let redacted = |(name, value): (&String, &Value)| {
                    (self.redact(name).into_owned(), self.redact_member(name, value))
                };
                Value::Object(fields.iter().map(redacted).collect())
            }
            other => other.clone(),
        }
    }

    fn redact_member(&self, name: &str, value: &Value) -> Value {
        let Value::String(text) = value else { return self.redact_json(value) };
        let redacted = self.redact(text);
        if matches!(redacted, Cow::Borrowed(_)) {
            // As it would stand in a file, so that the name is seen too.
            let line = format!("{}: {}", Value::from(name), value);
            let (from, to) = (line.len() - value.to_string().len() + 1, line.len() - 1);
            let hit = self.find(&line).into_iter().find(|hit| hit.start <= from && hit.end >= to);
            if let Some(hit) = hit {
                return Value::String(marker(hit.kind));
            }
        }
        Value::String(redacted.into_owned())
    }
}

fn replaced(text: &str, found: &[Finding]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for finding in found {
        out.push_str(text.get(at..finding.start).unwrap_or_default());
        out.push_str(&marker(finding.kind));
        at = finding.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn marker(kind: &str) -> String {
    format!("[REDACTED:{kind}]")
}

/// Bare copies of what was found under a name.
fn repeats(text: &str, found: &mut Vec<Finding>) {
    let long = found.iter().filter(|hit| hit.end - hit.start >= REPEAT_BYTES_MIN);
    let values: BTreeMap<&str, &'static str> =
        long.filter_map(|hit| Some((text.get(hit.start..hit.end)?, hit.kind))).collect();
    if values.is_empty() {
        return;
    }
    let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values.keys())
    else {
        return;
    };
    let kinds: Vec<_> = values.into_values().collect();
    for hit in automaton.find_iter(text) {
        let Some(kind) = kinds.get(hit.pattern().as_usize()).copied() else { continue };
        found.push(Finding { start: hit.start(), end: hit.end(), kind });
    }
}

/// In order, overlaps as one, and nothing of what is a marker already.
fn merge(mut found: Vec<Finding>, markers: &[Range<usize>]) -> Vec<Finding> {
    found.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut merged: Vec<Finding> = Vec::new();
    for hit in found.into_iter().filter(|hit| hit.start < hit.end) {
        match merged.last_mut() {
            Some(last) if hit.start < last.end => last.end = last.end.max(hit.end),
            _ => merged.push(hit),
        }
    }
    if markers.is_empty() {
        return merged;
    }
    let mut apart = Vec::new();
    for hit in merged {
        let mut start = hit.start;
        let first = markers.partition_point(|marker| marker.end <= hit.start);
        let inside = markers.iter().skip(first).take_while(|marker| marker.start < hit.end);
        for marker in inside {
            apart.push(Finding { start, end: marker.start, kind: hit.kind });
            start = marker.end;
        }
        apart.push(Finding { start, ..hit });
    }
    apart.retain(|hit| hit.start < hit.end);
    apart
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("known", &self.0.len()).finish()
    }
}
