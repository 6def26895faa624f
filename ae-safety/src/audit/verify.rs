//! Reading a log back and finding what does not fit.

use std::io::{self, BufRead};

use super::{AuditReceipt, AuditRecord, LINE_BYTES_MAX, record::Head};

/// The kind of a [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A line is not the record that belongs there: something was changed, removed, inserted or moved.
    Tampered,
    /// Only the last line is incomplete, as after a crash or a full disk. Everything before it is whole.
    Torn,
    /// The log ends before the record that a receipt, or the log's anchor, names.
    Cut,
}

/// The first place where a log does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The number of the record that should stand there.
    pub seq: u64,
    /// The byte where its line begins.
    pub offset: u64,
    /// The kind.
    pub kind: ProblemKind,
}

/// The findings of [`verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// How many records are whole, from the first on.
    pub records: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// The last whole record.
    pub head: Option<AuditReceipt>,
    /// The first place that does not fit.
    pub problem: Option<Problem>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.problem.is_none()
    }

    #[cfg(feature = "file-audit")]
    pub(super) const fn with_problem(mut self, kind: ProblemKind) -> Self {
        self.problem = Some(Problem { seq: self.records, offset: self.bytes, kind });
        self
    }
}

/// Checks every record of a log against its hash and the one before it, up to the first that does not fit.
///
/// A log alone can't show that whole records were cut off its end, or that it was written again as a whole: give the
/// `receipt` of a record that was kept elsewhere, and the log has to contain it.
///
/// Memory stays flat, whatever the log's length.
///
/// # Errors
///
/// When `reader` fails.
pub fn verify(reader: impl BufRead, receipt: Option<&AuditReceipt>) -> io::Result<VerifyReport> {
    let mut records = records(reader);
    records.receipt = receipt.copied();
    for record in records.by_ref() {
        record?;
    }
    Ok(records.report())
}

/// Reads the records of a log one after another, up to the first that does not fit.
pub fn records<R: BufRead>(reader: R) -> Records<R> {
    Records { reader, head: Head::EMPTY, bytes: 0, receipt: None, problem: None, done: false }
}

/// The records of a log, see [`records`].
#[derive(Debug)]
pub struct Records<R> {
    reader: R,
    head: Head,
    bytes: u64,
    receipt: Option<AuditReceipt>,
    problem: Option<ProblemKind>,
    done: bool,
}

impl<R: BufRead> Records<R> {
    /// The findings so far; once the iterator has ended, about the whole log.
    #[must_use]
    pub fn report(&self) -> VerifyReport {
        VerifyReport {
            records: self.head.next_seq,
            bytes: self.bytes,
            head: self.head.receipt(),
            problem: self.problem.map(|kind| Problem { seq: self.head.next_seq, offset: self.bytes, kind }),
        }
    }

    fn read(&mut self) -> io::Result<Option<AuditRecord>> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        io::Read::take(&mut self.reader, limit).read_until(b'\n', &mut line)?;
        let length = line.len() as u64;
        let Some(body) = line.strip_suffix(b"\n") else {
            self.problem = match length {
                _ if length == limit => Some(ProblemKind::Tampered),
                // A receipt of a record from here on says that the line was once complete.
                _ if self.receipt.is_some_and(|kept| kept.seq >= self.head.next_seq) => {
                    Some(ProblemKind::Cut)
                }
                0 => None,
                _ => Some(ProblemKind::Torn),
            };
            return Ok(None);
        };
        let record = self.head.follow(body).filter(|record| {
            self.receipt.is_none_or(|kept| kept.seq != record.seq || kept.hash == record.hash)
        });
        let Some(record) = record else {
            self.problem = Some(ProblemKind::Tampered);
            return Ok(None);
        };
        self.head = Head::after(&record);
        self.bytes += length;
        Ok(Some(record))
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<AuditRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let record = self.read().transpose();
        self.done = !matches!(record, Some(Ok(_)));
        record
    }
}
