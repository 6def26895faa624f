//! JSON text in parts, without a tree: where its values begin and end.

use std::fmt::Write as _;

/// A part of JSON text, by the numbers of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// An object or a list begins.
    Open { at: usize },
    /// The key of a member.
    Key { from: usize, to: usize },
    /// A text, a number, a truth value or null.
    Scalar { from: usize, to: usize },
    /// An object or a list ends, before `to`.
    Close { to: usize },
}

/// The parts of JSON in order. Text that is not JSON has some parts too.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Part> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let from = at;
            at += 1;
            match bytes.get(from)? {
                b'{' | b'[' => return Some(Part::Open { at: from }),
                b'}' | b']' => return Some(Part::Close { to: at }),
                b'"' => {
                    at = string_end(bytes, at);
                    let is_key = bytes.get(at) == Some(&b':');
                    return Some(if is_key {
                        Part::Key { from, to: at }
                    } else {
                        Part::Scalar { from, to: at }
                    });
                }
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
                    at += rest.iter().position(ends).unwrap_or(rest.len());
                    return Some(Part::Scalar { from, to: at });
                }
            }
        }
    })
}

/// The end of the string whose first character is at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => return at,
            b'\\' => at += 1,
            _ => {}
        }
    }
    bytes.len()
}

/// The place of the value around byte `at`, as `field.list[2]`.
pub(super) fn place(text: &str, at: usize) -> String {
    let mut around: Vec<(Option<&str>, usize)> = Vec::new();
    for part in parts(text) {
        match part {
            Part::Key { from, to } if from < at => {
                let key = text.get(from + 1..to - 1);
                around.last_mut().map(|(name, _)| *name = key).unwrap_or_default();
            }
            Part::Open { at: from } if from < at => around.push((None, 0)),
            Part::Scalar { to, .. } if to < at => {
                around.last_mut().map(|(_, index)| *index += 1).unwrap_or_default();
            }
            Part::Close { to } if to < at => {
                around.pop();
                around.last_mut().map(|(_, index)| *index += 1).unwrap_or_default();
            }
            _ => break,
        }
    }
    let mut place = String::new();
    for (key, index) in around {
        let _ = match key {
            Some(key) if place.is_empty() => write!(place, "{key}"),
            Some(key) => write!(place, ".{key}"),
            None => write!(place, "[{index}]"),
        };
    }
    if place.is_empty() { "the value".to_owned() } else { format!("`{place}`") }
}
