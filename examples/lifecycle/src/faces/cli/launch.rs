//! `ae plan`, `ae undo`.

use super::{Exit, Session, args::Go};
use crate::{
    error::Result,
    service::{self, PlanReport, Undone},
};

pub(super) async fn plan(session: &Session<'_>, run: &str) -> Result<Exit> {
    let run = service::run_id(&session.installation, run).await?;
    let plan = service::plan(&session.installation, run).await?;
    session.output.result(&plan, &in_words(&plan))?;
    Ok(Exit::Verified)
}

pub(super) async fn undo(session: &Session<'_>, run: &str, yes: bool) -> Result<Exit> {
    let run = service::run_id(&session.installation, run).await?;
    let options = session.options(Go { yes, despite_evidence: false, no_serve: true });
    let report = service::undo(&session.installation, run, options).await?;
    if let Some(waiting) = &report.waiting {
        let next = format!("\nNothing was taken back. Next: `ae undo {run} --yes`");
        let text = format!("{}{}", waiting.rendering, session.output.with_folder(&next));
        session.output.result(&report, &text)?;
        return Ok(Exit::Waiting);
    }
    let text = report.undone.as_ref().map(undone).unwrap_or_default();
    session.output.result(&report, &text)?;
    Ok(Exit::Verified)
}

/// A launch that was taken back, in words.
fn undone(undone: &Undone) -> String {
    let mut text = String::new();
    for (word, items) in [("undone", &undone.done), ("stays", &undone.stays)] {
        items.iter().for_each(|item| text.push_str(&format!("  {word:<10} {item}\n")));
    }
    if undone.done.is_empty() { format!("nothing could be taken back\n{text}") } else { text }
}

fn in_words(plan: &PlanReport) -> String {
    let mut text = format!("Plan of {:?}, {}\n", plan.product, plan.run_id);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<10} {value}\n"));
    let account = plan.account.as_ref().map(|account| format!(", account {account}")).unwrap_or_default();
    line("host", &format!("{} ({}{account})", plan.host.name, plan.host.mode));
    line("seller", &format!("{} ({})", plan.seller.name, plan.seller.mode));
    line("address", &plan.address);
    line("release", plan.release.as_deref().unwrap_or("not built yet"));
    let planned = plan.spend.planned.map_or_else(|| "not planned yet".to_owned(), |most| most.to_string());
    line(
        "spend",
        &format!("{planned} for the work, {} is the limit; the launch itself is free", plan.spend.limit),
    );
    for step in &plan.steps {
        let state = if step.begun { "begun" } else { "will" };
        let charges = step.price.as_ref().map(|price| format!(": customers pay {price}")).unwrap_or_default();
        line(state, &format!("{} ({}) {}{charges}", step.provider.name, step.provider.mode, step.summary));
    }
    for name in plan.env.keys() {
        line("env", name);
    }
    for (name, value) in
        [("domain", plan.domain.as_ref().map(ToString::to_string)), ("events to", plan.webhook_url.clone())]
    {
        value.iter().for_each(|value| line(name, value));
    }
    let hash = plan.hash.as_deref().unwrap_or("none yet: the checks are not sealed");
    line("hash", &format!("{hash} ({})", plan.stage));
    match &plan.approval {
        Some(asked) => {
            let by = asked.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            line("approval", &format!("{}{by}", asked.status));
        }
        None => line("approval", "not asked for yet"),
    }
    text
}
