"""The operations of the comparison, by the vendors' own SDKs.

The first argument is the address of the recorder. What is read of the recorded answers goes to standard output, a line of
JSON for each.
"""

import base64
import json
import sys

import anthropic
import openai
from google import genai
from google.genai import types
from openai.lib.streaming.chat import ChatCompletionStreamState
from pydantic import BaseModel, ConfigDict

URL = sys.argv[1]
KEY = "key-of-the-test"
PNG = "iVBORw0KGgo="
LINK = "https://example.com/a.png"
CASES = ["text", "calls", "cut", "declined"]


class City(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str


SCHEMA = City.model_json_schema()
OPEN = {"type": "object", "properties": {"city": {"type": "string"}}}


def form(name, operation, **more):
    """A client whose requests are kept under this name."""
    url = f"{URL}/{name}/{operation}"
    if name == "anthropic":
        return anthropic.Anthropic(api_key=KEY, base_url=url, max_retries=0)
    if name == "gemini":
        return genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=url))
    return openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0)


# OpenAI Responses: stateless, with sealed reasoning.

def input_text(text):
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def response_tool(name, schema, strict):
    return {"type": "function", "name": name, "description": f"The tool {name}", "parameters": schema, "strict": strict}


RESPONSE_TOOLS = [response_tool("weather", SCHEMA, True), response_tool("now", OPEN, False)]
RESPONSES = {
    "plain": dict(input=[input_text("Hello")]),
    "turns": dict(
        instructions="Be brief.",
        input=[input_text("Hello"), {"role": "assistant", "content": "Hi."}, input_text("How are you?")],
    ),
    "image": dict(input=[{"role": "user", "content": [
        {"type": "input_text", "text": "Which are these?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
        {"type": "input_image", "image_url": LINK, "detail": "auto"},
    ]}]),
    "tools": dict(
        tools=RESPONSE_TOOLS,
        input=[
            input_text("Hello"),
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"},
            {"role": "assistant", "content": "I look."},
            {"type": "function_call", "call_id": "a", "name": "weather", "arguments": '{"city":"Oslo"}'},
            {"type": "function_call", "call_id": "b", "name": "now", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "rain"},
            {"type": "function_call_output", "call_id": "b", "output": "noon"},
        ],
    ),
    "forced": dict(
        tools=RESPONSE_TOOLS, input=[input_text("Hello")], tool_choice={"type": "function", "name": "weather"}
    ),
    "required": dict(tools=RESPONSE_TOOLS, input=[input_text("Hello")], tool_choice="required"),
    "no_tools": dict(tools=RESPONSE_TOOLS, input=[input_text("Hello")], tool_choice="none"),
    "schema": dict(input=[input_text("Hello")], text_format=City),
    "effort": dict(input=[input_text("Hello")], reasoning={"effort": "high"}),
    "off": dict(input=[input_text("Hello")], reasoning={"effort": "none"}),
    "sampling": dict(input=[input_text("Hello")], temperature=0.5, top_p=0.9),
    "tier": dict(input=[input_text("Hello")], service_tier="flex"),
}


def responses(operation, stream):
    client = form("responses", operation)
    asked = dict(
        RESPONSES.get(operation, RESPONSES["plain"]),
        model="gpt-5.2", max_output_tokens=300, store=False, include=["reasoning.encrypted_content"],
    )
    if operation == "schema" and not stream:
        client.responses.parse(**asked)
        return None
    if operation == "schema":
        with client.responses.stream(**asked) as events:
            events.until_done()
        return None
    if not stream:
        return read_response(client.responses.create(**asked))
    text, last = "", None
    for event in client.responses.create(stream=True, **asked):
        if event.type in ("response.output_text.delta", "response.refusal.delta"):
            text += event.delta
        if event.type in ("response.completed", "response.incomplete"):
            last = event.response
    read = read_response(last)
    assert read["text"] == text
    return read


def read_response(response):
    text, calls, stop = "", [], response.status
    for item in response.output:
        if item.type == "message":
            for part in item.content:
                text += part.text if part.type == "output_text" else part.refusal
                stop = "refusal" if part.type == "refusal" else stop
        if item.type == "function_call":
            calls.append([item.call_id, item.name, json.loads(item.arguments)])
    if response.incomplete_details:
        stop = response.incomplete_details.reason
    usage = response.usage
    return dict(
        text=text, calls=calls, stop=stop, model=response.model, tier=response.service_tier,
        input=usage.input_tokens, cached=usage.input_tokens_details.cached_tokens,
        output=usage.output_tokens, reasoning=usage.output_tokens_details.reasoning_tokens,
    )


# OpenAI Chat Completions, and the same form elsewhere.

def chat_tool(name, schema, **strict):
    function = dict(name=name, description=f"The tool {name}", parameters=schema, **strict)
    return {"type": "function", "function": function}


def chat_call(id, name, arguments):
    return {"type": "function", "id": id, "function": {"name": name, "arguments": arguments}}


HELLO = {"role": "user", "content": "Hello"}
CHAT_TOOLS = [chat_tool("weather", SCHEMA, strict=True), chat_tool("now", OPEN)]
CHAT = {
    "plain": dict(messages=[HELLO]),
    "turns": dict(messages=[
        {"role": "system", "content": "Be brief."}, HELLO,
        {"role": "assistant", "content": "Hi."}, {"role": "user", "content": "How are you?"},
    ]),
    "image": dict(messages=[{"role": "user", "content": [
        {"type": "text", "text": "Which are these?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": {"url": LINK}},
    ]}]),
    "tools": dict(
        tools=CHAT_TOOLS,
        messages=[
            HELLO,
            {"role": "assistant", "content": "I look.", "tool_calls": [
                chat_call("a", "weather", '{"city":"Oslo"}'), chat_call("b", "now", "{}")]},
            {"role": "tool", "tool_call_id": "a", "content": "rain"},
            {"role": "tool", "tool_call_id": "b", "content": "noon"},
        ],
    ),
    "forced": dict(
        tools=CHAT_TOOLS, messages=[HELLO], tool_choice={"type": "function", "function": {"name": "weather"}}
    ),
    "required": dict(tools=CHAT_TOOLS, messages=[HELLO], tool_choice="required"),
    "no_tools": dict(tools=CHAT_TOOLS, messages=[HELLO], tool_choice="none"),
    "schema": dict(messages=[HELLO], response_format=City),
    "effort": dict(messages=[HELLO], reasoning_effort="high"),
    "off": dict(messages=[HELLO], reasoning_effort="none"),
    "sampling": dict(messages=[HELLO], temperature=0.5, top_p=0.9, stop=["END"], seed=7),
    "tier": dict(messages=[HELLO], service_tier="flex"),
}


def chat(operation, stream, name="chat"):
    client = form(name, operation)
    asked = dict(CHAT.get(operation, CHAT["plain"]), model="gpt-5.2")
    asked |= dict(max_completion_tokens=300, store=False) if name == "chat" else dict(max_tokens=300)
    if stream:
        asked["stream_options"] = {"include_usage": True}
    if operation == "schema" and not stream:
        client.chat.completions.parse(**asked)
        return None
    if operation == "schema":
        with client.chat.completions.stream(**asked) as events:
            events.until_done()
        return None
    if not stream:
        return read_chat(client.chat.completions.create(**asked))
    state = ChatCompletionStreamState()
    for chunk in client.chat.completions.create(stream=True, **asked):
        state.handle_chunk(chunk)
    # The final completion of the SDK is an exception where the answer was cut.
    return read_chat(state.current_completion_snapshot)


def compatible(operation, stream):
    return chat(operation, stream, "compatible")


def read_chat(completion):
    choice, usage = completion.choices[0], completion.usage
    message = choice.message
    calls = [[c.id, c.function.name, json.loads(c.function.arguments)] for c in message.tool_calls or []]
    return dict(
        text=(message.content or "") + (message.refusal or ""), calls=calls,
        stop="refusal" if message.refusal else choice.finish_reason,
        model=completion.model, tier=completion.service_tier,
        input=usage.prompt_tokens, cached=usage.prompt_tokens_details.cached_tokens,
        output=usage.completion_tokens, reasoning=usage.completion_tokens_details.reasoning_tokens,
    )


# Anthropic Messages.

def claude_tool(name, schema, **strict):
    return dict(name=name, description=f"The tool {name}", input_schema=schema, **strict)


CLAUDE_TOOLS = [claude_tool("weather", SCHEMA), claude_tool("now", OPEN)]
MESSAGES = {
    "plain": dict(messages=[HELLO]),
    "turns": dict(system="Be brief.", messages=[
        HELLO, {"role": "assistant", "content": "Hi."}, {"role": "user", "content": "How are you?"}]),
    "image": dict(messages=[{"role": "user", "content": [
        {"type": "text", "text": "Which are these?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "source": {"type": "url", "url": LINK}},
    ]}]),
    "tools": dict(
        tools=CLAUDE_TOOLS,
        messages=[
            HELLO,
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Oslo"}},
                {"type": "tool_use", "id": "b", "name": "now", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "rain"},
                {"type": "tool_result", "tool_use_id": "b", "content": "noon"},
            ]},
        ],
    ),
    "forced": dict(tools=CLAUDE_TOOLS, messages=[HELLO], tool_choice={"type": "tool", "name": "weather"}),
    "required": dict(tools=CLAUDE_TOOLS, messages=[HELLO], tool_choice={"type": "any"}),
    "no_tools": dict(tools=CLAUDE_TOOLS, messages=[HELLO], tool_choice={"type": "none"}),
    "schema": dict(messages=[HELLO], output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
    "effort": dict(
        messages=[HELLO], thinking={"type": "adaptive"}, output_config={"effort": "high"}
    ),
    "budget": dict(
        model="claude-opus-4-5", messages=[HELLO], thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=3000
    ),
    "off": dict(messages=[HELLO], thinking={"type": "disabled"}),
    "sampling": dict(messages=[HELLO], temperature=0.5, stop_sequences=["END"]),
    "tier": dict(messages=[HELLO], service_tier="standard_only"),
    "cache": dict(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=[{"role": "user", "content": [
            {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}]}],
    ),
}


def messages(operation, stream):
    client = form("anthropic", operation)
    asked = dict(dict(model="claude-opus-5-5", max_tokens=300), **MESSAGES.get(operation, MESSAGES["plain"]))
    # The SDK's own parameters know no temperature any more; the form does for models that take it.
    if "temperature" in asked:
        asked["extra_body"] = {"temperature": asked.pop("temperature")}
    if not stream:
        return read_message(client.messages.create(**asked))
    with client.messages.stream(**asked) as events:
        return read_message(events.get_final_message())


def read_message(message):
    usage = message.usage
    return dict(
        text="".join(block.text for block in message.content if block.type == "text"),
        calls=[[block.id, block.name, block.input] for block in message.content if block.type == "tool_use"],
        stop=message.stop_reason, model=message.model, tier=usage.service_tier,
        input=usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
        cached=usage.cache_read_input_tokens, output=usage.output_tokens,
        reasoning=usage.output_tokens_details.thinking_tokens,
    )


# Gemini.

def user(*parts):
    return types.Content(role="user", parts=[types.Part(text=p) if isinstance(p, str) else p for p in parts])


def model(*parts):
    return types.Content(role="model", parts=list(parts))


def declared(name, schema):
    return types.FunctionDeclaration(name=name, description=f"The tool {name}", parameters_json_schema=schema)


def called(mode, *names):
    config = types.FunctionCallingConfig(mode=mode, allowed_function_names=list(names) or None)
    return types.ToolConfig(function_calling_config=config)


def thinking(**fields):
    return types.ThinkingConfig(**fields)


GEMINI_TOOLS = [types.Tool(function_declarations=[declared("weather", SCHEMA), declared("now", OPEN)])]
GEMINI = {
    "plain": ([user("Hello")], {}),
    "turns": ([user("Hello"), model(types.Part(text="Hi.")), user("How are you?")], dict(system_instruction="Be brief.")),
    "image": ([user("Which is this?", types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png"))], {}),
    "tools": ([
        user("Hello"),
        model(
            types.Part(text="I look."),
            types.Part(
                function_call=types.FunctionCall(id="a", name="weather", args={"city": "Oslo"}),
                thought_signature=base64.b64decode("c2lnbmVk"),
            ),
            types.Part(function_call=types.FunctionCall(id="b", name="now", args={})),
        ),
        user(
            types.Part(function_response=types.FunctionResponse(id="a", name="weather", response={"output": "rain"})),
            types.Part(function_response=types.FunctionResponse(id="b", name="now", response={"output": "noon"})),
        ),
    ], dict(tools=GEMINI_TOOLS)),
    "forced": ([user("Hello")], dict(tools=GEMINI_TOOLS, tool_config=called("ANY", "weather"))),
    "required": ([user("Hello")], dict(tools=GEMINI_TOOLS, tool_config=called("ANY"))),
    "no_tools": ([user("Hello")], dict(tools=GEMINI_TOOLS, tool_config=called("NONE"))),
    "schema": ([user("Hello")], dict(response_mime_type="application/json", response_json_schema=SCHEMA)),
    "effort": ([user("Hello")], dict(thinking_config=thinking(include_thoughts=True, thinking_level="HIGH"))),
    "budget": ([user("Hello")], dict(thinking_config=thinking(include_thoughts=True, thinking_budget=1024))),
    "sampling": ([user("Hello")], dict(temperature=0.5, top_p=0.9, stop_sequences=["END"], seed=7)),
    "tier": ([user("Hello")], dict(service_tier="flex")),
}


def gemini(operation, stream):
    client = form("gemini", operation)
    contents, config = GEMINI.get(operation, GEMINI["plain"])
    config = types.GenerateContentConfig(
        max_output_tokens=300, automatic_function_calling={"disable": True}, **config
    )
    named = "gemini-2.5-flash" if operation == "budget" else "gemini-3.8-flash"
    asked = dict(model=named, contents=contents, config=config)
    if not stream:
        answer = client.models.generate_content(**asked)
        return read_gemini(answer.candidates[0].content.parts, answer)
    parts = []
    for answer in client.models.generate_content_stream(**asked):
        parts += answer.candidates[0].content.parts
    return read_gemini(parts, answer)


def read_gemini(parts, last):
    usage = last.usage_metadata
    return dict(
        text="".join(part.text for part in parts if part.text and not part.thought),
        calls=[[p.function_call.id, p.function_call.name, p.function_call.args] for p in parts if p.function_call],
        stop=last.candidates[0].finish_reason.name, model=last.model_version, tier=None,
        input=usage.prompt_token_count + usage.tool_use_prompt_token_count,
        cached=usage.cached_content_token_count,
        output=usage.candidates_token_count + usage.thoughts_token_count, reasoning=usage.thoughts_token_count,
    )


for name, ask, operations in [
    ("responses", responses, RESPONSES),
    ("chat", chat, CHAT),
    ("compatible", compatible, CHAT),
    ("anthropic", messages, MESSAGES),
    ("gemini", gemini, GEMINI),
]:
    for stream in [False, True]:
        for operation in operations:
            try:
                ask(operation, stream)
            except Exception as error:
                raise RuntimeError(f"{name} {operation} {stream}") from error
        for case in CASES:
            read = ask(case, stream)
            print(json.dumps({"form": name, "case": case, "stream": stream, "read": read}))
