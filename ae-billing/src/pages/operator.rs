//! The page where the operator records payments and refunds.

use std::{fmt, str::FromStr};

use ae_core::{IdempotencyKey, ParseError, Timestamp};
use maud::{Markup, html};

use super::look::{day, is_page, whole};
use crate::{Order, OrderId, OrderState, OrderView, Page};

/// The wish behind a button of the operator's page, as the text of its value.
///
/// The number is that of the payment or refund within the order, so that a button that is pressed twice acts once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperatorAction {
    /// Record payment `number` of the order.
    Paid {
        /// The order.
        order: OrderId,
        /// The number of the payment, counted from 0.
        number: u32,
    },
    /// Record refund `number` of the order: what is left of its latest payment.
    Refund {
        /// The order.
        order: OrderId,
        /// The number of the refund, counted from 0.
        number: u32,
    },
}

impl OperatorAction {
    /// The order that it is about.
    pub const fn order(&self) -> &OrderId {
        match self {
            Self::Paid { order, .. } | Self::Refund { order, .. } => order,
        }
    }

    /// The key under which `order`, the one that it is about, is changed.
    pub fn key(&self, order: &Order) -> IdempotencyKey {
        match self {
            Self::Paid { number, .. } => order.payment_key(*number),
            Self::Refund { number, .. } => order.refund_key(*number),
        }
    }
}

impl fmt::Display for OperatorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paid { order, number } => write!(f, "paid {order} {number}"),
            Self::Refund { order, number } => write!(f, "refund {order} {number}"),
        }
    }
}

impl FromStr for OperatorAction {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong =
            || ParseError::new(text, "an action: expected `paid ORDER NUMBER` or `refund ORDER NUMBER`");
        let mut words = text.split(' ');
        let (action, order, number) = (words.next(), words.next(), words.next());
        let order: OrderId = order.unwrap_or_default().parse().map_err(|_| wrong())?;
        let number: u32 = number.unwrap_or_default().parse().map_err(|_| wrong())?;
        match (action, words.next()) {
            (Some("paid"), None) => Ok(Self::Paid { order, number }),
            (Some("refund"), None) => Ok(Self::Refund { order, number }),
            _ => Err(wrong()),
        }
    }
}

ae_core::serde_text!(OperatorAction);

/// The parts of the operator's page that are not in the orders.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperatorPageContext {
    /// The time.
    pub now: Timestamp,
    /// Where the pages of orders are, without the name of the order: for example `http://localhost:8080/order/`.
    pub orders_url: String,
    /// The outcome of the last action, if any.
    pub message: Option<String>,
}

impl OperatorPageContext {
    /// A page as of `now`, with links to the pages of orders under `orders_url`.
    pub fn new(now: Timestamp, orders_url: impl Into<String>) -> Self {
        Self { now, orders_url: orders_url.into(), message: None }
    }
}

ae_core::setters! { OperatorPageContext {
    /// Shows the outcome of the last action.
    fn with_message(message: some into String);
} }

/// The page where the operator records payments of the `open` orders and refunds of the `paid` ones, as HTML. Serve it
/// where buyers can't reach it, at another origin than any product.
///
/// Its form posts `operator_code` and `action`, an [`OperatorAction`], to the address of the page. Older orders are at
/// `?open=MARKER` and `?paid=MARKER`, with the markers of the pages.
pub fn operator_page(
    open: &Page<OrderView>,
    paid: &Page<OrderView>,
    context: &OperatorPageContext,
) -> String {
    let body = html! {
        h1 { "Payments" }
        @if let Some(message) = &context.message {
            p.note role="status" { (message) }
        }
        p { "Record a payment when its money has come in, and a refund when you have given it back. Nothing is moved here." }
        form method="post" {
            // The first button is the one that the Enter key presses: this one does nothing.
            button type="submit" disabled hidden { "Choose an order" }
            section {
                label.name for="operator_code" { "Operator code" }
                input #operator_code type="password" name="operator_code" required autocomplete="off"
                    aria-describedby="code_help";
                p #code_help.soft { "It is needed for every button of this page." }
            }
            h2 { "Waiting for payment" }
            (list(open, context, "No order waits for a payment."))
            (older(open, "open", "Older orders that wait"))
            h2 { "Paid" }
            (list(paid, context, "No payment is on record."))
            (older(paid, "paid", "Older orders that were paid"))
        }
    };
    whole("Payments", &body)
}

fn list(orders: &Page<OrderView>, context: &OperatorPageContext, nothing: &str) -> Markup {
    html! {
        @if orders.items.is_empty() {
            p { (nothing) }
        } @else {
            ul.cards {
                @for view in &orders.items {
                    li.card { (card(view, context)) }
                }
            }
        }
    }
}

fn older(orders: &Page<OrderView>, name: &str, words: &str) -> Markup {
    html! {
        @if let Some(next) = &orders.next {
            p { a href=(format!("?{name}={next}")) { (words) } }
        }
    }
}

fn card(view: &OrderView, context: &OperatorPageContext) -> Markup {
    let (order, number) = (&view.order.id, view.next());
    let state = view.state(context.now);
    let page = format!("{}{order}", context.orders_url);
    html! {
        dl {
            dt { "Order" }
            dd {
                @if is_page(&page) { a href=(page) { code { (order) } } } @else { code { (order) } }
            }
            dt { "Plan" } dd { (view.product.name) ", " (view.price.nickname) }
            dt { "Amount" } dd { (view.order.amount) " " (view.order.interval.words()) }
            dt { "Ordered" } dd { (day(view.order.created_at)) }
            @if let Some(payment) = view.payments.last() {
                dt { "Last paid" } dd { (day(payment.paid_at)) ", " (payment.invoice) }
                dt { "State" } dd { (state) }
            }
        }
        @if view.takes_payment() {
            button type="submit" name="action" value=(OperatorAction::Paid { order: order.clone(), number })
                .plain[state == OrderState::Paid] {
                @if number == 0 { "Record " } @else { "Record the next " }
                (view.order.amount) " of " (order)
            }
            " "
        }
        @if let Some(refund) = view.refundable() {
            button.plain type="submit" name="action"
                value=(OperatorAction::Refund { order: order.clone(), number: view.next_refund() }) {
                "Refund " (refund.amount) " of " (order)
            }
        }
    }
}
