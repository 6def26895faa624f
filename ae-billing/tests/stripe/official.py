"""The operations of the comparison, by Stripe's own SDK.

The argument is JSON: the address, the run, the keys by name, and the digests that stand in metadata by key.
"""

import json
import sys
import urllib.parse
import urllib.request

import stripe

GIVEN = json.loads(sys.argv[1])
KEYS = GIVEN["keys"]
CLIENT = stripe.StripeClient(
    "rk_test_simulator123",
    base_addresses={"api": GIVEN["url"]},
    stripe_version="2026-10-28.endive",
    max_network_retries=0,
)
V1 = CLIENT.v1


def marks(name, run=True, **more):
    key = KEYS[name]
    made = {"ae_key": key, "ae_request": GIVEN["digests"][key], **more}
    return {"ae_run": GIVEN["run"], **made} if run else made


def under(name):
    return {"idempotency_key": KEYS[name]}


def price(name, tier, **more):
    params = {"product": PRODUCT, "nickname": "Pro", "lookup_key": KEYS[name], **more}
    metadata = marks(name, ae_tier=tier, **params.pop("more", {}))
    return V1.prices.create(params={**params, "metadata": metadata}, options=under(name))


V1.balance.retrieve()
PRODUCT = GIVEN["product"]
V1.products.create(
    params={
        "id": PRODUCT,
        "name": "CSV Cleaner & more",
        "description": "Cleans CSV files.",
        "url": "https://example.com/csv",
        "metadata": marks("product"),
    },
    options=under("product"),
)
V1.billing.meters.create(
    params={
        "display_name": "Rows",
        "event_name": "rows",
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
        "value_settings": {"event_payload_key": "value"},
    },
    options=under("meter"),
)
METER = V1.billing.meters.list(params={"limit": 100}).data[0].id
MONTHLY = price("price", "pro", currency="usd", unit_amount=2999, recurring={"interval": "month", "interval_count": 1})
ONCE = price("once", "once", currency="usd", unit_amount=500)
price(
    "tiered",
    "steps",
    currency="usd",
    billing_scheme="tiered",
    tiers_mode="graduated",
    recurring={"interval": "week", "interval_count": 2},
    tiers=[
        {"up_to": 10, "unit_amount_decimal": "0.05"},
        {"up_to": "inf", "unit_amount_decimal": "1", "flat_amount": 500},
    ],
    expand=["tiers"],
)
price(
    "metered",
    "rows",
    currency="usd",
    unit_amount_decimal="0.0123",
    recurring={"interval": "month", "interval_count": 1, "usage_type": "metered", "meter": METER},
    more={"ae_meter": KEYS["meter"]},
)


def link(name, made, tier, metadata_of, **more):
    metadata = marks(name, ae_tier=tier, ae_price=made.id)
    return V1.payment_links.create(
        params={
            "line_items": [{"price": made.id, "quantity": 1}],
            "after_completion": {
                "type": "redirect",
                "redirect": {"url": "https://example.com/thanks/?checkout={CHECKOUT_SESSION_ID}"},
            },
            metadata_of: {**more, "metadata": metadata},
            "metadata": {**metadata, "ae_made_at": str(GIVEN["now"])},
        },
        options=under(name),
    )


TRIAL = link("trial", MONTHLY, "pro", "subscription_data", trial_period_days=14)
BUY = link("buy", ONCE, "once", "payment_intent_data")
CUSTOMER = V1.customers.create(
    params={
        "description": "CUST-1",
        "email": "buyer@example.com",
        "metadata": marks("customer", ae_reference="CUST-1"),
    },
    options=under("customer"),
)
CHECKOUT = marks("checkout", ae_tier="pro", ae_price=MONTHLY.id)
SESSION = V1.checkout.sessions.create(
    params={
        "mode": "subscription",
        "line_items": [{"price": MONTHLY.id, "quantity": 3}],
        "success_url": "https://example.com/ok?c={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://example.com/no",
        "customer": CUSTOMER.id,
        "subscription_data": {"metadata": CHECKOUT},
        "metadata": CHECKOUT,
    },
    options=under("checkout"),
)
V1.checkout.sessions.retrieve(SESSION.id)
V1.billing_portal.configurations.list(params={"active": True, "limit": 100})
PORTAL = V1.billing_portal.configurations.create(
    params={
        "features": {
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        }
    },
    options={"idempotency_key": "ae1_portal_stripe_test"},
)
V1.billing_portal.sessions.create(
    params={"customer": CUSTOMER.id, "return_url": "https://example.com", "configuration": PORTAL.id}
)
V1.billing.meter_events.create(
    params={
        "event_name": "rows",
        "payload": {"stripe_customer_id": CUSTOMER.id, "value": "25"},
        "identifier": KEYS["usage"],
        "timestamp": GIVEN["now"],
    },
    options=under("usage"),
)
V1.webhook_endpoints.list(params={"limit": 100})
V1.webhook_endpoints.create(
    params={
        "url": "https://example.com/hooks",
        "enabled_events": ["invoice.paid", "charge.refunded"],
        "api_version": "2026-10-28.endive",
    },
    options=under("endpoint"),
)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def control(path, **form):
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(f"{GIVEN['url']}/{path}", data=body, method="POST")
    try:
        urllib.request.build_opener(Stay()).open(request)
    except Exception as answer:  # The redirect to the seller's page is not followed.
        assert getattr(answer, "code", None) == 303, answer


control(f"pay/{BUY.id}", outcome="paid")
control(f"pay/{TRIAL.id}", outcome="paid")
SUBSCRIPTIONS = V1.subscriptions.list(params={"status": "all", "limit": 2, "price": MONTHLY.id})
SUBSCRIPTION = SUBSCRIPTIONS.data[0].id
V1.subscriptions.retrieve(SUBSCRIPTION)

# What is read to list payments: links, their checkouts, invoices of subscriptions.
V1.payment_links.list(params={"limit": 100})
for one in (BUY, TRIAL):
    V1.checkout.sessions.list(params={"payment_link": one.id, "status": "complete", "limit": 100})
V1.invoices.list(params={"subscription": SUBSCRIPTION, "status": "paid", "limit": 100})
V1.prices.retrieve(MONTHLY.id, params={"expand": ["tiers"]})

INTENT = V1.checkout.sessions.list(
    params={"payment_link": BUY.id, "status": "complete", "limit": 100}
).data[0].payment_intent
V1.payment_intents.retrieve(INTENT)
V1.refunds.list(params={"payment_intent": INTENT, "limit": 100})
V1.refunds.create(
    params={"payment_intent": INTENT, "amount": 200, "metadata": marks("refund", run=False)},
    options=under("refund"),
)
V1.subscriptions.update(SUBSCRIPTION, params={"cancel_at_period_end": True}, options=under("end"))
V1.subscriptions.cancel(SUBSCRIPTION)

# What is read to find everything again.
V1.products.retrieve(PRODUCT)
V1.products.list(params={"limit": 100})
V1.prices.list(params={"product": PRODUCT, "expand": ["data.tiers"], "limit": 100})
for name in ("price", "once", "tiered", "metered"):
    V1.prices.list(params={"lookup_keys": [KEYS[name]], "expand": ["data.tiers"], "limit": 100})

V1.payment_links.retrieve(BUY.id)
V1.payment_links.update(BUY.id, params={"active": False}, options=under("off link"))
V1.prices.retrieve(ONCE.id)
V1.prices.update(ONCE.id, params={"active": False}, options=under("off price"))
V1.products.update(PRODUCT, params={"active": False}, options=under("off product"))
