//! The turns of a conversation, as both forms of request bring them.

use std::collections::BTreeMap;

use ae_router::{Message, Part, Role, ToolCall, ToolResult};

use super::{
    fields::Bad,
    seal::{Sealed, unsigned},
};

/// A conversation under construction.
#[derive(Debug, Default)]
pub(super) struct Turns {
    system: Vec<String>,
    messages: Vec<Message>,
    /// The tool of each call, by the call's id.
    calls: BTreeMap<String, String>,
    /// Pieces that belong into the last turn, which is the model's.
    sealed: Vec<Sealed>,
}

impl Turns {
    /// Adds a text of the product above the conversation.
    pub(super) fn system(&mut self, at: &str, text: String) -> Result<(), Bad> {
        if !self.messages.is_empty() {
            return Err(Bad::new(at, "a system or developer message can only stand before the others"));
        }
        self.system.push(text);
        Ok(())
    }

    pub(super) fn user(&mut self, parts: Vec<Part>) {
        self.close();
        self.sealed.clear();
        self.messages.push(Message::new(Role::User, parts));
    }

    /// Adds a turn of the model, or goes on with it.
    pub(super) fn assistant(&mut self, parts: Vec<Part>, goes_on: bool) {
        for part in &parts {
            if let Part::ToolCall(call) = part {
                self.calls.insert(call.id.clone(), call.name.clone());
            }
        }
        match self.messages.last_mut().filter(|last| goes_on && last.role == Role::Assistant) {
            Some(last) => last.parts.extend(parts),
            None => {
                self.close();
                self.messages.push(Message::new(Role::Assistant, parts));
            }
        }
    }

    /// Adds pieces to the last turn, which is the model's.
    pub(super) fn sealed(&mut self, pieces: Vec<Sealed>) {
        self.sealed.extend(pieces);
    }

    /// Adds the result of a call. Results that follow each other are one turn.
    pub(super) fn result(&mut self, at: &str, id: &str, content: String) -> Result<(), Bad> {
        self.close();
        let (id, _) = unsigned(id);
        let Some(name) = self.calls.get(id) else {
            return Err(Bad::new(at, "no call before it has this id"));
        };
        let result = Part::ToolResult(ToolResult::of(&ToolCall::new(id, name, ""), content));
        let results = |turn: &&mut Message| {
            turn.role == Role::User && turn.parts.iter().all(|part| matches!(part, Part::ToolResult(_)))
        };
        match self.messages.last_mut().filter(results) {
            Some(last) => last.parts.push(result),
            None => self.messages.push(Message::new(Role::User, vec![result])),
        }
        Ok(())
    }

    /// Puts the pieces of the turn that ends into their places.
    fn close(&mut self) {
        // Pieces may come before the turn that they belong into.
        if let Some(last) = self.messages.last_mut().filter(|last| last.role == Role::Assistant) {
            self.sealed.sort_by_key(|one| one.at);
            for Sealed { at, piece } in self.sealed.drain(..) {
                last.parts.insert(at.min(last.parts.len()), Part::Opaque(piece));
            }
        }
    }

    /// The system prompt and the conversation.
    pub(super) fn end(mut self, at: &str) -> Result<(String, Vec<Message>), Bad> {
        self.close();
        if self.messages.last().is_none_or(|last| last.role != Role::User) {
            return Err(Bad::new(at, "the last message must be the user's, or the result of a tool"));
        }
        Ok((self.system.join("\n\n"), self.messages))
    }
}

/// A call as a client hands it back.
pub(super) fn call(id: &str, name: String, arguments: String) -> Part {
    let (id, signature) = unsigned(id);
    let call = ToolCall::new(id, name, arguments);
    Part::ToolCall(match signature {
        Some(signature) => call.with_signature(signature),
        None => call,
    })
}

#[cfg(test)]
mod tests {
    use ae_router::Opaque;
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_go_back_to_their_places() {
        let mut turns = Turns::default();
        turns.user(vec![Part::Text("q".into())]);
        let pieces = [0, 2].map(|at| Sealed { at, piece: Opaque::new("x", json!(at)) });
        turns.sealed(Vec::from(pieces));
        turns.assistant(vec![call("1~sig~s", "t".into(), "{}".into())], true);
        turns.assistant(vec![call("2", "t".into(), "{}".into())], true);
        turns.result("r", "1~sig~s", "a".into()).unwrap();
        turns.result("r", "2", "b".into()).unwrap();
        assert!(turns.result("r", "3", "c".into()).is_err());
        let (_, messages) = turns.end("input").unwrap();
        assert_eq!(messages.len(), 3);
        let kinds: Vec<_> = messages[1].parts.iter().map(|part| matches!(part, Part::Opaque(_))).collect();
        assert_eq!(kinds, [true, false, true, false]);
        assert_eq!(messages[2].parts.len(), 2);
    }
}
