//! Routes every task and seals the acceptance checks, before anything is built.

use ae_core::{Digest, Money, Outcome, ProductSpec};
use ae_harness::{AcceptancePlan, CheckOutcome, SiteContext};
use ae_router::RouteDecision;
use serde_json::json;

use super::{Halt, Stage};
use crate::{
    glue::{build_nodes::describe, checks::check, kit_prompt::is_agents, routing::route_request},
    run::{BuildPlan, Offered, RunState, RunStateUpdate},
};

/// Decides which model tier each task goes to, what the work may cost, and how it will be judged.
pub(super) async fn plan(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let Offered { spec, context, .. } = stage.offered()?;

    let (builder, agent) = (stage.builder_info()?, stage.agent_work()?);
    let mut routes = Vec::with_capacity(spec.tasks.len());
    for task in &spec.tasks {
        let request = route_request(task.clone(), "", start.run, start.created_at);
        let route = stage.ports.router.route(&request).await?;
        if builder.metered {
            stage.note(&format!("{} {}: {}", task.id, task.title, describe(&route)));
        }
        routes.push(route);
    }
    let (mut planned_spend, mut estimate) = (Money::zero(start.intent.currency()), None);
    if let Some((agent, _)) = agent {
        // What is left is the most that an agent can spend: each of its calls is reserved before it is made.
        planned_spend = agent.left(start.owner()).await?;
        let own = spec.tasks.iter().zip(&routes).filter(|(task, _)| is_agents(spec, task));
        let costs: Option<Vec<Money>> = own.map(|(_, route)| route.cost()).collect();
        let mut sum = Money::zero(start.intent.currency());
        for cost in costs.iter().flatten() {
            sum = sum.checked_add(cost.ceil_to_micro())?;
        }
        estimate = costs.map(|_| sum);
    } else if builder.metered {
        for cost in routes.iter().filter_map(RouteDecision::cost) {
            planned_spend = planned_spend.checked_add(cost.ceil_to_micro())?;
        }
    } else {
        stage.note(&format!("the builder {:?} is free of charge: no model is used", builder.provider.name));
    }

    let sealed = seal(&stage, spec, context).await?;
    if !sealed.acceptance.manual.is_empty() {
        let ids: Vec<_> = sealed.acceptance.manual.iter().map(|criterion| criterion.id.as_str()).collect();
        stage.note(&format!(
            "no check proves {}: look at the site before you approve its launch",
            ids.join(", ")
        ));
    }
    let Sealed { acceptance, seal, baseline } = sealed;
    let line =
        format!("{} tasks planned, {} checks sealed as {}", routes.len(), baseline.len(), seal.short(12));
    let plan = BuildPlan {
        routes,
        metered: builder.metered,
        planned_spend,
        estimate,
        acceptance,
        seal,
        approved_seal: seal,
        baseline,
    };
    let offered = Offered { plan: Some(plan), ..stage.offered()?.clone() };
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).offered(Some(offered)))
}

/// Checks that are sealed.
pub(super) struct Sealed {
    pub(super) acceptance: AcceptancePlan,
    pub(super) seal: Digest,
    pub(super) baseline: Vec<CheckOutcome>,
}

/// Derives the checks of `spec` at the address of `context`, seals them and looks that each of them fails as long as
/// nothing is built.
pub(super) async fn seal(stage: &Stage, spec: &ProductSpec, context: &SiteContext) -> Result<Sealed, Halt> {
    let acceptance = AcceptancePlan::derive(spec, context);
    let seal = acceptance.seal();
    let ids = &*stage.ports.runtime.ids;
    let baseline = check(&acceptance, seal, stage.workspace()?, &stage.ports.runner, ids).await?.outcomes;
    let hollow = baseline.iter().find(|check| check.passed && check.criterion.is_some());
    if let Some(check) = hollow {
        let reason = format!("the check {} holds on an empty workspace, so it proves nothing", check.id);
        return Err(stage.halt(Outcome::Failed, reason));
    }
    let red = baseline.iter().filter(|check| !check.passed).count();
    stage.note(&format!(
        "{} checks sealed as {}; {red} fail on the empty workspace",
        baseline.len(),
        seal.short(12)
    ));
    stage.audit("checks_sealed", json!({ "seal": seal, "checks": baseline.len() })).await?;
    Ok(Sealed { acceptance, seal, baseline })
}
