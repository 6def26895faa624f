//! The page of an order.

use ae_core::{BillingInterval, Timestamp};
use maud::{Markup, html};

use super::look::{back, day, is_page, whole};
use crate::{OrderState, OrderView};

/// The parts of the page of an order that are not in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderPageContext {
    /// The time.
    pub now: Timestamp,
    /// Where the product is; an `http` or `https` URL or a path on this server, everything else is not linked.
    pub site_url: String,
    /// How the operator is paid, as plain text; its line breaks are kept.
    pub instructions: Option<String>,
    /// The text of the licence that the order gives now.
    pub licence: Option<String>,
}

impl OrderPageContext {
    /// A page as of `now` that leads to `site_url`, without a licence.
    pub fn new(now: Timestamp, site_url: impl Into<String>) -> Self {
        Self { now, site_url: site_url.into(), instructions: None, licence: None }
    }
}

ae_core::setters! { OrderPageContext {
    /// Says how the operator is paid.
    fn with_instructions(instructions: some into String);
    /// Shows a licence.
    fn with_licence(licence: some into String);
} }

/// The page of an order, as HTML: how to pay it, and once it is paid the licence. Serve it at `/order/{order}`, and keep it
/// out of caches: who knows its address sees the licence.
pub fn order_page(view: &OrderView, context: &OrderPageContext) -> String {
    let (name, state) = (&view.product.name, view.state(context.now));
    let licence =
        context.licence.as_deref().filter(|_| matches!(state, OrderState::Paid | OrderState::Ended));
    let repeats = view.order.interval != BillingInterval::OneTime;
    let body = html! {
        h1 { "Your order of " (name) }
        (status(view, state, licence.is_some()))
        @if let Some(licence) = licence {
            (licence_of(name, licence, &context.site_url))
        }
        (facts(view))
        @match state {
            OrderState::Waiting => {
                (how_to_pay("How to pay", view, context))
                p.soft { "Keep the address of this page: after your payment you find here what you bought. Anyone who has the address can see it." }
            },
            OrderState::Paid | OrderState::Ended if repeats => (how_to_pay("To pay the next period", view, context)),
            _ => {},
        }
        p { a href=(view.order.id) { "Look again" } }
        (back(&context.site_url, &format!("Go on to {name}")))
    };
    whole(&format!("Your order of {name}"), &body)
}

fn status(view: &OrderView, state: OrderState, has_licence: bool) -> Markup {
    let until = view.entitlement.as_ref().and_then(|access| access.paid_until);
    let cancelled = view.entitlement.as_ref().and_then(|access| access.ended_at);
    html! {
        p.note.good[state == OrderState::Paid] role="status" {
            @match state {
                OrderState::Waiting => {
                    strong { "Waiting for your payment." }
                    " The seller records it when it has come in. This order is open until " (day(view.order.open_until())) "."
                },
                OrderState::Expired => {
                    strong { "This order was not paid in time." }
                    " If you have paid it, the seller can still record your payment; otherwise please order again."
                },
                OrderState::Paid => {
                    strong { "Paid. Thank you." }
                    @if let Some(until) = until { " Paid until " (day(until)) "." }
                    @if view.entitlement.is_none() { " It is being confirmed: look again in a moment." }
                },
                OrderState::Refunded => {
                    strong { "Your payment was given back." }
                    " This order no longer gives access."
                },
                OrderState::Ended => @match (cancelled, until) {
                    (Some(at), _) => { strong { "This order has ended." } " It gives no access since " (day(at)) "." },
                    (None, until) => {
                        strong { "The paid time is over." }
                        @if let Some(until) = until { " It was paid until " (day(until)) "." }
                        @if has_licence { " Your licence still works for a few days." }
                    },
                },
            }
        }
    }
}

fn facts(view: &OrderView) -> Markup {
    html! {
        section aria-labelledby="order" {
            h2 #order { "The order" }
            dl {
                dt { "Reference" } dd { code { (view.order.id) } }
                dt { "Product" } dd { (view.product.name) }
                dt { "Plan" } dd { (view.price.nickname) }
                dt { "Amount" } dd { (view.order.amount) " " (view.order.interval.words()) }
                dt { "Ordered" } dd { (day(view.order.created_at)) }
                @for payment in &view.payments {
                    dt { "Paid" } dd { (payment.amount) " on " (day(payment.paid_at)) ", invoice " (payment.invoice) }
                }
                @for refund in &view.refunds {
                    dt { "Given back" } dd { (refund.amount) " on " (day(refund.refunded_at)) }
                }
            }
        }
    }
}

fn how_to_pay(title: &str, view: &OrderView, context: &OrderPageContext) -> Markup {
    html! {
        section aria-labelledby="how" {
            h2 #how { (title) }
            @if let Some(text) = context.instructions.as_deref().filter(|text| !text.trim().is_empty()) {
                p { "Pay " strong { (view.order.amount) } " and give the reference " code { (view.order.id) } ":" }
                p.lines { (text.trim()) }
            } @else {
                p { strong { "Payment is not possible yet." } " The seller has not said how to pay. Please look again later." }
            }
        }
    }
}

fn licence_of(name: &str, licence: &str, site_url: &str) -> Markup {
    let site = site_url.split('#').next().unwrap_or_default();
    html! {
        section aria-labelledby="licence" {
            h2 #licence { "Your licence" }
            @if is_page(site) {
                p { a.button href=(format!("{site}#licence={licence}")) { "Open " (name) " with your licence" } }
            }
            label.name for="licence_text" { "Or copy its text" }
            textarea #licence_text readonly rows="6" spellcheck="false" autocomplete="off" { (licence) }
            p.soft { "The licence works offline, in each browser where you open or paste it. Keep it to yourself." }
        }
    }
}
