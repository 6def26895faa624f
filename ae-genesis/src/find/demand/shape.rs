//! Reads the structure of a question.

use super::cues::{self, Cue};

/// The structure of a question, whatever it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// "Best X?", "What is the cheapest X for Y?"
    Best,
    /// "Where do you host X?", "How do people back up X?"
    Job,
    /// "Which X …?"
    Which,
    Other,
}

impl Shape {
    /// Reads the words of a title without its form.
    pub(super) fn of(words: &[String]) -> Self {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let fillers =
            ["what", "whats", "what's", "s", "is", "are", "the", "your", "some", "a", "an", "any", "which"];
        let opening = words.iter().find(|word| !fillers.contains(word)).copied().unwrap_or_default();
        if cues::is(opening, Cue::Superlative) {
            return Self::Best;
        }
        let job = words.windows(4).any(|clause| {
            let [ask, verb, who, job] = clause else { return false };
            let asks = matches!(*ask, "where" | "how")
                && matches!(*verb, "do" | "can" | "should" | "does" | "would");
            let others =
                ["you", "i", "we", "people", "others", "companies", "teams", "startups", "developers"];
            asks && others.contains(who) && !cues::is(job, Cue::Personal)
        });
        match words.first() {
            _ if job => Self::Job,
            Some(&"which") => Self::Which,
            _ => Self::Other,
        }
    }
}
