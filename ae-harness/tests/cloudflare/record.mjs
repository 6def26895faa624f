// Records what the official client of Cloudflare sends: node record.mjs FOLDER-WITH-NODE_MODULES > cloudflare-sdk.json
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "x.js"));
const Cloudflare = require("cloudflare");
const { version } = JSON.parse(readFileSync(resolve(process.argv[2], "node_modules/cloudflare/package.json")));

const heard = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const url = new URL(request.url, "http://127.0.0.1");
    const type = request.headers["content-type"] ?? "";
    const bytes = Buffer.concat(chunks);
    let body = null;
    if (type.startsWith("multipart/")) {
      body = [];
      for (const [name, value] of await new Response(bytes, { headers: { "content-type": type } }).formData()) {
        const file = typeof value !== "string";
        body.push({ name, type: file ? value.type : "", content: file ? await value.text() : value });
      }
    } else if (bytes.length) {
      body = JSON.parse(bytes.toString());
    }
    heard.push({ method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), body });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result: {} }));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = new Cloudflare({
  apiToken: "token", baseURL: `http://127.0.0.1:${server.address().port}/client/v4`, maxRetries: 0,
});
const account_id = "0123456789abcdef0123456789abcdef";
const workers = client.workers;
const name = "csv-tidy";
const module = (content, file) => new File([content], file, { type: "application/javascript+module" });
const calls = {
  subdomain: () => workers.subdomains.get({ account_id }),
  settings: () => workers.scripts.settings.get(name, { account_id }),
  session: () =>
    workers.scripts.assets.upload.create(name, {
      account_id, manifest: { "/index.html": { hash: "0".repeat(32), size: 2 } },
    }),
  upload: () =>
    workers.assets.upload.create({
      account_id, base64: true, body: { ["0".repeat(32)]: new File(["aGk="], "0".repeat(32), { type: "text/html" }) },
    }),
  version: () =>
    workers.scripts.versions.create(name, {
      account_id,
      metadata: { main_module: "worker.mjs", compatibility_date: "2026-06-01" },
      files: [module("export default {}", "worker.mjs")],
    }),
  versions: () => workers.scripts.versions.list(name, { account_id, deployable: true }),
  deployments: () => workers.scripts.deployments.list(name, { account_id }),
  deployment: () =>
    workers.scripts.deployments.create(name, {
      account_id, strategy: "percentage", versions: [{ percentage: 100, version_id: "v1" }],
      annotations: { "workers/message": "note" },
    }),
  enable: () => workers.scripts.subdomain.create(name, { account_id, enabled: true, previews_enabled: true }),
  secret: () => workers.scripts.secrets.update(name, { account_id, name: "AE_KEY", text: "s", type: "secret_text" }),
  remove: () => workers.scripts.delete(name, { account_id, force: true }),
  zone: () => client.zones.list({ name: "csv-tidy.com", account: { id: account_id } }),
  make_zone: () => client.zones.create({ account: { id: account_id }, name: "csv-tidy.com", type: "full" }),
  attached: () => workers.domains.list({ account_id, hostname: "csv-tidy.com" }),
  attach: () => workers.domains.update({ account_id, hostname: "csv-tidy.com", service: name, zone_id: "z1" }),
};
const recorded = {};
for (const [call, send] of Object.entries(calls)) {
  // The answer is not one that the client wants; the request is what counts.
  await send().catch((error) => process.stderr.write(`${call}: ${error.message}\n`));
  recorded[call] = heard.pop() ?? null;
}
server.close();
console.log(JSON.stringify({ source: `cloudflare ${version} (Apache-2.0), recorded by record.mjs`, recorded }, null, 1));
