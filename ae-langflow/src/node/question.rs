//! Questions to people, and their answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{TaskId, json};

/// A question that parks a thread until it is answered. It is stored with the thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Question {
    /// Its name within the superstep; the answer repeats it. A task that was sent adds its number: `approve#3`. A node
    /// of a subgraph puts the subgraph before it: `review/approve`.
    pub id: String,
    /// The node that asks.
    pub node: String,
    /// The number of the task that asks, when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_index: Option<u32>,
    /// How often this run of the node had asked it before, and was answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier: u32,
    /// The name of this asking. It differs when the same question is asked again, in a later superstep, after a good
    /// answer or in another thread, so that a late answer is not taken for that of a newer question.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// The question, as the node wrote it.
    #[serde(serialize_with = "json::mark")]
    pub payload: Value,
    /// Why it is asked again: the last answer was not of the form that the node reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Question {
    pub(crate) fn new(id: &str, task: &TaskId, payload: Value) -> Self {
        let (node, send_index) = (task.node().to_owned(), task.send_index());
        let (id, token) = (Self::id_for(id, task), String::new());
        Self { id, node, send_index, earlier: 0, token, payload, problem: None }
    }

    /// The id of the question that `task` calls `id`.
    pub(crate) fn id_for(id: &str, task: &TaskId) -> String {
        let within = task.node().rsplit_once('/').map_or_else(String::new, |(group, _)| format!("{group}/"));
        let number = task.send_index().map_or_else(String::new, |index| format!("#{index}"));
        format!("{within}{id}{number}")
    }

    /// The task that asks.
    pub(crate) fn task(&self) -> TaskId {
        TaskId::new(self.node.as_str().into(), self.send_index)
    }

    /// Whether an answer to this id is meant for this asking.
    pub(crate) fn takes(&self, answer: &Answer) -> bool {
        self.id == answer.id && answer.token.as_ref().is_none_or(|token| *token == self.token)
    }

    /// The answer to this asking among those that were given.
    pub(crate) fn answer_in<'a>(&self, answers: &'a BTreeMap<String, Vec<Value>>) -> Option<&'a Value> {
        answers.get(&self.id)?.get(usize::try_from(self.earlier).ok()?)
    }

    /// The question, typed.
    ///
    /// # Errors
    ///
    /// When the payload is not a `Q`.
    pub fn payload_as<Q: DeserializeOwned>(&self) -> Result<Q, serde_json::Error> {
        Q::deserialize(&self.payload)
    }

    /// The answer to this question, and to this asking of it alone.
    ///
    /// # Errors
    ///
    /// When `value` can't be written as JSON.
    pub fn answer<A: Serialize + ?Sized>(&self, value: &A) -> Result<Answer, serde_json::Error> {
        Answer::new(self.id.clone(), value).map(|answer| answer.with_token(self.token.clone()))
    }
}

/// The answer to one question. `null` is an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// The id of the question.
    pub id: String,
    /// The asking that it answers: [`Question::token`]. Without one it answers whichever is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The answer.
    #[serde(serialize_with = "json::mark")]
    pub value: Value,
}

impl Answer {
    /// Answers the question `id` with `value`, whichever asking of it is open: [`Question::answer`] answers one alone.
    ///
    /// # Errors
    ///
    /// When JSON can't hold `value`: [`State`](crate::State) has the list.
    pub fn new<A: Serialize + ?Sized>(id: impl Into<String>, value: &A) -> Result<Self, serde_json::Error> {
        Ok(Self::from_value(id, json::to_value(value)?))
    }

    /// Answers the question `id` with `value`.
    #[must_use]
    pub fn from_value(id: impl Into<String>, value: Value) -> Self {
        Self { id: id.into(), token: None, value }
    }

    /// Answers this asking alone: the question's [`token`](Question::token), which came along through a form or a queue.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }
}

impl From<Answer> for Vec<Answer> {
    fn from(answer: Answer) -> Self {
        vec![answer]
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
