//! A run in words.

use ae_core::Money;

use super::args::DEFAULT_ADDR;
use crate::{
    glue::{
        address,
        launch_text::{delivers, price_word},
        proof::counted,
    },
    service::{AgentReport, AnalystReport, RunReport, RunRow, TaskReport},
};

/// One line of `ae runs`.
pub(super) fn row_line(row: &RunRow) -> String {
    let outcome = row.outcome.map_or_else(|| row.status.to_string(), |outcome| outcome.to_string());
    let intent: String = row.intent.text().chars().take(60).collect();
    let created = row.created_at.to_string();
    format!("{}  {}  {outcome:<12}  {intent}", row.run_id, created.get(..16).unwrap_or(&created))
}

/// The run for a person.
pub(super) fn of(report: &RunReport) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<10} {value}\n"));
    let title = report.spec.as_ref().map_or(report.intent.clone(), |spec| spec.product_name.clone());
    let head = format!("{}  {title}", report.outcome);
    let places = [("why", &report.reason), ("product", &report.product_url), ("buy", &report.payment_link)];
    for (name, value) in places {
        value.iter().for_each(|value| line(name, value.clone()));
    }
    for (tier, link) in report.payment_links.iter().filter(|_| report.payment_links.len() > 1) {
        line("link", format!("{tier}: {link}"));
    }
    report.to_do.iter().for_each(|todo| line("to do", todo.what.clone()));
    if let Some(undone) = &report.undone {
        line("undone", format!("{} at {}", undone.done.join(", "), undone.at));
        undone.stays.iter().for_each(|stays| line("stays", stays.clone()));
    }
    if let Some(spec) = &report.spec {
        line("delivers", delivers(spec).to_owned());
        line("tagline", spec.tagline.clone());
        let prices: Vec<_> =
            spec.pricing.iter().map(|tier| format!("{} {}", tier.price, tier.interval.words())).collect();
        line(price_word(spec), prices.join(", "));
    }
    report.proven.iter().for_each(|proof| line("proven", proof.to_string()));
    report.not_proven.iter().for_each(|open| line("not proven", open.clone()));
    niche_lines(report, &mut line);
    if !report.checks.is_empty() {
        let passed = report.checks.iter().filter(|check| check.passed).count();
        let attempts = report.attempts.unwrap_or_default();
        line(
            "checks",
            format!(
                "{passed} of {} sealed checks pass, {}",
                report.checks.len(),
                counted(attempts, "attempt")
            ),
        );
    }
    report.analyst.iter().for_each(|analyst| line("analyst", analyst_line(analyst)));
    report.agent.iter().for_each(|agent| agent_lines(agent, &mut line));
    let done: Vec<_> = report.tasks.iter().filter(|task| task.attempts > 0).collect();
    if done.iter().all(|task| task.estimate.is_some_and(|estimate| estimate.is_zero())) {
        let last = done.last().map(|_| format!("{} done in their order, free of charge", done.len()));
        last.into_iter().for_each(|text| line("tasks", text));
    } else {
        done.iter().for_each(|task| line("task", task_line(task)));
    }
    for (name, value) in [("release", &report.release), ("damaged", &report.damage)] {
        value.iter().for_each(|value| line(name, value.clone()));
    }
    let spent =
        report.spent.as_ref().map_or_else(|| "not measured".to_owned(), |spent| spent.settled.to_string());
    line("spent", format!("{spent} of {}", report.budget));
    if let Some(revenue) = &report.revenue {
        for sums in &revenue.currencies {
            let refunded =
                if sums.refunded.is_zero() { String::new() } else { format!(", {} refunded", sums.refunded) };
            line(
                "revenue",
                format!(
                    "{} from {}, {} a month{refunded}",
                    sums.gross,
                    counted(sums.payments, "payment"),
                    sums.mrr
                ),
            );
        }
        for entitlement in &revenue.entitlements {
            line("entitled", format!("{} to {}", entitlement.customer, entitlement.tier));
        }
        for failed in &revenue.failed {
            line("unpaid", format!("{} by {}: the payment failed", failed.amount, failed.customer));
        }
    }
    if let Some(interest) = report.interest {
        line("interest", format!("{} said to want it", counted(interest, "visitor")));
    }
    line("run", report.run_id.to_string());
    if let Some(waiting) = &report.waiting {
        text.push_str(&format!("\n{}\n  digest     {}\n", waiting.rendering.trim_end(), waiting.digest));
    }
    format!("{head}\n{text}")
}

