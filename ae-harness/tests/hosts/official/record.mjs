// What the official clients send: `node record.mjs vercel|netlify NODE_MODULES`. Prints the version and the requests.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [vendor, modules] = process.argv.slice(2);
const heard = [];
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url, "http://localhost");
  const json = (request.headers["content-type"] ?? "").startsWith("application/json");
  heard.push({
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries([...url.searchParams].sort()),
    authorization: request.headers.authorization,
    digest: request.headers["x-vercel-digest"],
    type: text ? request.headers["content-type"].split(";")[0] : undefined,
    body: json && text ? JSON.parse(text) : text || undefined,
  });
  response.setHeader("content-type", "application/json").end("{}");
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}`;

const sha1 = (text) => createHash("sha1").update(text).digest("hex");
const calls = await import(new URL(`${vendor}.mjs`, import.meta.url).href);
const folder = join(modules, ...calls.packageName.split("/"));
const { name, version, exports, main } = JSON.parse(readFileSync(join(folder, "package.json")));
const entry = main ?? exports["."]?.import?.default ?? exports["."]?.default ?? exports;
const library = await import(pathToFileURL(join(folder, entry)).href);
const operations = calls.operations(library, base, sha1);
const requests = {};
for (const [operation, call] of Object.entries(operations)) {
  heard.length = 0;
  // The answer is not one of the vendor's, which is an error to some: the request is all that counts.
  await call().catch(() => {});
  if (heard.length !== 1) throw new Error(`${operation}: ${heard.length} requests`);
  requests[operation] = heard[0];
}
server.close();
console.log(JSON.stringify({ client: `${name} ${version}`, requests }, null, 1));
process.exit(0);
