//! Six parts of an integrator's own, working together: a feed of requests becomes a page with prices, in a folder.

use std::{
    error::Error,
    io::{Write as _, stdout},
    path::Path,
};

use ae_billing::{NewLink, NewPayment, NewPrice, NewProduct, PaymentProvider, PaymentQuery};
use ae_core::{
    Action, ActionKind, Cancel, Currency, Digest, IdempotencyKey, Intent, Money, ProductSpec, RunId, Runtime,
    TokenUsage,
};
use ae_genesis::{
    Analyst, NicheBrief, NicheSource, NicheValidator, Retriever, RuleAnalyst, RuleValidator, SignalQuery,
    SpecBrief, ValidationRequest,
};
use ae_harness::{
    AgentRequest, Bundle, CliProvider, DeployPlan, DeploySpec, Deployer, NewSite, SiteContext, SiteId,
};
use ae_router::{ModelRouter, RouteRequest, TierRouter};
use ae_safety::{Decision, PolicyGate};
use custom_provider::{AllowList, BankTransfer, CreditFirst, FnBuilder, FolderDeployer, RssSource, one_page};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (runtime, folder) = (Runtime::system(), tempfile::tempdir()?);
    let run = RunId::from_uuid(runtime.ids.new_uuid());
    let ten = Money::parse("10", Currency::USD)?;
    let intent = Intent::new("Build a $500 MRR CSV tool", ten)?;

    let spec = specify(run, &intent, &runtime).await?;
    writeln!(
        stdout(),
        "source    rss: {}, from {} pieces of evidence",
        spec.product_name,
        spec.evidence.len()
    )?;
    route(&spec, &runtime).await?;
    let deployer = FolderDeployer::new(folder.path().join("www"), "http://127.0.0.1/", runtime.clone());
    let (plan, bundle) = build(&spec, run, &runtime, &deployer, folder.path()).await?;

    let gate = AllowList::new(ten).with_target(plan.site.as_str());
    let action =
        Action::new(ActionKind::Deploy, "folder/deploy", plan.site.as_str(), Digest::of_json("plan", &plan)?);
    match gate.decide(&action).await? {
        Decision::Allow { .. } => {
            writeln!(stdout(), "gate      {}: {} may be published", gate.name(), plan.site)?
        }
        refused => return Err(format!("the gate refused: {refused:?}").into()),
    }

    let key = IdempotencyKey::derive(run, "deploy", "deploy", 0);
    let deployment = deployer.deploy(&key, &plan, &bundle).await?;
    writeln!(stdout(), "deployer  {}: release {} is live", deployer.info().provider.name, deployment.id)?;

    sell(&spec, run, &runtime, folder.path()).await
}

/// Reads the feed, ranks it and writes a spec from what it finds.
async fn specify(run: RunId, intent: &Intent, runtime: &Runtime) -> Result<ProductSpec, Box<dyn Error>> {
    let (query, now) = (SignalQuery::from_intent(intent), runtime.now());
    let source = RssSource::new(concat!(env!("CARGO_MANIFEST_DIR"), "/feed.xml"), runtime.clone());
    let mut retriever = Retriever::new(&query);
    let report = source.collect(&query, &mut retriever).await?.with_sample();
    let brief = NicheBrief::new(intent.clone(), retriever.finish(now, 40).evidence, now)
        .with_sources(vec![report.clone()]);
    let key = |step| IdempotencyKey::derive(run, step, "analyst", 0);
    let niches = RuleAnalyst.propose(&key("validate"), &brief).await?.artefact;
    let niche = niches.into_iter().next().ok_or("the feed asks for nothing")?;
    let request = ValidationRequest::new(niche.clone(), intent.clone(), now);
    let validation = RuleValidator.validate(&request).await?;
    let brief = SpecBrief::new(intent.clone(), niche, validation, now).with_sources(vec![report]);
    Ok(RuleAnalyst.specify(&key("specify"), &brief).await?.artefact)
}

async fn route(spec: &ProductSpec, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let router = CreditFirst::new(TierRouter::new(), "anthropic");
    let task = spec.tasks.first().ok_or("the spec has no task")?.clone();
    let usage = TokenUsage::new(20_000, 1_000);
    let decision = router.route(&RouteRequest::new(task, runtime.now()).with_expected(usage)).await?;
    writeln!(stdout(), "router    {}: {}", router.name(), decision.reasoning)?;
    Ok(())
}

async fn build(
    spec: &ProductSpec,
    run: RunId,
    runtime: &Runtime,
    deployer: &dyn Deployer,
    folder: &Path,
) -> Result<(DeployPlan, Bundle), Box<dyn Error>> {
    let new = NewSite::new(spec.slug.parse::<SiteId>()?, &deployer.info());
    let key = IdempotencyKey::derive(run, "specify", "site", 0);
    let site = deployer.ensure_site(&key, &new).await?;
    let context = SiteContext::new(&site.url, runtime.now());
    let workspace = folder.join("workspace");
    std::fs::create_dir_all(&workspace)?;
    let product = spec.clone();
    let builder = FnBuilder::new(move |_| one_page(&product, &context));
    let request = AgentRequest::new(&workspace, "Build the product's page.");
    let key = IdempotencyKey::derive(run, "build", "execute", 0);
    let report = builder.execute(&key, &request, &(), &Cancel::new()).await?;
    writeln!(stdout(), "builder   {}: {}", builder.info().provider.name, report.files_changed.join(", "))?;
    let bundle = Bundle::scan(&workspace.join("site"))?;
    Ok((deployer.plan(&bundle, &DeploySpec::new(site.id, site.url)).await?, bundle))
}

async fn sell(
    spec: &ProductSpec,
    run: RunId,
    runtime: &Runtime,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let (base_url, account) = ("http://127.0.0.1/slips", "DE02 1203 0000 0000 2020 51");
    let provider = BankTransfer::new(folder.join("billing"), base_url, account, runtime.clone());
    let key = |operation, at| IdempotencyKey::derive(run, "monetize", operation, at);
    let product = NewProduct::new(run, &spec.product_name, &spec.tagline);
    provider.ensure_product(&key("product", 0), &product).await?;
    let mut made = Vec::new();
    for (at, tier) in (0..).zip(&spec.pricing) {
        let price = NewPrice::new(run, key("product", 0), &tier.id, &tier.name, tier.price, tier.interval);
        made.push(provider.ensure_price(&key("price", at), &price).await?.into_inner().id);
    }
    let bought = made.first().ok_or("the spec has no price")?.clone();
    let link = NewLink::choice(run, (0..).zip(&made).map(|(at, _)| key("price", at)).collect());
    let link = provider.ensure_payment_link(&key("link", 0), &link).await?.into_inner();
    let slip = std::fs::read_to_string(provider.slip(&link.id))?;
    writeln!(stdout(), "payments  a slip for each customer:\n\n{slip}")?;

    provider.record_transfer(&key("transfer", 0), &NewPayment::new(link.id, bought, "CUST-7"))?;
    for paid in provider.payments(&PaymentQuery::new(run)).await?.items {
        writeln!(stdout(), "{}: {} from {}", paid.invoice, paid.amount, paid.payer_reference)?;
    }
    Ok(())
}