/// The analyst with its models and the cost of its work.
fn analyst_line(analyst: &AnalystReport) -> String {
    let cost = analyst.cost.map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
    if analyst.models.is_empty() && analyst.limit.is_none() {
        return format!("{}, {cost}", analyst.name);
    }
    let limit = analyst.limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    let models =
        if analyst.models.is_empty() { "none answered".to_owned() } else { analyst.models.join(", ") };
    format!("{} ({models}), {cost}{limit}, {}", analyst.name, counted(analyst.repairs, "repair"))
}

/// The coding agent with the cost of its work.
fn agent_lines(agent: &AgentReport, line: &mut impl FnMut(&str, String)) {
    let model = agent.model.as_ref().map(|model| format!(" with {model}")).unwrap_or_default();
    line("agent", format!("{}{model}", agent.name));
    for (name, work) in [("author", &agent.author), ("build", &agent.build)] {
        let Some(work) = work else { continue };
        let tokens = work.usage.map_or_else(
            || "tokens not measured".to_owned(),
            |usage| {
                let cached = usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
                format!("{} tokens in, {} out", usage.input + cached, usage.output)
            },
        );
        let attempts = counted(work.attempts, "attempt");
        line(name, format!("{} of {} in {attempts}, {tokens}", work.cost, work.limit));
    }
}

/// A task with its cost beside its estimate.
fn task_line(report: &TaskReport) -> String {
    let cost = |cost: Option<Money>| cost.map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
    let files = report.files_changed.len();
    format!(
        "{} {}: {files} files, cost {}, estimate {}",
        report.task.id,
        report.task.title,
        cost(report.cost),
        cost(report.estimate)
    )
}

fn niche_lines(report: &RunReport, line: &mut impl FnMut(&str, String)) {
    if let Some(niche) = &report.niche {
        let analyst = report.spec.as_ref().map_or("", |spec| spec.analyst.as_str());
        let by = if analyst.is_empty() { String::new() } else { format!(", analyst: {analyst}") };
        line(
            "niche",
            format!(
                "{} (score {} of {} known points{by})",
                niche.name, niche.score.total, niche.score.out_of
            ),
        );
    }
    if !report.sources.is_empty() {
        let names: Vec<_> = report.sources.iter().map(|source| source.name.as_str()).collect();
        let note = if report.sample { "; a bundled sample, no evidence" } else { "" };
        line("signals", format!("{} read from {}{note}", report.signals_seen, names.join(", ")));
    }
    for evidence in report.evidence.iter().take(3) {
        let date =
            evidence.posted_at.map_or_else(String::new, |at| at.to_string().chars().take(10).collect());
        let points = evidence.points.map_or_else(String::new, |points| format!("{points} points, "));
        line("evidence", format!("[{}] {} ({points}{date})", evidence.id, evidence.title.one_line(70)));
    }
}

/// The next command, in backticks.
pub(super) fn next(report: &RunReport) -> String {
    let run = report.run_id;
    match (report.outcome.as_str(), &report.waiting) {
        ("waiting_for_approval", Some(waiting)) => {
            let digest = waiting.digest.get(..12).unwrap_or_default();
            format!(
                "\nNext: `ae approve {run} --digest {digest}`   (or: `ae approve {run} --digest {digest} --reject --reason \
                 TEXT`)\n"
            )
        }
        ("approval_expired", _) => format!("\nNext: `ae approve {run}`   (asks again)\n"),
        ("interrupted", _) => format!("\nNext: `ae resume {run}`\n"),
        _ => match report.product_url.as_deref().filter(|url| is_here(url)).map(served_at) {
            Some(addr) => {
                let addr = if addr == DEFAULT_ADDR { String::new() } else { format!(" --addr {addr}") };
                let what = if report.payment_link.is_some() {
                    "answers at these addresses; payments are recorded on the operator's page"
                } else {
                    "answers at this address; the page counts who is interested"
                };
                format!("\nNext: `ae serve{addr}`   ({what})\n")
            }
            None => String::new(),
        },
    }
}

/// Whether the product at `url` is served by this machine.
fn is_here(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':']).next();
    url.starts_with("http://") && host.is_some_and(|host| host.ends_with(".localhost"))
}

/// The address that serves the product at `url`, whose name stands for this machine.
fn served_at(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (_, port) = address::split(rest.split('/').next().unwrap_or_default());
    format!("127.0.0.1:{}", port.unwrap_or(80))
}
