"""The official SDK as a client of the proxy: client.py BASE_URL MODEL... prints a line of JSON for each step."""

import json
import sys

import openai
import pydantic

BASE, MODELS = sys.argv[1], sys.argv[2:]
PNG = "data:image/png;base64,iVBORw0KGgo="
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
DEGREES = {"Oslo": "18 C", "Bergen": "12 C"}


class Weather(pydantic.BaseModel):
    city: str
    degrees: int


def client(key="good-key", **options):
    return openai.OpenAI(base_url=BASE, api_key=key, **options)


def show(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def ask(text):
    return [{"role": "user", "content": text}]


def chat(model):
    at = f"chat {model}"
    create = client().chat.completions.create
    whole = client().chat.completions.with_raw_response.create(model=model, messages=ask("[[hello]]"))
    answer = whole.parse()
    show(f"{at} hello", text=answer.choices[0].message.content, end=answer.choices[0].finish_reason,
         tokens=[answer.usage.prompt_tokens, answer.usage.completion_tokens,
                 answer.usage.prompt_tokens_details.cached_tokens],
         model=whole.headers["x-ae-model"] == answer.model, reason=bool(whole.headers["x-ae-reason"]),
         cost=float(whole.headers["x-ae-cost-usd"]) >= 0, tries=whole.headers["x-ae-tries"])
    chunks = list(create(model=model, messages=ask("[[hello]]"), stream=True,
                         stream_options={"include_usage": True}))
    show(f"{at} stream", text="".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
         end=[c.choices[0].finish_reason for c in chunks if c.choices][-1],
         tokens=[chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens])
    tools = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]
    messages = ask("[[tools sealed]]")
    message = create(model=model, messages=messages, tools=tools).choices[0].message
    messages.append(message)
    for call in message.tool_calls:
        city = json.loads(call.function.arguments)["city"]
        messages.append({"role": "tool", "tool_call_id": call.id, "content": DEGREES[city]})
    answer = create(model=model, messages=messages, tools=tools)
    show(f"{at} tools", calls=len(message.tool_calls), text=answer.choices[0].message.content)
    messages = ask("[[tools]]")
    with client().chat.completions.stream(model=model, messages=messages, tools=tools) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = [{"id": c.id, "type": "function",
              "function": {"name": c.function.name, "arguments": c.function.arguments}} for c in message.tool_calls]
    messages.append({"role": "assistant", "content": message.content, "tool_calls": calls})
    for call in calls:
        city = json.loads(call["function"]["arguments"])["city"]
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": DEGREES[city]})
    text = "".join(c.choices[0].delta.content or "" for c in
                   create(model=model, messages=messages, tools=tools, stream=True))
    show(f"{at} tools stream", calls=len(calls), text=text)
    parsed = client().chat.completions.parse(model=model, messages=ask("[[schema]]"), response_format=Weather)
    show(f"{at} parse", degrees=parsed.choices[0].message.parsed.degrees)
    image = [{"type": "text", "text": "[[image]]"}, {"type": "image_url", "image_url": {"url": PNG}}]
    answer = create(model=model, messages=[{"role": "user", "content": image}])
    show(f"{at} image", text=answer.choices[0].message.content)


