// Runs the functions of one deployment: a request a line, an answer a line.
import { createInterface } from "node:readline";

const write = process.stdout.write.bind(process.stdout);
// The output is the protocol's alone.
process.stdout.write = process.stderr.write.bind(process.stderr);
console.log = console.info = console.debug = console.error;

async function answer(asked) {
  const module = await import(new URL(asked.module, import.meta.url).href);
  const handle = module[asked.method] ?? (asked.method === "HEAD" ? module.GET : undefined);
  if (!handle) return new Response(null, { status: 405 });
  const body = ["GET", "HEAD"].includes(asked.method) ? undefined : Buffer.from(asked.body, "latin1");
  const response = await handle(new Request(asked.url, { method: asked.method, headers: asked.headers, body }));
  if (!(response instanceof Response)) throw new TypeError("the function did not return a Response");
  return response;
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).catch((error) => {
    console.error(error);
    return new Response("FUNCTION_INVOCATION_FAILED (simulator)\n", { status: 500 });
  });
  const body = Buffer.from(await reply.arrayBuffer()).toString("latin1");
  write(`${JSON.stringify({ status: reply.status, headers: [...reply.headers], body })}\n`);
}
