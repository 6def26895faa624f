//! Makes the site: a name and an address at the host, with nothing published there.

use ae_core::{IdempotencyKey, Outcome};
use ae_harness::AcceptancePlan;
use ae_safety::{Grant, Order, Scope};
use serde_json::json;

use super::{
    Halt, Stage,
    approve::{spec_approved, still_approved},
    launch::terms,
    plan::{Sealed, seal},
};
use crate::{
    glue::hosting::site_action,
    run::{BuildPlan, Offered, RunState, RunStateUpdate},
};

/// Makes the approved site. Where the host gives it another address than the planned one, the checks are derived again
/// from the same spec with that address, and sealed before anything is built.
pub(super) async fn site(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let (mut offered, parties) = (stage.offered()?.clone(), stage.parties()?);
    let approval = stage.spec_approval()?;
    let changed = "the spec, the spend, the checks or the site are not what was approved: nothing was made";
    still_approved(&stage, approval, spec_approved(&stage)?, changed).await?;

    let key = IdempotencyKey::derive(start.run, "site", "ensure_site", 0);
    let action = site_action(start.owner(), &offered.site, &parties.publisher)?;
    let grant = Grant::new("ae").with_approval(approval).with_budget(Scope::Run(start.run));
    let order = Order::new(&key, action, offered.site.clone(), &grant);
    let performed = stage
        .ports
        .deployer
        .perform(order, |deployer, key, site| deployer.ensure_site(key, site), |_| None)
        .await?;
    let made = stage.allowed(performed)?;
    stage.note(&format!("the site {} has the address {}; nothing is published there", made.id, made.url));
    stage.audit("site_made", json!({ "site": made.id, "url": made.url, "host_id": made.host_id })).await?;

    if made.url != offered.context.base_url {
        let plan = stage.plan()?.clone();
        // The checks may differ from the approved ones by the address alone.
        if AcceptancePlan::derive(&offered.spec, &offered.context).seal() != plan.approved_seal {
            let reason =
                "the checks that follow from the spec are not those that were approved: start a new run";
            return Ok(stage.end(Outcome::Blocked, reason));
        }
        offered.context.base_url.clone_from(&made.url);
        let Sealed { acceptance, seal, baseline } = seal(&stage, &offered.spec, &offered.context).await?;
        offered.plan = Some(BuildPlan { acceptance, seal, baseline, ..plan });
    }
    let line = format!("the site has the address {}", made.url);
    let offered = Offered { has_site: true, ..offered };
    let living = stage.living("implementation", "success", &line)?;
    let terms = Box::new(terms(&stage, &offered)?);
    Ok(RunState::update().living(living).terms(Some(terms)).offered(Some(offered)))
}
