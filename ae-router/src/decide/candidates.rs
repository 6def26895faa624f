//! The models that can do the work of a request, in order, and the reasons against the others.

use std::fmt::Write as _;

use ae_core::{Money, Timestamp, TokenUsage};

use super::tokens::estimate_tokens;
use crate::{
    Candidate, CandidateOrder, Capability, Estimate, ModelChoice, ModelFacts, PriceError, PriceTable,
    Refused, RouteRequest, Tier, TierPolicy, catalogue::input_total,
};

/// A count of tokens that the caller expects is believed down to this part of the estimate from the texts.
const BELIEVED_PART: u64 = 4;

/// The tokens of one call.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// The tokens that the cost is estimated for.
    usage: TokenUsage,
    /// Whether `usage` comes from the texts alone.
    estimated: bool,
    /// The input that has to fit.
    input: u64,
    /// The most output that is asked for.
    output: u64,
}

impl Size {
    fn of(request: &RouteRequest) -> Self {
        let of_task = request.task.as_ref().map_or(0, |task| {
            estimate_tokens(&task.title).saturating_add(estimate_tokens(&task.description))
        });
        let of_texts = of_task.saturating_add(estimate_tokens(&request.prompt));
        let most = request.output_tokens_max;
        match request.expected {
            Some(usage) => Self {
                usage,
                estimated: false,
                input: input_total(&usage).max(of_texts / BELIEVED_PART),
                output: most.unwrap_or_default().max(usage.output),
            },
            None => {
                let answer = RouteRequest::ANSWER_TOKENS.min(most.unwrap_or(u64::MAX));
                let usage = TokenUsage::new(of_texts, answer);
                Self { usage, estimated: true, input: of_texts, output: most.unwrap_or_default() }
            }
        }
    }
}

/// A model that can do it.
#[derive(Debug)]
struct Able<'a> {
    facts: &'a ModelFacts,
    /// The name under which it was listed.
    listed: &'a str,
    /// The tier that lists it; `None` for a model that was asked for by name.
    tier: Option<Tier>,
    cost: Result<Money, PriceError>,
    readiness: Readiness,
    /// Needed abilities that its facts say nothing about.
    unstated: bool,
}

/// Whether a model may be called, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Readiness {
    Ready,
    Rests,
    NoAccess,
}

/// The choice among the models of a policy.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    request: &'a RouteRequest,
    prices: &'a PriceTable,
    policy: &'a TierPolicy,
    size: Size,
    able: Vec<Able<'a>>,
    refused: Vec<Refused>,
}

impl<'a> Choice<'a> {
    /// Judges the one model that was asked for, else those of `tier` and, where the policy allows it, of stronger tiers.
    pub(super) fn of(
        request: &'a RouteRequest,
        prices: &'a PriceTable,
        policy: &'a TierPolicy,
        tier: Tier,
        only_listed: bool,
    ) -> Self {
        let size = Size::of(request);
        let mut choice = Self { request, prices, policy, size, able: Vec::new(), refused: Vec::new() };
        let stronger = policy.stronger_tiers() || request.override_model.is_some();
        let tiers = [tier, Tier::Builder, Tier::Architect];
        let tiers =
            tiers.into_iter().enumerate().filter(|(at, other)| *at == 0 || (stronger && *other > tier));
        if let Some(asked) = &request.override_model {
            let listed = tiers.map(|(_, tier)| tier).find(|tier| policy.models(*tier).contains(asked));
            if only_listed && listed.is_none() {
                let why = format!(
                    "the task is sensitive and {tier} does not list it: add it there if it is strong enough"
                );
                choice.refused.push(Refused::new(asked, why));
            } else {
                choice.judge(asked, listed);
            }
        } else {
            for (_, tier) in tiers {
                policy.models(tier).iter().for_each(|listed| choice.judge(listed, Some(tier)));
            }
        }
        choice.sort();
        choice
    }

    fn judge(&mut self, listed: &'a str, tier: Option<Tier>) {
        let known = |able: &Able<'_>| able.facts.id == *listed || able.listed == listed;
        if self.able.iter().any(known) || self.refused.iter().any(|refused| refused.model == listed) {
            return;
        }
        let facts = match self.prices.callable(listed, self.request.now) {
            Ok(facts) => facts,
            Err(error) => return self.refused.push(Refused::new(listed, error.to_string())),
        };
        if facts.id != listed {
            let why = format!("it is shut down: {} follows it", facts.id);
            self.refused.push(Refused::new(listed, why));
            if self.able.iter().any(|able| able.facts.id == facts.id)
                || self.refused.iter().any(|refused| refused.model == facts.id)
            {
                return;
            }
        }
        let cost = facts.cost(&self.size.usage, self.request.now);
        match self.obstacle(facts, cost.as_ref().ok()) {
            Some(why) => self.refused.push(Refused::new(&facts.id, why)),
            None => {
                let readiness = if !self.request.available.allows_model(&facts.id, &facts.provider) {
                    Readiness::NoAccess
                } else if self.request.state.resting.contains_key(&facts.id) {
                    Readiness::Rests
                } else {
                    Readiness::Ready
                };
                let unstated = facts.capabilities.is_unknown() && !self.needed().is_empty();
                self.able.push(Able { facts, listed, tier, cost, readiness, unstated });
            }
        }
    }

