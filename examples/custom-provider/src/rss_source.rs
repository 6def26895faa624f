//! A [`NicheSource`] that reads an RSS 2.0 feed from a file: forum posts, feature requests, release notes.

use std::{fs, ops::ControlFlow, path::PathBuf};

use ae_core::{BackendError, Digest, ErrorKind, Origin, Runtime, Timestamp, Untrusted};
use ae_genesis::{NicheSource, Signal, SignalQuery, SignalSink, SourceReport};
use async_trait::async_trait;
use jiff::fmt::rfc2822::DateTimeParser;
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
    /// Reads `path` at each call; `runtime` gives the time of the reading.
    pub fn new(path: impl Into<PathBuf>, runtime: Runtime) -> Self {
        Self { path: path.into(), runtime }
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
        let (now, limits) = (self.runtime.now(), &query.limits);
        let missing = |cause| error(ErrorKind::NotFound, "the file can't be found").with_source(cause);
        if fs::metadata(&self.path).map_err(missing)?.len() > limits.answer_bytes_max as u64 {
            return Err(error(ErrorKind::InvalidInput, "the file is too long: split the feed"));
        }
        let unread = |cause| error(ErrorKind::InvalidInput, "the file is not text").with_source(cause);
        let text = fs::read_to_string(&self.path).map_err(unread)?;
        let foreign = |cause| error(ErrorKind::InvalidInput, "the file is not RSS").with_source(cause);
        let feed = Document::parse(&text).map_err(foreign)?;
        let mut report = SourceReport::new(NAME, now);
        let _ = feed.descendants().filter(|node| node.has_tag_name("item")).try_for_each(|item| {
            let line = u64::from(feed.text_pos_at(item.range().start).row);
            let Some(signal) = signal(item, limits.text_chars_max, now) else {
                report.skip_row(line, "the item has no title");
                return ControlFlow::Continue(());
            };
            report.offer(line, signal, query, sink)
        });
        Ok(report)
    }
}

/// One item as a signal; its id is derived, since a feed may call its items anything.
fn signal(item: Node<'_, '_>, chars_max: usize, now: Timestamp) -> Option<Signal> {
    let text = |tag| {
        let text = item.children().find(|child| child.has_tag_name(tag))?.text()?.trim();
        (!text.is_empty()).then(|| text.chars().take(chars_max).collect::<String>())
    };
    let untrusted = |text| Untrusted::new(Origin::Signals(NAME.to_owned()), text);
    let (title, link) = (text("title")?, text("link"));
    let identity = text("guid").or_else(|| link.clone()).unwrap_or_else(|| title.clone());
    let id = Digest::of_bytes("rss-item", identity.as_bytes()).short(16);
    let mut signal = Signal::new(NAME, id, untrusted(title), now);
    signal.body = text("description").map(untrusted);
    signal.url = link.filter(|link| link.starts_with("https://") || link.starts_with("http://"));
    signal.posted_at = text("pubDate").and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    Some(signal)
}

fn error(kind: ErrorKind, message: &str) -> BackendError {
    BackendError::new(kind, NAME, "collect", message)
}
