//! CSV (RFC 4180, leniently), line by line, so that one stray quote costs one row and not the rest of the file.

use std::ops::ControlFlow;

use csv_core::ReadRecordResult;
use memchr::memchr_iter;

use super::{
    csv_lines::{CsvLines, Joined},
    rows::{Row, Rows},
};

/// The names of each column that is read, in lower case; the order is that of [`Row`].
const NAMES: [&[&[u8]]; 7] = [
    &[b"id", b"objectid"],
    &[b"title"],
    &[b"url", b"link"],
    &[b"num_points", b"points", b"score"],
    &[b"num_comments", b"comments"],
    &[b"created_at", b"created_at_i", b"date"],
    &[b"body", b"text", b"story_text"],
];

/// Reads rows after a header.
pub(super) struct CsvRows {
    lines: CsvLines,
    splitter: Splitter,
}

/// Splits rows into fields.
struct Splitter {
    /// The place of each column of [`NAMES`]; `usize::MAX` for one that is not there.
    columns: [usize; 7],
    /// The number of columns of the header.
    count: usize,
    core: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl CsvRows {
    /// Reads the header; `None` when it names no title.
    pub(super) fn new(header: &[u8]) -> Option<Self> {
        let (core, output, ends) = (csv_core::Reader::new(), Vec::new(), Vec::new());
        let mut rows = Splitter { columns: [usize::MAX; 7], count: 0, core, output, ends };
        rows.split(header);
        rows.count = rows.ends.len();
        let names: Vec<_> =
            (0..rows.count).map(|at| rows.field(at).trim_ascii().to_ascii_lowercase()).collect();
        // The first column of a name wins.
        let place = |known: &[&[u8]]| names.iter().position(|name| known.contains(&name.as_slice()));
        rows.columns = NAMES.map(|known| place(known).unwrap_or(usize::MAX));
        let [_, title, ..] = rows.columns;
        (title != usize::MAX).then(|| Self { lines: CsvLines::default(), splitter: rows })
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        let Self { lines, splitter } = self;
        lines.line(number, line, rows.limits.answer_bytes_max, |joined| splitter.take(&joined, rows))
    }

    /// Ends the file: a row that is still open is given up.
    pub(super) fn finish(&mut self, rows: &mut Rows<'_>) -> ControlFlow<()> {
        let Self { lines, splitter } = self;
        lines.finish(|joined| splitter.take(&joined, rows))
    }
}

impl Splitter {
    fn take(&mut self, joined: &Joined<'_>, rows: &mut Rows<'_>) -> ControlFlow<()> {
        match *joined {
            Joined::Plain(number, line) => self.plain(number, line, rows),
            Joined::Quoted(number, text) => self.record(number, text, rows),
            Joined::Unclosed(number) => {
                rows.problem(number, "a quote is opened and not closed");
                ControlFlow::Continue(())
            }
        }
    }

    /// A line without quotes.
    fn plain(&mut self, number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        if line.trim_ascii().is_empty() {
            return ControlFlow::Continue(());
        }
        self.ends.clear();
        self.ends.extend(memchr_iter(b',', line));
        self.ends.push(line.len());
        let ends = &self.ends;
        let field = |at: usize| -> &[u8] {
            let Some(end) = ends.get(at) else { return &[] };
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |comma| comma + 1);
            line.get(start..*end).unwrap_or_default()
        };
        self.emit(number, ends.len(), field, rows)
    }

    fn record(&mut self, number: u64, text: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        self.split(text);
        let count = self.ends.len();
        self.emit(number, count, |at| self.field(at), rows)
    }

    /// Splits one row; quotes are resolved by `csv-core`.
    fn split(&mut self, text: &[u8]) {
        self.core.reset();
        self.output.resize(text.len() + 1, 0);
        self.ends.resize(memchr_iter(b',', text).count() + 2, 0);
        let (mut read, mut written, mut fields) = (0, 0, 0);
        let mut input = text;
        // Text, then the line's end, then the end of input: a row is complete after at most three calls.
        for _ in 0..3 {
            let output = self.output.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(fields..).unwrap_or_default();
            let (result, used, wrote, ended) = self.core.read_record(input, output, ends);
            (read, written, fields) = (read + used, written + wrote, fields + ended);
            if result != ReadRecordResult::InputEmpty {
                break;
            }
            input = if read == text.len() { b"\n" } else { b"" };
        }
        self.ends.truncate(fields);
    }

    fn field(&self, at: usize) -> &[u8] {
        let Some(end) = self.ends.get(at) else { return &[] };
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.output.get(start..*end).unwrap_or_default()
    }

    fn emit<'a>(
        &self,
        line: u64,
        count: usize,
        field: impl Fn(usize) -> &'a [u8],
        rows: &mut Rows<'_>,
    ) -> ControlFlow<()> {
        if count != self.count {
            rows.problem(line, format!("the row has {count} columns, the header {}", self.count));
            return ControlFlow::Continue(());
        }
        let [id, title, url, points, comments, created_at, body] = self.columns.map(field);
        rows.take(&Row { line, id, title, url, points, comments, created_at, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_and_unquoted() {
        let mut rows = CsvRows::new(b"id,title").unwrap().splitter;
        for (text, fields) in [
            ("1,a", vec!["1", "a"]),
            ("1,\"a, \"\"b\"\"\nc\"", vec!["1", "a, \"b\"\nc"]),
            ("\"\",", vec!["", ""]),
            ("\"x\"", vec!["x"]),
        ] {
            rows.split(text.as_bytes());
            let found: Vec<_> =
                (0..rows.ends.len()).map(|at| String::from_utf8_lossy(rows.field(at)).into_owned()).collect();
            assert_eq!(found, fields, "{text}");
        }
    }
}
