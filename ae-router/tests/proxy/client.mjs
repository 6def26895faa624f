// The official SDK as a client of the proxy: client.mjs BASE_URL MODEL... prints a line of JSON for each step.
// The SDK is in the folder that AE_OPENAI_JS names.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.AE_OPENAI_JS}/`);
const openai = require("openai");
const [base, ...models] = process.argv.slice(2);
const png = "data:image/png;base64,iVBORw0KGgo=";
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const weather = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};
const degrees = { Oslo: "18 C", Bergen: "12 C" };

const client = (apiKey = "good-key") => new openai.OpenAI({ baseURL: base, apiKey });
const show = (step, facts) => console.log(JSON.stringify({ step, ...facts }));
const ask = (content) => [{ role: "user", content }];
const all = async (stream) => {
  const list = [];
  for await (const one of stream) list.push(one);
  return list;
};

async function chat(model) {
  const at = `chat ${model}`;
  const completions = client().chat.completions;
  const { data: answer, response } = await completions
    .create({ model, messages: ask("[[hello]]") })
    .withResponse();
  const header = (name) => response.headers.get(name);
  show(`${at} hello`, {
    text: answer.choices[0].message.content,
    end: answer.choices[0].finish_reason,
    tokens: [
      answer.usage.prompt_tokens,
      answer.usage.completion_tokens,
      answer.usage.prompt_tokens_details.cached_tokens,
    ],
    model: header("x-ae-model") === answer.model,
    reason: Boolean(header("x-ae-reason")),
    cost: Number(header("x-ae-cost-usd")) >= 0,
    tries: header("x-ae-tries"),
  });
  const chunks = await all(
    await completions.create({
      model,
      messages: ask("[[hello]]"),
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
  const usage = chunks.at(-1).usage;
  show(`${at} stream`, {
    text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""),
    end: chunks.filter((chunk) => chunk.choices.length).at(-1).choices[0].finish_reason,
    tokens: [usage.prompt_tokens, usage.completion_tokens],
  });
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  for (const [step, prompt, stream] of [
    ["tools", "[[tools sealed]]", false],
    ["tools stream", "[[tools]]", true],
  ]) {
    const messages = ask(prompt);
    const first = stream
      ? await completions.stream({ model, messages, tools }).finalChatCompletion()
      : await completions.create({ model, messages, tools });
    const message = first.choices[0].message;
    messages.push(message);
    for (const call of message.tool_calls) {
      const { city } = JSON.parse(call.function.arguments);
      messages.push({ role: "tool", tool_call_id: call.id, content: degrees[city] });
    }
    const answer = await completions.create({ model, messages, tools });
    show(`${at} ${step}`, { calls: message.tool_calls.length, text: answer.choices[0].message.content });
  }
  const parsed = await completions.parse({
    model,
    messages: ask("[[schema]]"),
    response_format: { type: "json_schema", json_schema: { name: "weather", schema: weather, strict: true } },
  });
  show(`${at} parse`, { degrees: parsed.choices[0].message.parsed.degrees });
  const image = [
    { type: "text", text: "[[image]]" },
    { type: "image_url", image_url: { url: png } },
  ];
  const seen = await completions.create({ model, messages: ask(image) });
  show(`${at} image`, { text: seen.choices[0].message.content });
}

async function responses(model) {
  const at = `responses ${model}`;
  const api = client().responses;
  const answer = await api.create({ model, input: "[[hello]]", instructions: "Be kind." });
  show(`${at} hello`, {
    text: answer.output_text,
    end: answer.status,
    tokens: [
      answer.usage.input_tokens,
      answer.usage.output_tokens,
      answer.usage.input_tokens_details.cached_tokens,
    ],
  });
  const events = await all(await api.create({ model, input: "[[hello]]", stream: true }));
  const whole = events.at(-1).response.output.filter((item) => item.type === "message");
  show(`${at} stream`, {
    text: events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join(""),
    end: events.at(-1).type,
    whole: whole.map((item) => item.content.map((part) => part.text).join("")).join(""),
    order: events.every((event, index) => event.sequence_number === index),
  });
  const tools = [{ type: "function", name: "weather", parameters, strict: true }];
  for (const [step, stream] of [
    ["tools", false],
    ["tools stream", true],
  ]) {
    const input = [{ role: "user", content: "[[tools sealed]]" }];
    const first = stream
      ? await api.stream({ model, input, tools }).finalResponse()
      : await api.create({ model, input, tools });
    input.push(...first.output);
    const calls = first.output.filter((item) => item.type === "function_call");
    for (const call of calls) {
      const { city } = JSON.parse(call.arguments);
      input.push({ type: "function_call_output", call_id: call.call_id, output: degrees[city] });
    }
    const last = await api.create({ model, input, tools });
    show(`${at} ${step}`, { calls: calls.length, text: last.output_text });
  }
  const parsed = await api.parse({
    model,
    input: "[[schema]]",
    text: { format: { type: "json_schema", name: "weather", schema: weather, strict: true } },
  });
  show(`${at} parse`, { degrees: parsed.output_parsed.degrees });
  const image = [
    { type: "input_text", text: "[[image]]" },
    { type: "input_image", image_url: png, detail: "auto" },
  ];
  const seen = await api.create({ model, input: [{ role: "user", content: image }] });
  show(`${at} image`, { text: seen.output_text });
}

async function failing(step, call) {
  try {
    await call();
    show(step, { error: null });
  } catch (error) {
    if (!(error instanceof openai.APIError)) throw error;
    const facts = { error: error.constructor.name };
    if (error.status) {
      facts.status = error.status;
      facts.code = error.code ?? null;
      facts.param = error.param ?? null;
      facts.tries = error.headers.get("x-ae-tries");
    } else {
      facts.message = error.message;
    }
    show(step, facts);
  }
}

async function errors() {
  const create = (key, model, text, fields) => () =>
    client(key).chat.completions.create({ model, messages: ask(text ?? "[[hello]]"), ...fields });
  const good = "good-key";
  await failing("wrong key", create("wrong-key", "lab"));
  await failing("unknown model", create(good, "gpt-99"));
  await failing("model of another", create("small-key", "gpt-5.2"));
  await failing("budget over", create("poor-key", "gpt-5.2", "[[poor]]"));
  await failing("budget over auto", create("poor-key", "auto", "[[poor]]"));
  await failing("budget over stream", create("poor-key", "gpt-5.2", "[[poor]]", { stream: true }));
  await failing("field", create(good, "lab", undefined, { n: 2 }));
  const custom = [{ type: "custom", custom: { name: "x" } }];
  await failing("field inside", create(good, "lab", undefined, { tools: custom }));
  await failing("no sampling", create(good, "gpt-5.2", undefined, { temperature: 0.5 }));
  await failing("429", create(good, "lab-429", "[[429]]"));
  await failing("500", create(good, "lab-500", "[[500]]"));
  await failing("503", create(good, "lab-503", "[[503]]"));
  await failing("broke", create(good, "lab-broke", "[[broke]]"));
  await failing("cut", async () => all(await create(good, "lab", "[[cut]]", { stream: true })()));
  await failing("cut responses", async () =>
    all(await client().responses.create({ model: "lab", input: "[[cut]]", stream: true })),
  );
}

async function rest() {
  const answer = await client().chat.completions.create({
    model: "gpt-5.2",
    messages: ask("[[stop]]"),
    stop: "END",
    temperature: 1,
    user: "u",
    store: false,
  });
  show("stop", { text: answer.choices[0].message.content });
  const sampled = await client().chat.completions.create({
    model: "lab",
    messages: ask("[[sampling]]"),
    stop: ["END"],
    seed: 7,
    temperature: 0.5,
  });
  show("sampling", { text: sampled.choices[0].message.content });
  const auto = await client()
    .chat.completions.create({ model: "auto", messages: ask("[[hello]]") })
    .withResponse();
  const header = (name) => auto.response.headers.get(name);
  show("auto", { model: header("x-ae-model") === auto.data.model, tier: header("x-ae-tier").slice(0, 4) });
  const ids = (await all(client().models.list())).map((model) => model.id);
  const one = await client().models.retrieve("lab");
  show("models", { some: ["auto", "gpt-5.2", "lab", "nothing"].map((id) => ids.includes(id)), one: one.owned_by });
  const small = await all(client("small-key").models.list());
  show("models of a small key", { all: small.map((model) => model.id) });
  const stream = await client().chat.completions.create({
    model: "gpt-5.2",
    messages: ask("[[slow]]"),
    stream: true,
  });
  let text = "";
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? "";
    if (text) break;
  }
  stream.controller.abort();
  show("cancel", { text });
}

for (const model of models) {
  await chat(model);
  await responses(model);
}
await errors();
await rest();
