//! Each clause of the contracts can fail: one wrong backend a clause, caught by its number.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicU32, Ordering},
};

use ae_core::{
    BackendError, Currency, IdempotencyKey, Money, Origin, ProductSpec, TokenUsage, Untrusted,
    conformance::faults,
};
use ae_genesis::{
    Analyst, AnalystInfo, Drafted, MemorySource, Niche, NicheBrief, NicheSource, NicheValidator, QueryLimits,
    RuleAnalyst, RuleValidator, Signal, SignalQuery, SignalSink, SourceReport, SourceStatus, SpecBrief,
    ValidationReport, ValidationRequest, Verdict, conformance,
};
use async_trait::async_trait;

use crate::now;

/// A source in memory that breaks one clause.
#[derive(Debug)]
struct WrongSource {
    breaks: &'static str,
    inner: MemorySource,
}

impl WrongSource {
    fn new(breaks: &'static str) -> Self {
        let title = || Untrusted::new(Origin::Signals("notes".into()), "Ask HN: CSV?".to_owned());
        let signals = (0..5).map(|n| Signal::new("notes", format!("n{n}"), title(), now())).collect();
        Self { breaks, inner: MemorySource::new("notes", signals, now()) }
    }
}

/// A sink that alters signals, or goes on after the reader had enough.
struct Altered<'a> {
    breaks: &'static str,
    sink: &'a mut dyn SignalSink,
}

impl SignalSink for Altered<'_> {
    fn accept(&mut self, mut signal: Signal) -> ControlFlow<()> {
        match self.breaks {
            "C1 signal" => signal.source = "another".to_owned(),
            "C7" => signal.id = "not plain".to_owned(),
            _ => {}
        }
        let flow = self.sink.accept(signal);
        if self.breaks == "C3" { ControlFlow::Continue(()) } else { flow }
    }
}

#[async_trait]
impl NicheSource for WrongSource {
    fn name(&self) -> &str {
        if self.breaks == "C1" { "" } else { self.inner.name() }
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let mut query = query.clone();
        if self.breaks == "C4" {
            query = query.with_limits(QueryLimits::default());
        }
        let mut report = self.inner.collect(&query, &mut Altered { breaks: self.breaks, sink }).await?;
        match self.breaks {
            "C1 report" => report.name = "another".to_owned(),
            "C2" => report.signals_read += 1,
            "C3 status" if report.signals_read == 1 && query.limits.signals_max > 1 => {
                report.status = SourceStatus::Ok;
            }
            "C4 status" if query.limits.signals_max == 1 => report.status = SourceStatus::Ok,
            "C5" => {
                report.skip_row(1, "the row is empty");
                report.rows_skipped = 0;
            }
            "C5 list" => report.rows_skipped = 1,
            "C6" => report.sample = true,
            _ => {}
        }
        Ok(report)
    }
}

#[tokio::test]
async fn a_source_that_breaks_a_clause_is_caught_by_its_number() {
    let suite = async |breaks: &'static str| {
        let factory = || -> Box<dyn NicheSource> { Box::new(WrongSource::new(breaks)) };
        conformance::source::run_all(&factory, false).await
    };
    let wrong = [
        "C1",
        "C1 report",
        "C1 signal",
        "C2",
        "C3",
        "C3 status",
        "C4",
        "C4 status",
        "C5",
        "C5 list",
        "C6",
        "C7",
    ];
    faults(&suite("none").await, wrong.map(|breaks| (&breaks[..2], breaks)), suite).await;
}

/// A rule-based analyst that breaks one clause.
#[derive(Debug)]
struct WrongAnalyst {
    breaks: &'static str,
    calls: AtomicU32,
}

#[async_trait]
impl Analyst for WrongAnalyst {
    fn info(&self) -> AnalystInfo {
        let mut info = RuleAnalyst.info();
        match self.breaks {
            "C1" => info.version = self.calls.fetch_add(1, Ordering::Relaxed).to_string(),
            "C1 name" => info.provider.name.clear(),
            "C10 metered" | "C10 unnamed" => info.metered = true,
            _ => {}
        }
        info
    }

