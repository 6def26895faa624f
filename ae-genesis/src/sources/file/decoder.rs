//! Turns blocks of text into rows: a state machine without I/O.

use std::ops::ControlFlow;

use ae_core::BackendError;

use super::{
    csv_rows::CsvRows,
    input::{EXPECTED, invalid},
    json_rows,
    lines::{Line, Lines},
    rows::Rows,
};

/// The format, as the first line shows it.
enum Mode {
    /// Nothing but white space so far.
    Start,
    Csv(Box<CsvRows>),
    JsonLines,
    /// The first line is not what it should be.
    Wrong(String),
}

/// Decodes one file.
pub(super) struct Decoder {
    lines: Lines,
    mode: Mode,
    checked: bool,
}

impl Decoder {
    pub(super) fn new(row_bytes_max: usize) -> Self {
        Self { lines: Lines::new(row_bytes_max), mode: Mode::Start, checked: false }
    }

    /// Takes the next block.
    pub(super) fn feed(&mut self, mut block: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
        if !self.checked {
            self.checked = true;
            let wide = block.starts_with(b"\xFF\xFE") || block.starts_with(b"\xFE\xFF");
            if wide || block.iter().take(4_096).any(|byte| *byte == 0) {
                self.mode = Mode::Wrong("is not UTF-8 text".to_owned());
                return ControlFlow::Break(());
            }
            block = block.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(block);
        }
        let mode = &mut self.mode;
        self.lines.feed(block, |number, line| mode.line(number, line, rows))
    }

    /// Ends the file. `label` names it in errors.
    ///
    /// # Errors
    ///
    /// When nothing of it could be read.
    pub(super) fn finish(
        mut self,
        label: &str,
        rows: &mut Rows<'_>,
        whole: bool,
    ) -> Result<(), BackendError> {
        let mode = &mut self.mode;
        // When the sink had enough, what is left over is not looked at.
        if whole && self.lines.finish(|number, line| mode.line(number, line, rows)).is_continue() {
            if let Mode::Csv(csv) = mode {
                let _ = csv.finish(rows);
            }
        }
        match self.mode {
            Mode::Start => Err(invalid(format!("{label} is empty: {EXPECTED}"))),
            Mode::Wrong(what) => Err(invalid(format!("{label} {what}: {EXPECTED}"))),
            Mode::Csv(_) | Mode::JsonLines => match rows.report.problems.first() {
                Some(first) if rows.report.signals_read == 0 => Err(invalid(format!(
                    "no row of {label} could be read; first problem, line {}: {}; {EXPECTED}",
                    first.line, first.what
                ))),
                _ => Ok(()),
            },
        }
    }
}

impl Mode {
    fn line(&mut self, number: u64, line: Line<'_>, rows: &mut Rows<'_>) -> ControlFlow<()> {
        if matches!(self, Self::Start) {
            return self.first(number, line, rows);
        }
        let Line::Whole(line) = line else {
            rows.problem(number, format!("the line has more than {} bytes", rows.limits.answer_bytes_max));
            return ControlFlow::Continue(());
        };
        match self {
            Self::Csv(csv) => csv.line(number, line, rows),
            Self::JsonLines => json_rows::line(number, line, rows),
            Self::Start | Self::Wrong(_) => ControlFlow::Break(()),
        }
    }

    fn first(&mut self, number: u64, line: Line<'_>, rows: &mut Rows<'_>) -> ControlFlow<()> {
        let text = match line {
            Line::Whole(text) => text.trim_ascii(),
            Line::TooLong => {
                *self = Self::Wrong("has a first line that is too long".to_owned());
                return ControlFlow::Break(());
            }
        };
        match text.first() {
            None => return ControlFlow::Continue(()),
            Some(b'{') => {
                *self = Self::JsonLines;
                return json_rows::line(number, text, rows);
            }
            Some(b'[') => *self = Self::Wrong("holds one JSON array, write one object a line".to_owned()),
            Some(_) => match CsvRows::new(text) {
                Some(csv) => {
                    *self = Self::Csv(Box::new(csv));
                    return ControlFlow::Continue(());
                }
                None => *self = Self::Wrong("has no column \"title\" in its first line".to_owned()),
            },
        }
        ControlFlow::Break(())
    }
}
