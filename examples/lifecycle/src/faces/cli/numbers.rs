//! `ae revenue`, `ae decide`.

use ae_billing::CurrencyRevenue;

use super::{
    Exit, Session,
    args::{DecideArgs, RevenueArgs},
};
use crate::{
    error::Result,
    glue::proof::counted,
    service::{self, ChurnReport, DecisionReport, RevenueReport},
};

pub(super) async fn revenue(session: &Session<'_>, args: &RevenueArgs) -> Result<Exit> {
    let run = match &args.run {
        Some(run) => Some(service::run_id(&session.installation, run).await?),
        None => None,
    };
    let report = service::revenue(&session.installation, run, args.days).await?;
    session.output.result(&report, &revenue_text(&report, args.days))?;
    Ok(Exit::Verified)
}

pub(super) async fn decide(session: &Session<'_>, args: &DecideArgs) -> Result<Exit> {
    let run = service::run_id(&session.installation, &args.run).await?;
    let report = service::decide(&session.installation, run).await?;
    session.output.result(&report, &decision_text(&report))?;
    Ok(Exit::Verified)
}

fn revenue_text(report: &RevenueReport, days: u32) -> String {
    if report.runs.is_empty() {
        return "no run sells anything".to_owned();
    }
    let mut lines = Vec::new();
    for run in &report.runs {
        lines.push(format!("{}  {} ({})", run.product, run.run_id, run.mode));
        lines.extend(run.currencies.iter().map(sums));
        let ChurnReport { at_start, lost, started, at_end, lost_per_mille } = run.churn;
        let rate = lost_per_mille.map_or_else(|| "no rate".to_owned(), |rate| format!("{rate} in 1,000"));
        lines.push(format!(
            "  {}; of {} {days} days ago {lost} lost ({rate}), {started} new, {at_end} now",
            counted(run.active, "active customer"),
            counted(at_start, "subscription"),
        ));
    }
    if report.runs.len() > 1 {
        lines.push("all".to_owned());
        lines.extend(report.total.iter().map(sums));
    }
    lines.join("\n")
}

fn sums(sums: &CurrencyRevenue) -> String {
    let CurrencyRevenue { gross, refunded, disputed, net, payments, mrr, .. } = sums;
    format!(
        "  {gross} from {}, {refunded} refunded, {disputed} disputed, {net} net, {mrr} a month",
        counted(*payments, "payment")
    )
}

fn decision_text(report: &DecisionReport) -> String {
    let decision = &report.decision;
    let mut lines = vec![format!("{}: {}. {}.", report.product, decision.verdict, sentence(decision.reason))];
    lines.extend(decision.lines.iter().map(|line| format!("  {line}")));
    lines.push("The numbers behind the names:".to_owned());
    let used = report
        .thresholds
        .iter()
        .filter(|threshold| decision.lines.iter().any(|line| line.ends_with(threshold.name)));
    lines.extend(used.map(|threshold| {
        format!("  {} = {} {}: {}", threshold.name, threshold.value, threshold.unit, threshold.reason)
    }));
    lines.join("\n")
}

/// A text with a capital letter first.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
