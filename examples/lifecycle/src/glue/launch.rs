//! Joins deployment and billing to one approval: what goes live is decided as a whole, each part by its own digest.

use ae_billing::{NewLink, NewPrice, NewProduct, ProviderInfo};
use ae_core::{
    Action, ActionKind, BackendError, Digest, DigestWriter, IdempotencyKey, Money, PriceTier, ProductSpec,
    Provider, RunId, Spend,
};
use ae_harness::DeployPlan;
use ae_safety::request_digest;
use serde::{Deserialize, Serialize};

use super::Owner;

/// The offers of a spec: the very requests that the payment provider gets. They name one another by the keys under
/// which they are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The product.
    pub product: NewProduct,
    /// Its prices.
    pub prices: Vec<NewPrice>,
    /// Its payment link, over all prices in their order.
    pub link: NewLink,
}

impl Offer {
    /// The offer of `spec` for `run`; the product answers at `product_url`.
    pub fn new(run: RunId, spec: &ProductSpec, product_url: &str) -> Self {
        let product = NewProduct::new(run, &spec.product_name, &spec.tagline).with_url(product_url);
        let price = |tier: &PriceTier| {
            NewPrice::new(run, product_key(run), &tier.id, &tier.name, tier.price, tier.interval)
        };
        let prices: Vec<_> = spec.pricing.iter().map(price).collect();
        let keys = (0_u32..).zip(&prices).map(|(sequence, _)| price_key(run, sequence)).collect();
        Self { product, prices, link: NewLink::new(run, keys).with_success_url(product_url) }
    }

    /// The offer that `provider` would refuse and the remedy, or `None` when it refuses nothing that can be known
    /// before anything is made.
    pub fn refusal(&self, provider: &ProviderInfo) -> Option<String> {
        if let Err(wrong) = self.product.check() {
            return Some(format!(
                "the product can't be sold: {wrong}; start a new run with other words in its intent"
            ));
        }
        for price in &self.prices {
            if let Err(wrong) = price.check(provider) {
                return Some(format!(
                    "the price {:?} ({} {}) can't be sold: {wrong}; start a new run whose intent names another price",
                    price.nickname,
                    price.amount,
                    price.interval.words()
                ));
            }
        }
        let most = provider.caps.prices_per_run_max;
        if self.prices.len() > most {
            return Some(format!(
                "{} prices are more than the {most} that a run may make",
                self.prices.len()
            ));
        }
        self.link.check().err().map(|wrong| format!("the product can't be sold: {wrong}"))
    }
}

/// The key under which the product of `run` is made.
pub fn product_key(run: RunId) -> IdempotencyKey {
    IdempotencyKey::derive(run, "monetize", "ensure_product", 0)
}

/// The key under which price number `sequence` of `run` is made.
pub fn price_key(run: RunId, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run, "monetize", "ensure_price", sequence)
}

/// Everything that a launch does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchPlan {
    /// The run that launches.
    pub owner: Owner,
    /// The exact release.
    pub deploy: DeployPlan,
    /// The product, its prices and its payment link.
    pub offer: Offer,
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
        Self { owner, deploy, offer: Offer::new(owner.run, spec, product_url), publisher, seller }
    }

    /// The deployment as an action. Like the next three it never fails for a plan made in code.
    pub(crate) fn deploy_action(&self) -> Result<Action, BackendError> {
        let DeployPlan { site, release, files, .. } = &self.deploy;
        let summary = format!("publish release {release} ({files} files) as {site}");
        self.action(&self.publisher, "deploy", site.as_str(), &self.deploy, summary)
    }

    /// Making the product as an action.
    pub(crate) fn product_action(&self) -> Result<Action, BackendError> {
        let product = &self.offer.product;
        let summary = format!("create product {:?}", product.name);
        self.action(&self.seller, "ensure_product", &product.name, product, summary)
    }

    /// Making one price as an action.
    pub(crate) fn price_action(&self, price: &NewPrice) -> Result<Action, BackendError> {
        let target = format!("{}/{}", self.offer.product.name, price.tier);
        let summary = format!("create price {} {}", price.amount, price.interval.words());
        self.action(&self.seller, "ensure_price", target, price, summary)
    }

    /// Making the payment link as an action.
    pub(crate) fn link_action(&self) -> Result<Action, BackendError> {
        let Offer { product, link, .. } = &self.offer;
        self.action(&self.seller, "ensure_payment_link", &product.name, link, "create the payment link")
    }

    /// All actions, in the order in which they happen.
    pub fn actions(&self) -> Result<Vec<Action>, BackendError> {
        let mut actions = vec![self.deploy_action()?, self.product_action()?];
        for price in &self.offer.prices {
            actions.push(self.price_action(price)?);
        }
        actions.push(self.link_action()?);
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
    pub fn rendering(&self, product_url: &str, checks: usize) -> String {
        let mut text = format!(
            "Launch {:?}\n  verified   {checks} sealed checks passed\n  release    {} ({} files, {} bytes)\n  address    \
             {product_url}\n",
            self.offer.product.name, self.deploy.release, self.deploy.files, self.deploy.bytes,
        );
        for price in &self.offer.prices {
            text.push_str(&format!(
                "  price      {:<12} {} {}\n",
                price.nickname,
                price.amount,
                price.interval.words()
            ));
        }
        for (does, provider) in [("publishes", &self.publisher), ("sells", &self.seller)] {
            text.push_str(&format!("  {does:<10} {} ({}), free of charge\n", provider.name, provider.mode));
        }
        text
    }
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
