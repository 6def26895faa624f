//! Finds signals that repeat one that was already taken.

use std::collections::BTreeSet;

use crate::{Signal, find::text};

/// Two titles with at least this share of common word pairs are the same story.
const SAME_SHARE: f64 = 0.8;

/// Remembers what was taken, best first.
#[derive(Debug, Default)]
pub(super) struct Deduper {
    ids: BTreeSet<(String, String)>,
    urls: BTreeSet<String>,
    shingles: Vec<BTreeSet<String>>,
}

impl Deduper {
    /// Whether `signal` is new; if so it is remembered.
    pub(super) fn is_new(&mut self, signal: &Signal) -> bool {
        let id = (signal.source.clone(), signal.id.clone());
        let url = signal.url.as_deref().and_then(normal_url);
        let shingles = shingles(signal.title.as_data());
        let known = self.ids.contains(&id)
            || url.as_ref().is_some_and(|url| self.urls.contains(url))
            || self.shingles.iter().any(|other| share(other, &shingles) >= SAME_SHARE);
        if known {
            return false;
        }
        self.ids.insert(id);
        self.urls.extend(url);
        self.shingles.push(shingles);
        true
    }
}

/// The address without scheme, `www.`, fragment, tracking parameters and a final slash; `None` for one that is only a
/// host, since many stories link to a front page.
fn normal_url(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = address.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let path = path.trim_end_matches('/');
    let kept: Vec<&str> = parameters
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("utm_") && !p.starts_with("ref="))
        .collect();
    if host.is_empty() || (path.is_empty() && kept.is_empty()) {
        return None;
    }
    Some(format!("{host}/{path}?{}", kept.join("&")))
}

/// Pairs of neighbouring stems; the stems themselves for a title of one word.
fn shingles(title: &str) -> BTreeSet<String> {
    let stems = text::stems(title);
    match stems.len() {
        0 | 1 => stems.into_iter().collect(),
        _ => stems.windows(2).map(|pair| pair.join(" ")).collect(),
    }
}

#[allow(clippy::cast_precision_loss)] // Titles have few words.
fn share(left: &BTreeSet<String>, right: &BTreeSet<String>) -> f64 {
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let common = left.intersection(right).count();
    common as f64 / (left.len() + right.len() - common) as f64
}

#[cfg(test)]
mod tests {
    use ae_core::{Origin, Timestamp, Untrusted};

    use super::*;

    fn signal(id: &str, title: &str, url: Option<&str>) -> Signal {
        let title = Untrusted::new(Origin::Signals("test".into()), title.to_owned());
        let mut signal = Signal::new("test", id, title, Timestamp::UNIX_EPOCH);
        signal.url = url.map(str::to_owned);
        signal
    }

    #[test]
    fn repeats_are_told_by_id_address_and_title() {
        let mut seen = Deduper::default();
        assert!(seen.is_new(&signal(
            "1",
            "How do you clean CSV files?",
            Some("https://www.example.com/a/?utm_source=x")
        )));
        assert!(!seen.is_new(&signal("1", "Something else entirely", None)), "id");
        assert!(!seen.is_new(&signal("2", "Another name", Some("http://example.com/a#top"))), "address");
        assert!(!seen.is_new(&signal("3", "How do you clean CSV file", None)), "title");
        assert!(seen.is_new(&signal(
            "4",
            "How do you clean photo folders?",
            Some("https://example.com/a?id=2")
        )));
        assert!(seen.is_new(&signal("5", "Tea", Some("https://example.com/"))));
        assert!(
            seen.is_new(&signal("6", "Coffee", Some("https://example.com"))),
            "front pages are not stories"
        );
    }
}
