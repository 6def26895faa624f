//! Runs in this process: the installation, and what drives a run to its next stop.

mod cancel;
mod drive;
mod installation;
mod question;

pub(crate) use self::cancel::CANCELLED;
pub use self::{
    cancel::{cancel_requested, finish_cancel},
    drive::{drive, lease, state, try_lease},
    installation::{AgentChoice, Installation, RunOptions, Wiring},
    question::{Question, question},
};
