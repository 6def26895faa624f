//! Values and hostile text for people and agents: short, on one line, nothing invisible.

use ae_core::is_unseen;
use serde_json::Value;

use crate::text::shown;

/// Text on one line, at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    shown(text, most)
}

/// A text in quotes with escapes, which show white space and line ends.
pub(super) fn quoted(text: &str, most: usize) -> String {
    let short: String = text.chars().take(most + 1).collect();
    cut(&Value::String(short).to_string(), most)
}

/// A value as JSON, cut to `most` characters.
pub(super) fn value(value: &Value, most: usize) -> String {
    match value {
        Value::String(text) => quoted(text, most),
        Value::Array(list) => format!("an array of {}: {}", list.len(), start(value, most)),
        other => start(other, most),
    }
}

/// The start of a value's JSON text. The value may be large: only what is shown is written.
fn start(value: &Value, most: usize) -> String {
    let mut out = Start { text: Vec::new(), most: most.saturating_mul(4) };
    // It ends with an error when it is full.
    let _ = serde_json::to_writer(&mut out, value);
    cut(&String::from_utf8_lossy(&out.text), most)
}

/// A writer that takes its first bytes only.
struct Start {
    text: Vec<u8>,
    most: usize,
}

impl std::io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.text.len() > self.most {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at >= most {
            out.push('…');
            break;
        }
        if is_unseen(c) || c == '\u{fffe}' || c == '\u{ffff}' {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_short_and_nothing_is_hidden() {
        assert_eq!(quoted("a\r\n\u{202e}b\u{1b}", 80), r#""a\r\n\u{202e}b\u001b""#);
        assert_eq!(quoted(&"x".repeat(1 << 20), 5), "\"xxxx…");
        assert_eq!(value(&json!({"a": [1, 2.5]}), 80), r#"{"a":[1,2.5]}"#);
        assert_eq!(value(&json!([1, 2, 3]), 4), "an array of 3: [1,2…");
        assert!(value(&Value::from(vec!["y".repeat(100_000); 100]), 50).chars().count() < 80);
        assert_eq!(line("a\n`b`\u{7}", 80), "a `b`");
    }
}
