//! The use cases, without a transport: the only place that decides what a caller may ask.

mod approve;
mod cancel;
mod list;
mod report;
mod resume;
mod sale;
mod start;
mod status;
mod verify;

pub use self::{
    approve::{Decided, Decision, approve},
    cancel::cancel,
    list::{Listing, list, run_id},
    report::{RunReport, Spent, TaskReport, Waiting, report},
    resume::resume,
    sale::{Checkout, Paid, Sale},
    start::{StartRequest, Started, start},
    status::status,
    verify::{AuditReport, verify_audit},
};
pub use crate::{
    engine::{Installation, RunOptions},
    run::STAGES,
    store::{KitFrom, RunIndex, RunRow, RunSettings, RunStatus, SignalsFrom},
};
