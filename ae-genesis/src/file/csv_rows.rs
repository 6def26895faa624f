//! CSV (RFC 4180, leniently), line by line, so that one stray quote costs one row and not the rest of the file.

use std::{collections::VecDeque, ops::ControlFlow};

use csv_core::ReadRecordResult;
use memchr::{memchr, memchr_iter};

use super::rows::{Row, Rows};

/// A quoted field may span this many lines.
const LINES_MAX: usize = 500;

/// Which column holds what; a column that is not there is `usize::MAX`.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: usize,
    title: usize,
    url: usize,
    points: usize,
    comments: usize,
    created_at: usize,
    body: usize,
    count: usize,
}

/// Reads rows after a header.
pub(super) struct CsvRows {
    columns: Columns,
    core: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    /// The lines of a row whose quote is still open.
    open: Vec<Vec<u8>>,
    open_bytes: usize,
    /// The number of the first of them.
    open_line: u64,
    /// Lines that are read again after a row was given up.
    again: VecDeque<(u64, Vec<u8>)>,
}

impl CsvRows {
    /// Reads the header; `None` when it names no title.
    pub(super) fn new(header: &[u8]) -> Option<Self> {
        let mut rows = Self {
            columns: Columns {
                id: usize::MAX,
                title: usize::MAX,
                url: usize::MAX,
                points: usize::MAX,
                comments: usize::MAX,
                created_at: usize::MAX,
                body: usize::MAX,
                count: 0,
            },
            core: csv_core::Reader::new(),
            output: Vec::new(),
            ends: Vec::new(),
            open: Vec::new(),
            open_bytes: 0,
            open_line: 0,
            again: VecDeque::new(),
        };
        rows.split(header);
        let mut columns = rows.columns;
        columns.count = rows.ends.len();
        for at in 0..rows.ends.len() {
            let name = rows.field(at).trim_ascii().to_ascii_lowercase();
            let slot = match name.as_slice() {
                b"title" => &mut columns.title,
                b"id" | b"objectid" => &mut columns.id,
                b"url" | b"link" => &mut columns.url,
                b"num_points" | b"points" | b"score" => &mut columns.points,
                b"num_comments" | b"comments" => &mut columns.comments,
                b"created_at" | b"created_at_i" | b"date" => &mut columns.created_at,
                b"body" | b"text" | b"story_text" => &mut columns.body,
                _ => continue,
            };
            // The first column of a name wins.
            *slot = (*slot).min(at);
        }
        rows.columns = columns;
        (columns.title != usize::MAX).then_some(rows)
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        self.step(number, line, rows)?;
        self.drain(rows)
    }

    /// Ends the file: a row that is still open is given up.
    pub(super) fn finish(&mut self, rows: &mut Rows<'_>) -> ControlFlow<()> {
        while !self.open.is_empty() {
            self.give_up(rows);
            self.drain(rows)?;
        }
        ControlFlow::Continue(())
    }

    fn drain(&mut self, rows: &mut Rows<'_>) -> ControlFlow<()> {
        while let Some((number, line)) = self.again.pop_front() {
            self.step(number, &line, rows)?;
        }
        ControlFlow::Continue(())
    }

    fn step(&mut self, number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        if self.open.is_empty() {
            if memchr(b'"', line).is_none() {
                return self.plain(number, line, rows);
            }
            if quotes(line, false) != Quotes::Open {
                return self.record(number, line, rows);
            }
            self.open_line = number;
            self.keep(line);
            return ControlFlow::Continue(());
        }
        match quotes(line, true) {
            Quotes::Closed => {
                self.keep(line);
                let whole = std::mem::take(&mut self.open).join(&b'\n');
                self.open_bytes = 0;
                self.record(self.open_line, &whole, rows)?;
            }
            Quotes::Open
                if self.open.len() < LINES_MAX
                    && self.open_bytes + line.len() <= rows.limits.answer_bytes_max =>
            {
                self.keep(line);
            }
            Quotes::Open | Quotes::Misplaced => {
                self.keep(line);
                self.give_up(rows);
            }
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, line: &[u8]) {
        self.open_bytes += line.len();
        self.open.push(line.to_vec());
    }

    /// Reports the row whose quote is open, and reads what follows its first line again.
    fn give_up(&mut self, rows: &mut Rows<'_>) {
        rows.problem(self.open_line, "a quote is opened and not closed");
        self.open_bytes = 0;
        let again = (self.open_line + 1..).zip(self.open.drain(..).skip(1)).collect::<Vec<_>>();
        for entry in again.into_iter().rev() {
            self.again.push_front(entry);
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
        emit(number, &self.columns, ends.len(), field, rows)
    }

    fn record(&mut self, number: u64, text: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        self.split(text);
        let count = self.ends.len();
        emit(number, &self.columns, count, |at| self.field(at), rows)
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
}

fn emit<'a>(
    line: u64,
    columns: &Columns,
    count: usize,
    field: impl Fn(usize) -> &'a [u8],
    rows: &mut Rows<'_>,
) -> ControlFlow<()> {
    if count != columns.count {
        rows.problem(line, format!("the row has {count} columns, the header {}", columns.count));
        return ControlFlow::Continue(());
    }
    rows.take(&Row {
        line,
        id: field(columns.id),
        title: field(columns.title),
        url: field(columns.url),
        points: field(columns.points),
        comments: field(columns.comments),
        created_at: field(columns.created_at),
        body: field(columns.body),
    })
}

/// How a line leaves a quoted field.
#[derive(Debug, PartialEq, Eq)]
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
    use super::*;

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
    fn fields_are_split_and_unquoted() {
        let mut rows = CsvRows::new(b"id,title").unwrap();
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
