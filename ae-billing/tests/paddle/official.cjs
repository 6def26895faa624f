// Asks Paddle's SDK for what the requests on standard input ask for; the first argument is the address to send to. With
// `verdicts` as first argument: its verdicts on signatures. Exit code 77: it is not installed.
let Paddle, version;
try {
  ({ Paddle } = require("@paddle/paddle-node-sdk"));
  const path = require("path");
  let folder = path.dirname(require.resolve("@paddle/paddle-node-sdk"));
  while (!require("fs").existsSync(path.join(folder, "README.md"))) folder = path.dirname(folder);
  version = require(path.join(folder, "package.json")).version;
} catch {
  process.exit(77);
}
const input = JSON.parse(require("fs").readFileSync(0));

const verdicts = async () => {
  const said = {};
  const { webhooks } = new Paddle("pdl_sdbx_apikey_simulator");
  const Time = Date;
  for (const { name, headers, body, secret, now } of input) {
    globalThis.Date = class extends Time {
      constructor(...given) {
        super(...(given.length ? given : [now * 1000]));
      }
    };
    try {
      said[name] = await webhooks.isSignatureValid(body, secret, headers["paddle-signature"]);
    } catch {
      said[name] = false;
    }
  }
  console.log(JSON.stringify([version, said]));
};

const camel = (value) => {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== "object") return value;
  const name = (key) => key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  const inner = (key, item) => (key === "custom_data" ? item : camel(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [name(key), inner(key, item)]));
};

const lists = ["status", "type", "product_id", "price_id", "customer_id", "transaction_id"];
const asked = (query) => {
  const all = {};
  for (const [key, [value]] of Object.entries(query)) {
    const name = key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
    all[name] = lists.includes(key) ? value.split(",") : /^\d+$/.test(value) ? Number(value) : value;
  }
  return all;
};

const send = async (url) => {
  const paddle = new Paddle("pdl_sdbx_apikey_simulator", { environment: url, logLevel: "none" });
  const kinds = { products: paddle.products, prices: paddle.prices, transactions: paddle.transactions,
    adjustments: paddle.adjustments, subscriptions: paddle.subscriptions,
    "notification-settings": paddle.notificationSettings };
  for (const { method, path, query, body } of input) {
    const [, kind, id, last] = path.split("/");
    const data = camel(body);
    const on = kinds[kind];
    const call = () => {
      if (last === "portal-sessions") return paddle.customerPortalSessions.create(id, data.subscriptionIds);
      if (last === "cancel") return on.cancel(id, data);
      if (method === "POST") return on.create(data);
      if (method === "PATCH") return on.update(id, data);
      if (id) return on.get(id);
      const list = on.list(asked(query));
      return list.next ? list.next() : list;
    };
    try {
      await call();
    } catch {
      // The recorder's empty answers are not objects; a request that the SDK refuses to send is missing in the record.
    }
  }
};

const done = process.argv[2] === "verdicts" ? verdicts() : send(process.argv[2]);
done.catch((error) => {
  console.error(error);
  process.exit(1);
});
