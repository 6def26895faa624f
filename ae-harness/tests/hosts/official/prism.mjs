// Has Prism judge the recorded requests to Vercel, which ours are equal to: `node prism.mjs URL`, run by hand.
//
// Prism takes ten seconds to start: `npx @stoplight/prism-cli mock --errors -p 4112 vercel-min.json`, with a description of
// the API of which every schema compiles. A schema that does not compile lets everything pass, so that spoilt bodies have
// to be refused too.
import { readFileSync } from "node:fs";

const [url] = process.argv.slice(2);
const { requests } = JSON.parse(readFileSync(new URL("vercel.json", import.meta.url)));

async function judged({ method, path, query, authorization, type, digest, body }, spoilt) {
  const headers = { authorization, accept: "application/json", ...(type && { "content-type": type }) };
  if (digest) headers["x-vercel-digest"] = digest;
  const sent = type === "application/json" && spoilt ? { ...body, strange: true, name: 1 } : body;
  const text = typeof sent === "string" || sent === undefined ? sent : JSON.stringify(sent);
  const answer = await fetch(`${url}${path}?${new URLSearchParams(query)}`, { method, headers, body: text });
  return { status: answer.status, text: await answer.text() };
}

let wrong = 0;
for (const [operation, request] of Object.entries(requests)) {
  const whole = await judged(request, false);
  if (whole.text.includes("NO_PATH_MATCHED_ERROR")) {
    console.log(operation, "is not in the description");
    continue;
  }
  if (whole.status >= 400) console.log(operation, whole.status, whole.text.slice(0, 600), ++wrong);
  if (request.type !== "application/json" || Array.isArray(request.body)) continue;
  const spoilt = await judged(request, true);
  if (![400, 422].includes(spoilt.status)) console.log(operation, "spoilt, and not refused:", spoilt.status, ++wrong);
}
console.log(`${Object.keys(requests).length} requests, ${wrong} wrong verdicts`);
process.exit(wrong ? 1 : 0);
