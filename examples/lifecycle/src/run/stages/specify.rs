//! Writes the product spec.

use ae_core::{BackendError, Deliverable, ErrorKind, Offer, Outcome, ProductSpec};
use ae_genesis::{SpecBrief, verify_spec};
use ae_harness::{LivingSpec, SiteContext, SiteId};
use serde_json::json;

use super::{Halt, Stage, launch::terms};
use crate::{
    glue::{
        hosted::{CHECKOUT_PATH, LICENCE_PATH},
        hosting::new_site,
    },
    run::{Chosen, Offered, RunStart, RunState, RunStateUpdate},
};

/// Writes the spec, checks its claims against the evidence and gives the site its label and address. A spec whose prices
/// the payment provider would refuse is `Blocked`.
pub(super) async fn specify(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let mut found = stage.found()?.clone();
    let Chosen { niche, validation, despite } = stage.known(found.chosen.clone(), "niche")?;
    let authored = stage.state.authored.as_ref();
    // With a coding agent nothing else is on offer than what it specified.
    let offers: Vec<Offer> = match authored {
        Some(authored) => authored.draft.iter().map(|draft| draft.offer().clone()).collect(),
        None => stage.ports.offers.clone(),
    };
    let brief = SpecBrief::new(start.intent.clone(), niche, validation, start.created_at)
        .with_sources(found.sources.clone())
        .with_offers(offers.clone())
        .with_despite_evidence(despite.is_some());
    let ask = stage.ask_analyst("specify", brief, |analyst, key, brief| analyst.specify(key, brief));
    let (mut spec, work) = ask.await?;
    found.analyst.push(work);
    spec.unclear.extend(authored.and_then(|authored| authored.problem.clone()));
    let mut problems: Vec<_> = verify_spec(&spec).iter().map(ToString::to_string).collect();
    problems.extend(unmakeable(&spec, &offers));
    if !problems.is_empty() {
        let message = format!("the spec by {:?} contradicts itself: {}", spec.analyst, problems.join("; "));
        return Err(BackendError::new(ErrorKind::Protocol, "lifecycle", "specify", message).into());
    }
    let parties = stage.parties()?;
    let label: SiteId = site_label(&spec.slug, &start.run.to_string()).parse()?;
    let context = context(&stage, start, &spec, &label).await?;
    let site = new_site(label, &stage.ports.deploy_planner.info(), parties);
    let offered = Offered { spec, site, context, has_site: false, plan: None, approval: None };
    // What can't be sold is neither approved nor built nor published.
    let terms = terms(&stage, &offered)?;
    let price = terms.for_sale.as_ref().and_then(|sale| sale.refusal(&stage.ports.till.info()));
    if let Some(refusal) = parties.refusal(offered.spec.deliverable).or(price) {
        return Ok(stage.end(Outcome::Blocked, refusal).found(Some(found)).offered(Some(offered)));
    }
    let spec = &offered.spec;
    stage.ports.runs.set_site(start.run, offered.site.site.as_str()).await?;
    stage.note(&format!(
        "spec of {:?}: {} features, {} criteria, {} tasks, {} price tiers",
        spec.product_name,
        spec.core_features.len(),
        spec.acceptance_criteria.len(),
        spec.tasks.len(),
        spec.pricing.len()
    ));
    let digest = spec.digest()?;
    stage.audit("spec_written", json!({ "spec": digest, "analyst": spec.analyst })).await?;

    let previous = stage.known(stage.state.living.as_ref(), "living spec")?;
    let mut living = LivingSpec::new(&spec.product_name, directive(spec));
    living.mission_log.clone_from(&previous.mission_log);
    living.enter("planning");
    living.log(
        stage.ports.runtime.now(),
        stage.name,
        "success",
        format!("spec {} written", digest.short(12)),
    );
    living.write_to(&stage.workspace()?)?;
    let update = RunState::update().living(Some(living)).found(Some(found)).terms(Some(Box::new(terms)));
    Ok(update.offered(Some(offered)))
}

/// The reason why no builder at hand can make what `spec` promises.
fn unmakeable(spec: &ProductSpec, offers: &[Offer]) -> Option<String> {
    let fits =
        |offer: &Offer| Some(&offer.name) == spec.offer.as_ref() && offer.deliverable == spec.deliverable;
    let can = spec.deliverable == Deliverable::PreOrder || offers.iter().any(fits);
    (!can).then(|| format!("offer: no builder at hand makes a {} named {:?}", spec.deliverable, spec.offer))
}

/// The facts about the site that its pages show or rely on.
async fn context(
    stage: &Stage,
    start: &RunStart,
    spec: &ProductSpec,
    site: &SiteId,
) -> Result<SiteContext, Halt> {
    let base_url = stage.ports.deploy_planner.address(site);
    let mut context = SiteContext::new(base_url, start.created_at).with_project(start.project);
    if let Some(contact) = &start.settings.contact {
        context = context.with_contact(contact);
    }
    // Only what is sold unlocks with a licence. A host that gives licences has a key of the site's own: the installation's
    // never leaves this machine.
    if spec.deliverable == Deliverable::WebTool {
        let keys = &stage.ports.keys;
        let key = if stage.parties()?.functions {
            context = context.with_checkout_path(CHECKOUT_PATH).with_licence_path(LICENCE_PATH);
            keys.site_key(site.as_str()).await?
        } else {
            keys.licence_key().await?
        };
        let public = key.public();
        let jwk = serde_json::to_value(public).map_err(|error| {
            BackendError::new(ErrorKind::Internal, "lifecycle", "specify", "the licence key has no JSON form")
                .with_source(error)
        })?;
        context = context.with_licence_keys(vec![jwk]);
    }
    Ok(context)
}

/// The facts that a builder needs, in the order in which it asks. No outside text is part of it.
fn directive(spec: &ProductSpec) -> String {
    let mut text = format!("{}\nFor: {}\n\nIt does:\n", spec.tagline, spec.target_users.join(", "));
    for feature in &spec.core_features {
        text.push_str(&format!("- {}: {}\n", feature.title, feature.description));
    }
    text.push_str("\nIt is done when these hold (sealed before the work began):\n");
    for criterion in &spec.acceptance_criteria {
        text.push_str(&format!("- {} ({:?}) {}\n", criterion.id, criterion.priority, criterion.text));
    }
    text.push_str("\nIt does not:\n");
    for absent in &spec.out_of_scope {
        text.push_str(&format!("- {absent}\n"));
    }
    text
}

/// The product's label with the end of the run's id: two runs of one intent have two sites.
fn site_label(slug: &str, run: &str) -> String {
    let tail: String = run.chars().filter(char::is_ascii_hexdigit).rev().take(6).collect();
    let tail: String = tail.chars().rev().collect();
    format!("{slug}-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_intent_have_sites_of_their_own() {
        let one = site_label("csv-tidy", "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44");
        assert_eq!(one, "csv-tidy-1b2a44");
        assert_ne!(one, site_label("csv-tidy", "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a45"));
    }
}
