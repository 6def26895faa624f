//! Why a node failed.

use std::{error::Error as StdError, fmt};

use serde::{Deserialize, Serialize};

/// The most of an error's text that is handed on, in bytes.
const MESSAGE_BYTES_MAX: usize = 4096;

/// Why a node failed: what its error handler reads with [`Cx::failure`](crate::Cx::failure).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeFailure {
    /// The node.
    pub node: String,
    /// The error and its causes, outermost first, joined by colons; about 4 KiB of them at most.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl NodeFailure {
    /// The failure of `node` with `message` in its last of `attempts` tries.
    #[must_use]
    pub fn new(node: impl Into<String>, message: impl Into<String>, attempts: u32) -> Self {
        Self { node: node.into(), message: message.into(), attempts }
    }
}

/// A node returned a pause without having asked through its own context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it returned a pause of another run: return Stop::failed when a graph inside a node asks")]
pub struct ForeignPause;

/// A try of a node took longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeTimeout {
    /// As a whole.
    #[error("the try took longer than {0:?}")]
    Run(std::time::Duration),
    /// Without a heartbeat.
    #[error("the try gave no heartbeat for {0:?}")]
    Idle(std::time::Duration),
}

/// The code of a node panicked: the node itself, one of its routers, its cache key, or a reducer of what it wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it panicked: {message}")]
#[non_exhaustive]
pub struct NodePanic {
    /// The message of the panic.
    pub message: String,
}

/// An error after which a node is not tried again, whatever its policy says. It counts anywhere among the causes of an
/// error, so that any type can carry it; [`Stop::fatal`](crate::Stop::fatal) makes it of another error.
#[derive(Debug)]
pub struct Fatal(Box<dyn StdError + Send + Sync>);

impl NodePanic {
    /// The panic that left `payload`.
    pub(crate) fn of(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self { message: bounded(text.unwrap_or("without a message").to_owned()) }
    }
}

impl Fatal {
    /// Says that `error`, which may also be a text, is final.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// The error itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn StdError + Send + Sync> {
        self.0
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not tried again")
    }
}

impl StdError for Fatal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.0.as_ref())
    }
}

/// An error and its causes, outermost first.
pub(crate) fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn StdError + 'static)| (*error).source())
}

/// An error and its causes on one line, bounded.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for error in chain(error).filter(|error| !error.is::<Fatal>()) {
        if text.len() > MESSAGE_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
    }
    bounded(text)
}

fn bounded(mut text: String) -> String {
    if text.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