    /// The abilities that the request needs.
    fn needed(&self) -> Vec<Capability> {
        let needs = &self.request.needs;
        let all = [
            (needs.tools, Capability::Tools),
            (needs.structured_output, Capability::StructuredOutput),
            (needs.vision, Capability::Vision),
            (needs.sampling, Capability::Sampling),
        ];
        all.into_iter().filter_map(|(needed, capability)| needed.then_some(capability)).collect()
    }

    /// The first reason why a model can't do it.
    fn obstacle(&self, facts: &ModelFacts, cost: Option<&Money>) -> Option<String> {
        let (needs, Size { input, output, .. }) = (&self.request.needs, self.size);
        if needs.providers.as_ref().is_some_and(|allowed| !allowed.contains(&facts.provider)) {
            return Some(format!("the data may not go to {}", facts.provider));
        }
        let stated = !facts.capabilities.is_unknown();
        if let Some(lacks) = self.needed().into_iter().find(|it| stated && !facts.capabilities.has(*it)) {
            return Some(match facts.capabilities.get(lacks) {
                Some(_) => format!("it lacks {lacks}"),
                None => format!("it is not known to have {lacks}"),
            });
        }
        if let Some(max) = facts.input_tokens_max.filter(|max| input > *max) {
            return Some(format!("about {input} input tokens, it takes {max}"));
        }
        if let Some(max) = facts.output_tokens_max.filter(|max| output > *max) {
            return Some(format!("{output} output tokens are asked for, it gives {max}"));
        }
        if let Some(max) = facts.context_tokens_max.filter(|max| input.saturating_add(output) > *max) {
            return Some(format!("about {input} tokens in and {output} out, it holds {max} together"));
        }
        let left = self.request.state.budget_left?;
        match cost {
            None => Some(format!("its cost is not known, and {left} are left")),
            Some(cost) => match cost.exceeds(left) {
                Ok(false) => None,
                Ok(true) => Some(format!("{cost} are expected, and {left} are left")),
                Err(error) => Some(format!("its cost can't be held against the budget: {error}")),
            },
        }
    }

    /// Those that may be called first, then by cost or as listed. The sort is stable: ties stay as listed.
    fn sort(&mut self) {
        let by_cost = self.policy.order() == CandidateOrder::Cost;
        self.able.sort_by_key(|able| {
            let cost = able.cost.as_ref().map_or((true, 0), |cost| (false, cost.pico()));
            (able.readiness, if by_cost { cost } else { (false, 0) })
        });
    }

    /// The number of models that may be called now.
    pub(super) fn ready(&self) -> usize {
        self.able.iter().filter(|able| able.readiness == Readiness::Ready).count()
    }

    /// The candidates with their prices, and the refused models.
    pub(super) fn finish(self, tier: Tier) -> (Vec<Candidate>, Vec<Refused>) {
        let source = format!("price table of {}", day(self.prices.as_of()));
        let basis = self.basis();
        let candidates = self.able.iter().enumerate().map(|(at, able)| {
            let estimate = match &able.cost {
                Ok(cost) => Estimate::expected(*cost, &source, self.prices.as_of(), &basis),
                Err(error) => Estimate::not_measured(error.to_string()),
            };
            let model = ModelChoice::new(&able.facts.id, &able.facts.provider);
            Candidate::new(model, estimate, self.reason(able, at, tier))
                .with_callable(able.readiness != Readiness::NoAccess)
        });
        (candidates.collect(), self.refused)
    }

    /// The tokens that costs are estimated for.
    fn basis(&self) -> String {
        let Size { usage, estimated, .. } = self.size;
        let (input, output) = (input_total(&usage), usage.output);
        if estimated {
            format!(
                "one call with about {input} tokens in, estimated from the text, and {output} out, assumed"
            )
        } else {
            format!("one call with {input} tokens in and {output} out")
        }
    }

    /// The reason for the place of `able`, in one line.
    fn reason(&self, able: &Able<'_>, at: usize, tier: Tier) -> String {
        let mut why = String::with_capacity(64);
        let _ = match able.tier {
            None => write!(why, "asked for by name"),
            Some(of) if of == tier => write!(why, "a model of {of}"),
            Some(of) => write!(why, "a model of {of}, stronger than {tier}"),
        };
        let _ = match (&able.cost, self.policy.order()) {
            (Err(_), _) => write!(why, ", of unknown cost"),
            (_, CandidateOrder::Preference) => write!(why, ", as listed"),
            _ if at == 0 => write!(why, ", the least expected cost"),
            _ => Ok(()),
        };
        if able.listed != able.facts.id {
            let _ = write!(why, "; it follows {}, which is shut down", able.listed);
        }
        if able.unstated {
            why.push_str("; its abilities are not stated and are relied on");
        }
        match able.readiness {
            Readiness::Ready => {}
            Readiness::Rests => {
                let cause = self.request.state.resting.get(&able.facts.id).map_or("", String::as_str);
                let _ = write!(why, "; it rests: {}", cause.chars().take(200).collect::<String>());
            }
            Readiness::NoAccess => {
                let _ = write!(why, "; no access to {}", able.facts.provider);
            }
        }
        why
    }
}

/// The day of a moment, UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
