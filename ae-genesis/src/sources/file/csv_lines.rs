//! Which lines make up one row of a CSV file: a quoted field may hold line feeds, and a stray quote must not swallow
//! what follows it.

use std::ops::ControlFlow;

use memchr::memchr;

/// A quoted field may span this many lines.
const LINES_MAX: usize = 500;

/// One row or one line that is given up, with the number of the first line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined<'a> {
    /// A line without quotes.
    Plain(u64, &'a [u8]),
    /// A row with quotes, of one line or more.
    Quoted(u64, &'a [u8]),
    /// A line that opens a quote which nothing closes; what follows it is read on its own.
    Unclosed(u64),
}

/// Joins lines into rows. Lines that follow a quote which nothing closes are rows of their own, so that each line is
/// looked at twice at most, whatever the input.
#[derive(Debug, Default)]
pub(super) struct CsvLines {
    /// The line that opened a quote and those that left it open, with line feeds between them.
    open: Vec<u8>,
    /// The number of the first of them, and how many they are.
    first: u64,
    count: usize,
}

impl CsvLines {
    /// Takes the next line; a row that is longer than `bytes_max` is given up.
    pub(super) fn line(
        &mut self,
        number: u64,
        line: &[u8],
        bytes_max: usize,
        mut take: impl FnMut(Joined<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if !self.open.is_empty() {
            let fits = self.count < LINES_MAX && self.open.len() + line.len() <= bytes_max;
            match quotes(line, true) {
                Quotes::Closed => {
                    self.push(line);
                    return take(Joined::Quoted(self.first, &std::mem::take(&mut self.open)));
                }
                Quotes::Open if fits => {
                    self.push(line);
                    return ControlFlow::Continue(());
                }
                Quotes::Open | Quotes::Misplaced => self.finish(&mut take)?,
            }
        }
        let Some(joined) = alone(number, line) else {
            (self.open, self.first, self.count) = (line.to_vec(), number, 1);
            return ControlFlow::Continue(());
        };
        take(joined)
    }

    /// Ends the file: a quote that is still open stays open.
    pub(super) fn finish(&mut self, mut take: impl FnMut(Joined<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let open = std::mem::take(&mut self.open);
        let lines = open.split(|byte| *byte == b'\n').filter(|_| !open.is_empty());
        let mut numbered = (self.first..).zip(lines);
        numbered.try_for_each(|(number, line)| take(alone(number, line).unwrap_or(Joined::Unclosed(number))))
    }

    fn push(&mut self, line: &[u8]) {
        self.open.push(b'\n');
        self.open.extend_from_slice(line);
        self.count += 1;
    }
}

/// The line as a row of its own, unless it opens a quote.
fn alone(number: u64, line: &[u8]) -> Option<Joined<'_>> {
    if memchr(b'"', line).is_none() {
        return Some(Joined::Plain(number, line));
    }
    (quotes(line, false) != Quotes::Open).then_some(Joined::Quoted(number, line))
}

/// The state of a quoted field at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Closed,
    Open,
    /// A quoted field ends in the middle of a field, so the quote was not meant as one.
    Misplaced,
}

fn quotes(line: &[u8], mut inside: bool) -> Quotes {
    let mut at = 0;
    let continued = inside;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        if inside {
            let Some(quote) = memchr(b'"', rest) else { return Quotes::Open };
            at += quote + 1;
            match line.get(at) {
                Some(b'"') => at += 1,
                None => return Quotes::Closed,
                Some(b',') => inside = false,
                // Text after a closing quote: sloppy within a line, the sign of a stray quote across lines.
                Some(_) if continued => return Quotes::Misplaced,
                Some(_) => inside = false,
            }
        } else if at == 0 && rest.first() == Some(&b'"') {
            (inside, at) = (true, 1);
        } else {
            let Some(comma) = memchr(b',', rest) else { return Quotes::Closed };
            at += comma + 1;
            if line.get(at) == Some(&b'"') {
                (inside, at) = (true, at + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows and given-up lines, by the number of their first line.
    fn joined(lines: &[&[u8]], bytes_max: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let mut take = |joined: Joined<'_>| {
            found.push(match joined {
                Joined::Plain(number, text) | Joined::Quoted(number, text) => (number, Some(text.to_vec())),
                Joined::Unclosed(number) => (number, None),
            });
            ControlFlow::Continue(())
        };
        let mut csv = CsvLines::default();
        for (number, line) in (1..).zip(lines) {
            assert!(csv.line(number, line, bytes_max, &mut take).is_continue());
        }
        assert!(csv.finish(&mut take).is_continue());
        found
    }

    #[test]
    fn open_quotes_are_told_from_closed_and_stray_ones() {
        for (line, inside, expected) in [
            ("1,plain,2", false, Quotes::Closed),
            ("1,\"a, b\",2", false, Quotes::Closed),
            ("1,\"a \"\"b\"\"\"", false, Quotes::Closed),
            ("1,say \"hi\",2", false, Quotes::Closed),
            ("1,\"never closed,2", false, Quotes::Open),
            ("end\",2", true, Quotes::Closed),
            ("2,\"another title\",3", true, Quotes::Misplaced),
            ("no quote", true, Quotes::Open),
        ] {
            assert_eq!(quotes(line.as_bytes(), inside), expected, "{line}");
        }
    }

    #[test]
    fn a_field_spans_up_to_the_limit_and_no_further() {
        for (middle, rows) in [(LINES_MAX - 1, 1), (LINES_MAX, LINES_MAX + 2)] {
            let lines = [&[b"\"a".as_slice()][..], &vec![b"b".as_slice(); middle], &[b"c\""]].concat();
            let found = joined(&lines, 1 << 20);
            let first = (rows == 1).then(|| lines.join(&b'\n'));
            assert_eq!((found.len(), &found[0]), (rows, &(1, first)), "{middle}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_lost(lines in prop::collection::vec("[a\",]{0,8}", 0..60), bytes_max in 8_usize..80) {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let found = joined(&lines, bytes_max).into_iter();
            let again = found.map(|(number, row)| match (row, usize::try_from(number - 1)) {
                (Some(row), _) => row,
                (None, at) => lines[at.unwrap()].to_vec(),
            });
            prop_assert_eq!(again.collect::<Vec<_>>().join(&b'\n'), lines.join(&b'\n'));
        }

        #[test]
        fn well_formed_rows_stay_whole(fields in prop::collection::vec("[a-z,\"\n]{0,12}", 1..40)) {
            let rows: Vec<String> =
                fields.iter().map(|field| format!("1,\"{}\"", field.replace('"', "\"\""))).collect();
            let text = rows.join("\n");
            let lines: Vec<&[u8]> = text.split('\n').map(str::as_bytes).collect();
            let found: Vec<_> = joined(&lines, 1 << 20).into_iter().map(|(_, row)| row).collect();
            let expected: Vec<_> = rows.into_iter().map(|row| Some(row.into_bytes())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