def responses(model):
    at = f"responses {model}"
    create = client().responses.create
    answer = create(model=model, input="[[hello]]", instructions="Be kind.")
    show(f"{at} hello", text=answer.output_text, end=answer.status,
         tokens=[answer.usage.input_tokens, answer.usage.output_tokens,
                 answer.usage.input_tokens_details.cached_tokens])
    events = list(create(model=model, input="[[hello]]", stream=True))
    show(f"{at} stream", text="".join(e.delta for e in events if e.type == "response.output_text.delta"),
         end=events[-1].type, whole=events[-1].response.output_text,
         order=[e.sequence_number for e in events] == list(range(len(events))))
    tools = [{"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": True}]
    for name, stream in [("tools", False), ("tools stream", True)]:
        items = [{"role": "user", "content": "[[tools sealed]]"}]
        if stream:
            with client().responses.stream(model=model, input=items, tools=tools) as events:
                first = events.get_final_response()
        else:
            first = create(model=model, input=items, tools=tools)
        calls = [item for item in first.output if item.type == "function_call"]
        items += [item.model_dump(exclude_none=True) for item in first.output]
        for call in calls:
            city = json.loads(call.arguments)["city"]
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": DEGREES[city]})
        show(f"{at} {name}", calls=len(calls), text=create(model=model, input=items, tools=tools).output_text)
    parsed = client().responses.parse(model=model, input="[[schema]]", text_format=Weather)
    show(f"{at} parse", degrees=parsed.output_parsed.degrees)
    image = [{"type": "input_text", "text": "[[image]]"},
             {"type": "input_image", "image_url": PNG, "detail": "auto"}]
    show(f"{at} image", text=create(model=model, input=[{"role": "user", "content": image}]).output_text)


def failing(step, call):
    try:
        call()
        show(step, error=None)
    except openai.APIStatusError as error:
        show(step, error=type(error).__name__, status=error.status_code, code=error.code, param=error.param,
             tries=error.response.headers.get("x-ae-tries"))
    except openai.APIError as error:
        show(step, error=type(error).__name__, message=error.message)


def errors():
    def create(key="good-key", model="lab", text="[[hello]]", **fields):
        return lambda: client(key).chat.completions.create(model=model, messages=ask(text), **fields)

    failing("wrong key", create(key="wrong-key"))
    failing("unknown model", create(model="gpt-99"))
    failing("model of another", create(key="small-key", model="gpt-5.2"))
    failing("budget over", create(key="poor-key", model="gpt-5.2", text="[[poor]]"))
    failing("budget over auto", create(key="poor-key", model="auto", text="[[poor]]"))
    failing("budget over stream", create(key="poor-key", model="gpt-5.2", text="[[poor]]", stream=True))
    failing("field", create(n=2))
    failing("field inside", create(tools=[{"type": "custom", "custom": {"name": "x"}}]))
    failing("no sampling", create(model="gpt-5.2", temperature=0.5))
    failing("429", create(model="lab-429", text="[[429]]"))
    failing("500", create(model="lab-500", text="[[500]]"))
    failing("503", create(model="lab-503", text="[[503]]"))
    failing("broke", create(model="lab-broke", text="[[broke]]"))
    failing("cut", lambda: list(create(text="[[cut]]", stream=True)()))
    failing("cut responses", lambda: list(client().responses.create(model="lab", input="[[cut]]", stream=True)))


def rest():
    answer = client().chat.completions.create(
        model="gpt-5.2", messages=ask("[[stop]]"), stop="END", temperature=1, user="u", store=False)
    show("stop", text=answer.choices[0].message.content)
    answer = client().chat.completions.create(
        model="lab", messages=ask("[[sampling]]"), stop=["END"], seed=7, temperature=0.5)
    show("sampling", text=answer.choices[0].message.content)
    raw = client().chat.completions.with_raw_response.create(model="auto", messages=ask("[[hello]]"))
    show("auto", model=raw.headers["x-ae-model"] == raw.parse().model, tier=raw.headers["x-ae-tier"][:4])
    ids = [model.id for model in client().models.list()]
    show("models", some=[name in ids for name in ["auto", "gpt-5.2", "lab", "nothing"]],
         one=client().models.retrieve("lab").owned_by)
    show("models of a small key", all=[model.id for model in client("small-key").models.list()])
    stream = client().chat.completions.create(model="gpt-5.2", messages=ask("[[slow]]"), stream=True)
    text = ""
    for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if text:
            break
    stream.close()
    show("cancel", text=text)


for name in MODELS:
    chat(name)
    responses(name)
errors()
rest()
