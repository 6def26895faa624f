//! Pieces of an answer that only its vendor reads, as a text that the client hands back.
//!
//! The text carries a code that only this proxy can make: a client can't use it to put pieces of its own, whose cost nothing
//! bounds, into a vendor's request.

use ae_router::{
    Opaque, Part,
    core::{Digest, DigestWriter},
};
use serde::{Deserialize, Serialize};

use super::super::keys::same;

/// Makes and reads such texts.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    secret: Digest,
}

/// A piece and its place among the parts of its answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) at: usize,
    pub(super) piece: Opaque,
}

impl Seal {
    /// A seal that follows from secrets: with the same ones, also after a restart, it reads what it made.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let writer = DigestWriter::new("ae-router proxy seal");
        Self { secret: secrets.into_iter().fold(writer, |all, one| all.field(one.as_bytes())).finish() }
    }

    fn code(&self, json: &str) -> Digest {
        DigestWriter::new("sealed").field(self.secret.as_bytes()).field(json.as_bytes()).finish()
    }

    /// The text for an answer's pieces; `None` when it has none of that kind.
    pub(super) fn close(&self, parts: &[Part]) -> Option<String> {
        let pieces = parts.iter().enumerate().filter_map(|(at, part)| match part {
            Part::Opaque(piece) => Some(Sealed { at, piece: piece.clone() }),
            _ => None,
        });
        let pieces: Vec<_> = pieces.collect();
        let json = serde_json::to_string(&pieces).ok().filter(|_| !pieces.is_empty())?;
        Some(format!("{}.{json}", self.code(&json)))
    }

    /// The pieces of a text that this proxy made.
    pub(super) fn open(&self, text: &str) -> Option<Vec<Sealed>> {
        let (code, json) = text.split_once('.')?;
        let code: Digest = code.parse().ok()?;
        if !same(&code, &self.code(json)) {
            return None;
        }
        serde_json::from_str(json).ok()
    }
}

/// Between the id of a call and the vendor's signature that goes back with it.
const MARK: &str = "~sig~";

/// The id of a call with the vendor's signature: the id is the one thing that every client hands back.
pub(super) fn signed(id: &str, signature: Option<&str>) -> String {
    signature.map_or_else(|| id.to_owned(), |signature| format!("{id}{MARK}{signature}"))
}

/// The id and the signature.
pub(super) fn unsigned(id: &str) -> (&str, Option<&str>) {
    id.split_once(MARK).map_or((id, None), |(id, signature)| (id, Some(signature)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_its_own_texts_are_read() {
        let seal = Seal::new(["key"]);
        let piece = Opaque::new("anthropic_messages", json!({ "type": "thinking" }));
        let parts = [Part::Text("a".into()), Part::Opaque(piece.clone())];
        let text = seal.close(&parts).unwrap();
        assert_eq!(seal.open(&text), Some(vec![Sealed { at: 1, piece }]));
        assert_eq!(Seal::new(["key"]).open(&text).map(|pieces| pieces.len()), Some(1));
        assert_eq!(Seal::new(["other"]).open(&text), None);
        assert_eq!(seal.open(&text.replace("thinking", "image")), None);
        assert_eq!(seal.open(""), None);
        assert_eq!(seal.close(&parts[..1]), None);
    }

    #[test]
    fn a_signature_travels_in_the_id() {
        assert_eq!(signed("c", None), "c");
        assert_eq!(unsigned(&signed("c", Some("x~y"))), ("c", Some("x~y")));
        assert_eq!(unsigned("c"), ("c", None));
    }
}
