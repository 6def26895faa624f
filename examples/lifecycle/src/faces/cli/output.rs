//! Standard output: results for people, or exactly one JSON object.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

use crate::{
    error::{Error, Result},
    faces::cli::Exit,
    run::eprint_line,
    service::RunReport,
    store::RunRow,
};

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// Whether one JSON object is wanted.
    pub json: bool,
}

impl Output {
    /// Writes bytes as they are; a closed pipe is no error of ours.
    fn raw(bytes: &[u8]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::io("the result can't be written to standard output", error)
                    .with_hint("what was done stays done: see it with `ae runs` and `ae status RUN`"))
            }
            _ => Ok(()),
        }
    }

    /// Writes the object, or the text.
    ///
    /// # Errors
    ///
    /// When standard output takes no more, for example on a full disk.
    pub(super) fn result<T: Serialize>(self, object: &T, text: &str) -> Result<()> {
        if self.json {
            let line = serde_json::to_string(object)
                .unwrap_or_else(|error| json!({ "error": error.to_string() }).to_string());
            Self::raw(format!("{line}\n").as_bytes())
        } else {
            Self::raw(format!("{}\n", text.trim_end()).as_bytes())
        }
    }

    /// Tells what went wrong: kind, message, causes, what to do.
    pub(super) fn error(self, error: &Error) -> Exit {
        self.broken_run(None, error)
    }

    /// Tells what went wrong with a run; with `--json` the run is in the object too, as far as it came.
    pub(super) fn broken_run(self, report: Option<&RunReport>, error: &Error) -> Exit {
        let exit = Exit::of_error(error.kind());
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(error);
        while let Some(present) = cause {
            let text = present.to_string();
            if text != error.to_string() && causes.last() != Some(&text) {
                causes.push(text);
            }
            cause = present.source();
        }
        eprint_line(&format!("error: {error}"));
        for (number, cause) in causes.iter().enumerate() {
            eprint_line(&format!("  {}: {cause}", number + 1));
        }
        if let Some(hint) = error.hint() {
            eprint_line(&format!("hint: {hint}"));
        }
        if self.json {
            let mut object =
                report.and_then(|report| serde_json::to_value(report).ok()).unwrap_or_else(|| json!({}));
            let what = json!({ "kind": error.kind(), "message": error.to_string(), "causes": causes, "hint": error.hint() });
            if let Some(fields) = object.as_object_mut() {
                fields.insert("error".to_owned(), what);
                fields.insert("exit_code".to_owned(), exit.code().into());
            }
            // What went wrong was told on standard error already.
            let _ = Self::raw(format!("{object}\n").as_bytes());
        }
        exit
    }

    /// Writes the object for a command line that could not be read; the words for people were written before.
    pub(super) fn usage(self, message: &str) {
        if self.json {
            let error = json!({ "kind": "invalid_input", "message": message, "hint": "see `ae --help`" });
            let object = json!({ "error": error, "exit_code": Exit::Usage.code() });
            let _ = Self::raw(format!("{object}\n").as_bytes());
        }
    }

    /// Writes a run, and what to do next.
    pub(super) fn report(self, report: &RunReport) -> Result<Exit> {
        self.result(report, &format!("{}{}", summary(report), next(report)))?;
        Ok(exit_of(report))
    }

    /// Writes a run whose product is served by this process.
    pub(super) fn report_served(self, report: &RunReport) -> Result<Exit> {
        self.result(report, &summary(report))?;
        Ok(exit_of(report))
    }
}

fn exit_of(report: &RunReport) -> Exit {
    [
        Exit::Verified,
        Exit::Failed,
        Exit::Usage,
        Exit::BudgetStop,
        Exit::Blocked,
        Exit::Stalled,
        Exit::Waiting,
        Exit::Exhausted,
        Exit::Cancelled,
    ]
    .into_iter()
    .find(|exit| exit.code() == report.exit_code)
    .unwrap_or(Exit::Failed)
}

/// One line of `ae runs`.
pub(super) fn row_line(row: &RunRow) -> String {
    let outcome = row.outcome.map_or_else(|| row.status.to_string(), |outcome| outcome.to_string());
    let intent: String = row.intent.text().chars().take(60).collect();
    let created = row.created_at.to_string();
    format!("{}  {}  {outcome:<12}  {intent}", row.run_id, created.get(..16).unwrap_or(&created))
}

fn summary(report: &RunReport) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<10} {value}\n"));
    let title = report.spec.as_ref().map_or(report.intent.clone(), |spec| spec.product_name.clone());
    let head = format!("{}  {title}", report.outcome);
    if let Some(reason) = &report.reason {
        line("why", reason.clone());
    }
    if let Some(url) = &report.product_url {
        line("product", url.clone());
    }
    if let Some(url) = &report.payment_link {
        line("buy", url.clone());
    }
    if let Some(spec) = &report.spec {
        line("tagline", spec.tagline.clone());
        let prices: Vec<_> =
            spec.pricing.iter().map(|tier| format!("{} {}", tier.price, tier.interval.words())).collect();
        line("prices", prices.join(", "));
    }
    niche_lines(report, &mut line);
    if !report.checks.is_empty() {
        let passed = report.checks.iter().filter(|check| check.passed).count();
        let attempts = report.attempts.unwrap_or_default();
        line(
            "proof",
            format!("{passed} of {} sealed checks pass, {attempts} attempt(s)", report.checks.len()),
        );
    }
    if let Some(release) = &report.release {
        line("release", release.clone());
    }
    let spent =
        report.spent.as_ref().map_or_else(|| "not measured".to_owned(), |spent| spent.settled.to_string());
    line("spent", format!("{spent} of {}", report.budget));
    if let Some(revenue) = &report.revenue {
        line(
            "revenue",
            format!("{} from {} payment(s), {} a month", revenue.gross, revenue.payments, revenue.mrr),
        );
        for entitlement in &revenue.entitlements {
            line("entitled", format!("{} to {}", entitlement.customer, entitlement.tier));
        }
    }
    line("run", report.run_id.to_string());
    if let Some(waiting) = &report.waiting {
        text.push_str(&format!("\n{}\n  digest     {}\n", waiting.rendering.trim_end(), waiting.digest));
    }
    format!("{head}\n{text}")
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

fn next(report: &RunReport) -> String {
    let run = report.run_id;
    if report.waiting.is_some() && report.outcome == "waiting_for_approval" {
        let digest =
            report.waiting.as_ref().map_or("", |waiting| waiting.digest.get(..12).unwrap_or_default());
        return format!(
            "\nNext: ae approve {run} --digest {digest}   (or: ae approve {run} --reject --reason TEXT)\n"
        );
    }
    if report.outcome == "interrupted" {
        return format!("\nNext: ae resume {run}\n");
    }
    if report.product_url.is_some() {
        return "\nNext: ae serve   (answers at these addresses; payments are recorded on the buy page)\n"
            .to_owned();
    }
    String::new()
}
