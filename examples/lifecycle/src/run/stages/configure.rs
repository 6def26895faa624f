//! Asks for the payment provider's events, and sets the environment of the site.

use ae_core::IdempotencyKey;
use ae_safety::{Grant, Order, Scope};
use serde_json::json;

use super::{Halt, Stage, approve::launch_approved};
use crate::run::{EventsTo, Launched, RunState, RunStateUpdate, Sold};

/// Performs what the launch needs between the sale and the release: what it made goes into the environment before the
/// functions that read it are published.
pub(super) async fn configure(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let launched = stage.launched()?.clone();
    let terms = &launched.plan.terms;
    if terms.endpoint.is_none() && terms.env.is_none() {
        return Ok(RunState::update());
    }
    stage.parties()?;
    launch_approved(&stage, &launched, "nothing more was set").await?;
    let endpoint = ask_for_events(&stage, &launched).await?;
    if let (Some(env), Some(Sold { prices, links, .. })) = (&terms.env, stage.sold(&launched)?) {
        let values = env.values(prices, links);
        let (key, grant) = (key(&stage, "set_env")?, grant(&stage, &launched)?);
        let order = Order::new(&key, terms.env_action(env)?, env.clone(), &grant);
        let performed = stage
            .ports
            .deployer
            .perform(
                order,
                |deployer, key, env| Box::pin(async move { deployer.set_env(key, &env.site, &values).await }),
                |()| None,
            )
            .await?;
        stage.allowed(performed)?;
        let names: Vec<_> = env.variables.keys().map(String::as_str).collect();
        stage.note(&format!("environment of {}: {}", env.site, names.join(", ")));
    }
    let living = stage.living("deployment", "success", "environment and webhook endpoint set")?;
    Ok(RunState::update().living(living).launched(Some(Launched { endpoint, ..launched })))
}

/// Makes the webhook endpoint. Its secret goes to the keys and nowhere else.
async fn ask_for_events(stage: &Stage, launched: &Launched) -> Result<Option<EventsTo>, Halt> {
    let terms = &launched.plan.terms;
    let Some(new) = &terms.endpoint else { return Ok(None) };
    let (key, grant) = (key(stage, "ensure_endpoint")?, grant(stage, launched)?);
    let order = Order::new(&key, terms.endpoint_action(new)?, new.clone(), &grant);
    let performed = stage
        .ports
        .payments
        .perform(order, |seller, key, endpoint| seller.ensure_endpoint(key, endpoint), |_| None)
        .await?;
    let made = stage.allowed(performed)?.into_inner();
    let keys = &stage.ports.keys;
    // Of this endpoint: another one's secret verifies nothing of its events.
    let mark = format!("webhook-secret/{}", made.id);
    if let Some(secret) = &made.secret {
        keys.keep_webhook_secret(&terms.parties.seller, secret).await?;
        stage.ports.runs.set_mark(&mark, stage.ports.runtime.now()).await?;
    }
    let has_secret = stage.ports.runs.mark(&mark).await?.is_some();
    stage
        .audit("endpoint_made", json!({ "endpoint": made.id, "url": made.url, "has_secret": has_secret }))
        .await?;
    stage.note(&format!("{} sends its events to {}", terms.parties.seller.name, made.url));
    Ok(Some(EventsTo { id: made.id, url: made.url, has_secret }))
}

fn key(stage: &Stage, operation: &str) -> Result<IdempotencyKey, Halt> {
    Ok(IdempotencyKey::derive(stage.start()?.run, "configure", operation, 0))
}

fn grant(stage: &Stage, launched: &Launched) -> Result<Grant, Halt> {
    Ok(Grant::new("ae").with_approval(launched.approval).with_budget(Scope::Run(stage.start()?.run)))
}
