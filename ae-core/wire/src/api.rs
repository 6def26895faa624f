//! The APIs, and which requests are calls of a model.

ae_core::wire_enum! {
    /// A wire form of model calls.
    #[non_exhaustive]
    pub enum Api {
        /// Anthropic Messages.
        AnthropicMessages = "anthropic_messages",
        /// OpenAI Responses.
        OpenAiResponses = "openai_responses",
        /// OpenAI Chat Completions, which other vendors offer too.
        OpenAiChat = "openai_chat",
        /// Google Gemini: `generateContent` and `streamGenerateContent`.
        Gemini = "gemini",
    }
}

/// A request that calls a model, as far as its path tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The wire form of the request and of its answer.
    pub api: Api,
    /// The model that the path names: Gemini only.
    pub model: Option<String>,
    /// Whether the answer is a stream, where the path decides that: `None` where the body does.
    pub stream: Option<bool>,
}

/// The cost of a request, by its method, path and query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// A call of a model: it costs tokens.
    Costs(Call),
    /// A known request that costs nothing and shows nothing of other callers: lists of models, counts of tokens.
    Free,
    /// Anything else. A proxy that guards a budget refuses it.
    Unknown,
}

impl Call {
    /// Request headers, in lower case, that a proxy does not pass on: they change which request it is, what is left of
    /// the answer, or the encoding in which either comes.
    pub const WITHHELD_HEADERS: &[&str] = &[
        "accept-encoding",
        "content-encoding",
        "x-goog-fieldmask",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
    ];

    /// Tells a call of a model from other requests.
    ///
    /// `path` is the path of the URL as it was sent, without the query; the vendor's base path or any other prefix may
    /// stand before the part that is known. `query` is the part after `?`, without it.
    ///
    /// A path with a percent sign, a dot segment or an empty segment is [`Route::Unknown`], since a server may read it
    /// as another path, and so is a `POST` with a parameter other than `alt`, `key`, `beta` and `api-version`: on
    /// Google's servers `fields` would leave the usage out of the answer.
    #[must_use]
    pub fn of(method: &str, path: &str, query: Option<&str>) -> Route {
        if !is_plain(path) {
            return Route::Unknown;
        }
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, alt(query.unwrap_or_default())) {
            ("GET", _) => read(&segments),
            ("POST", Some(alt)) => posted(&segments, alt),
            _ => Route::Unknown,
        }
    }

    const fn with_form_of_body(api: Api) -> Route {
        Route::Costs(Self { api, model: None, stream: None })
    }
}

/// The form of Gemini's answer that the query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alt {
    Unset,
    Json,
    Sse,
}

/// No segment that a server could resolve to another path.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
    path.strip_prefix('/').is_some_and(|path| {
        path.split('/').all(|segment| {
            !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
        })
    })
}

/// `None` if a parameter is not known, or the form is asked for twice.
fn alt(query: &str) -> Option<Alt> {
    let mut alt = Alt::Unset;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name, value) {
            ("alt", "sse") if alt == Alt::Unset => alt = Alt::Sse,
            ("alt", "json") if alt == Alt::Unset => alt = Alt::Json,
            ("key" | "beta" | "api-version", _) => {}
            _ => return None,
        }
    }
    Some(alt)
}

fn read(segments: &[&str]) -> Route {
    match segments {
        [.., "models"] => Route::Free,
        // Not the path of a call, though a `GET` of it is none.
        [.., "models", model] if !model.contains(':') => Route::Free,
        _ => Route::Unknown,
    }
}

fn posted(segments: &[&str], alt: Alt) -> Route {
    match segments {
        [.., "v1", "messages"] => Call::with_form_of_body(Api::AnthropicMessages),
        [.., "v1", "messages", "count_tokens"] | [.., "responses", "input_tokens"] => Route::Free,
        [.., "responses"] | [.., "responses", "compact"] => Call::with_form_of_body(Api::OpenAiResponses),
        [.., "chat", "completions"] => Call::with_form_of_body(Api::OpenAiChat),
        [.., "models", asked] => gemini(asked, alt),
        _ => Route::Unknown,
    }
}

fn gemini(asked: &str, alt: Alt) -> Route {
    let stream = match asked.split_once(':') {
        Some((_, "countTokens")) => return Route::Free,
        Some((_, "generateContent")) if alt != Alt::Sse => false,
        Some((_, "streamGenerateContent")) => true,
        _ => return Route::Unknown,
    };
    let model = asked.split_once(':').map(|(model, _)| model.to_owned());
    Route::Costs(Call { api: Api::Gemini, model, stream: Some(stream) })
}
