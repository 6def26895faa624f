//! Secrets taken out of output.

use std::borrow::Cow;

use ae_core::Secret;
use memchr::memmem;

use crate::agent::AgentEvent;

/// The shortest secret that is looked for: shorter ones occur in any text.
const BYTES_MIN: usize = 6;

/// Takes secrets out of output. An agent that splits or recodes one can't be caught.
#[derive(Debug, Default)]
pub(crate) struct Redactor(Vec<Secret<String>>);

impl Redactor {
    /// Takes out these secrets.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret<String>>) -> Self {
        let mut secrets: Vec<_> =
            secrets.into_iter().filter(|secret| secret.expose().len() >= BYTES_MIN).cloned().collect();
        // One may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(secrets)
    }

    /// The bytes with `***` in the place of each secret.
    pub(crate) fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut clean = Cow::Borrowed(bytes);
        for secret in &self.0 {
            let secret = secret.expose().as_bytes();
            let mut rest = clean.as_ref();
            let Some(mut at) = memmem::find(rest, secret) else { continue };
            let mut without = Vec::with_capacity(rest.len());
            loop {
                without.extend_from_slice(rest.get(..at).unwrap_or_default());
                without.extend_from_slice(b"***");
                rest = rest.get(at + secret.len()..).unwrap_or_default();
                match memmem::find(rest, secret) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            without.extend_from_slice(rest);
            clean = Cow::Owned(without);
        }
        clean
    }

    /// The same for a text: one that was put together from pieces may have a secret that none of them had.
    pub(crate) fn text(&self, text: String) -> String {
        let clean = match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        };
        clean.unwrap_or(text)
    }

    /// The same for the texts of the model in an event.
    pub(super) fn event(&self, event: AgentEvent) -> AgentEvent {
        match event {
            AgentEvent::Text { text, partial } => {
                AgentEvent::Text { text: text.map(|text| self.text(text)), partial }
            }
            AgentEvent::Reasoning { text } => {
                AgentEvent::Reasoning { text: text.map(|text| self.text(text)) }
            }
            other => other,
        }
    }

    /// The length of the longest one, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.0.first().map_or(0, |secret| secret.expose().len())
    }
}

#[cfg(test)]
mod tests {
    use ae_core::{Origin, Untrusted};

    use super::*;

    #[test]
    fn every_occurrence_of_every_secret_goes() {
        let secrets = ["secret", "secret-long", "ab"].map(|text| Secret::new(text.to_owned()));
        let redactor = Redactor::new(&secrets);
        let clean = |text: &str| String::from_utf8(redactor.bytes(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(clean("secretsecret secret-long ab"), "****** *** ab");
        assert!(matches!(redactor.bytes(b"plain"), Cow::Borrowed(_)));
        let (first, last) = secrets[0].expose().split_at(4);
        let event = |text: String| AgentEvent::Text {
            text: Untrusted::new(Origin::Agent("a".to_owned()), text),
            partial: false,
        };
        assert_eq!(redactor.event(event(format!("{first}{last}!"))), event("***!".to_owned()));
        assert!(!format!("{redactor:?}").contains("long"));
    }
}
