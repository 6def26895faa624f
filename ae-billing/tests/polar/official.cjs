// Asks Polar's SDK for what the requests on standard input ask for; the first argument is the address to send to. With
// `verdicts` as first argument: its verdicts on signatures. Exit code 77: it is not installed.
let Polar, webhooks;
try {
  ({ Polar } = require("@polar-sh/sdk"));
  webhooks = require("@polar-sh/sdk/webhooks");
} catch {
  process.exit(77);
}
const input = JSON.parse(require("fs").readFileSync(0));

const verdicts = () => {
  const said = {};
  for (const { name, headers, body, secret, now } of input) {
    Date.now = () => now * 1000;
    try {
      webhooks.validateEvent(body, headers, secret);
      said[name] = true;
    } catch (error) {
      // A believed event of a type or form that the SDK does not know is another error.
      said[name] = error.constructor.name === "SDKValidationError";
    }
  }
  console.log(JSON.stringify([require("@polar-sh/sdk/package.json").version, said]));
};

const camel = (value, keep = false) => {
  if (Array.isArray(value)) return value.map((item) => camel(item));
  if (value === null || typeof value !== "object") return value;
  const name = (key) => (keep ? key : key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [name(key), camel(item, key === "metadata")]));
};

const lists = ["sorting", "product_id"];
const asked = (query) => {
  const all = {};
  for (const [key, values] of Object.entries(query)) {
    const meta = /^metadata\[(.*)\]$/.exec(key);
    if (meta) (all.metadata ??= {})[meta[1]] = values[0];
    else if (lists.includes(key)) all[key] = values;
    else all[key] = /^\d+$/.test(values[0]) ? Number(values[0]) : values[0];
  }
  return camel(all);
};

const send = async (url) => {
  const polar = new Polar({ accessToken: "polar_oat_simulator", serverURL: url, retryConfig: { strategy: "none" } });
  const kinds = { products: polar.products, "checkout-links": polar.checkoutLinks, checkouts: polar.checkouts,
    orders: polar.orders, refunds: polar.refunds, subscriptions: polar.subscriptions,
    "customer-sessions": polar.customerSessions };
  const update = { products: "productUpdate", subscriptions: "subscriptionUpdate" };
  for (const { method, path, query, body } of input) {
    const [, , kind, id, last] = path.split("/");
    const data = camel(body);
    const call = () => {
      if (kind === "webhooks") {
        if (method === "GET") return polar.webhooks.listWebhookEndpoints(asked(query));
        if (method === "POST") return polar.webhooks.createWebhookEndpoint(data);
        return polar.webhooks.updateWebhookEndpoint({ id: last, webhookEndpointUpdate: data });
      }
      const on = kinds[kind];
      if (method === "POST") return on.create(data);
      if (method === "PATCH") return on.update({ id, [update[kind]]: data });
      if (method === "DELETE") return on.delete ? on.delete({ id }) : on.revoke({ id });
      return id ? on.get({ id }) : on.list(asked(query));
    };
    try {
      await call();
    } catch (error) {
      // The recorder's empty answers are not objects; a request that the SDK refuses to send is missing in the record.
      if (String(error.message).includes("Input validation")) throw error;
    }
  }
};

if (process.argv[2] === "verdicts") verdicts();
else send(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
