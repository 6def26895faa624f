//! The analyst with models: a call of a role, from the question to a form that fits.

use std::path::PathBuf;

use ae_core::{
    BackendError, Currency, Digest, DigestWriter, ErrorKind, IdempotencyKey, Mode, Money, Outcome,
    ProductSpec, RunId, Task, TokenUsage,
};
use ae_genesis::{Analyst, AnalystInfo, Drafted, Niche, NicheBrief, SpecBrief};
use ae_router::{Call, CallError, CompletionRequest, Router, Try, TypedError};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    kept::{Folder, Kept},
    roles::{self, Role},
    spec,
};

/// The name that specs carry.
pub(super) const NAME: &str = "model";
/// The backend of errors that say that the budget does not hold the next call.
const BUDGET: &str = "analyst-budget";
/// The most problems that an error lists, and that go back to a model.
const PROBLEMS_SHOWN: usize = 5;
const PROBLEMS_MAX: usize = 20;
/// The largest form, in bytes of JSON.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// An analyst whose niches and specs are written by models that a router chooses.
///
/// Each call is paid from the router's budget. A form that does not fit goes back to its model at most twice; after that the
/// answer is an error of the kind `Protocol`. Names, texts, stories, priorities and tasks are the models'; proofs, criteria, scores,
/// figures and arithmetic are not.
#[derive(Debug, Clone)]
pub struct ModelAnalyst {
    router: Router,
    kept: Option<Folder>,
}

impl ModelAnalyst {
    /// An analyst whose calls `router` makes. A repeated key is a new answer.
    pub const fn new(router: Router) -> Self {
        Self { router, kept: None }
    }

    /// Keeps what was paid for in `folder`, so that a repeated key gets it again, also after a crash.
    #[must_use]
    pub fn with_kept(self, folder: impl Into<PathBuf>) -> Self {
        Self { kept: Some(Folder(folder.into())), ..self }
    }

    /// The account of itself that any of them gives.
    pub fn describe(keeps: bool) -> AnalystInfo {
        let info = AnalystInfo::new(NAME, Mode::Live, env!("CARGO_PKG_VERSION")).with_metered(true);
        if keeps { info.with_repeats() } else { info }
    }
}

#[async_trait]
impl Analyst for ModelAnalyst {
    fn info(&self) -> AnalystInfo {
        Self::describe(self.kept.is_some())
    }

    async fn propose(
        &self,
        key: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> Result<Drafted<Vec<Niche>>, BackendError> {
        let mut desk = Desk::new(self, key, brief.intent.currency());
        let niches = roles::niches(&mut desk, brief).await?;
        Ok(desk.drafted(niches))
    }

    async fn specify(
        &self,
        key: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> Result<Drafted<ProductSpec>, BackendError> {
        let mut desk = Desk::new(self, key, brief.intent.currency());
        let spec = spec::specify(&mut desk, brief).await?;
        Ok(desk.drafted(spec))
    }
}

/// The end of a run that an error of the analyst stands for: its budget does not hold the next call, or its models gave nothing
/// that can be used. `None` for an error that a person or time can mend.
pub fn ending(error: &BackendError) -> Option<Outcome> {
    match (error.backend(), error.kind()) {
        (BUDGET, ErrorKind::QuotaExceeded) => Some(Outcome::BudgetStop),
        (NAME, ErrorKind::Protocol | ErrorKind::Declined) => Some(Outcome::Blocked),
        _ => None,
    }
}

/// The tokens, cost and repairs of the calls of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    cost: Option<Money>,
    usage: Option<TokenUsage>,
    repairs: u32,
    models: Vec<String>,
}

impl Tally {
    fn none(currency: Currency) -> Self {
        let usage = Some(TokenUsage::default());
        Self { cost: Some(Money::zero(currency)), usage, repairs: 0, models: Vec::new() }
    }

    fn add(&mut self, other: Self) {
        let sum = |one: Money, other: Option<Money>| one.checked_add(other?).ok();
        self.cost = self.cost.and_then(|cost| sum(cost, other.cost));
        self.usage = self.usage.and_then(|usage| usage.checked_add(other.usage?));
        self.repairs = self.repairs.saturating_add(other.repairs);
        for model in other.models {
            if !self.models.contains(&model) {
                self.models.push(model);
            }
        }
    }

    fn add_tries(&mut self, tries: &[Try], answered: Option<&str>) {
        for one in tries {
            // A try that was certainly not made has neither cost nor tokens.
            let free = one.booked.is_zero() && one.usage.is_none();
            self.cost =
                if free { self.cost } else { self.cost.and_then(|sum| sum.checked_add(one.cost?).ok()) };
            self.usage =
                if free { self.usage } else { self.usage.and_then(|sum| sum.checked_add(one.usage?)) };
        }
        if let Some(model) = answered.filter(|model| !self.models.iter().any(|known| known == model)) {
            self.models.push(model.to_owned());
        }
    }
}

/// One answer of the analyst under way.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    analyst: &'a ModelAnalyst,
    key: &'a IdempotencyKey,
    tally: Tally,
}

impl<'a> Desk<'a> {
    fn new(analyst: &'a ModelAnalyst, key: &'a IdempotencyKey, currency: Currency) -> Self {
        Self { analyst, key, tally: Tally::none(currency) }
    }

