//! The most that a call can cost, and what it did cost. Pure.

use ae_core::{BackendError, Currency, ErrorKind, Money, Timestamp, TokenUsage};

use crate::{
    Billed, CallLimits, Completion, CompletionRequest, ModelChoice, ModelFacts, Part, PriceError, PriceTable,
    ServiceTier, decide::estimate_tokens,
};

const BACKEND: &str = "ae-router";

/// Tokens that vendors add to every request: marks of its beginning, a system prompt of their own.
const PER_REQUEST: u64 = 256;
/// Marks around a turn or a piece of one.
const PER_PART: u64 = 16;
/// The instructions that vendors add for tools, or for a schema of the answer.
const PER_FEATURE: u64 = 1_024;
/// Marks around a tool, in addition to its JSON.
const PER_TOOL: u64 = 64;

/// The size of a request as far as vendors count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Bytes of text, JSON of tools and schemas included.
    pub(super) bytes: u64,
    /// The tokens that this text is expected to be.
    tokens: u64,
    /// Tokens that stand for no byte of the request.
    pub(super) overhead: u64,
    /// Images.
    pub(super) images: u64,
}

impl Size {
    pub(super) fn of(request: &CompletionRequest) -> Self {
        let mut size = Self::default();
        size.text([&request.system], PER_REQUEST);
        for message in &request.messages {
            size.overhead = size.overhead.saturating_add(PER_PART);
            message.parts.iter().for_each(|part| size.add(part));
        }
        for tool in &request.tools {
            let json = tool.schema.to_string();
            size.text([&*tool.name, &*tool.description, &*json], PER_TOOL);
        }
        if !request.tools.is_empty() {
            size.overhead = size.overhead.saturating_add(PER_FEATURE);
        }
        if let Some(output) = &request.output {
            size.text([&*output.name, &*output.schema.to_string()], PER_FEATURE);
        }
        size
    }

    fn add(&mut self, part: &Part) {
        match part {
            Part::Text(text) => self.text([text], PER_PART),
            Part::Image(_) => {
                self.images = self.images.saturating_add(1);
                self.text::<&str, 0>([], PER_PART);
            }
            Part::ToolCall(call) => {
                let signature = call.signature.as_deref().unwrap_or_default();
                self.text([&*call.id, &*call.name, &*call.arguments, signature], PER_PART);
            }
            Part::ToolResult(result) => {
                self.text([&*result.call, &*result.name, &*result.content], PER_PART);
            }
            Part::Opaque(opaque) => self.text([&*opaque.json.to_string()], PER_PART),
        }
    }

    fn text<T: AsRef<str>, const N: usize>(&mut self, texts: [T; N], overhead: u64) {
        for text in &texts {
            self.bytes = self.bytes.saturating_add(count(text.as_ref()));
            self.tokens = self.tokens.saturating_add(estimate_tokens(text.as_ref()));
        }
        self.overhead = self.overhead.saturating_add(overhead);
    }

    /// The tokens that the request is expected to have. What vendors add is mostly far below its bound.
    pub(super) const fn likely(&self) -> u64 {
        self.tokens.saturating_add(self.overhead / 16)
    }

    /// The most tokens that it can have.
    ///
    /// Every tokenizer in use has at least one byte in a token. An image has no such bound, so it needs a stated one.
    pub(super) fn most(&self, limits: &CallLimits) -> Result<u64, BackendError> {
        let images = match (self.images, limits.image_tokens_max) {
            (0, _) => 0,
            (images, Some(each)) => images.saturating_mul(each),
            (images, None) => {
                let message = format!(
                    "the request has {images} image(s), whose tokens nothing bounds: state the most tokens of an image with \
                     CallLimits::with_image_tokens_max"
                );
                return Err(BackendError::new(ErrorKind::InvalidInput, BACKEND, "reserve", message));
            }
        };
        let text = self.bytes.div_ceil(limits.bytes_per_token.max(1));
        Ok(text.saturating_add(self.overhead).saturating_add(images))
    }
}

/// The prices of one model of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Priced<'a> {
    prices: &'a PriceTable,
    facts: &'a ModelFacts,
    asked: ServiceTier,
}

impl<'a> Priced<'a> {
    /// The entry of the model to call. A model without a price is refused: nothing would bound its cost.
    pub(super) fn of(
        prices: &'a PriceTable,
        model: &ModelChoice,
        asked: Option<ServiceTier>,
    ) -> Result<Self, BackendError> {
        let facts = prices.served(&model.id).map_err(|error| refused(&error))?;
        Ok(Self { prices, facts, asked: asked.unwrap_or_default() })
    }

    /// The most output tokens of a try: never more than the model gives.
    pub(super) fn output_tokens(&self, asked: u64) -> u64 {
        self.facts.output_tokens_max.map_or(asked, |max| asked.min(max.max(1)))
    }

    /// The amount to set aside for a try, rounded up to a millionth.
    pub(super) fn most(&self, input: u64, output: u64, at: Timestamp) -> Result<Money, BackendError> {
        let most = self.facts.most(input, output, at, self.asked).map_err(|error| refused(&error))?;
        Ok(most.ceil_to_micro())
    }

