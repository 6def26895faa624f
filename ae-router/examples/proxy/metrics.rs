//! Counts, in the text form of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_router::{
    Try,
    core::{Currency, Money},
};

use super::keys::Access;

/// The upper bounds of the histogram, in milliseconds.
const BOUNDS: [u64; 10] = [5, 20, 100, 500, 1_000, 3_000, 10_000, 30_000, 120_000, 600_000];

/// The counts of a running proxy.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Requests by key, form and status.
    requests: BTreeMap<(String, &'static str, u16), u64>,
    /// Tries by model and outcome.
    tries: BTreeMap<(String, &'static str), u64>,
    /// Tokens by model and kind.
    tokens: BTreeMap<(String, &'static str), u64>,
    /// The amounts that budgets count, by model.
    booked: BTreeMap<String, Money>,
    unsettled: u64,
    under_way: u64,
    took: [u64; BOUNDS.len()],
    took_count: u64,
    took_sum: Duration,
}

impl Metrics {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that begins.
    pub(crate) fn begin(&self) {
        let mut counts = self.counts();
        counts.under_way = counts.under_way.saturating_add(1);
    }

    /// Counts a request that ended, under its key's name. 499 is one whose client went.
    pub(crate) fn end(&self, key: &str, form: &'static str, status: u16, took: Duration) {
        let mut counts = self.counts();
        counts.under_way = counts.under_way.saturating_sub(1);
        add(&mut counts.requests, (key.to_owned(), form, status), 1);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        for (bound, count) in BOUNDS.iter().zip(&mut counts.took) {
            *count = count.saturating_add(u64::from(milliseconds <= *bound));
        }
        counts.took_count = counts.took_count.saturating_add(1);
        counts.took_sum = counts.took_sum.saturating_add(took);
    }

    /// Counts a try of a model.
    pub(crate) fn tried(&self, record: &Try) {
        let mut counts = self.counts();
        let model = &record.model.id;
        add(&mut counts.tries, (model.clone(), record.outcome.as_str()), 1);
        if let Some(usage) = record.usage {
            for (kind, tokens) in [
                ("input", usage.input),
                ("output", usage.output),
                ("reasoning", usage.reasoning),
                ("cache_read", usage.cache_read),
                ("cache_write", usage.cache_write_5m.saturating_add(usage.cache_write_1h)),
            ] {
                add(&mut counts.tokens, (model.clone(), kind), tokens);
            }
        }
        let before = counts.booked.get(model).copied().unwrap_or(Money::zero(Currency::USD));
        if let Ok(sum) = before.checked_add(record.booked) {
            counts.booked.insert(model.clone(), sum);
        }
        counts.unsettled = counts.unsettled.saturating_add(u64::from(record.unsettled));
    }

    /// The text.
    pub(crate) fn text(&self, all: &[Arc<Access>]) -> String {
        let counts = self.counts();
        let mut text = Text::default();
        text.head("ae_proxy_requests_total", "counter", "Requests by key, form and status.");
        for ((key, form, status), count) in &counts.requests {
            text.line(&format!("{{key=\"{key}\",form=\"{form}\",status=\"{status}\"}}"), count);
        }
        text.head("ae_proxy_requests_under_way", "gauge", "Requests that have no end yet.");
        text.line("", &counts.under_way);
        text.head(
            "ae_proxy_request_seconds",
            "histogram",
            "The time from a request to the end of its answer.",
        );
        for (bound, count) in BOUNDS.iter().zip(&counts.took) {
            let seconds = Duration::from_millis(*bound).as_secs_f64();
            text.line(&format!("_bucket{{le=\"{seconds}\"}}"), count);
        }
        text.line("_bucket{le=\"+Inf\"}", &counts.took_count);
        text.line("_sum", &counts.took_sum.as_secs_f64());
        text.line("_count", &counts.took_count);
        text.head("ae_router_tries_total", "counter", "Calls of models by outcome.");
        for ((model, outcome), count) in &counts.tries {
            text.line(&format!("{{model={},outcome=\"{outcome}\"}}", label(model)), count);
        }
        text.head(
            "ae_router_tokens_total",
            "counter",
            "Tokens that vendors stated; output includes reasoning.",
        );
        for ((model, kind), count) in &counts.tokens {
            text.line(&format!("{{model={},kind=\"{kind}\"}}", label(model)), count);
        }
        text.head("ae_router_booked_usd_total", "counter", "Dollars that the budgets count, by model.");
        for (model, sum) in &counts.booked {
            text.line(&format!("{{model={}}}", label(model)), &sum.to_decimal());
        }
        text.head("ae_router_unsettled_total", "counter", "Tries whose reservation stays set aside.");
        text.line("", &counts.unsettled);
        drop(counts);
        budgets(&mut text, all);
        text.text
    }
}

fn budgets(text: &mut Text, all: &[Arc<Access>]) {
    let left = |access: &Access| {
        let used = access.ledger.memory.spent().checked_add(access.ledger.memory.reserved());
        let left = used.and_then(|used| access.limit.checked_sub(used)).unwrap_or(Money::zero(Currency::USD));
        if left.is_negative() { Money::zero(Currency::USD) } else { left }
    };
    type Amount<'a> = &'a dyn Fn(&Access) -> Money;
    let amounts: [(&'static str, &str, Amount<'_>); 4] = [
        ("ae_proxy_budget_usd", "The budget of a key.", &|access| access.limit),
        ("ae_proxy_spent_usd", "Dollars that a key has spent.", &|access| access.ledger.memory.spent()),
        ("ae_proxy_reserved_usd", "Dollars set aside for calls under way.", &|access| {
            access.ledger.memory.reserved()
        }),
        ("ae_proxy_left_usd", "Dollars that a key can still spend.", &left),
    ];
    for (name, help, amount) in amounts {
        text.head(name, "gauge", help);
        for access in all {
            text.line(&format!("{{key=\"{}\"}}", access.name), &amount(access).to_decimal());
        }
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, more: u64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(more);
}

/// A value of a label, in quotes.
fn label(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[derive(Debug, Default)]
struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    fn head(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, rest: &str, value: &impl std::fmt::Display) {
        let _ = writeln!(self.text, "{}{rest} {value}", self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_every_count() {
        let metrics = Metrics::default();
        metrics.begin();
        metrics.begin();
        metrics.end("ci", "chat", 200, Duration::from_millis(7));
        let text = metrics.text(&[]);
        for line in [
            "ae_proxy_requests_total{key=\"ci\",form=\"chat\",status=\"200\"} 1",
            "ae_proxy_requests_under_way 1",
            "ae_proxy_request_seconds_bucket{le=\"0.005\"} 0",
            "ae_proxy_request_seconds_bucket{le=\"0.02\"} 1",
            "ae_proxy_request_seconds_sum 0.007",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
        assert_eq!(label("a\"b\\"), "\"a\\\"b\\\\\"");
    }
}
