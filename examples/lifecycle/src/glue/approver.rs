//! Joins the approval desk to whoever decides: a standing decision, a person at the terminal, or somebody later.

use std::{
    fmt::{self, Debug},
    io::{BufRead, Write},
    sync::{Arc, mpsc},
    time::Duration,
};

use ae_core::{BackendError, Sleeper};
use ae_safety::{Approval, ApprovalDesk, ApprovalStatus, Ruling};
use async_trait::async_trait;

use crate::run::Progress;

/// Decides on a pending approval, now or not.
#[async_trait]
pub trait Approver: Debug + Send + Sync {
    /// Returns the approval as it stands after asking; still pending means "later".
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError>;
}

/// Nobody is here: every question waits.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

#[async_trait]
impl Approver for Absent {
    async fn consult(&self, _: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        Ok(approval)
    }
}

/// A person's standing decision (`--yes`), recorded as such.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whose decision it is.
    pub decided_by: String,
}

#[async_trait]
impl Approver for Standing {
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let ruling =
            Ruling::approve(&self.decided_by).with_reason("standing decision (--yes)").with_standing();
        decide(desk, &approval, ruling).await
    }
}

/// A person at the terminal.
pub struct Terminal {
    /// Who sits there.
    pub decided_by: String,
    /// The display to hold still meanwhile.
    pub progress: Arc<dyn Progress>,
    /// Waits between two looks at the desk.
    pub sleeper: Arc<dyn Sleeper>,
}

impl Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("decided_by", &self.decided_by).finish_non_exhaustive()
    }
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
        {
            let mut out = std::io::stderr().lock();
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
        let decided = self.wait(desk, approval).await;
        self.progress.release();
        decided
    }
}

impl Terminal {
    /// Waits for a line at the terminal, or for a decision elsewhere.
    async fn wait(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let lines = read_line_in_background();
        loop {
            match lines.try_recv() {
                Ok(Some(line)) => match line.trim().to_ascii_lowercase().as_str() {
                    "y" | "yes" => return decide(desk, &approval, Ruling::approve(&self.decided_by)).await,
                    "n" | "no" => {
                        let ruling = Ruling::deny(&self.decided_by).with_reason("rejected at the terminal");
                        return decide(desk, &approval, ruling).await;
                    }
                    _ => return Ok(approval),
                },
                Ok(None) | Err(mpsc::TryRecvError::Disconnected) => return Ok(approval),
                Err(mpsc::TryRecvError::Empty) => {}
            }
            let present = desk.get(approval.id).await?;
            if present.status != ApprovalStatus::Pending {
                return Ok(present);
            }
            self.sleeper.sleep(Duration::from_millis(200)).await;
        }
    }
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

/// Records `ruling`; when somebody else was faster, theirs stands.
async fn decide(
    desk: &dyn ApprovalDesk,
    approval: &Approval,
    ruling: Ruling,
) -> Result<Approval, BackendError> {
    match desk.decide(approval.id, ruling).await {
        Ok(decided) => Ok(decided),
        Err(error) if error.kind() == ae_core::ErrorKind::Conflict => desk.get(approval.id).await,
        Err(error) => Err(error),
    }
}
