//! Forms as Stripe reads them: nested names in brackets.

use std::fmt::Write as _;

/// The pairs of a form, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a pair.
    #[must_use]
    pub(super) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// Adds a pair whose value is there.
    #[must_use]
    pub(super) fn maybe(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds the pairs of another form below `name`: `a` becomes `name[a]`, and `a[b]` becomes `name[a][b]`.
    #[must_use]
    pub(super) fn nested(mut self, name: &str, inner: &Self) -> Self {
        for (key, value) in &inner.0 {
            let (first, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
            self.0.push((format!("{name}[{first}]{rest}"), value.clone()));
        }
        self
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The form as a body: brackets of names as they are, a blank as `+`.
    pub(super) fn encode(&self) -> String {
        let mut body = String::new();
        for (name, value) in &self.0 {
            if !body.is_empty() {
                body.push('&');
            }
            put(&mut body, name, b"[]");
            body.push('=');
            put(&mut body, value, b"");
        }
        body
    }
}

fn put(body: &mut String, text: &str, also_plain: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) || also_plain.contains(&byte) {
            body.push(char::from(byte));
        } else if byte == b' ' {
            body.push('+');
        } else {
            // Writing to a `String` can't fail.
            let _ = write!(body, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_vendor_reads_it() {
        let inner = Form::new().with("ae_run", "run 1").with("tiers[0]", "é&=");
        let form = Form::new()
            .with("name", "CSV Cleaner")
            .maybe("url", None::<&str>)
            .maybe("active", Some(true))
            .nested("metadata", &inner);
        assert_eq!(
            form.encode(),
            "name=CSV+Cleaner&active=true&metadata[ae_run]=run+1&metadata[tiers][0]=%C3%A9%26%3D"
        );
    }
}
