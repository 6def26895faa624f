//! The use cases, without a transport: the only place that decides what a caller may ask.

mod agent;
mod analyst;
mod approve;
mod cancel;
mod licences;
mod list;
mod orders;
mod products;
mod report;
mod resume;
mod sale;
mod start;
mod status;
mod tasks;
mod verify;

pub use self::{
    agent::{AgentReport, WorkReport},
    analyst::AnalystReport,
    approve::{Decided, Decision, approve},
    cancel::cancel,
    list::{Listing, list, run_id},
    orders::{Paid, keep_pay_instructions},
    products::Published,
    report::{RunReport, Spent, Waiting, report},
    resume::resume,
    sale::{Checkout, Sale},
    start::{StartRequest, Started, start},
    status::status,
    tasks::TaskReport,
    verify::{AuditReport, verify_audit},
};
pub use crate::{
    engine::{Installation, RunOptions},
    run::STAGES,
    store::{KitFrom, RunIndex, RunRow, RunSettings, RunStatus, SignalsFrom},
};