    /// The exact cost of an answer, or `None` when it was not measured.
    ///
    /// The model and the class of service are those that the answer names. A name that the table does not list, or lists
    /// for another provider, is billed as the model that was asked for.
    pub(super) fn cost(
        &self,
        usage: Option<TokenUsage>,
        answer: &Completion,
        at: Timestamp,
    ) -> Option<Money> {
        if answer.served.cached {
            return Some(Money::zero(Currency::USD));
        }
        let of_same = |facts: &&ModelFacts| facts.provider == self.facts.provider;
        let facts = self.prices.served(&answer.model).ok().filter(of_same).unwrap_or(self.facts);
        let tier = answer.served.service_tier.as_deref().and_then(tier).unwrap_or(self.asked);
        let searches = answer.served.web_searches.unwrap_or_default();
        let billed = Billed::new(usage?).with_service_tier(tier).with_web_searches(searches);
        facts.cost_of(&billed, at).ok()
    }

    /// The exact cost of a part of an answer.
    pub(super) fn cost_so_far(&self, usage: &TokenUsage, at: Timestamp) -> Option<Money> {
        self.facts.cost_of(&Billed::new(*usage).with_service_tier(self.asked), at).ok()
    }
}

/// The class of service by the names that vendors give it in answers.
fn tier(named: &str) -> Option<ServiceTier> {
    Some(match named.to_ascii_lowercase().as_str() {
        "standard" | "default" | "on_demand" => ServiceTier::Standard,
        "batch" => ServiceTier::Batch,
        "flex" | "on_demand_flex" => ServiceTier::Flex,
        "priority" | "on_demand_priority" => ServiceTier::Priority,
        _ => return None,
    })
}

fn refused(error: &PriceError) -> BackendError {
    let message = format!("{error}; a call without a price has no ceiling and is not made");
    BackendError::new(ErrorKind::InvalidInput, BACKEND, "reserve", message)
}

fn count(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Message, OutputSchema, Rate, Rates, Served, Tool, ToolCall, ToolResult};

    fn rate(dollars: i64) -> Rate {
        Rate::per_million(dollars.into()).unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_text_of_a_request_counts() {
        let plain = CompletionRequest::new("m", "four", 10);
        assert_eq!(Size::of(&plain), Size { bytes: 4, tokens: 1, overhead: 256 + 16 + 16, images: 0 });
        let call = ToolCall::new("id", "look", "{}");
        let request = plain
            .with_system("sys")
            .with_message(Message::new(crate::Role::Assistant, vec![Part::ToolCall(call.clone())]))
            .with_message(Message::results([ToolResult::of(&call, "found")]))
            .with_message(Message::user("").with_part(Part::Image("https://example.com/a.png".into())))
            .with_tool(Tool::new("look", "looks", json!({})))
            .with_output(OutputSchema::new("out", json!({"a": 1})));
        let bytes = 4 + 3 + (2 + 4 + 2) + (2 + 4 + 5) + (4 + 5 + 2) + (3 + 7);
        assert_eq!(Size::of(&request).bytes, bytes);
        assert_eq!(Size::of(&request).images, 1);
        let overhead = 256 + 4 * 16 + 5 * 16 + 64 + 1_024 + 1_024;
        assert_eq!(Size::of(&request).overhead, overhead);
    }

    #[test]
    fn an_image_needs_a_stated_bound() {
        let message = Message::user("what is it?").with_part(Part::Image("https://example.com/a.png".into()));
        let size = Size::of(&CompletionRequest::new("m", "", 10).with_messages(vec![message]));
        let error = size.most(&CallLimits::default()).unwrap_err();
        assert!(error.message().contains("with_image_tokens_max"), "{error}");
        let most = size.most(&CallLimits::default().with_image_tokens_max(5_000)).unwrap();
        assert_eq!(most, 11 + 256 + 3 * 16 + 5_000);
    }

    #[test]
    fn fewer_tokens_a_byte_set_less_aside() {
        let size = Size { bytes: 1_001, tokens: 250, overhead: 100, images: 0 };
        assert_eq!(size.most(&CallLimits::default()).unwrap(), 1_101);
        assert_eq!(size.most(&CallLimits::default().with_bytes_per_token(3)).unwrap(), 334 + 100);
        assert_eq!(size.most(&CallLimits::default().with_bytes_per_token(0)).unwrap(), 1_101);
    }

    #[test]
    fn the_price_is_that_of_the_model_that_answered() {
        let prices = PriceTable::empty(now())
            .with_model(ModelFacts::new("big", "x", Rates::new(rate(10), rate(20))))
            .with_model(ModelFacts::new("small", "x", Rates::new(rate(1), rate(2))))
            .with_model(ModelFacts::new("alien", "y", Rates::new(rate(100), rate(200))));
        let asked = ModelChoice::new("big", "x");
        let priced = Priced::of(&prices, &asked, None).unwrap();
        let usage = Some(TokenUsage::new(1_000_000, 0));
        for (served, dollars) in [("big", 10), ("small", 1), ("alien", 10), ("unlisted", 10)] {
            let cost = priced.cost(usage, &Completion::text_of(served, "x"), now());
            assert_eq!(cost, Some(Money::from_minor(dollars, 0, Currency::USD).unwrap()), "{served}");
        }
        let flex = Completion::text_of("big", "x")
            .with_served(Served::default().with_service_tier(Some("flex".to_owned())));
        assert_eq!(priced.cost(usage, &flex, now()), None, "the table has no rates of that class");
        assert_eq!(priced.cost(None, &Completion::text_of("big", "x"), now()), None);
        assert!(Priced::of(&prices, &ModelChoice::new("none", "x"), None).is_err());
    }
}