    /// The models that have answered so far.
    pub(super) fn models(&self) -> &[String] {
        &self.tally.models
    }

    fn drafted<T>(self, artefact: T) -> Drafted<T> {
        let Tally { cost, usage, repairs, models } = self.tally;
        // Without a call there are no tokens to speak of.
        let usage = usage.filter(|_| !models.is_empty());
        Drafted::new(artefact).with_cost(cost).with_usage(usage).with_repairs(repairs).with_models(models)
    }

    /// Has a role fill in its form, until `check` finds no problem in it.
    pub(super) async fn ask<T>(
        &mut self,
        role: &Role,
        prompt: String,
        check: impl Fn(&T) -> Result<(), Vec<String>> + Send + Sync,
    ) -> Result<T, BackendError>
    where
        T: Serialize + DeserializeOwned + JsonSchema + Send,
    {
        let check = |form: &T| bounded(form).and_then(|()| check(form)).map_err(shown);
        let asked = DigestWriter::new("analyst-question")
            .field(role.name.as_bytes())
            .field(role.system.as_bytes())
            .field(prompt.as_bytes())
            .finish();
        let of_call = RunId::from_digest(&Digest::of_bytes("analyst-call", self.key.as_str().as_bytes()));
        let key = IdempotencyKey::derive(of_call, role.name, "complete", 0);
        let known = self.analyst.kept.as_ref().and_then(|kept| kept.find::<T>(&key, asked));
        // Whatever lies in the folder is held to the same rules as what a model says.
        if let Some(Kept { form, tally, .. }) = known.filter(|known| check(&known.form).is_ok()) {
            self.tally.add(tally);
            return Ok(form);
        }
        let mut tally = Tally::none(self.tally.cost.map_or(Currency::USD, |cost| cost.currency()));
        let request = CompletionRequest::new("", prompt, role.output_tokens_max).with_system(role.system);
        let call = Call::new(request).with_key(key.clone()).with_task(task(role)?);
        let form = match self.analyst.router.complete_as::<T>(&call, &check).await {
            Ok(typed) => {
                tally.repairs = u32::try_from(typed.repairs()).unwrap_or(u32::MAX);
                for answer in &typed.answers {
                    tally.add_tries(&answer.tries, Some(&answer.completion.model));
                }
                typed.value
            }
            Err(error) => return Err(failed(role, error)),
        };
        if let Some(folder) = &self.analyst.kept {
            let kept = Kept { asked, form, tally };
            folder.keep(&key, &kept)?;
            self.tally.add(kept.tally);
            return Ok(kept.form);
        }
        self.tally.add(tally);
        Ok(form)
    }
}

/// Refuses a form that is larger than any good one.
fn bounded<T: Serialize>(form: &T) -> Result<(), Vec<String>> {
    match serde_json::to_vec(form).map_or(usize::MAX, |json| json.len()) {
        bytes if bytes > FORM_BYTES_MAX => {
            Err(vec![format!("it has {bytes} bytes, {FORM_BYTES_MAX} at most: be shorter")])
        }
        _ => Ok(()),
    }
}

/// Problems as they go back to a model: not more, and none longer, than it can mend. They may quote what it said.
fn shown(problems: Vec<String>) -> Vec<String> {
    problems.iter().take(PROBLEMS_MAX).map(|problem| one_line(problem)).collect()
}

/// The task by which the router chooses the model.
fn task(role: &Role) -> Result<Task, BackendError> {
    let id = role.name.parse().map_err(|error: ae_core::ParseError| {
        BackendError::new(ErrorKind::Internal, NAME, role.name, error.to_string())
    })?;
    Ok(Task::new(id, role.title, role.work, role.kind))
}

/// A call that gave no form, as an error of the port. Texts of the model are cut to a line.
fn failed(role: &Role, error: TypedError) -> BackendError {
    let (kind, cost) = (error.kind(), error.cost());
    let failure = match error {
        TypedError::Call { source, .. } if is_own_budget(&source) => {
            let message = format!("the budget does not hold the next call: {}", source.error().message());
            BackendError::new(kind, BUDGET, role.name, message).with_source(source)
        }
        TypedError::Call { source, .. } => source.into(),
        TypedError::Invalid { problems, answers } => {
            let shown: Vec<_> = problems.iter().take(PROBLEMS_SHOWN).map(|one| one_line(one)).collect();
            let message = format!("no answer fits after {} tries: {}", answers.len(), shown.join("; "));
            BackendError::new(kind, NAME, role.name, message)
        }
        error => BackendError::new(kind, NAME, role.name, error.to_string()),
    };
    match cost {
        Some(cost) => failure.with_cost(cost),
        None => failure,
    }
}

/// Whether the caller's own budget refused, and not the vendor's account.
fn is_own_budget(error: &CallError) -> bool {
    let by_vendor = error.tries().last().and_then(|last| last.error.as_ref());
    error.kind() == ErrorKind::QuotaExceeded
        && by_vendor.is_none_or(|error| error.kind != ErrorKind::QuotaExceeded)
}

fn one_line(text: &str) -> String {
    let origin = ae_core::Origin::Model(NAME.to_owned());
    ae_core::Untrusted::new(origin, text.to_owned()).one_line(300)
}