    async fn propose(
        &self,
        key: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> Result<Drafted<Vec<Niche>>, BackendError> {
        let mut brief = brief.clone();
        let mut stray = None;
        match self.breaks {
            "C2" if brief.evidence.is_empty() => {
                brief.evidence = vec![crate::lifecycle::evidence("1", "Ask HN: Is there a CSV tool?")];
            }
            "C3" => brief.count = brief.count.max(1),
            "C4" => stray = Some(crate::lifecycle::evidence("stray", "Ask HN: Is there a CSV tool?")),
            _ => {}
        }
        let mut draft = RuleAnalyst.propose(key, &brief).await?;
        let niches = &mut draft.artefact;
        if self.breaks == "C3 ids" && brief.count > 1 && !niches.is_empty() {
            *niches = vec![niches[0].clone(), niches[0].clone()];
        }
        for niche in niches {
            niche.evidence.extend(stray.clone());
            match self.breaks {
                "C4 term" => niche.score.terms[0].evidence.push("stray".to_owned()),
                "C5" => niche.score.total += rust_decimal::Decimal::ONE,
                _ => {}
            }
        }
        self.spoil(&mut draft);
        Ok(draft)
    }

    async fn specify(
        &self,
        key: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> Result<Drafted<ProductSpec>, BackendError> {
        let mut draft = RuleAnalyst.specify(key, brief).await?;
        let spec = &mut draft.artefact;
        match self.breaks {
            "C6" => spec.core_features.clear(),
            "C7" => spec.analyst = "another".to_owned(),
            "C7 niche" => spec.niche = ae_core::NicheId::from_digest(&ae_core::Digest::of_bytes("x", b"x")),
            "C7 evidence" => spec.evidence.push(crate::lifecycle::evidence("stray", "CSV")),
            "C8" => spec.sample = false,
            "C9" => spec.unclear.clear(),
            "C9 assumptions" => spec.assumptions.clear(),
            "C11" => spec.unclear.push(self.calls.fetch_add(1, Ordering::Relaxed).to_string()),
            _ => {}
        }
        self.spoil(&mut draft);
        Ok(draft)
    }
}

impl WrongAnalyst {
    fn spoil<T>(&self, draft: &mut Drafted<T>) {
        let cent = Money::parse("0.01", Currency::USD).unwrap();
        match self.breaks {
            "C10" => draft.cost = None,
            "C10 cost" => draft.cost = Some(cent),
            "C10 usage" => draft.usage = Some(TokenUsage::default()),
            "C10 model" => draft.models = vec!["one".to_owned()],
            "C10 metered" => draft.cost = Some(Money::zero(Currency::USD).checked_sub(cent).unwrap()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_analyst_that_breaks_a_clause_is_caught_by_its_number() {
    let suite = async |breaks: &'static str| {
        let analyst = WrongAnalyst { breaks, calls: AtomicU32::new(0) };
        conformance::analyst::run_all(&analyst).await
    };
    let wrong = [
        "C1",
        "C1 name",
        "C2",
        "C3",
        "C3 ids",
        "C4",
        "C4 term",
        "C5",
        "C6",
        "C7",
        "C7 niche",
        "C7 evidence",
        "C8",
        "C9",
        "C9 assumptions",
        "C10",
        "C10 cost",
        "C10 usage",
        "C10 model",
        "C10 metered",
        "C10 unnamed",
        "C11",
    ];
    let clause = |breaks: &'static str| (breaks.split(' ').next().unwrap(), breaks);
    faults(&suite("none").await, wrong.map(clause), suite).await;
}

/// A rule-based validator that breaks one clause.
#[derive(Debug)]
struct WrongValidator {
    breaks: &'static str,
    calls: AtomicU32,
}

#[async_trait]
impl NicheValidator for WrongValidator {
    fn name(&self) -> &str {
        RuleValidator.name()
    }

    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError> {
        let mut report = RuleValidator.validate(request).await?;
        let none = request.niche.evidence.is_empty();
        match self.breaks {
            "C1" => report.niche = ae_core::NicheId::from_digest(&ae_core::Digest::of_bytes("x", b"x")),
            "C1 name" => report.validated_by.clear(),
            "C1 repeat" => report.reasons.push(self.calls.fetch_add(1, Ordering::Relaxed).to_string()),
            "C2" => report.verdict = Verdict::Go,
            "C3" if !none => report.verdict = Verdict::Go,
            "C4" => report.score.total += rust_decimal::Decimal::ONE,
            "C4 note" => report.score.terms.iter_mut().for_each(|term| term.note.clear()),
            "C5" => report.reasons.clear(),
            "C6" => report.confidence.value = Some(rust_decimal::Decimal::TWO),
            "C6 mark" => report.confidence.estimated = false,
            "C7" => report.mrr.as_mut().unwrap().customers += 1,
            "C7 fewer" => report.mrr.as_mut().unwrap().customers -= 1,
            _ => {}
        }
        Ok(report)
    }
}

#[tokio::test]
async fn a_validator_that_breaks_a_clause_is_caught_by_its_number() {
    let suite = async |breaks: &'static str| {
        let validator = WrongValidator { breaks, calls: AtomicU32::new(0) };
        conformance::validator::run_all(&validator).await
    };
    let wrong =
        ["C1", "C1 name", "C1 repeat", "C2", "C3", "C4", "C4 note", "C5", "C6", "C6 mark", "C7", "C7 fewer"];
    faults(&suite("none").await, wrong.map(|breaks| (&breaks[..2], breaks)), suite).await;
}
