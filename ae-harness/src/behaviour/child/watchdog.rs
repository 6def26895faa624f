//! The end of a child whose engine does not stop.

use std::{
    io,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// Ends the process when a call takes too long.
#[derive(Debug)]
pub(super) struct Watchdog(Sender<()>);

impl Watchdog {
    pub(super) fn start(limit: Duration) -> io::Result<Self> {
        let (sender, receiver) = channel();
        thread::Builder::new().spawn(move || {
            // Signals alternate: on, off, on, …
            while receiver.recv().is_ok() {
                if receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    std::process::exit(2);
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// A call begins.
    pub(super) fn on(&self) {
        let _ = self.0.send(());
    }

    /// The call is over.
    pub(super) fn off(&self) {
        let _ = self.0.send(());
    }
}
