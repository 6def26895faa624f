//! The router by tiers: three tiers, one rule, no network.

use std::{fmt::Write as _, sync::Arc};

use ae_core::BackendError;
use async_trait::async_trait;

use super::candidates::{Choice, day};
use crate::{
    Complexity, ModelRouter, PriceTable, Risk, RouteDecision, RouteRequest, Scorer, Tier, TierPolicy,
};

const BACKEND: &str = "tiers";

/// A router by tiers, offline and deterministic: the in-memory backend of [`ModelRouter`]. [`decide`] says how it decides.
#[derive(Debug, Clone)]
pub struct TierRouter {
    prices: Arc<PriceTable>,
    policy: Arc<TierPolicy>,
    scorer: Option<Arc<Scorer>>,
    signals: usize,
}

impl Default for TierRouter {
    fn default() -> Self {
        Self::new()
    }
}

impl TierRouter {
    /// A router with the bundled prices, the default policy and the bundled scorer.
    pub fn new() -> Self {
        Self {
            prices: Arc::new(PriceTable::bundled().clone()),
            policy: Arc::new(TierPolicy::default()),
            scorer: None,
            signals: 0,
        }
    }

    /// Uses other prices.
    #[must_use]
    pub fn with_prices(mut self, prices: PriceTable) -> Self {
        self.prices = Arc::new(prices);
        self
    }

    /// Uses another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: TierPolicy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Scores bare prompts with another scorer, such as one that was trained on outcomes of your own.
    #[must_use]
    pub fn with_scorer(mut self, scorer: Scorer) -> Self {
        self.scorer = Some(Arc::new(scorer));
        self
    }

    /// The decision, as [`decide`] makes it.
    pub fn decide(&self, request: &RouteRequest) -> RouteDecision {
        let mut complexity = match (&request.task, &self.scorer) {
            (None, Some(own)) => Complexity::of_prompt_by(&request.prompt, own),
            _ => complexity(request),
        };
        if request.task.is_none() && self.signals > 0 {
            let scorer = self.scorer.as_deref().unwrap_or_else(|| Scorer::bundled());
            let explained = scorer.explain(&request.prompt, self.signals);
            complexity.signals.extend(explained.iter().map(|signal| {
                format!("{} {}: {:+} millionths", signal.name, signal.value, signal.effect_millionths)
            }));
        }
        decide_for(request, &self.prices, &self.policy, complexity)
    }
}

ae_core::setters! { TierRouter {
    /// Names the strongest of the scorer's signals in the decision, up to `signals`. They take ten times as long as the
    /// decision; [`Scorer::explain`] gives the same ones later.
    fn with_signals(signals: usize);
} }

#[async_trait]
impl ModelRouter for TierRouter {
    fn name(&self) -> &str {
        BACKEND
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        request.check(BACKEND)?;
        Ok(self.decide(request))
    }
}

/// Decides tier and models, without I/O, clock or randomness.
///
/// 1. Difficulty: a task is scored by its kind and words, a bare prompt by the bundled [`Scorer`]. Words also give the risk
///    ([`Complexity`]).
/// 2. Tier: by the rule of the policy. A tier that was asked for comes instead, but never one that is weaker than sensitive
///    work needs. Without one, failed attempts raise it.
/// 3. Conditions: a model that is shut down gives way to its successor. One whose provider may not see the data, that
///    lacks a needed ability, that can't hold the request or whose cost is above the money left is refused. Neither money,
///    price nor wish relaxes a condition; facts without any stated ability are taken as able.
/// 4. Order: expected cost, or the policy's own order. Models that rest come after the others, and those that may not
///    be called last.
///
/// One model asked for by name is the only candidate. For a sensitive task the policy must list it for the Architect; the words of
/// a bare prompt refuse no model that was named.
///
/// Without expected tokens the input is estimated from the texts, rather too high, and the answer is assumed to have
/// [`ANSWER_TOKENS`](RouteRequest::ANSWER_TOKENS).
pub fn decide(request: &RouteRequest, prices: &PriceTable, policy: &TierPolicy) -> RouteDecision {
    decide_for(request, prices, policy, complexity(request))
}

fn complexity(request: &RouteRequest) -> Complexity {
    match &request.task {
        Some(task) => Complexity::of(task, &request.prompt),
        None => Complexity::of_prompt(&request.prompt),
    }
}

fn decide_for(
    request: &RouteRequest,
    prices: &PriceTable,
    policy: &TierPolicy,
    complexity: Complexity,
) -> RouteDecision {
    let secure = request.task.as_ref().is_some_and(|task| task.requires_security);
    let sensitive = secure || complexity.risk == Risk::Sensitive;
    let ruled = policy.tier(&complexity, secure);
    let mut why = String::with_capacity(160);
    let tier = choose_tier(request, policy, &complexity, (ruled, sensitive), &mut why);
    let only_listed = sensitive && request.task.is_some();
    let choice = Choice::of(request, prices, policy, tier, only_listed);
    let ready = choice.ready();
    let (candidates, refused) = choice.finish(tier);
    let _ = match candidates.first() {
        None => write!(why, "; no model can do it"),
        Some(first) if !first.callable => {
            let model = &first.model;
            write!(
                why,
                "; {} of {} may not be called: a free builder does the work",
                model.id, model.provider
            )
        }
        Some(first) => {
            write!(why, "; {} of {}, first of {ready} to call", first.model.id, first.model.provider)
        }
    };
    if prices.is_stale(request.now) {
        let _ = write!(why, "; prices are of {}, which is long ago", day(prices.as_of()));
    }
    let task = request.task.as_ref().map(|task| task.id.clone());
    let mut decision = RouteDecision::new(task, tier, complexity, policy.name(), why)
        .with_suggested_tier(ruled)
        .with_refused(refused);
    decision.candidates = candidates;
    decision
}

/// The tier by rule, then by wish, then by the number of attempts; the reasons go to `why`.
fn choose_tier(
    request: &RouteRequest,
    policy: &TierPolicy,
    complexity: &Complexity,
    (ruled, sensitive): (Tier, bool),
    why: &mut String,
) -> Tier {
    let because = if sensitive { ", sensitive" } else { "" };
    let _ = write!(why, "score {} of 10{because}: {ruled}", complexity.score);
    match request.override_tier {
        Some(asked) if sensitive && asked < ruled => {
            let _ = write!(why, "; {asked} was asked for and refused: the task is sensitive");
            ruled
        }
        Some(asked) => {
            let _ = write!(why, "; {asked} was asked for");
            asked
        }
        None => {
            let failed = request.attempt.saturating_sub(1) / policy.attempts_per_tier();
            let tier = (0..failed.min(2)).fold(ruled, |tier, _| tier.stronger());
            if tier != ruled {
                let _ = write!(why, "; attempt {}: raised to {tier}", request.attempt);
            }
            tier
        }
    }
}
