//! Signals from files: CSV and JSON Lines, plain or gzipped.

mod csv_lines;
mod csv_rows;
mod date;
mod decoder;
mod input;
mod json_rows;
mod lines;
mod rows;

use std::{
    fmt,
    io::Read,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ae_core::{BackendError, ErrorKind, Runtime};
use async_trait::async_trait;

use crate::{NicheSource, SignalQuery, SignalSink, SourceReport, SourceStatus};
use decoder::Decoder;
use input::Opener;
use rows::Rows;

/// The source's name in errors.
const BACKEND: &str = "file";
/// The operation that all errors name.
const COLLECT: &str = "collect";
/// The bytes that are read between two chances for other tasks: thousands of short rows at most.
const BATCH_BYTES: usize = 16 * 1024;

/// A file of signals, read in a bounded amount of memory whatever its size.
///
/// | format | recognised by | fields |
/// |---|---|---|
/// | CSV | everything that is not JSON | a header with `title` and, in any order, `id`, `url`, `num_points`, `num_comments`, `created_at`, `body`; other columns are ignored |
/// | JSON Lines | the first character is `{` | the same names, or those of Hacker News search: `objectID`, `points`, `created_at_i`, `story_text` |
/// | gzip of either | the first two bytes | |
///
/// Dates are RFC 3339, `8/4/2016 11:52` (month first, UTC), `2016-08-04`, or seconds since 1970; another date is treated as
/// unknown. A row without an id gets one from its position, `r17`. A row that can't be understood is counted, listed with
/// its line and skipped. A row may have [`answer_bytes_max`](crate::QueryLimits::answer_bytes_max) bytes at most.
///
/// Opening and reading block, so they happen on tokio's blocking threads: `collect` must be called within a tokio runtime. Rows are
/// understood in batches of 16 KB, in time that grows with the file's size alone, and other tasks get their turn in
/// between; a collection that is dropped stops there.
///
/// ```
/// use ae_core::{Currency, Intent, Money, Runtime};
/// use ae_genesis::{FileSource, NicheSource, Retriever, SignalQuery};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = Runtime::system();
/// let text = "id,title,num_points,created_at\n7,How do you clean CSV files?,12,8/4/2016 11:52\n";
/// let source = FileSource::from_reader("posts.csv", text.as_bytes(), runtime.clone());
///
/// let query = SignalQuery::from_intent(&Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?);
/// let mut retriever = Retriever::new(&query);
/// let report = source.collect(&query, &mut retriever).await?;
/// assert_eq!((report.signals_read, report.rows_skipped), (1, 0));
/// assert_eq!(retriever.finish(runtime.now(), 10).evidence[0].points, Some(12));
/// # Ok(()) }
/// ```
pub struct FileSource {
    name: String,
    label: String,
    from: From,
    runtime: Runtime,
}

enum From {
    Path(PathBuf),
    /// Taken by the first collection.
    Reader(Mutex<Option<Box<dyn Read + Send>>>),
}

impl FileSource {
    /// The name of a source that was not given another.
    pub const NAME: &'static str = "file";

    /// A file at `path` that is opened when it is collected; each collection reads it again. `runtime` gives the time that
    /// reports carry.
    pub fn at(path: impl AsRef<Path>, runtime: Runtime) -> Self {
        let path = path.as_ref().to_path_buf();
        let label = path.display().to_string();
        Self { name: Self::NAME.to_owned(), label, from: From::Path(path), runtime }
    }

    /// A file [at](Self::at) `path` that can be opened now.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied` or `InvalidInput` when there is no readable file at `path`.
    pub fn open(path: impl AsRef<Path>, runtime: Runtime) -> Result<Self, BackendError> {
        input::open(path.as_ref())?;
        Ok(Self::at(path, runtime))
    }

    /// A stream, for example standard input, that can be collected once; `label` is what messages call it.
    pub fn from_reader(
        label: impl Into<String>,
        reader: impl Read + Send + 'static,
        runtime: Runtime,
    ) -> Self {
        let from = From::Reader(Mutex::new(Some(Box::new(reader))));
        Self { name: Self::NAME.to_owned(), label: label.into(), from, runtime }
    }

    fn opener(&self) -> Result<Opener, BackendError> {
        match &self.from {
            From::Path(path) => {
                let path = path.clone();
                Ok(Box::new(move || input::open(&path)))
            }
            From::Reader(reader) => {
                let taken = reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                let reader = taken.ok_or_else(|| {
                    let message =
                        format!("{} was read already, and a stream can be read once: use a file", self.label);
                    BackendError::new(ErrorKind::Conflict, BACKEND, COLLECT, message)
                })?;
                Ok(Box::new(|| Ok(reader)))
            }
        }
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource").field("label", &self.label).finish_non_exhaustive()
    }
}

#[async_trait]
impl NicheSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let now = self.runtime.now();
        let mut report = SourceReport::new(&self.name, now);
        let mut blocks = input::blocks(self.label.clone(), self.opener()?);
        let mut decoder = Decoder::new(query.limits.answer_bytes_max);
        let mut rows = Rows { sink, report: &mut report, limits: &query.limits, now };
        let mut whole = true;
        'file: while let Some(block) = blocks.recv().await {
            match block {
                Ok(block) => {
                    for batch in block.chunks(BATCH_BYTES) {
                        if decoder.feed(batch, &mut rows).is_break() {
                            whole = false;
                            break 'file;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                Err(error) => {
                    // A damaged file is refused even if its beginning was read: its end may say the opposite.
                    if rows.report.signals_read == 0 || error.kind() == ErrorKind::InvalidInput {
                        return Err(error);
                    }
                    rows.report.status = SourceStatus::Partial(error.message().to_owned());
                    break;
                }
            }
        }
        decoder.finish(&self.label, &mut rows, whole)?;
        Ok(report)
    }
}
