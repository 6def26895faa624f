//! The page where a buyer orders.

use ae_core::{IdSource, IdempotencyKey, RunId};
use maud::{Markup, html};

use super::look::{back, whole};
use crate::{LinkView, Price};

/// The parts of the pay page that are not in the link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PayPageContext {
    /// Where the product is; an `http` or `https` URL or a path on this server, everything else is not linked.
    pub site_url: String,
    /// The key of this copy of the form, a [new one](new_form) for each page.
    pub form: IdempotencyKey,
    /// The label of the tier that is selected at first.
    pub selected_tier: Option<String>,
    /// How the operator is paid, as plain text; its line breaks are kept. Without it nothing can be ordered.
    pub instructions: Option<String>,
    /// Whether the product rests on sample data; the page says so then.
    pub sample: bool,
}

impl PayPageContext {
    /// A page that leads back to `site_url`, with a form of the key `form`.
    pub fn new(site_url: impl Into<String>, form: IdempotencyKey) -> Self {
        Self { site_url: site_url.into(), form, selected_tier: None, instructions: None, sample: false }
    }
}

ae_core::setters! { PayPageContext {
    /// Selects a tier at first.
    fn with_selected_tier(selected_tier: some into String);
    /// Says how the operator is paid.
    fn with_instructions(instructions: some into String);
    /// States that the product rests on sample data.
    fn with_sample(sample: bool);
} }

/// The key of another copy of the order form: a copy that is sent twice places one order, however long after, and another
/// copy places another.
///
/// The name of the order follows from it, and a visitor who knows that name sees the order: `ids` must not be predictable, and
/// a page with a form must not be kept by a cache.
pub fn new_form(ids: &dyn IdSource) -> IdempotencyKey {
    // A key needs a run; that of the link would let one copy order once in every run.
    IdempotencyKey::derive(RunId::from_uuid(ids.new_uuid()), "pay", "place_order", 0)
}

/// The page where `view`'s product is ordered, as HTML.
///
/// Its form posts `form_id` and `price` to `{link id}/order`, relative to the page; serve it at `/pay/{link id}`. Place the
/// order under the key `form_id`, so that a form that is sent again orders nothing more, and answer with a redirect to
/// the page of the order.
pub fn pay_page(view: &LinkView, context: &PayPageContext) -> String {
    let offered: Vec<_> = view.prices.iter().filter(|price| price.active).collect();
    let is_open = view.link.active && view.product.active && !offered.is_empty();
    let instructions = context.instructions.as_deref().filter(|text| !text.trim().is_empty());
    let body = html! {
        h1 { "Buy " (view.product.name) }
        @if !view.product.description.is_empty() {
            p { (view.product.description) }
        }
        @if context.sample {
            p.note role="note" { "This product was made from bundled sample signals. It is a demonstration, not an offer." }
        }
        @match (is_open, instructions) {
            (false, _) => p.note role="status" { "This product is not on sale at the moment." },
            (true, None) => (prices(&offered)),
            (true, Some(instructions)) => {
                (form(view, &offered, context))
                (how_to_pay(instructions))
            }
        }
        (back(&context.site_url, &format!("Back to {}", view.product.name)))
    };
    whole(&format!("Buy {}", view.product.name), &body)
}

/// The operator's words on how to pay.
fn how_to_pay(instructions: &str) -> Markup {
    html! {
        section aria-labelledby="how" {
            h2 #how { "How you pay" }
            ol {
                li { "Order here. You get a reference, and the page of your order." }
                li { "Pay the seller, and give that reference:" p.lines { (instructions.trim()) } }
                li { "Once the seller has recorded your payment, the page of your order has what you bought." }
            }
            p.soft { "No card is charged on this page, and no account, name or e-mail address is asked for." }
        }
    }
}

/// The prices of a product while it is not said how to pay.
fn prices(offered: &[&Price]) -> Markup {
    html! {
        section aria-labelledby="prices" {
            h2 #prices { "Prices" }
            ul {
                @for price in offered {
                    li { strong { (price.nickname) } ": " (price.charge) " " (price.interval.words()) }
                }
            }
        }
        p.note role="status" {
            strong { "Payment is not possible yet." }
            " The seller has not said how to pay. Please come back later."
        }
    }
}

fn form(view: &LinkView, offered: &[&Price], context: &PayPageContext) -> Markup {
    let wished = context.selected_tier.as_deref();
    let selected = offered
        .iter()
        .find(|price| wished == Some(price.tier.as_str()))
        .or_else(|| offered.first())
        .map(|price| &price.id);
    html! {
        form method="post" action=(format!("{}/order", view.link.id)) {
            // Without autocomplete, because some browsers keep the old value over a reload.
            input type="hidden" name="form_id" value=(context.form) autocomplete="off";
            fieldset {
                legend { "Choose what to buy" }
                @for price in offered {
                    label.tier {
                        input type="radio" name="price" value=(price.id) required checked[selected == Some(&price.id)];
                        span { strong { (price.nickname) } span { (price.charge) " " (price.interval.words()) } }
                    }
                }
            }
            button type="submit" { "Order" }
        }
    }
}
