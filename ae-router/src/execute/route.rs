//! The question to the policy. Pure.

use ae_core::{Timestamp, TokenUsage};

use super::ceiling::Size;
use crate::{
    Call, CompletionRequest, ModelAvailability, ModelNeeds, Part, Role, RouteRequest, RouteState, Sampling,
};

/// The route request of a call.
pub(super) fn question(
    call: &Call,
    size: &Size,
    output_tokens_max: u64,
    available: ModelAvailability,
    state: RouteState,
    now: Timestamp,
) -> RouteRequest {
    let request = &call.request;
    let mut question = RouteRequest::for_prompt("", now)
        .with_attempt(call.attempt)
        .with_needs(needs(request, size, call.needs.clone()))
        .with_output_tokens_max(output_tokens_max)
        .with_available(available)
        .with_state(state);
    question.expected = call.expected.or_else(|| expected(request, size, output_tokens_max));
    question.task = call.task.clone();
    question.override_tier = call.tier;
    question.run = call.run;
    if !request.model.is_empty() {
        question.override_model = Some(request.model.clone());
    }
    let of_task = call.task.as_ref().map_or(0, |task| task.title.len() + task.description.len());
    question.prompt = last_words(request, RouteRequest::TEXT_BYTES_MAX.saturating_sub(of_task));
    question
}

/// The tokens to expect where more is sent than the one text that the policy sees.
fn expected(request: &CompletionRequest, size: &Size, output_tokens_max: u64) -> Option<TokenUsage> {
    let one_text =
        matches!(request.messages.as_slice(), [turn] if matches!(turn.parts.as_slice(), [Part::Text(_)]));
    let plain = request.system.is_empty() && request.tools.is_empty() && request.output.is_none();
    let usage = TokenUsage::new(size.likely(), output_tokens_max.min(RouteRequest::ANSWER_TOKENS));
    (!(one_text && plain)).then_some(usage)
}

/// The needs that the request shows, and those that the caller added.
fn needs(request: &CompletionRequest, size: &Size, mut needs: ModelNeeds) -> ModelNeeds {
    needs.tools |= !request.tools.is_empty();
    needs.structured_output |= request.output.is_some();
    needs.vision |= size.images > 0;
    let Sampling { temperature, top_p, seed, .. } = &request.sampling;
    needs.sampling |= temperature.is_some() || top_p.is_some() || seed.is_some();
    needs
}

/// The last text of the user, up to `bytes_max`: the one that asks for something. Results of tools are not its words.
fn last_words(request: &CompletionRequest, bytes_max: usize) -> String {
    let mut turns = request.messages.iter().rev().filter(|turn| turn.role == Role::User);
    let asked = turns.find(|turn| turn.parts.iter().any(|part| matches!(part, Part::Text(_))));
    let mut text = asked.map(crate::Message::text).unwrap_or_default();
    let cut = (0..=bytes_max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(cut.unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Message, OutputSchema, Tool, ToolCall, ToolResult};

    fn ask(request: CompletionRequest) -> RouteRequest {
        let now = Timestamp::UNIX_EPOCH;
        let (size, call) = (Size::of(&request), Call::new(request));
        question(&call, &size, 100, ModelAvailability::all(), RouteState::default(), now)
    }

    #[test]
    fn the_request_shows_its_needs() {
        let plain = CompletionRequest::new("", "hello", 0);
        assert_eq!(ask(plain.clone()).needs, ModelNeeds::default());
        let image = Message::user("look").with_part(Part::Image("https://example.com/a.png".into()));
        let full = plain
            .with_tool(Tool::new("t", "", json!({})))
            .with_output(OutputSchema::new("o", json!({})))
            .with_sampling(Sampling::default().with_temperature(0.5))
            .with_message(image);
        let all = ModelNeeds::default().with_tools().with_structured_output().with_vision().with_sampling();
        assert_eq!(ask(full).needs, all);
    }

    #[test]
    fn the_last_words_are_the_users() {
        let call = ToolCall::new("1", "look", "{}");
        let request = CompletionRequest::new("", "first", 0)
            .with_message(Message::assistant("yes?"))
            .with_message(Message::user("second"))
            .with_message(Message::new(Role::Assistant, vec![Part::ToolCall(call.clone())]))
            .with_message(Message::results([ToolResult::of(&call, "found")]));
        assert_eq!(ask(request).prompt, "second");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(last_words(&CompletionRequest::new("", "aé", 0), 2), "a");
        assert_eq!(last_words(&CompletionRequest::new("", "aé", 0), 3), "aé");
        assert_eq!(last_words(&CompletionRequest::new("", "é", 0), 0), "");
    }

    #[test]
    fn a_pinned_model_is_an_override_and_the_conversation_counts() {
        let asked = ask(CompletionRequest::new("gpt-5.2", "hello", 0).with_system("x".repeat(4_000)));
        assert_eq!(asked.override_model.as_deref(), Some("gpt-5.2"));
        assert!(asked.expected.unwrap().input > 1_000);
        let plain = ask(CompletionRequest::new("", "hello", 0));
        assert_eq!((plain.override_model, plain.expected), (None, None), "the policy sees all of it");
    }
}
