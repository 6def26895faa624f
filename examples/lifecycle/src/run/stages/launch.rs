//! The launch of a run as it follows from its state: what is asked for, and what then happens.

use ae_billing::NewEndpoint;
use ae_core::{Deliverable, Outcome};
use ae_harness::{Bundle, DeploySpec};

use super::{Halt, Stage, approve::CHANGED};
use crate::{
    glue::{
        approver::close_questions,
        for_sale::ForSale,
        hosted::{RETURN_PATH, functions},
        hosting::SiteEnv,
        launch::{LaunchPlan, Terms},
    },
    run::{Offered, RunState, RunStateUpdate},
};

/// Plans the launch, so that it can be looked at before and while a person is asked.
pub(super) async fn plan_launch(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let planned = launch_plan(&stage).await?;
    stage.note(&format!("release {} planned, {} steps", planned.deploy.release, planned.actions()?.len()));
    Ok(RunState::update().terms(Some(planned.terms.clone())).planned(Some(Box::new(planned))))
}

/// The launch of the site that passed its checks, through host and provider as they are now.
pub(super) async fn launch_plan(stage: &Stage) -> Result<LaunchPlan, Halt> {
    let desk = &stage.ports.keeper.desk;
    let (run, offered) = (stage.start()?.run, stage.offered()?);
    let built = stage.known(stage.state.built.as_ref(), "build")?;
    let mut terms = terms(stage, offered)?;
    let bundle = bundle(stage, &terms)?;
    if built.manifest != Some(bundle.manifest()) {
        close_questions(desk, run, CHANGED).await?;
        let reason = "the site is not the one that passed its sealed checks: its files were changed since; nothing was \
                      published, start a new run";
        return Err(stage.halt(Outcome::Blocked, reason));
    }
    // Host and provider may refuse more today than when the spec was approved.
    stage.ports.deploy_planner.check().await?;
    stage.ports.till.check().await?;
    terms.parties.commercial = stage.ports.deploy_planner.info().commercial;
    let price = terms.for_sale.as_ref().and_then(|sale| sale.refusal(&stage.ports.till.info()));
    if let Some(refusal) = terms.parties.refusal(offered.spec.deliverable).or(price) {
        close_questions(desk, run, CHANGED).await?;
        return Err(stage.halt(Outcome::Blocked, format!("{refusal}; nothing was published")));
    }
    let env = terms.env.iter().flat_map(|env| env.variables.keys().cloned()).collect();
    let spec = DeploySpec::new(terms.site.site.clone(), &offered.context.base_url).with_env(env);
    let deploy = stage.ports.deploy_planner.plan(&bundle, &spec).await?;
    Ok(LaunchPlan { terms: Box::new(terms), deploy })
}

/// The files that passed their checks, with the functions that sell and unlock.
pub(super) fn bundle(stage: &Stage, terms: &Terms) -> Result<Bundle, Halt> {
    let bundle = Bundle::scan(&stage.workspace()?.join("site"))?;
    Ok(if terms.env.is_some() { bundle.with_functions(functions()) } else { bundle })
}

/// All that the launch of `offered` does, apart from its release.
pub(super) fn terms(stage: &Stage, offered: &Offered) -> Result<Terms, Halt> {
    let (start, parties) = (stage.start()?, stage.parties()?);
    let Offered { spec, site, context, .. } = offered;
    let address = &context.base_url;
    let returns = parties.functions && spec.core_features.iter().any(|feature| feature.tier.is_some());
    let success = if returns { format!("{address}{RETURN_PATH}") } else { address.clone() };
    let sells = spec.deliverable != Deliverable::PreOrder;
    let env = (sells && parties.functions)
        .then(|| SiteEnv::new(site.site.clone(), start.project, &stage.ports.seller_env))
        .transpose()?;
    Ok(Terms {
        owner: start.owner(),
        parties: parties.clone(),
        site: site.clone(),
        for_sale: ForSale::of(start.run, spec, address, &success),
        env,
        endpoint: start.settings.webhook_url.as_ref().filter(|_| sells).map(NewEndpoint::new),
        domain: start.settings.domain.clone(),
    })
}
