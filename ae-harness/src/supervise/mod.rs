//! Starting programs: the one place of this crate that does.

mod command;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
mod launch;
#[cfg(any(feature = "behaviour", all(feature = "sandbox", target_os = "linux")))]
mod process;

#[cfg(all(any(feature = "agents", feature = "process", feature = "sandbox"), unix))]
mod child;
#[cfg(all(feature = "agents", unix))]
mod errors;
#[cfg(all(feature = "agents", unix))]
mod lines;
#[cfg(all(feature = "agents", unix))]
mod output;
#[cfg(all(feature = "agents", unix))]
mod redact;
#[cfg(all(feature = "agents", unix))]
mod run;
#[cfg(all(any(feature = "agents", feature = "process", feature = "sandbox"), unix))]
mod sweep;

#[cfg(all(any(feature = "agents", feature = "process", feature = "sandbox"), unix))]
pub(crate) use self::child::{Child, Start, Target};
use self::command::command;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub(crate) use self::launch::{become_program, run_program};
#[cfg(any(feature = "behaviour", all(feature = "sandbox", target_os = "linux")))]
pub(crate) use self::process::{Heard, Process, Program};
#[cfg(all(any(feature = "agents", feature = "sandbox"), unix))]
pub(crate) use self::{
    child::Ended,
    sweep::{MARKER, sweep},
};
#[cfg(all(feature = "agents", unix))]
use self::{errors::Errors, output::Output};
#[cfg(all(feature = "agents", unix))]
pub(crate) use self::{
    redact::Redactor,
    run::{Cause, Finished, Job, Rim, run},
};
