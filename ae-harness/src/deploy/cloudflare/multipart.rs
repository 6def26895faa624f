//! Bodies of several parts (RFC 7578).

use sha2::{Digest as _, Sha256};

/// A body of several parts, whose boundary follows from its content.
#[derive(Debug, Default)]
pub(super) struct Multipart {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: String,
    content: Vec<u8>,
    /// The type of a file; a field has none.
    content_type: Option<&'static str>,
}

impl Multipart {
    /// Adds a field. `name` is a plain word.
    pub(super) fn field(mut self, name: &str, content: Vec<u8>) -> Self {
        self.parts.push(Part { name: name.to_owned(), content, content_type: None });
        self
    }

    /// Adds a file, whose name is that of its part: a plain word.
    pub(super) fn file(mut self, name: &str, content_type: &'static str, content: Vec<u8>) -> Self {
        self.parts.push(Part { name: name.to_owned(), content, content_type: Some(content_type) });
        self
    }

    /// The content type of the whole, and its bytes.
    pub(super) fn finish(self) -> (String, Vec<u8>) {
        let mut hash = Sha256::new();
        for part in &self.parts {
            hash.update(&part.content);
        }
        // Content that held this text would have to hold its own digest.
        let digest = hash.finalize();
        let boundary: String = std::iter::once("ae-".to_owned())
            .chain(digest.iter().map(|byte| format!("{byte:02x}")))
            .collect();
        let mut body = Vec::new();
        for part in self.parts {
            let name = &part.name;
            let rest = part
                .content_type
                .map_or_else(String::new, |kind| format!("; filename=\"{name}\"\r\nContent-Type: {kind}"));
            let head =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_between_boundaries_that_follow_from_them() {
        let body = |text: &str| {
            let body = Multipart::default().field("metadata", text.into());
            body.file("worker.mjs", "application/javascript+module", b"x".to_vec()).finish()
        };
        let (kind, bytes) = body("{}");
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{{}}\r\n--{boundary}\r\n\
                 Content-Disposition: form-data; name=\"worker.mjs\"; filename=\"worker.mjs\"\r\n\
                 Content-Type: application/javascript+module\r\n\r\nx\r\n--{boundary}--\r\n"
            )
        );
        assert_eq!(body("{}").0, kind);
        assert_ne!(body("{1}").0, kind);
    }
}
