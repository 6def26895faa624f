//! The question to the person at the terminal.

use std::{
    io::{BufRead, Write},
    sync::{Arc, mpsc},
    time::Duration,
};

use ae_core::{BackendError, Sleeper};
use ae_safety::{Approval, ApprovalDesk, ApprovalStatus, Ruling};
use async_trait::async_trait;

use crate::glue::{
    approver::{Approver, decide},
    progress::Progress,
};

/// The pause between two looks at the desk.
const LOOK: Duration = Duration::from_millis(200);

/// A person at the terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    /// The name of the person.
    pub(super) decided_by: String,
    /// The display to hold still meanwhile.
    pub(super) progress: Arc<dyn Progress>,
    /// Waits between two looks at the desk.
    pub(super) sleeper: Arc<dyn Sleeper>,
}

#[async_trait]
impl Approver for Terminal {
    /// Shows the question and reads one line, while `ae approve` in another terminal may answer first.
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let text = format!(
            "\n{}\n\n  approval {}\n  digest   {}\n\nApprove? [y]es, [n]o, [l]ater: ",
            approval.request.rendering.trim_end(),
            approval.id,
            approval.request.subject,
        );
        self.progress.hold();
        prompt(&text);
        let decided = self.wait(desk, approval).await;
        self.progress.release();
        decided
    }

    fn reaches_a_person(&self) -> bool {
        true
    }
}

impl Terminal {
    /// Waits for a line at the terminal, or for a decision elsewhere.
    async fn wait(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let mut lines = read_line_in_background();
        loop {
            match lines.try_recv().map(|line| line.map(|line| line.trim().to_ascii_lowercase())) {
                Ok(Some(line)) => match line.as_str() {
                    "y" | "yes" => return decide(desk, &approval, Ruling::approve(&self.decided_by)).await,
                    "n" | "no" => {
                        let ruling = Ruling::deny(&self.decided_by).with_reason("rejected at the terminal");
                        return decide(desk, &approval, ruling).await;
                    }
                    "l" | "later" => return Ok(approval),
                    _ => {
                        prompt("Please answer y, n or l: ");
                        lines = read_line_in_background();
                    }
                },
                Ok(None) | Err(mpsc::TryRecvError::Disconnected) => return Ok(approval),
                Err(mpsc::TryRecvError::Empty) => {}
            }
            let present = desk.get(approval.id).await?;
            if present.status != ApprovalStatus::Pending {
                return Ok(present);
            }
            self.sleeper.sleep(LOOK).await;
        }
    }
}

/// Writes the question; a terminal that is gone is found when its answer is read.
fn prompt(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Reads one line of standard input on its own thread; `None` at the end of input.
fn read_line_in_background() -> mpsc::Receiver<Option<String>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let _ = send.send(matches!(read, Ok(bytes) if bytes > 0).then_some(line));
    });
    receive
}
