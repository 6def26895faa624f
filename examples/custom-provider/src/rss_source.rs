//! A [`NicheSource`] that reads an RSS 2.0 feed from a file: forum posts, feature requests, release notes.

use std::{io::Read, path::PathBuf};

use ae_core::{BackendError, Digest, ErrorKind, Origin, Runtime, Timestamp, Untrusted};
use ae_genesis::{NicheSource, Signal, SignalQuery, SignalSink, SourceReport};
use async_trait::async_trait;
use roxmltree::{Document, Node};

/// The name in reports and evidence.
const NAME: &str = "rss";

/// Reads the items of one feed, in the order of the file.
#[derive(Debug, Clone)]
pub struct RssSource {
    path: PathBuf,
    runtime: Runtime,
}

impl RssSource {
    /// Reads `path` each time it is asked; `runtime` says when that was.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, runtime: Runtime) -> Self {
        Self { path: path.into(), runtime }
    }

    /// The file's text, if it is no longer than the query allows an answer to be.
    fn read(&self, bytes_max: usize) -> Result<String, BackendError> {
        let mut text = String::new();
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let file = std::fs::File::open(&self.path).map_err(|cause| {
            let kind = if cause.kind() == std::io::ErrorKind::NotFound {
                ErrorKind::NotFound
            } else {
                ErrorKind::Unavailable
            };
            error(kind, format!("{} can't be opened", self.path.display())).with_source(cause)
        })?;
        let read = file.take(limit.saturating_add(1)).read_to_string(&mut text).map_err(|cause| {
            error(ErrorKind::InvalidInput, format!("{} is no text", self.path.display())).with_source(cause)
        })?;
        if read > bytes_max {
            let message = format!("{} is longer than {bytes_max} bytes: split the feed", self.path.display());
            return Err(error(ErrorKind::InvalidInput, message));
        }
        Ok(text)
    }
}

#[async_trait]
impl NicheSource for RssSource {
    fn name(&self) -> &str {
        NAME
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let now = self.runtime.now();
        let text = self.read(query.limits().answer_bytes_max)?;
        let feed = Document::parse(&text)
            .map_err(|cause| error(ErrorKind::InvalidInput, "the file is no RSS feed").with_source(cause))?;
        let mut report = SourceReport::new(NAME, now);
        for item in feed.descendants().filter(|node| node.has_tag_name("item")) {
            let line = u64::from(feed.text_pos_at(item.range().start).row);
            match signal(item, query.limits().text_chars_max, now) {
                None => report.skip_row(line, "the item has no title"),
                Some(signal) => {
                    if report.offer(line, signal, query, sink).is_break() {
                        break;
                    }
                }
            }
        }
        Ok(report)
    }
}

/// One item as a signal; its id is derived, since a feed may call its items anything.
fn signal(item: Node<'_, '_>, chars_max: usize, now: Timestamp) -> Option<Signal> {
    let text = |tag| {
        let child = item.children().find(|child| child.has_tag_name(tag))?;
        let text = child.text()?.trim();
        (!text.is_empty()).then(|| text.chars().take(chars_max).collect::<String>())
    };
    let untrusted = |text| Untrusted::new(Origin::Signals(NAME.to_owned()), text);
    let title = text("title")?;
    let link = text("link");
    let identity = text("guid").or_else(|| link.clone()).unwrap_or_else(|| title.clone());
    let id = Digest::of_bytes("rss-item", identity.as_bytes()).short(16);
    let mut signal = Signal::new(NAME, id, untrusted(title), now);
    signal.body = text("description").map(untrusted);
    signal.url = link.filter(|link| link.starts_with("https://") || link.starts_with("http://"));
    signal.posted_at =
        text("pubDate").and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    Some(signal)
}

fn error(kind: ErrorKind, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, "collect", message)
}
