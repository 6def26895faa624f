//! Joins deployment and billing to one approval: what goes live is decided as a whole, each part by its own digest.

use ae_billing::NewPrice;
use ae_core::{
    Action, ActionKind, BackendError, Deliverable, Digest, DigestWriter, Money, PriceTier, ProductSpec,
    Provider, Spend,
};
use ae_harness::DeployPlan;
use ae_safety::request_digest;
use serde::{Deserialize, Serialize};

use super::{Owner, for_sale::ForSale, proof::Account};

/// Everything that a launch does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchPlan {
    /// The run that launches.
    pub owner: Owner,
    /// The exact release.
    pub deploy: DeployPlan,
    /// The product, its prices and its payment link; `None` for a pre-order, of which nothing is sold.
    pub for_sale: Option<ForSale>,
    /// The provider that publishes.
    pub publisher: Provider,
    /// The provider that sells.
    pub seller: Provider,
}

impl LaunchPlan {
    /// The plan that follows from the spec and the verified release.
    pub fn new(
        owner: Owner,
        spec: &ProductSpec,
        deploy: DeployPlan,
        product_url: &str,
        publisher: Provider,
        seller: Provider,
    ) -> Self {
        let for_sale = ForSale::of(owner.run, spec, product_url);
        Self { owner, deploy, for_sale, publisher, seller }
    }

    /// The deployment as an action. Like the next three it never fails for a plan made in code.
    pub(crate) fn deploy_action(&self) -> Result<Action, BackendError> {
        let DeployPlan { site, release, files, .. } = &self.deploy;
        let summary = format!("publish release {release} ({files} files) as {site}");
        self.action(&self.publisher, "deploy", site.as_str(), &self.deploy, summary)
    }

    /// Making the product as an action.
    pub(crate) fn product_action(&self, sale: &ForSale) -> Result<Action, BackendError> {
        let product = &sale.product;
        let summary = format!("create product {:?}", product.name);
        self.action(&self.seller, "ensure_product", &product.name, product, summary)
    }

    /// Making one price as an action.
    pub(crate) fn price_action(&self, sale: &ForSale, price: &NewPrice) -> Result<Action, BackendError> {
        let target = format!("{}/{}", sale.product.name, price.tier);
        let summary = format!("create price {} {}", price.amount, price.interval.words());
        self.action(&self.seller, "ensure_price", target, price, summary)
    }

    /// Making the payment link as an action.
    pub(crate) fn link_action(&self, sale: &ForSale) -> Result<Action, BackendError> {
        let ForSale { product, link, .. } = sale;
        self.action(&self.seller, "ensure_payment_link", &product.name, link, "create the payment link")
    }

    /// All actions, in the order in which they happen: of a pre-order the deployment alone.
    pub fn actions(&self) -> Result<Vec<Action>, BackendError> {
        let mut actions = vec![self.deploy_action()?];
        if let Some(sale) = &self.for_sale {
            actions.push(self.product_action(sale)?);
            for price in &sale.prices {
                actions.push(self.price_action(sale, price)?);
            }
            actions.push(self.link_action(sale)?);
        }
        Ok(actions)
    }

    /// The subject of an approval: the digests of all actions together.
    pub fn subject(&self) -> Result<Digest, BackendError> {
        let writer = DigestWriter::new("launch/1");
        let written = self.actions()?.iter().fold(writer, |w, action| w.field(action.digest().as_bytes()));
        Ok(written.finish())
    }

    fn action(
        &self,
        provider: &Provider,
        operation: &str,
        target: impl Into<String>,
        request: &impl Serialize,
        summary: impl Into<String>,
    ) -> Result<Action, BackendError> {
        let kind = if operation == "deploy" { ActionKind::Deploy } else { ActionKind::CreateBilling };
        Ok(Action::new(kind, operation, target, request_digest(request)?)
            .with_owner(self.owner.project, self.owner.run)
            .with_provider(provider.clone())
            .with_spend(Spend::Free)
            .with_summary(summary))
    }

    /// The text that an approver reads.
    pub fn rendering(&self, spec: &ProductSpec, product_url: &str, account: &Account) -> String {
        let mut text = format!("Launch {:?}: {}\n", spec.product_name, delivers(spec));
        let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<10} {value}\n"));
        for proof in &account.proven {
            line("proven", proof.to_string());
        }
        for open in &account.not_proven {
            line("not proven", open.clone());
        }
        let DeployPlan { release, files, bytes, .. } = &self.deploy;
        line("release", format!("{release} ({files} files, {bytes} bytes)"));
        line("address", product_url.to_owned());
        for tier in &spec.pricing {
            line(price_word(spec), price_line(tier));
        }
        let free = |provider: &Provider| format!("{} ({}), free of charge", provider.name, provider.mode);
        line("publishes", free(&self.publisher));
        match &self.for_sale {
            Some(_) => line("sells", free(&self.seller)),
            None => line("sells", "nothing: the button counts an interest, without personal data".to_owned()),
        }
        text
    }
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

/// The subject of the first approval: the spec, the planned spend and the sealed checks.
pub fn spec_subject(spec: Digest, planned_spend: Money, seal: Digest) -> Digest {
    DigestWriter::new("spec-approval/1")
        .field(spec.as_bytes())
        .field(&planned_spend.pico().to_be_bytes())
        .field(planned_spend.currency().code().as_bytes())
        .field(seal.as_bytes())
        .finish()
}
