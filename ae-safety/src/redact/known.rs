//! Values that the host has registered: found plain and in the encodings they travel in.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::Secret;
use aho_corasick::{AhoCorasick, MatchKind};

use super::Finding;

/// Values shorter than this are not looked for: they would stand everywhere.
pub(super) const VALUE_BYTES_MIN: usize = 6;

#[derive(Clone, Default)]
pub(super) struct Known {
    values: Vec<Secret<String>>,
    forms: Option<Arc<Forms>>,
}

struct Forms {
    automaton: AhoCorasick,
    /// For each form, how many characters before and after it hold bits of the value too.
    margins: Vec<Margins>,
}

type Margins = (usize, usize);

impl Known {
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn add(&mut self, secret: Secret<String>) {
        if secret.expose().len() < VALUE_BYTES_MIN {
            return;
        }
        self.values.push(secret);
        let mut every: BTreeMap<Vec<u8>, Margins> = BTreeMap::new();
        for (form, margins) in self.values.iter().flat_map(|value| forms(value.expose())) {
            let known = every.entry(form).or_default();
            *known = (known.0.max(margins.0), known.1.max(margins.1));
        }
        let (forms, margins): (Vec<_>, Vec<_>) = every.into_iter().unzip();
        // A set too large for one automaton is refused by the builder; the values before stay found.
        if let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms) {
            self.forms = Some(Arc::new(Forms { automaton, margins }));
        }
    }

    pub(super) fn scan(&self, text: &str, found: &mut Vec<Finding>) {
        let Some(forms) = &self.forms else { return };
        let bytes = text.as_bytes();
        for hit in forms.automaton.find_iter(text) {
            let (before, after) = forms.margins.get(hit.pattern().as_usize()).copied().unwrap_or_default();
            let left = bytes.get(..hit.start()).unwrap_or_default().iter().rev();
            let right = bytes.get(hit.end()..).unwrap_or_default().iter();
            let start = hit.start() - left.take(before).take_while(|byte| is_base64(**byte)).count();
            let end = hit.end() + right.take(after).take_while(|byte| is_base64(**byte)).count();
            found.push(Finding { start, end, kind: "KNOWN_SECRET" });
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Every form in which a value is looked for.
fn forms(value: &str) -> Vec<(Vec<u8>, Margins)> {
    let mut forms: Vec<_> = texts(value).into_iter().map(|form| (form, (0, 0))).collect();
    for url_safe in [false, true] {
        forms.extend((0..3).filter_map(|shift| base64(value.as_bytes(), shift, url_safe)));
    }
    forms.retain(|(form, _)| form.len() >= VALUE_BYTES_MIN);
    forms
}

/// The forms that hold the value's characters one by one.
fn texts(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut forms = vec![bytes.to_vec()];
    for safe in [&b"-_.~"[..], b"-_.~!*'()", b"-_.*", b"-_.~/", b"-_.~:@!$&'()*+,;="] {
        let percent = percent(bytes, safe);
        forms.push(percent.replace('%', "%25").into_bytes());
        forms.push(percent.replace("%20", "+").into_bytes());
        forms.push(lower_percent(&percent).into_bytes());
        forms.push(percent.into_bytes());
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_ascii_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    let json = json(value, false);
    for once in [json.clone(), self::json(value, true)] {
        forms.push(self::json(&once, false).into_bytes());
        forms.push(once.into_bytes());
    }
    forms.push(value.replace('\'', "'\\''").into_bytes());
    forms.push(shell(value).into_bytes());
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    forms.push(html.replace('\'', "&#39;").into_bytes());
    forms.push(html.replace('\'', "&#x27;").into_bytes());
    forms.push(html.into_bytes());
    forms
}

/// The characters of the base64 of anything that holds `bytes` `shift` bytes after a group's start, which depend on
/// `bytes` alone, and how many characters next to them depend on `bytes` too: one before, one after with its padding.
fn base64(bytes: &[u8], shift: usize, url_safe: bool) -> Option<(Vec<u8>, Margins)> {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let mut bits = Vec::with_capacity(padded.len() * 8);
    for byte in &padded {
        bits.extend((0..8).rev().map(|bit| byte >> bit & 1));
    }
    let first = (shift * 8).div_ceil(6);
    let whole = bits.len() / 6;
    let alphabet: &[u8; 64] = if url_safe {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut out: Vec<u8> = Vec::new();
    for group in first..whole {
        let six =
            bits.get(group * 6..group * 6 + 6)?.iter().fold(0_usize, |sum, bit| sum << 1 | usize::from(*bit));
        out.push(*alphabet.get(six)?);
    }
    let after = if bits.len() % 6 == 0 { 0 } else { 3 };
    Some((out, (usize::from(shift > 0), after)))
}

fn percent(bytes: &[u8], safe: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || safe.contains(byte);
    bytes
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn lower_percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lower = 0;
    for c in text.chars() {
        out.push(if lower > 0 { c.to_ascii_lowercase() } else { c });
        lower = if c == '%' { 2_u8 } else { lower.saturating_sub(1) };
    }
    out
}

/// The inside of a JSON string (RFC 8259), with everything past ASCII as `\u` when asked.
fn json(value: &str, ascii: bool) -> String {
    let quoted = serde_json::to_string(value).unwrap_or_default();
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !ascii {
        return inner.to_owned();
    }
    let mut units = [0_u16; 2];
    let escape = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    inner.chars().map(escape).collect()
}

/// Each character that a shell would act on, with a backslash before it.
fn shell(value: &str) -> String {
    let special = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"_-./:=@%+,".contains(c);
    value.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
