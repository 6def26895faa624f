//! Attaches the domain.

use ae_core::IdempotencyKey;
use ae_safety::{Grant, Order, Scope};

use super::{Halt, Stage, approve::launch_approved};
use crate::run::{Launched, RunState, RunStateUpdate};

/// Attaches the approved domain to the site and notes what the DNS must say for it. The DNS itself is the owner's.
pub(super) async fn domain(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let launched = stage.launched()?.clone();
    let terms = &launched.plan.terms;
    let Some(domain) = &terms.domain else { return Ok(RunState::update()) };
    stage.parties()?;
    launch_approved(&stage, &launched, "the domain was not attached").await?;
    let run = stage.start()?.run;
    let key = IdempotencyKey::derive(run, "domain", "ensure_domain", 0);
    let grant = Grant::new("ae").with_approval(launched.approval).with_budget(Scope::Run(run));
    let request = (terms.site.clone(), domain.clone());
    let order = Order::new(&key, terms.domain_action(domain)?, request, &grant);
    let performed = stage
        .ports
        .deployer
        .perform(
            order,
            |deployer, key, (site, domain)| deployer.ensure_domain(key, &site.site, domain),
            |_| None,
        )
        .await?;
    let status = stage.allowed(performed)?;
    let line = match (status.verified, status.needed.len()) {
        (true, 0) => format!("the domain {} is attached", status.domain),
        (true, missing) => {
            format!("the domain {} is attached; {missing} DNS records are missing", status.domain)
        }
        (false, missing) => {
            format!("the domain {} is not in use yet; {missing} DNS records are missing", status.domain)
        }
    };
    stage.note(&line);
    let living = stage.living("deployment", "success", &line)?;
    Ok(RunState::update().living(living).launched(Some(Launched { domain: Some(status), ..launched })))
}
