//! Whether a value looks like a secret rather than like a word, a number or a placeholder.

/// Whether the tail of a token looks made by a machine: it has a digit, or letters of both cases in disorder.
pub(super) fn looks_random(body: &[u8]) -> bool {
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    let upper = body.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = body.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let distinct = distinct(body);
    distinct >= body.len().min(6) && (digits > 0 && upper + lower > 0 || upper > 1 && lower > 1)
}

fn distinct(body: &[u8]) -> usize {
    let mut seen = [false; 256];
    body.iter().for_each(|byte| {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    });
    seen.iter().filter(|seen| **seen).count()
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(body: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in body {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(body.len()).unwrap_or(u32::MAX).max(1));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|p| -p * p.log2())
        .sum()
}

#[rustfmt::skip]
const STARTS: &[&str] = &[
    "$", "<", "{{", "{%", "%(", "${", "process.env", "os.environ", "os.getenv", "env.", "env(", "env:",
    "import.meta", "secrets.", "vars.", "vault:", "op://", "ref+", "arn:", "ssm:", "sops:", "(sensitive",
    "[redacted", "redacted", "your", "my-", "my_", "example", "changeme", "change-me", "change_me",
    "placeholder", "insert", "enter-", "todo", "dummy", "sample", "file:", "/run/secrets", "/etc/", "./",
    "../", "~/", "config.", "settings.", "std::", "self.", "this.", "req.", "request.", "ctx.", "args.",
    "data.", "var.", "local.", "module.", "enc[", "fake", "replace", "not-set", "not_set", "undefined",
    "sha256:", "sha512-", "projects/",
];

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "none", "null", "nil", "true", "false", "undefined", "string", "password", "secret", "token",
    "required", "optional", "empty", "yes", "no", "on", "off", "hidden", "masked", "default", "test",
    "unset", "bearer", "basic",
];

/// The texts that people write where a secret would stand.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_alphanumeric());
    STARTS.iter().any(|start| lower.starts_with(start))
        || WORDS.contains(&core)
        || lower.contains("[redacted:")
        || lower.contains("example")
        || lower.contains("-here")
        || lower.contains("_here")
        || distinct(value.as_bytes()) <= 2
        || lower.matches("xxx").count() > 0 && distinct(value.as_bytes()) < 8
}

/// Whether a value under a name such as `API_KEY` is one.
pub(super) fn is_key(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < 12 || is_placeholder(value) || value.contains(char::is_whitespace) || is_code(value) {
        return false;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == bytes.len() && bytes.len() < 20 || is_wordy(value) {
        return false;
    }
    let bits = entropy(bytes);
    if digits == 0 {
        bytes.len() >= 16 && bits > 3.3 && looks_random(bytes) || bits > 4.0
    } else {
        bits > 2.5
    }
}

/// Whether a value under a name such as `password` is one; `quoted` values may be plainer.
pub(super) fn is_password(value: &str, quoted: bool) -> bool {
    let bytes = value.as_bytes();
    let shortest = if quoted { 5 } else { 6 };
    if bytes.len() < shortest || bytes.len() > 512 || is_placeholder(value) || is_code(value) {
        return false;
    }
    let digits = bytes.iter().any(u8::is_ascii_digit);
    let letters = bytes.iter().any(u8::is_ascii_alphabetic);
    let symbols = bytes.iter().any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'_' | b'-' | b'.'));
    let upper = bytes.iter().skip(1).any(u8::is_ascii_uppercase);
    if value.contains(' ') {
        return quoted && digits && symbols;
    }
    letters && (digits || symbols && quoted || upper && bytes.len() >= 8) && (quoted || !is_wordy(value))
}

/// Whether a value is an expression rather than a literal.
fn is_code(value: &str) -> bool {
    value.contains("://") && !value.contains('@')
        || value.contains("()")
        || value.contains("${")
        || value.contains("::")
        || value.starts_with(['(', '{', '['])
        || value.split_once('(').is_some_and(|(name, rest)| {
            !name.is_empty()
                && rest.contains(['"', '\'', ')'])
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
        })
        || value.split_once('[').is_some_and(|(name, rest)| {
            !name.is_empty()
                && rest.contains(['"', '\''])
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
        })
}

/// Words joined by `_`, `-`, `.`, `/`: a name, a path or a version, not a secret.
fn is_wordy(value: &str) -> bool {
    let words = value.split(['_', '-', '.', '/', ':']);
    let mut count = 0_usize;
    let plain = words.filter(|word| !word.is_empty()).all(|word| {
        count += 1;
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        let rest = word.get(letters..).unwrap_or_default();
        let one_case = word.bytes().skip(1).all(|b| !b.is_ascii_uppercase())
            || word.bytes().all(|b| !b.is_ascii_lowercase());
        // `v2`, `staging`, `2024`, `sha256`: letters, then at most four digits.
        one_case && rest.len() <= 4 && rest.bytes().all(|b| b.is_ascii_digit()) && letters <= 14
    });
    plain && (count > 1 || value.len() < 12)
}
