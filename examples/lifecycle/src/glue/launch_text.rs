//! A launch in words, for the approver and for reports.

use ae_billing::NewPrice;
use ae_core::{Deliverable, PriceTier, ProductSpec};
use ae_harness::{CommercialUse, DeployPlan};

use super::{
    hosting::EnvFrom,
    launch::{LaunchPlan, Terms},
    proof::Account,
};

/// The text that an approver reads.
pub fn rendering(launch: &LaunchPlan, spec: &ProductSpec, account: &Account) -> String {
    let mut text = format!("Launch {:?}: {}\n", spec.product_name, delivers(spec));
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<10} {value}\n"));
    for proof in &account.proven {
        line("proven", &proof.to_string());
    }
    for open in &account.not_proven {
        line("not proven", open);
    }
    let DeployPlan { release, files, bytes, base_url, .. } = &launch.deploy;
    line("release", &format!("{release} ({files} files, {bytes} bytes)"));
    line("address", base_url);
    for tier in &spec.pricing {
        line(price_word(spec), &price_line(tier));
    }
    for (name, value) in terms_lines(&launch.terms) {
        line(name, &value);
    }
    text
}

/// The steps of a launch apart from its release, as names and values.
pub fn terms_lines(terms: &Terms) -> Vec<(&'static str, String)> {
    let (parties, mut lines) = (&terms.parties, Vec::new());
    let charge = if parties.metered { "within the plan of the account" } else { "free of charge" };
    lines.push(("publishes", format!("{}, {charge}", parties.host())));
    match &terms.for_sale {
        Some(sale) => {
            let seller = &parties.seller;
            lines.push(("sells", format!("{} ({}), free of charge", seller.name, seller.mode)));
            lines.extend(sale.prices.iter().map(|price| ("link", link_line(price))));
            if parties.commercial == CommercialUse::Unknown {
                let host = &parties.publisher.name;
                lines.push((
                    "to approve",
                    format!("the plan of this account at {host} allows what takes payments"),
                ));
            }
        }
        None => {
            lines.push(("sells", "nothing: the button counts an interest, without personal data".to_owned()))
        }
    }
    for (name, from) in terms.env.iter().flat_map(|env| &env.variables) {
        let value = match from {
            EnvFrom::Plain(text) => text.clone(),
            EnvFrom::Secret(handle) => format!("the secret {handle}"),
            EnvFrom::Links => "the payment links by tier".to_owned(),
            EnvFrom::Prices => "the prices with their tiers".to_owned(),
        };
        lines.push(("env", format!("{name} = {value}")));
    }
    lines.extend(terms.endpoint.iter().map(|endpoint| ("events", format!("are sent to {}", endpoint.url))));
    let domain = |name| {
        format!(
            "{name} is attached; a host that keeps its DNS makes zone and record, else what the DNS must say is shown"
        )
    };
    lines.extend(terms.domain.iter().map(|name| ("domain", domain(name))));
    lines
}

/// The thing that a customer gets, in words for the approver and for `ae status`.
pub fn delivers(spec: &ProductSpec) -> &'static str {
    match spec.deliverable {
        Deliverable::WebTool => "a tool that works in the visitor's browser",
        _ => "a pre-order; the product is not built yet, and nothing is sold",
    }
}

/// Whether a price of the spec is taken or only announced.
pub fn price_word(spec: &ProductSpec) -> &'static str {
    if spec.deliverable == Deliverable::PreOrder { "planned" } else { "price" }
}

/// A price on one line.
pub fn price_line(tier: &PriceTier) -> String {
    format!("{:<12} {} {}", tier.name, tier.price, tier.interval.words())
}

/// The payment link of a price on one line.
fn link_line(price: &NewPrice) -> String {
    format!("one that sells {:?} for {} {}", price.nickname, price.charge, price.interval.words())
}
