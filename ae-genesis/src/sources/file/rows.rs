//! A row of a file becomes a signal, or a problem.

use std::ops::ControlFlow;

use ae_core::{Origin, Timestamp, Untrusted};

use super::date;
use crate::{
    QueryLimits, Signal, SignalSink, SourceReport,
    sources::{UNPLAIN_ID, is_plain_id, web_address},
};

/// The fields of one row, as they stand there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) id: &'a [u8],
    pub(super) title: &'a [u8],
    pub(super) url: &'a [u8],
    pub(super) points: &'a [u8],
    pub(super) comments: &'a [u8],
    pub(super) created_at: &'a [u8],
    pub(super) body: &'a [u8],
}

/// Counts rows and passes signals on.
pub(super) struct Rows<'a> {
    pub(super) sink: &'a mut dyn SignalSink,
    pub(super) report: &'a mut SourceReport,
    pub(super) limits: &'a QueryLimits,
    pub(super) now: Timestamp,
}

impl Rows<'_> {
    /// Counts a row that can't be used.
    pub(super) fn problem(&mut self, line: u64, what: impl Into<String>) {
        self.report.skip_row(line, what);
    }

    /// Passes a row on if the sink wants it.
    pub(super) fn take(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        let checked = match check(row) {
            Ok(checked) => checked,
            Err(what) => {
                self.problem(row.line, what);
                return ControlFlow::Continue(());
            }
        };
        self.report.count(self.limits)?;
        if row.body.is_empty() && !self.sink.wants(checked.title) {
            return ControlFlow::Continue(());
        }
        let signal = self.signal(row, &checked);
        self.report.accepted(self.sink.accept(signal))
    }

    fn signal(&self, row: &Row<'_>, checked: &Checked<'_>) -> Signal {
        let name = &self.report.name;
        let most = self.limits.text_chars_max;
        let outside = |text: &str| {
            Untrusted::new(Origin::Signals(name.clone()), text.chars().take(most).collect::<String>())
        };
        let id = if checked.id.is_empty() { format!("r{}", row.line) } else { checked.id.to_owned() };
        let mut signal = Signal::new(name, id, outside(checked.title), self.now);
        signal.body = std::str::from_utf8(row.body).ok().filter(|text| !text.is_empty()).map(outside);
        signal.url = std::str::from_utf8(row.url).ok().and_then(web_address);
        signal.points = checked.points;
        signal.comments = checked.comments;
        signal.posted_at = std::str::from_utf8(row.created_at).ok().and_then(date::parse);
        signal
    }
}

struct Checked<'a> {
    id: &'a str,
    title: &'a str,
    points: Option<u64>,
    comments: Option<u64>,
}

fn check<'a>(row: &Row<'a>) -> Result<Checked<'a>, &'static str> {
    let title = std::str::from_utf8(row.title).map_err(|_| "the title is not UTF-8")?.trim();
    if title.is_empty() {
        return Err("the title is empty");
    }
    let id = std::str::from_utf8(row.id).map_or("\u{FFFD}", str::trim);
    if !id.is_empty() && !is_plain_id(id) {
        return Err(UNPLAIN_ID);
    }
    let points = number(row.points).ok_or("num_points is not a whole number")?;
    let comments = number(row.comments).ok_or("num_comments is not a whole number")?;
    Ok(Checked { id, title, points, comments })
}

/// `None` for a text that is not a number, `Some(None)` for nothing or a number below zero.
fn number(field: &[u8]) -> Option<Option<u64>> {
    let field = field.trim_ascii();
    if field.is_empty() || field == b"null" {
        return Some(None);
    }
    let text = std::str::from_utf8(field).ok()?;
    text.parse::<i64>().ok().map(|number| u64::try_from(number).ok())
}
