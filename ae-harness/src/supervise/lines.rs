//! Lines of a stream that comes in pieces.

/// Cuts a stream into lines, by `\n` alone, in bounded memory.
#[derive(Debug)]
pub(super) struct Lines {
    most: usize,
    begun: Vec<u8>,
    is_skipping: bool,
    skipped: u64,
}

impl Lines {
    /// Lines of `most` bytes at most. Longer ones are skipped and counted.
    pub(super) const fn new(most: usize) -> Self {
        Self { most, begun: Vec::new(), is_skipping: false, skipped: 0 }
    }

    /// The lines that were too long.
    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Takes a piece, and gives every line that is whole now, without its end.
    pub(super) fn push(&mut self, mut piece: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(at) = memchr::memchr(b'\n', piece) {
            let (head, rest) = piece.split_at(at);
            piece = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() && !self.is_skipping && head.len() <= self.most {
                line(head);
                continue;
            }
            self.keep(head);
            if !std::mem::take(&mut self.is_skipping) {
                line(&self.begun);
            }
            // A long line's memory is not held on to.
            self.begun = Vec::new();
        }
        self.keep(piece);
    }

    /// The last line, if the stream ended without `\n`.
    pub(super) fn finish(&mut self, line: impl FnOnce(&[u8])) {
        if !std::mem::take(&mut self.is_skipping) && !self.begun.is_empty() {
            line(&self.begun);
        }
        self.begun = Vec::new();
    }

    fn keep(&mut self, piece: &[u8]) {
        if self.is_skipping {
            return;
        }
        let length = self.begun.len() + piece.len();
        if length > self.most {
            self.is_skipping = true;
            self.skipped += 1;
            self.begun = Vec::new();
            return;
        }
        if length > self.begun.capacity() {
            // Doubled, but never beyond the longest line.
            let target = length.max(self.begun.capacity().saturating_mul(2)).min(self.most);
            self.begun.reserve_exact(target - self.begun.len());
        }
        self.begun.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(most: usize, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, u64) {
        let (mut lines, mut found) = (Lines::new(most), Vec::new());
        for piece in pieces {
            lines.push(piece, |line| found.push(line.to_vec()));
        }
        lines.finish(|line| found.push(line.to_vec()));
        (found, lines.skipped())
    }

    #[test]
    fn other_ends_of_lines_are_no_ends() {
        let (found, _) = cut(99, &["a\u{2028}b\r\n\nc\0\x0bd".as_bytes()]);
        assert_eq!(found, ["a\u{2028}b\r".as_bytes(), b"", b"c\0\x0bd"]);
    }

    #[test]
    fn a_long_line_is_skipped_and_the_next_one_read() {
        let (found, skipped) = cut(4, &[b"ab", b"cde", b"fgh\nij", b"\nklmn\nopqrs\nt", b"uvwx"]);
        assert_eq!((found, skipped), (vec![b"ij".to_vec(), b"klmn".to_vec()], 3));
    }

    #[test]
    fn memory_stays_below_the_longest_line() {
        let mut lines = Lines::new(1000);
        for _ in 0..10_000 {
            lines.push(&[b'x'; 77], |_| ());
            assert!(lines.begun.capacity() <= 1000);
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[ab\n]{0,60}", cuts in proptest::collection::vec(0_usize..60, 0..9)) {
            let (whole, bytes) = (cut(5, &[text.as_bytes()]), text.as_bytes());
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(cut(5, &pieces), whole);
        }
    }
}
