//! The end of a command: its own, or that of its time, its space or its caller.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ae_core::Sleeper;
use rustix::process::Signal;
use tokio::sync::{mpsc, watch};

use super::tree;
use crate::{
    sandbox::{CommandEnd, CommandSignal},
    supervise::{Child, Ended, Target},
};

/// The time between two measurements of all files.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// A command's end; `None` when its exit status was lost.
pub(super) type End = Option<CommandEnd>;

/// The bounds of a command.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) timeout: Duration,
    pub(super) files: PathBuf,
    pub(super) bytes_max: u64,
    pub(super) sleeper: Arc<dyn Sleeper>,
    /// Removed when it is over.
    pub(super) done: PathBuf,
}

impl Watch {
    /// Watches the command until nothing of it is left, and tells its end.
    pub(super) async fn until_end(
        self,
        mut child: Child,
        mut control: mpsc::UnboundedReceiver<CommandSignal>,
        end: watch::Sender<Option<End>>,
    ) {
        let mut timeout = self.sleeper.sleep(self.timeout);
        let mut measure = self.measure();
        let (mut cause, mut sent, mut open) = (None, Vec::new(), true);
        let ended = loop {
            tokio::select! {
                ended = child.ended() => break ended,
                () = &mut timeout, if cause.is_none() => {
                    cause = Some(CommandEnd::TimedOut);
                    child.kill();
                }
                is_full = &mut measure, if cause.is_none() => {
                    if is_full {
                        cause = Some(CommandEnd::Limited);
                        child.kill();
                    } else {
                        measure = self.measure();
                    }
                }
                signal = control.recv(), if open => {
                    open = signal.is_some();
                    // A caller that has let go of the command does not want it any more.
                    let signal = signal.unwrap_or(CommandSignal::Kill);
                    sent.push(signal);
                    send(&child, signal);
                }
            }
        };
        // What is already gone needs no note.
        let _ = std::fs::remove_file(&self.done);
        let _ = end.send(Some(cause.or_else(|| end_of(&ended, &sent))));
    }

    /// Completes after a while; says whether the files are more than allowed.
    fn measure(&self) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send>> {
        let (pause, files, most) = (self.sleeper.sleep(MEASURE_EVERY), self.files.clone(), self.bytes_max);
        Box::pin(async move {
            pause.await;
            let measured = tokio::task::spawn_blocking(move || tree::bytes(&files));
            // A folder that changes while it is walked can't always be measured: the next time counts then.
            matches!(measured.await, Ok(Ok(bytes)) if bytes > most)
        })
    }
}

const fn number(signal: CommandSignal) -> Signal {
    match signal {
        CommandSignal::Interrupt => Signal::INT,
        CommandSignal::Terminate => Signal::TERM,
        CommandSignal::Kill => Signal::KILL,
    }
}

fn send(child: &Child, signal: CommandSignal) {
    match signal {
        CommandSignal::Kill => child.kill(),
        _ => child.signal(number(signal), Target::Group),
    }
}

/// `bwrap` reports a program that a signal has ended as 128 and its number, which may be a program's own status as well: it
/// is taken for the signal only if that was sent.
fn end_of(ended: &Ended, sent: &[CommandSignal]) -> End {
    let by_signal =
        |code: i32| sent.iter().map(|signal| number(*signal).as_raw()).find(|signal| 128 + signal == code);
    let code = |code| by_signal(code).map_or(CommandEnd::Exited(code), CommandEnd::Signalled);
    ended.signal.map(CommandEnd::Signalled).or_else(|| ended.code.map(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_signal_only_if_it_was_sent() {
        let ended = |code, signal| Ended { code, signal, ..Ended::default() };
        let terminate = [CommandSignal::Terminate];
        assert_eq!(end_of(&ended(Some(143), None), &[]), Some(CommandEnd::Exited(143)));
        assert_eq!(end_of(&ended(Some(143), None), &terminate), Some(CommandEnd::Signalled(15)));
        assert_eq!(end_of(&ended(Some(144), None), &terminate), Some(CommandEnd::Exited(144)));
        assert_eq!(end_of(&ended(None, Some(9)), &[]), Some(CommandEnd::Signalled(9)));
        assert_eq!(end_of(&ended(None, None), &[]), None);
    }
}
