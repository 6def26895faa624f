//! Starting programs: the one place of this crate that does.

mod process;

pub(crate) use process::{Heard, Process, Program};
