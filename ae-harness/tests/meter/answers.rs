//! Requests and answers in the form of each vendor, with the tokens that they state.

use ae_core::TokenUsage;
use ae_harness::wire::Api;

/// One call in one form.
#[derive(Debug)]
pub struct Sample {
    pub api: Api,
    pub path: &'static str,
    /// The header of a key, up to the key.
    pub key: &'static str,
    pub request: &'static str,
    pub body: &'static str,
    pub is_stream: bool,
    pub usage: TokenUsage,
}

const MESSAGES: &str =
    r#"{"model":"model-a","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
const RESPONSES: &str = r#"{"model":"model-a","max_output_tokens":1000,"stream":true,"input":"hi"}"#;
const CHAT: &str = r#"{"model":"model-a","max_completion_tokens":1000,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"#;
const GEMINI: &str =
    r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":1000}}"#;

/// Every form, as a stream and as a whole.
pub fn samples() -> Vec<Sample> {
    let cached = TokenUsage::new(234, 56).with_cache_read(1_000);
    let plain = TokenUsage::new(12, 34);
    vec![
        Sample {
            api: Api::AnthropicMessages,
            path: "/v1/messages?beta=true",
            key: "x-api-key: ",
            request: MESSAGES,
            body: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"model-a\",\"content\":[],\"usage\":{\"input_tokens\":234,\"cache_read_input_tokens\":1000,\"cache_creation_input_tokens\":0,\"output_tokens\":1}}}\n\n\
                   event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
                   event: ping\ndata: {\"type\": \"ping\"}\n\n\
                   event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"h\u{e9}llo \u{2028} \\\"usage\\\":{\\\"output_tokens\\\":9999}\"}}\n\n\
                   event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
                   event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":56}}\n\n\
                   event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            is_stream: true,
            usage: cached,
        },
        Sample {
            api: Api::AnthropicMessages,
            path: "/v1/messages",
            key: "authorization: Bearer ",
            request: r#"{"model":"model-a","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
            body: r#"{"id":"m","type":"message","role":"assistant","model":"model-a","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":12,"output_tokens":34}}"#,
            is_stream: false,
            usage: plain,
        },
        Sample {
            api: Api::OpenAiResponses,
            path: "/v1/responses",
            key: "authorization: Bearer ",
            request: RESPONSES,
            body: "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"model-a\",\"output\":[],\"usage\":null}}\n\n\
                   event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"delta\":\"hello\"}\n\n\
                   event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":2,\"response\":{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"model-a\",\"output\":[],\"usage\":{\"input_tokens\":1234,\"input_tokens_details\":{\"cached_tokens\":1000},\"output_tokens\":56,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens\":1290}}}\n\n",
            is_stream: true,
            usage: cached.with_reasoning(7),
        },
        Sample {
            api: Api::OpenAiChat,
            path: "/v1/chat/completions",
            key: "authorization: Bearer ",
            request: CHAT,
            body: "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"model-a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":null}]}\r\n\r\n\
                   data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"model-a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n\
                   data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"model-a\",\"choices\":[],\"usage\":{\"prompt_tokens\":1234,\"prompt_tokens_details\":{\"cached_tokens\":1000},\"completion_tokens\":56,\"total_tokens\":1290}}\r\n\r\n\
                   data: [DONE]\r\n\r\n",
            is_stream: true,
            usage: cached,
        },
        Sample {
            api: Api::OpenAiChat,
            path: "/v1/chat/completions",
            key: "authorization: Bearer ",
            request: r#"{"model":"model-a","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
            body: r#"{"id":"c","object":"chat.completion","model":"model-a","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46}}"#,
            is_stream: false,
            usage: plain,
        },
        Sample {
            api: Api::Gemini,
            path: "/v1beta/models/model-a:streamGenerateContent?alt=sse",
            key: "x-goog-api-key: ",
            request: GEMINI,
            body: "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hel\"}]},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1234,\"cachedContentTokenCount\":1000,\"totalTokenCount\":1234},\"modelVersion\":\"model-a\"}\r\n\r\n\
                   data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1234,\"cachedContentTokenCount\":1000,\"candidatesTokenCount\":49,\"thoughtsTokenCount\":7,\"totalTokenCount\":1290},\"modelVersion\":\"model-a\"}\r\n\r\n",
            is_stream: true,
            usage: cached.with_reasoning(7),
        },
        Sample {
            api: Api::Gemini,
            path: "/v1beta/models/model-a:generateContent",
            key: "x-goog-api-key: ",
            request: GEMINI,
            body: r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":34,"totalTokenCount":46},"modelVersion":"model-a"}"#,
            is_stream: false,
            usage: plain,
        },
    ]
}

/// The first sample: a stream of Anthropic's.
pub fn messages() -> Sample {
    samples().remove(0)
}
