//! Each kit does what its behaviours say, in a site that passes its whole plan.

use std::{fs, path::Path};

use ae_core::{
    AcceptanceCriterion, BillingInterval, Cancel, CheckKind, Currency, Deliverable, Digest, IdempotencyKey,
    Money, NicheId, PriceTier, Priority, ProductSpec, ProjectId, RunId, Timestamp,
};
use ae_harness::{AcceptancePlan, AgentRequest, BehaviourRunner, CliProvider, Kit, SiteBuilder, SiteContext};
use serde_json::json;

use crate::{launcher, patient};

/// The product of a kit as it is: every feature, every behaviour a criterion.
fn spec(kit: &Kit) -> ProductSpec {
    let offer = kit.offer();
    let niche = NicheId::from_digest(&Digest::of_bytes("test", b"kits"));
    let mut spec = ProductSpec::new(niche, "Sample", "sample", offer.tagline);
    (spec.deliverable, spec.offer) = (Deliverable::WebTool, Some(offer.name));
    spec.core_features = offer.features.into_iter().map(|offered| offered.feature).collect();
    let price = Money::parse("9", Currency::USD).unwrap();
    spec.pricing = vec![PriceTier::new("pro", "Pro", price, BillingInterval::MONTH)];
    let behaviours = spec.core_features.iter().flat_map(|feature| &feature.behaviours);
    let proven = behaviours.map(|behaviour| CheckKind::Behaviour { id: behaviour.id.clone() });
    let criteria = proven.chain([CheckKind::Checkout, CheckKind::Privacy]).enumerate();
    spec.acceptance_criteria = criteria
        .map(|(at, check)| AcceptanceCriterion::new(format!("AC-{at}"), "x", Priority::P0).with_check(check))
        .collect();
    spec
}

fn context() -> SiteContext {
    SiteContext::new("http://sample.localhost:8787/", Timestamp::UNIX_EPOCH)
        .with_project(ProjectId::from_digest(&Digest::of_bytes("test", b"project")))
        .with_licence_keys(vec![json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": "eA", "y": "eQ"})])
}

/// The checks that fail.
fn failing(workspace: &Path, spec: &ProductSpec) -> Vec<String> {
    let plan = AcceptancePlan::derive(spec, &context());
    let runner = BehaviourRunner::new(launcher()).with_limits(patient());
    let outcomes = plan.run_with(workspace, &plan.seal(), &runner, 11).unwrap();
    let failed = outcomes.into_iter().filter(|check| !check.passed);
    failed.map(|check| format!("{}: {}", check.id, check.detail)).collect()
}

#[tokio::test]
async fn a_site_made_from_a_kit_passes_its_whole_plan() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kits/reading-time");
    let mut kits = Kit::builtin();
    kits.push(Kit::load(&example).unwrap());
    for kit in kits {
        let (spec, workspace) = (spec(&kit), tempfile::tempdir().unwrap());
        let run = RunId::from_digest(&Digest::of_bytes("test", kit.name().as_bytes()));
        let key = IdempotencyKey::derive(run, "build", "execute", 0);
        let builder = SiteBuilder::new(spec.clone(), context()).with_kits(vec![kit.clone()]);
        builder.execute(&key, &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new()).await.unwrap();
        assert_eq!(failing(workspace.path(), &spec), Vec::<String>::new(), "{}", kit.name());

        // The same page with modules that do nothing.
        for behaviour in spec.core_features.iter().flat_map(|feature| &feature.behaviours) {
            let path = workspace.path().join("site").join(&behaviour.module);
            fs::write(path, format!("export const {} = () => null;\n", behaviour.export)).unwrap();
        }
        let failed = failing(workspace.path(), &spec);
        let behaviours = spec.core_features.iter().map(|feature| feature.behaviours.len()).sum::<usize>();
        let proofs = failed.iter().filter(|check| check.starts_with("AC-")).count();
        assert_eq!(proofs, behaviours, "{}: {failed:#?}", kit.name());
    }
}
