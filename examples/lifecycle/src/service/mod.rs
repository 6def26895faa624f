//! The use cases, without a transport: the only place that decides what a caller may ask.

mod agent;
mod analyst;
mod approve;
mod cancel;
mod catch_up;
mod decide;
mod licences;
mod list;
mod notices;
mod orders;
mod plan;
mod products;
mod report;
mod resume;
mod revenue;
mod sale;
mod start;
mod status;
mod tasks;
mod to_do;
mod undo;
mod verify;
mod visits;
mod webhooks;

pub use self::{
    agent::{AgentReport, WorkReport},
    analyst::AnalystReport,
    approve::{Decided, Decision, approve},
    cancel::cancel,
    decide::{DecisionReport, decide},
    licences::Access,
    list::{Listing, list, run_id},
    orders::{Paid, keep_pay_instructions},
    plan::{Asked, Charged, PlanReport, Step, plan},
    products::Published,
    report::{RunReport, Spent, Waiting, report},
    resume::resume,
    revenue::{ChurnReport, RevenueReport, RunRevenue, revenue},
    sale::{Checkout, Sale},
    start::{StartRequest, Started, start},
    status::status,
    tasks::TaskReport,
    to_do::ToDo,
    undo::{UndoReport, undo},
    verify::{AuditReport, verify_audit},
    visits::Visit,
    webhooks::{VENDORS, keep_webhook_secret},
};
pub use crate::{
    engine::{Installation, RunOptions},
    run::STAGES,
    store::{KitFrom, RunIndex, RunRow, RunSettings, RunStatus, SignalsFrom, Undone},
};
