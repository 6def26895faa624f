//! Taking secrets out of text before it is kept or shown.

use std::{borrow::Cow, fmt, sync::Arc};

use ae_core::Secret;
use serde_json::Value;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where its bytes begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What it is, for example `GITHUB_TOKEN`.
    pub kind: &'static str,
}

/// Takes secrets out of text.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    known: Vec<Secret<String>>,
}

impl Redactor {
    /// Knows the public formats, and no particular secret yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also finds this very value.
    #[must_use]
    pub fn with_known(mut self, secret: Secret<String>) -> Self {
        Arc::make_mut(&mut self.0).known.push(secret);
        self
    }

    /// The secrets in `text`, in order, without overlap.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        for secret in &self.0.known {
            for (start, value) in text.match_indices(secret.expose().as_str()) {
                found.push(Finding { start, end: start + value.len(), kind: "KNOWN_SECRET" });
            }
        }
        found.sort_by_key(|finding| finding.start);
        found
    }

    /// `text` with every secret replaced by `[REDACTED:KIND]`.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for finding in found {
            out.push_str(text.get(at..finding.start).unwrap_or_default());
            out.push_str("[REDACTED:");
            out.push_str(finding.kind);
            out.push(']');
            at = finding.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// `value` with every text in it redacted.
    #[must_use]
    pub fn redact_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(text).into_owned()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.redact_json(item)).collect()),
            Value::Object(fields) => {
                let fields = fields.iter();
                let redacted = |(name, value): (&String, &Value)| {
                    (self.redact(name).into_owned(), self.redact_json(value))
                };
                Value::Object(fields.map(redacted).collect())
            }
            other => other.clone(),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("known", &self.0.known.len()).finish()
    }
}
