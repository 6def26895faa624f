//! The pay page and the receipt of the offline ledger: whole HTML pages without scripts and without requests to
//! anywhere else.

use ae_core::{IdSource, IdempotencyKey, RunId};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{LinkView, Payment, Price};

/// The parts of the page that are not in the link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PayPageContext {
    /// Where the product is; an `http` or `https` URL or a path on this server, everything else is not linked.
    pub site_url: String,
    /// The key of this copy of the form, a [new one](new_form) for each page.
    pub form: IdempotencyKey,
    /// The label of the tier that is selected at first.
    pub selected_tier: Option<String>,
    /// A line from the operator, for example how to pay.
    pub note: Option<String>,
    /// Whether the product rests on sample data; the page says so then.
    pub sample: bool,
}

impl PayPageContext {
    /// A page that leads back to `site_url`, with a form of the key `form`.
    pub fn new(site_url: impl Into<String>, form: IdempotencyKey) -> Self {
        Self { site_url: site_url.into(), form, selected_tier: None, note: None, sample: false }
    }
}

ae_core::setters! { PayPageContext {
    /// Selects a tier at first.
    fn with_selected_tier(selected_tier: some into String);
    /// Adds a line from the operator.
    fn with_note(note: some into String);
    /// States that the product rests on sample data.
    fn with_sample(sample: bool);
} }

/// The key of another copy of the payment form: a copy that is sent twice books one payment, however long after, and
/// another copy books another, even of the same payer and price.
///
/// It is not a secret and proves nothing; who may record payments is decided elsewhere. It follows from the copy alone, so
/// one that was used is a conflict for every other link, price or payer, and books nothing there.
pub fn new_form(ids: &dyn IdSource) -> IdempotencyKey {
    // A key needs a run; that of the link would let one copy book once in every run.
    IdempotencyKey::derive(RunId::from_uuid(ids.new_uuid()), "pay", "record_payment", 0)
}

/// The page where `view`'s product is paid, as HTML.
///
/// Its form posts `form_id`, `price`, `payer_reference` and `operator_code` to `{link id}/paid`, relative to the page; serve
/// it at `/pay/{link id}`. Record the payment under the key `form_id`, so that a form that is sent again books nothing more.
pub fn pay_page(view: &LinkView, context: &PayPageContext) -> String {
    let offered: Vec<_> = view.prices.iter().filter(|price| price.active).collect();
    let is_open = view.link.active && view.product.active && !offered.is_empty();
    let body = html! {
        h1 { (view.product.name) }
        @if !view.product.description.is_empty() {
            p { (view.product.description) }
        }
        @if context.sample {
            p.note role="note" { "This product was made from bundled sample signals. It is a demonstration, not an offer." }
        }
        p.note role="note" {
            strong { "Offline ledger: no card is charged; the operator records the payment." }
            " Nothing on this page moves money. Pay the operator as agreed; the operator then records it here."
        }
        @if let Some(note) = &context.note {
            p { (note) }
        }
        @if is_open {
            (form(view, &offered, context))
        } @else {
            p role="status" { "This product is not on sale at the moment." }
        }
        (back(&context.site_url, "Back to the product"))
    };
    whole(&format!("Pay for {}", view.product.name), &body)
}

/// The page that confirms `payment` of `view`'s product, as HTML.
pub fn receipt_page(payment: &Payment, view: &LinkView) -> String {
    let name =
        view.prices.iter().find(|price| price.id == payment.price).map_or(&payment.tier, |p| &p.nickname);
    let body = html! {
        h1 { "Payment recorded" }
        p role="status" { "The operator recorded this payment in the offline ledger. No card was charged." }
        dl {
            dt { "Invoice" } dd { (payment.invoice) }
            dt { "Product" } dd { (view.product.name) }
            dt { "Tier" } dd { (name) }
            dt { "Amount" } dd { (payment.amount) " " (payment.interval.words()) }
            dt { "Payer" } dd { (payment.payer_reference) }
            dt { "Recorded" } dd { time datetime=(payment.paid_at) { (payment.paid_at) } }
            dt { "Payment" } dd { code { (payment.id) } }
        }
        @if let Some(next) = view.link.success_url.as_deref().or(view.product.url.as_deref()) {
            (back(next, "Go on to the product"))
        }
    };
    whole(&format!("Receipt {}", payment.invoice), &body)
}

fn form(view: &LinkView, offered: &[&Price], context: &PayPageContext) -> Markup {
    let wished = context.selected_tier.as_deref();
    let selected = offered
        .iter()
        .find(|price| wished == Some(price.tier.as_str()))
        .or_else(|| offered.first())
        .map(|price| &price.id);
    html! {
        form method="post" action=(format!("{}/paid", view.link.id)) {
            // Without autocomplete, because some browsers keep the old value over a reload.
            input type="hidden" name="form_id" value=(context.form) autocomplete="off";
            fieldset {
                legend { "What is paid" }
                @for price in offered {
                    label.tier {
                        input type="radio" name="price" value=(price.id) required checked[selected == Some(&price.id)];
                        span { strong { (price.nickname) } " " (price.amount) " " (price.interval.words()) }
                    }
                }
            }
            fieldset {
                legend { "For the operator" }
                label for="payer_reference" { "Payer reference" }
                input #payer_reference type="text" name="payer_reference" required maxlength="120"
                    autocomplete="off" aria-describedby="payer_help";
                p #payer_help.help { "A label such as CUST-7 or a bank reference. No e-mail address." }
                label for="operator_code" { "Operator code" }
                input #operator_code type="password" name="operator_code" required autocomplete="off";
                button type="submit" { "Record the payment" }
            }
        }
    }
}

fn back(url: &str, words: &str) -> Markup {
    let is_path = url.starts_with('/') && !url.starts_with("//") && !url.contains('\\');
    let is_page = is_path || url.starts_with("https://") || url.starts_with("http://");
    html! {
        @if is_page {
            p { a href=(url) { (words) } }
        }
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:0 auto;padding:1.5rem}\
.note{border-left:.25rem solid;padding:.5rem 1rem}\
fieldset{margin:1rem 0;padding:1rem;border:1px solid}\
label{display:block;margin:.5rem 0}\
input[type=text],input[type=password]{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}\
button{font:inherit;padding:.6rem 1.2rem;margin-top:1rem;min-height:2.75rem}\
.tier{min-height:2rem}.help{margin:.25rem 0;font-size:.9rem}\
dt{font-weight:bold}dd{margin:0 0 .5rem;overflow-wrap:anywhere}\
:focus-visible{outline:.2rem solid;outline-offset:.15rem}";

fn whole(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="referrer" content="same-origin";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}
