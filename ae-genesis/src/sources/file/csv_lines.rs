//! Which lines make up one row of a CSV file: a quoted field may hold line feeds, and a stray quote must not swallow
//! what follows it.

use std::{collections::VecDeque, ops::ControlFlow};

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

/// Joins lines into rows.
///
/// Every line is looked at twice at most, once from outside a quote and once from inside, whatever the input: how a
/// line leaves a quoted field does not depend on where the field began, so it is remembered when a row is given up.
#[derive(Debug, Default)]
pub(super) struct CsvLines {
    /// The lines that are not passed on yet; the first opens a quote.
    waiting: VecDeque<Vec<u8>>,
    /// The number of the first of them.
    first: u64,
    /// The number of lines behind the first that leave its quote open.
    inside: usize,
    /// The bytes of the first line and of those.
    bytes: usize,
    /// The quote's state after the next line, once that was scanned.
    next: Option<Quotes>,
    /// The lines of one row.
    joined: Vec<u8>,
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
        if !self.waiting.is_empty() {
            self.waiting.push_back(line.to_vec());
            return self.pass(bytes_max, false, &mut take);
        }
        if let Some(joined) = alone(number, line) {
            return take(joined);
        }
        self.begin(number, line.to_vec());
        ControlFlow::Continue(())
    }

    /// Ends the file: a quote that is still open stays open.
    pub(super) fn finish(
        &mut self,
        bytes_max: usize,
        mut take: impl FnMut(Joined<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.pass(bytes_max, true, &mut take)
    }

    /// Passes on all rows whose end is known.
    fn pass(
        &mut self,
        bytes_max: usize,
        ended: bool,
        take: &mut impl FnMut(Joined<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        while !self.waiting.is_empty() {
            match self.end(bytes_max) {
                End::Within(lines) => {
                    let number = self.first;
                    self.join(lines);
                    take(Joined::Quoted(number, &self.joined))?;
                }
                End::Unknown if !ended => return ControlFlow::Continue(()),
                End::Unknown | End::Never => {
                    take(Joined::Unclosed(self.first))?;
                    self.drop_first();
                }
            }
            self.skip_closed(take)?;
        }
        ControlFlow::Continue(())
    }

    /// The end of the quote that the first line opens.
    fn end(&mut self, bytes_max: usize) -> End {
        loop {
            let count = self.inside + 1;
            let Some(line) = self.waiting.get(count) else { return End::Unknown };
            match *self.next.get_or_insert_with(|| quotes(line, true)) {
                Quotes::Closed => return End::Within(count + 1),
                Quotes::Open if count < LINES_MAX && self.bytes + line.len() <= bytes_max => {
                    self.bytes += line.len();
                    self.inside = count;
                    self.next = None;
                }
                Quotes::Open | Quotes::Misplaced => return End::Never,
            }
        }
    }

    /// Passes on the lines that are rows by themselves, up to one that opens a quote.
    fn skip_closed(&mut self, take: &mut impl FnMut(Joined<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        while let Some(line) = self.waiting.front() {
            let Some(joined) = alone(self.first, line) else { break };
            take(joined)?;
            self.drop_first();
        }
        ControlFlow::Continue(())
    }

    fn begin(&mut self, number: u64, line: Vec<u8>) {
        (self.first, self.inside, self.bytes, self.next) = (number, 0, line.len(), None);
        self.waiting.push_back(line);
    }

    /// Takes the first line away and keeps what is known of those behind it.
    fn drop_first(&mut self) {
        let dropped = self.waiting.pop_front().map_or(0, |line| line.len());
        self.first += 1;
        if let Some(inside) = self.inside.checked_sub(1) {
            self.inside = inside;
            self.bytes -= dropped;
        } else {
            self.bytes = self.waiting.front().map_or(0, Vec::len);
            self.next = None;
        }
    }

    /// Takes the first lines away as one row.
    fn join(&mut self, lines: usize) {
        self.joined.clear();
        for (at, line) in self.waiting.drain(..lines).enumerate() {
            if at > 0 {
                self.joined.push(b'\n');
            }
            self.joined.extend_from_slice(&line);
            self.first += 1;
        }
        (self.inside, self.next) = (0, None);
        self.bytes = self.waiting.front().map_or(0, Vec::len);
    }
}

/// The end of a quote.
enum End {
    /// In the last of this many lines.
    Within(usize),
    /// Nowhere: it was not meant as one.
    Never,
    /// In a line that was not read yet, if at all.
    Unknown,
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
    #[cfg(test)]
    tests::LOOKED_AT.set(tests::LOOKED_AT.get() + line.len() + 1);
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
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    thread_local! {
        /// The bytes that were looked for quotes, line ends included.
        pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    /// Rows and given-up lines, by the number of their first line.
    type Told = Vec<(u64, Option<Vec<u8>>)>;

    fn told(lines: &[&[u8]], bytes_max: usize) -> Told {
        let mut told = Told::new();
        let mut take = |joined: Joined<'_>| {
            told.push(match joined {
                Joined::Plain(number, text) | Joined::Quoted(number, text) => (number, Some(text.to_vec())),
                Joined::Unclosed(number) => (number, None),
            });
            ControlFlow::Continue(())
        };
        let mut csv = CsvLines::default();
        for (number, line) in (1..).zip(lines) {
            assert!(csv.line(number, line, bytes_max, &mut take).is_continue());
        }
        assert!(csv.finish(bytes_max, &mut take).is_continue());
        told
    }

    /// The rule, plainly: from each line on, look for the end; without one go on with the next line.
    fn by_the_rule(lines: &[&[u8]], bytes_max: usize) -> Told {
        let mut told = Told::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let number = at as u64 + 1;
            if quotes(line, false) != Quotes::Open {
                told.push((number, Some(line.to_vec())));
                at += 1;
                continue;
            }
            let (mut count, mut bytes) = (1, line.len());
            let closed = loop {
                let Some(next) = lines.get(at + count) else { break false };
                match quotes(next, true) {
                    Quotes::Closed => break true,
                    Quotes::Open if count < LINES_MAX && bytes + next.len() <= bytes_max => {
                        (count, bytes) = (count + 1, bytes + next.len());
                    }
                    Quotes::Open | Quotes::Misplaced => break false,
                }
            };
            if closed {
                told.push((number, Some(lines[at..=at + count].join(&b'\n'))));
                at += count + 1;
            } else {
                told.push((number, None));
                at += 1;
            }
        }
        told
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
        let middle = vec![b"b".as_slice(); LINES_MAX - 1];
        let lines = [&[b"\"a".as_slice()][..], &middle, &[b"c\""]].concat();
        assert_eq!(told(&lines, 1 << 20), [(1, Some(lines.join(&b'\n')))]);
        let longer = [&[b"\"a".as_slice()][..], &middle, &[b"b", b"c\""]].concat();
        let found = told(&longer, 1 << 20);
        assert_eq!(
            (found.len(), &found[0], &found[1]),
            (longer.len(), &(1, None), &(2, Some(b"b".to_vec())))
        );
    }

    #[test]
    fn hostile_quotes_cost_no_more_than_two_looks_at_each_line() {
        // Each of these leaves a quote open seen from outside as well as from inside, or closes it nowhere.
        for line in ["\"", "\"x", "a\",\"b", "\"\",\"b", "1,\"never closed,2", "x\"\",\"\"\"y", "\"a\",\"b"] {
            let lines = vec![line.as_bytes(); 20_000];
            let bytes = 20_000 * (line.len() + 1);
            LOOKED_AT.set(0);
            let found = told(&lines, 1 << 20);
            assert!(LOOKED_AT.get() <= 2 * bytes, "{line}: {} of {bytes}", LOOKED_AT.get());
            assert!(!found.is_empty());
        }
        // Without a memory these make every line look 500 lines ahead.
        let lines: Vec<&[u8]> =
            ["a\",\"b", "plain,", "x"].repeat(700).into_iter().map(str::as_bytes).collect();
        LOOKED_AT.set(0);
        let found = by_the_rule(&lines, 1 << 20);
        assert!(LOOKED_AT.get() > 500 * 2_000);
        assert_eq!(told(&lines, 1 << 20), found);
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[a-c]{0,3},[a-c]{0,3}",
            2 => "\"[a-c,]{0,4}\",[a-c]{0,2}",
            2 => "[a\",]{0,8}",
            1 => Just("a\",\"b".to_owned()),
            1 => Just("\"open".to_owned()),
            1 => Just("shut\"".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn rows_follow_the_rule(
            lines in prop::collection::vec(line(), 0..60),
            repeat in prop_oneof![3 => Just(1_usize), 1 => Just(20)],
            bytes_max in prop_oneof![Just(12_usize), Just(80), Just(1 << 20)],
        ) {
            let all: Vec<&String> = std::iter::repeat_n(&lines, repeat).flatten().collect();
            let lines: Vec<&[u8]> = all.iter().map(|line| line.as_bytes()).collect();
            let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
            LOOKED_AT.set(0);
            let found = told(&lines, bytes_max);
            prop_assert!(LOOKED_AT.get() <= 2 * bytes, "{} of {bytes}", LOOKED_AT.get());
            prop_assert_eq!(found, by_the_rule(&lines, bytes_max));
        }

        #[test]
        fn well_formed_rows_stay_whole(fields in prop::collection::vec("[a-z,\"\n]{0,12}", 1..40)) {
            let rows: Vec<String> =
                fields.iter().map(|field| format!("1,\"{}\"", field.replace('"', "\"\""))).collect();
            let text = rows.join("\n");
            let lines: Vec<&[u8]> = text.split('\n').map(str::as_bytes).collect();
            let found: Vec<_> = told(&lines, 1 << 20).into_iter().map(|(_, row)| row).collect();
            let expected: Vec<_> = rows.into_iter().map(|row| Some(row.into_bytes())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
