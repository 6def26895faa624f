//! The answer of Gemini, put together from its pieces.

/// The shortest first piece by which a repetition is recognised.
const PIECE_MIN: usize = 8;

/// The text between two acts, as it comes in pieces. After a failed call the agent begins its answer again without a
/// sign, so that a text may come several times.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    first: String,
    /// The places where the first piece came again.
    restarts: Vec<usize>,
}

impl Answer {
    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &str) {
        if self.text.is_empty() {
            self.first = piece.chars().take(200).collect();
        } else if self.first.len() >= PIECE_MIN && piece.starts_with(&self.first) && self.restarts.len() < 64
        {
            self.restarts.push(self.text.len());
        }
        self.text.push_str(piece);
    }

    /// Takes the whole text out, and whether a repetition was cut off: each part has to be the beginning of the last
    /// one.
    pub(super) fn take(&mut self) -> (String, bool) {
        let Self { text, restarts, .. } = std::mem::take(self);
        let Some(last) = restarts.last().and_then(|at| text.get(*at..)) else {
            return (text, false);
        };
        let begins = std::iter::once(0).chain(restarts.iter().copied());
        let parts = begins.zip(&restarts).map(|(begin, end)| text.get(begin..*end).unwrap_or_default());
        let repeated = { parts }.all(|part| last.starts_with(part));
        if repeated { (last.to_owned(), true) } else { (text, false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pieces: &[&str]) -> (String, bool) {
        let mut answer = Answer::default();
        pieces.iter().for_each(|piece| answer.push(piece));
        answer.take()
    }

    #[test]
    fn a_text_that_came_again_is_taken_once() {
        let whole = ["Done. AE_F", "INAL_TEXT."];
        assert_eq!(taken(&whole), ("Done. AE_FINAL_TEXT.".to_owned(), false));
        assert_eq!(taken(&[whole, whole, whole, whole].concat()), ("Done. AE_FINAL_TEXT.".to_owned(), true));
        // The first attempt was cut off.
        assert_eq!(
            taken(&["Done. AE_F", "Done. AE_F", "INAL_TEXT."]),
            ("Done. AE_FINAL_TEXT.".to_owned(), true)
        );
    }

    #[test]
    fn a_text_with_equal_lines_stays() {
        let list = ["- an item\n", "- an item\n", "- another\n"];
        assert_eq!(
            taken(&["A list:\n", list[0], list[1], list[2]]),
            (format!("A list:\n{}", list.concat()), false)
        );
        assert!(!taken(&["Then one.", " More. ", "Then one.", " Less."]).1);
        assert_eq!(taken(&["ab", "ab"]), ("abab".to_owned(), false));
        assert_eq!(taken(&[]), (String::new(), false));
    }
}
