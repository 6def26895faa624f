//! An answer as its pieces arrive.

use ae_core::Digest;
use serde_json::Value;

use crate::{Delta, Opaque, Part, ToolCall};

/// The pieces of an answer in the order of their arrival, whole or streamed.
///
/// Pieces have keys, so that a statement that comes twice, in parts and whole, counts once: the parts are what the reader
/// has seen, and the whole fills in what had no parts.
#[derive(Debug, Default)]
pub(in super::super) struct Pieces {
    list: Vec<Piece>,
    refused: bool,
}

#[derive(Debug)]
enum Piece {
    Text { key: (u64, u64), text: String },
    Call { key: u64, call: ToolCall },
    Opaque { key: u64, json: Value },
}

impl Pieces {
    /// Adds to a text. One that goes on after another one began is a new part: the texts stay in the order in which the reader
    /// saw them.
    pub(in super::super) fn text(&mut self, key: (u64, u64), more: &str, deltas: &mut Vec<Delta>) {
        if more.is_empty() {
            return;
        }
        deltas.push(Delta::Text(more.to_owned()));
        let last = self.list.iter_mut().rev().find_map(|piece| match piece {
            Piece::Text { key, text } => Some((*key, text)),
            _ => None,
        });
        match last {
            Some((last, text)) if last == key => text.push_str(more),
            _ => self.list.push(Piece::Text { key, text: more.to_owned() }),
        }
    }

    /// Adds a text unless a part of it was there.
    pub(in super::super) fn whole_text(&mut self, key: (u64, u64), whole: &str, deltas: &mut Vec<Delta>) {
        if !self.list.iter().any(|piece| matches!(piece, Piece::Text { key: known, .. } if *known == key)) {
            self.text(key, whole, deltas);
        }
    }

    /// Marks the answer as a refusal.
    pub(in super::super) fn refuse(&mut self) {
        self.refused = true;
    }

    pub(in super::super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Begins a call unless it has begun.
    pub(in super::super) fn begin(&mut self, key: u64, id: &str, name: &str, deltas: &mut Vec<Delta>) {
        if !self.has_call(key) {
            let index = self.calls().count();
            deltas.push(Delta::ToolCall { index, id: id.to_owned(), name: name.to_owned() });
            self.list.push(Piece::Call { key, call: ToolCall::new(id, name, "") });
        }
    }

    /// Adds to the arguments of a call that has begun.
    pub(in super::super) fn arguments(&mut self, key: u64, more: &str, deltas: &mut Vec<Delta>) {
        let call = self.calls_mut().enumerate().find(|(_, (known, _))| *known == key);
        if let Some((index, (_, call))) = call.filter(|_| !more.is_empty()) {
            deltas.push(Delta::ToolArguments { index, json: more.to_owned() });
            call.arguments.push_str(more);
        }
    }

    /// Sets the arguments of a call that has begun, unless a part of them was there.
    pub(in super::super) fn whole_arguments(&mut self, key: u64, whole: &str, deltas: &mut Vec<Delta>) {
        if self.calls().any(|(known, call)| known == key && call.arguments.is_empty()) {
            self.arguments(key, whole, deltas);
        }
    }

    /// Gives calls without arguments an empty object, for an answer that was not cut.
    pub(in super::super) fn close_calls(&mut self, deltas: &mut Vec<Delta>) {
        let empty = self.calls().filter(|(_, call)| call.arguments.is_empty());
        for key in empty.map(|(key, _)| key).collect::<Vec<_>>() {
            self.arguments(key, "{}", deltas);
        }
    }

    /// Adds a piece of the vendor's own unless it is there. It stands before the texts of its key.
    pub(in super::super) fn opaque(&mut self, key: u64, json: Value) {
        if self.list.iter().any(|piece| matches!(piece, Piece::Opaque { key: known, .. } if *known == key)) {
            return;
        }
        let texts = |piece: &Piece| matches!(piece, Piece::Text { key: (known, _), .. } if *known == key);
        let at = self.list.iter().position(texts).unwrap_or(self.list.len());
        self.list.insert(at, Piece::Opaque { key, json });
    }

    pub(in super::super) fn has_call(&self, key: u64) -> bool {
        self.calls().any(|(known, _)| known == key)
    }

    /// The calls so far with their keys.
    pub(in super::super) fn calls(&self) -> impl Iterator<Item = (u64, &ToolCall)> {
        self.list.iter().filter_map(|piece| match piece {
            Piece::Call { key, call } => Some((*key, call)),
            _ => None,
        })
    }

    fn calls_mut(&mut self) -> impl Iterator<Item = (u64, &mut ToolCall)> {
        self.list.iter_mut().filter_map(|piece| match piece {
            Piece::Call { key, call } => Some((*key, call)),
            _ => None,
        })
    }

    /// The content. Pieces of the vendor's own belong to the form `api`.
    pub(in super::super) fn into_parts(self, api: &str) -> Vec<Part> {
        let part = |piece| match piece {
            Piece::Text { text, .. } => Part::Text(text),
            Piece::Call { call, .. } => Part::ToolCall(call),
            Piece::Opaque { json, .. } => Part::Opaque(Opaque::new(api, json)),
        };
        self.list.into_iter().map(part).collect()
    }
}

/// The id of a call for which the vendor gave none: another one for each call of each answer.
pub(in super::super) fn made_up(answer: &str, index: usize) -> String {
    let digest = Digest::of_bytes("tool-call", format!("{answer}/{index}").as_bytes());
    format!("call_{}", digest.short(24))
}
