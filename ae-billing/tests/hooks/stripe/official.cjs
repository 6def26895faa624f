// Verdicts of Stripe's Node library on the cases of standard input. Exit code 77: it is not installed.
let Stripe;
try {
  Stripe = require("stripe");
} catch {
  process.exit(77);
}
const stripe = new (Stripe.default ?? Stripe)("sk_test_none");
const verdicts = {};
for (const { name, headers, body, secret, now } of JSON.parse(require("fs").readFileSync(0))) {
  try {
    stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret, 300, undefined, now * 1000);
    verdicts[name] = true;
  } catch {
    verdicts[name] = false;
  }
}
console.log(JSON.stringify([(Stripe.default ?? Stripe).PACKAGE_VERSION, verdicts]));
