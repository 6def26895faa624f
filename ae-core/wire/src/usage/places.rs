//! The places of an answer at which something stands that counts.

use crate::Api;

/// A value that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// The type of an event.
    Kind,
    /// The tokens.
    Usage,
    /// The model that answered.
    Model,
    /// The class of service.
    Tier,
    /// An error, or the code and message of one.
    Error,
    Code,
    Message,
    /// The reason for which an answer ended.
    Finish,
    /// The type of a part of the answer.
    Part,
    /// The list of the queries of a web search.
    Queries,
}

/// Fields and the keys that lead to them; `*` is any element of a list. At most 32.
pub(super) type Places = &'static [(Field, &'static [&'static str])];

const ANTHROPIC: Places = &[
    (Field::Kind, &["type"]),
    (Field::Usage, &["usage"]),
    (Field::Usage, &["message", "usage"]),
    (Field::Model, &["model"]),
    (Field::Model, &["message", "model"]),
    (Field::Error, &["error"]),
];

const RESPONSES: Places = &[
    (Field::Kind, &["type"]),
    (Field::Usage, &["usage"]),
    (Field::Usage, &["response", "usage"]),
    (Field::Model, &["model"]),
    (Field::Model, &["response", "model"]),
    (Field::Tier, &["service_tier"]),
    (Field::Tier, &["response", "service_tier"]),
    (Field::Error, &["error"]),
    (Field::Error, &["response", "error"]),
    (Field::Code, &["code"]),
    (Field::Message, &["message"]),
    (Field::Part, &["output", "*", "type"]),
    (Field::Part, &["response", "output", "*", "type"]),
];

const CHAT: Places = &[
    (Field::Usage, &["usage"]),
    (Field::Model, &["model"]),
    (Field::Tier, &["service_tier"]),
    (Field::Error, &["error"]),
    // Of gateways, when the model behind them fails.
    (Field::Error, &["choices", "*", "error"]),
    (Field::Finish, &["choices", "*", "finish_reason"]),
];

const GEMINI: Places = &[
    (Field::Usage, &["usageMetadata"]),
    (Field::Model, &["modelVersion"]),
    (Field::Error, &["error"]),
    (Field::Finish, &["candidates", "*", "finishReason"]),
    (Field::Finish, &["promptFeedback", "blockReason"]),
    (Field::Queries, &["candidates", "*", "groundingMetadata", "webSearchQueries"]),
];

pub(super) const fn of(api: Api) -> Places {
    match api {
        Api::AnthropicMessages => ANTHROPIC,
        Api::OpenAiResponses => RESPONSES,
        Api::OpenAiChat => CHAT,
        Api::Gemini => GEMINI,
    }
}

/// The places that the keys so far agree with, as bits by their index, and the number of these keys.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Branch {
    pub(super) alive: u32,
    pub(super) steps: usize,
}

/// The branch before the first key.
pub(super) const ROOT: Branch = Branch { alive: u32::MAX, steps: 0 };

impl Branch {
    /// The places that go on with `key`.
    pub(super) fn step(self, places: Places, key: &[u8]) -> Self {
        if self.alive == 0 {
            return Self::default();
        }
        let goes_on = |place: &[&str]| place.get(self.steps).is_some_and(|step| step.as_bytes() == key);
        let alive = self.places(places).filter(|(_, (_, place))| goes_on(place));
        Self { alive: alive.fold(0, |bits, (bit, _)| bits | bit), steps: self.steps + 1 }
    }

    /// The field whose place this is.
    pub(super) fn field(self, places: Places) -> Option<Field> {
        if self.alive == 0 || self.steps == 0 {
            return None;
        }
        self.places(places).find(|(_, (_, place))| place.len() == self.steps).map(|(_, (field, _))| *field)
    }

    fn places(
        self,
        places: Places,
    ) -> impl Iterator<Item = (u32, &'static (Field, &'static [&'static str]))> {
        places
            .iter()
            .enumerate()
            .map(|(index, place)| (1_u32 << (index % 32), place))
            .filter(move |(bit, _)| self.alive & bit != 0)
    }
}
