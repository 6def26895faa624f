// Records what the official client of Vercel sends: node record.mjs FOLDER-WITH-NODE_MODULES > vercel-sdk.json
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "x.js"));
const { Vercel } = require("@vercel/sdk");
const version = require("@vercel/sdk/package.json").version;

const heard = [];
const answers = [
  ["/search", { results: [] }],
  ["/supported", ["com"]],
  ["/price", { years: 1, purchasePrice: 11.25, renewalPrice: 11.25, transferPrice: 11.25 }],
  ["/buy", { orderId: "order_1", _links: {} }],
  ["/orders/", { orderId: "order_1", domains: [], status: "completed" }],
];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const url = new URL(request.url, "http://127.0.0.1");
    heard.push({
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: body ? JSON.parse(body) : null,
    });
    const answer = answers.find(([part]) => url.pathname.includes(part));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer ? answer[1] : {}));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const sdk = new Vercel({ bearerToken: "token", serverURL: `http://127.0.0.1:${server.address().port}` });
const teamId = "team_1";
const domain = "csv-tidy.com";
const contactInformation = {
  firstName: "Ada", lastName: "Byron", email: "ada@example.com", phone: "+441632960961", address1: "1 Example Street",
  address2: "Floor 2", city: "London", state: "London", zip: "N1 9GU", country: "GB", companyName: "Engines",
};
const calls = {
  supported: () => sdk.domainsRegistrar.getSupportedTlds({ teamId }),
  search: () => sdk.domainsRegistrar.searchDomains({ teamId, requestBody: { domains: [domain, "other.dev"] } }),
  price: () => sdk.domainsRegistrar.getDomainPrice({ domain, years: "1", teamId }),
  owned: () => sdk.domains.getDomain({ domain, teamId }),
  buy: () =>
    sdk.domainsRegistrar.buySingleDomain({
      domain, teamId, requestBody: { autoRenew: false, years: 1, expectedPrice: 11.25, contactInformation },
    }),
  order: () => sdk.domainsRegistrar.getOrder({ orderId: "order_1", teamId }),
};
const recorded = {};
for (const [name, call] of Object.entries(calls)) {
  // An answer of ours may lack what the client wants; the request is what counts.
  await call().catch(() => {});
  recorded[name] = heard.pop();
}
server.close();
console.log(JSON.stringify({ source: `@vercel/sdk ${version} (Apache-2.0), recorded by record.mjs`, recorded }, null, 1));
