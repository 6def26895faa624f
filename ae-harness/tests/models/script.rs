//! The part of the model in a run.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::{Asked, Usage};

/// A reaction of the model to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    Answer(Answer),
    /// An error in the vendor's form.
    Fault(Fault),
    /// Not even a status line.
    Hang,
    /// The first half of the answer, then silence.
    Stall(Answer),
    /// The first half of the answer, then the connection ends.
    Cut(Answer),
    /// The first half of the answer, then a silence of a second and a half, then the rest.
    Late(Answer),
}

impl Turn {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Answer(Answer { text: text.into(), acts: Vec::new(), usage: Usage::EACH })
    }

    /// A text of this many bytes, without a repetition that a detector of loops would take for one.
    pub fn huge(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 64);
        let mut line = 0_u64;
        while text.len() < bytes {
            // The words change from line to line, as a program's listing does.
            let mixed = line.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            text.push_str(&format!("{line}: {mixed:016x} {:x}\n", mixed.rotate_left(29) ^ line));
            line += 1;
        }
        text.truncate(bytes);
        Self::text(text)
    }

    /// Writes a file, at a path from the agent's folder or an absolute one.
    pub fn write(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self::acts([Act::Write { path: path.into(), content: content.into() }])
    }

    /// Runs a command line.
    pub fn shell(command: impl Into<String>) -> Self {
        Self::acts([Act::Shell(command.into())])
    }

    /// Several calls of tools in one answer.
    pub fn acts(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::Answer(Answer { text: String::new(), acts: acts.into_iter().collect(), usage: Usage::EACH })
    }

    /// An error with this status and the words that the vendor has for it.
    pub fn status(status: u16) -> Self {
        Self::Fault(Fault { status, retry_after: None, too_long: false })
    }

    /// 400 with the vendor's words for a conversation that is too long.
    pub fn too_long() -> Self {
        Self::Fault(Fault { status: 400, retry_after: None, too_long: true })
    }

    /// An empty account, in the vendor's words.
    pub fn no_credit() -> Self {
        Self::Fault(Fault { status: 402, retry_after: None, too_long: false })
    }

    /// Sets the header `retry-after` of an error.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Self::Fault(fault) = &mut self {
            fault.retry_after = Some(seconds);
        }
        self
    }

    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        if let Self::Answer(answer) | Self::Stall(answer) | Self::Cut(answer) | Self::Late(answer) = &mut self
        {
            answer.usage = usage;
        }
        self
    }

    /// Words before the calls of tools.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        if let Self::Answer(answer) | Self::Stall(answer) | Self::Cut(answer) | Self::Late(answer) = &mut self
        {
            answer.text = text.into();
        }
        self
    }

    /// Half of this answer, then the end of the connection.
    #[must_use]
    pub fn cut(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Cut(answer),
            other => other,
        }
    }

    /// This answer with a silence in its middle.
    #[must_use]
    pub fn late(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Late(answer),
            other => other,
        }
    }

    /// Half of this answer, then silence.
    #[must_use]
    pub fn stalled(self) -> Self {
        match self {
            Self::Answer(answer) => Self::Stall(answer),
            other => other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    pub text: String,
    pub acts: Vec<Act>,
    pub usage: Usage,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Write {
        path: String,
        content: String,
    },
    Shell(String),
    /// By the tool's own name; a text is the input of a tool that takes free text.
    Call {
        name: String,
        input: Value,
    },
}

impl Act {
    pub fn write(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self::Write { path: path.into(), content: content.into() }
    }

    pub fn shell(command: impl Into<String>) -> Self {
        Self::Shell(command.into())
    }

    pub fn call(name: impl Into<String>, input: Value) -> Self {
        Self::Call { name: name.into(), input }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub status: u16,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// The vendor's words for a conversation that is too long, instead of those for the status.
    pub too_long: bool,
}

type Decide = dyn Fn(&Asked) -> Turn + Send + Sync;

/// The turns of a run, in order or decided call by call.
#[derive(Clone)]
pub struct Script {
    pub(super) decide: Arc<Decide>,
    pub(super) bare: bool,
}

impl Script {
    /// These turns one after the other; the last one is repeated.
    pub fn turns(turns: impl IntoIterator<Item = Turn>) -> Self {
        let turns: Vec<Turn> = turns.into_iter().collect();
        assert!(!turns.is_empty(), "a script has a turn");
        Self::decide(move |asked| turns[asked.number.min(turns.len()) - 1].clone())
    }

    /// The same turn each time.
    pub fn always(turn: Turn) -> Self {
        Self::turns([turn])
    }

    /// The turn for what was asked: the prompt, the results of tools, the number of the call.
    pub fn decide(decide: impl Fn(&Asked) -> Turn + Send + Sync + 'static) -> Self {
        Self { decide: Arc::new(decide), bare: false }
    }

    /// Plays for requests without tools too, which agents use for titles and summaries only.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}
