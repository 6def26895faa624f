//! Cuts blocks into lines, with a bound on the length of one.

use std::ops::ControlFlow;

use memchr::memchr;

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The whole line.
    Whole(&'a [u8]),
    /// It was longer than the bound and was not kept.
    TooLong,
}

/// Keeps the start of a line until its end arrives.
#[derive(Debug)]
pub(super) struct Lines {
    rest: Vec<u8>,
    too_long: bool,
    bytes_max: usize,
    number: u64,
}

impl Lines {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { rest: Vec::new(), too_long: false, bytes_max, number: 0 }
    }

    /// Calls `take` with number and content of each line that ends in `block`.
    pub(super) fn feed(
        &mut self,
        mut block: &[u8],
        mut take: impl FnMut(u64, Line<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while let Some(end) = memchr(b'\n', block) {
            let (line, after) = block.split_at(end);
            block = after.get(1..).unwrap_or_default();
            self.number += 1;
            let whole = if self.rest.is_empty() && !self.too_long {
                line
            } else {
                self.keep(line);
                &self.rest
            };
            let too_long = std::mem::take(&mut self.too_long) || whole.len() > self.bytes_max;
            take(self.number, if too_long { Line::TooLong } else { Line::Whole(trim_end(whole)) })?;
            self.rest.clear();
        }
        self.keep(block);
        ControlFlow::Continue(())
    }

    /// Gives the last line, if the text does not end in a line feed.
    pub(super) fn finish(&mut self, take: impl FnMut(u64, Line<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let end: &[u8] = if self.too_long || !self.rest.is_empty() { b"\n" } else { b"" };
        self.feed(end, take)
    }

    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.rest.len() + part.len() > self.bytes_max {
            self.too_long = true;
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(part);
        }
    }
}

fn trim_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &[u8], block: usize, most: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(most);
        let mut found = Vec::new();
        let mut take = |number: u64, line: Line<'_>| {
            found.push(match line {
                Line::Whole(line) => Some(line.to_vec()),
                Line::TooLong => None,
            });
            assert_eq!(number, found.len() as u64);
            ControlFlow::Continue(())
        };
        for block in text.chunks(block) {
            assert!(lines.feed(block, &mut take).is_continue());
        }
        assert!(lines.finish(&mut take).is_continue());
        found
    }

    #[test]
    fn long_lines_are_skipped_without_keeping_them() {
        let text = b"short\naaaaaaaaaaaaaaaa\r\nlast\r\n";
        for block in 1..text.len() {
            assert_eq!(cut(text, block, 8), [Some(b"short".to_vec()), None, Some(b"last".to_vec())]);
        }
    }

    proptest! {
        #[test]
        fn the_size_of_blocks_does_not_matter(text in "[ab\n]{0,60}", block in 1_usize..20) {
            let expected: Vec<_> = text.lines().map(|line| Some(line.as_bytes().to_vec())).collect();
            prop_assert_eq!(cut(text.as_bytes(), block, 100), expected);
        }
    }
}
