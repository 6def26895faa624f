//! Made-up signals, bundled to show the way from intent to spec without a network. No evidence of anything.

use ae_core::{BackendError, Origin, Runtime, Timestamp, Untrusted};
use async_trait::async_trait;

use crate::{NicheSource, Signal, SignalQuery, SignalSink, SourceReport};

/// One post a line: `points|comments|month|title`.
const POSTS: &str = include_str!("posts.txt");

/// A source of about 120 short posts that were made up for this crate.
///
/// The posts have no address, ids such as `s001`, made-up counts, and dates in the first half of 2026. Every report carries
/// [`SourceReport::sample`], and evidence from it makes a spec a [sample](ae_core::ProductSpec::sample).
#[derive(Debug, Clone)]
pub struct SampleSource {
    runtime: Runtime,
}

impl SampleSource {
    /// The source's name.
    pub const NAME: &'static str = "sample";

    /// The bundled posts; `runtime` gives the time that reports carry.
    pub fn new(runtime: Runtime) -> Self {
        Self { runtime }
    }
}

fn signal(number: u32, line: &str, fetched_at: Timestamp) -> Option<Signal> {
    let mut fields = line.splitn(4, '|');
    let (points, comments, month, title) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let title = Untrusted::new(Origin::Signals(SampleSource::NAME.to_owned()), title.to_owned());
    let mut signal = Signal::new(SampleSource::NAME, format!("s{number:03}"), title, fetched_at);
    signal.points = points.parse().ok();
    signal.comments = comments.parse().ok();
    signal.posted_at = format!("2026-{month}T09:00:00Z").parse().ok();
    Some(signal)
}

#[async_trait]
impl NicheSource for SampleSource {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let now = self.runtime.now();
        let mut report = SourceReport::new(Self::NAME, now).with_sample();
        for (number, line) in (1_u32..).zip(POSTS.lines()) {
            let Some(signal) = signal(number, line, now) else { continue };
            if report.offer(u64::from(number), signal, query, sink).is_break() {
                break;
            }
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_post() {
        let lines = POSTS.lines().count();
        assert!(lines >= 110, "{lines}");
        for (number, line) in (1..).zip(POSTS.lines()) {
            let signal = signal(number, line, Timestamp::UNIX_EPOCH).expect(line);
            assert!(
                signal.points.is_some() && signal.comments.is_some() && signal.posted_at.is_some(),
                "{line}"
            );
            assert!(signal.url.is_none() && signal.title.as_data().len() < 120, "{line}");
        }
    }
}
