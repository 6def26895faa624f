//! Text from outside, which is data and never an instruction.

use serde::{Deserialize, Serialize};

/// Where an outside value came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// A demand-signal source, by its name (`hackernews`, `file`, `sample`, …).
    Signals(String),
    /// A coding agent, by its name.
    Agent(String),
    /// A language model, by its id.
    Model(String),
    /// A webhook sender, by its name.
    Webhook(String),
    /// A web page, by its URL.
    Web(String),
}

/// A value that carries its origin. It has no `Display` and no `Deref`: its user says how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Untrusted<T> {
    origin: Origin,
    value: T,
}

impl<T> Untrusted<T> {
    /// Marks `value` as coming from `origin`.
    pub const fn new(origin: Origin, value: T) -> Self {
        Self { origin, value }
    }

    /// Where it came from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value as data: for measuring, matching and showing after escaping.
    pub const fn as_data(&self) -> &T {
        &self.value
    }

    /// Transforms the value; the origin stays.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Untrusted<U> {
        Untrusted { origin: self.origin, value: f(self.value) }
    }
}

impl Untrusted<String> {
    /// The text on one line for people and prompts: [unseen](is_unseen) characters become spaces,
    /// runs of white space one space, at most `chars_max` characters (then `…`).
    pub fn one_line(&self, chars_max: usize) -> String {
        let visible = self.value.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect::<String>();
        let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= chars_max {
            return line;
        }
        let mut cut: String = line.chars().take(chars_max.saturating_sub(1)).collect();
        cut.push('…');
        cut
    }
}

/// Whether `c` takes no ink, or changes how the text around it is shown: control characters, and the invisible and
/// bidirectional formatting characters of Unicode (UAX #9 and the "Trojan Source" list).
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_removes_what_could_mislead() {
        let text = Untrusted::new(Origin::Signals("test".into()), "a\u{202E}b\n\tc\u{1b}[31m".to_owned());
        assert_eq!(text.one_line(80), "a b c [31m");
        assert_eq!(text.one_line(4), "a b…");
    }
}
