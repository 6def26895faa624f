//! From a spec to its checks.

use std::collections::BTreeSet;

use ae_core::{AcceptanceCriterion, Behaviour, CheckKind, Deliverable, Digest, Priority, ProductSpec};

use super::{Assertion, Check, TierPrice};
use crate::{
    context::SiteContext,
    licence, policy,
    text::{tier_name, token},
};

/// The most bytes of one page: what loads within a second on a slow mobile line.
const PAGE_BYTES_MAX: u64 = 100_000;
/// The most bytes of a whole site.
const TOTAL_BYTES_MAX: u64 = 500_000;
/// The most bytes of a whole site with a tool in it.
const TOOL_BYTES_MAX: u64 = 2_000_000;
/// The files that every site has.
const FILES: [&str; 5] = ["index.html", "privacy.html", "404.html", "robots.txt", "sitemap.xml"];

/// The checks of a spec, and the criteria that no check proves.
pub(super) fn checks(spec: &ProductSpec, site: &SiteContext) -> (Vec<Check>, Vec<AcceptanceCriterion>) {
    let (mut checks, mut manual) = (Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    for criterion in spec.acceptance_criteria.iter().filter(|criterion| criterion.priority <= Priority::P1) {
        let Some(asserts) = assertion(&criterion.check, spec, site) else {
            manual.push(criterion.clone());
            continue;
        };
        let criterion_id = token(&criterion.id);
        let mut id = criterion_id.clone();
        while !ids.insert(id.clone()) {
            id.push('+');
        }
        checks.push(Check { id, criterion: Some(criterion_id), priority: criterion.priority, asserts });
    }
    checks.extend(generic(spec, site).into_iter().map(|(name, asserts)| Check {
        id: format!("generic-{name}"),
        criterion: None,
        priority: Priority::P0,
        asserts,
    }));
    (checks, manual)
}

/// The assertion that proves a criterion; `None` where no program can.
fn assertion(check: &CheckKind, spec: &ProductSpec, site: &SiteContext) -> Option<Assertion> {
    match check {
        CheckKind::Phrases { phrases } if !phrases.is_empty() => {
            Some(Assertion::Phrases { phrases: phrases.clone() })
        }
        CheckKind::Price { tier } => Some(Assertion::Price { tier: tier.clone(), tiers: tiers(spec) }),
        CheckKind::Checkout => {
            Some(Assertion::Checkout { tiers: spec.pricing.iter().map(|tier| tier.id.clone()).collect() })
        }
        CheckKind::Privacy => Some(Assertion::Privacy { contact: site.contact.clone() }),
        CheckKind::NotBuilt => Some(Assertion::NotBuilt { has_prices: !spec.pricing.is_empty() }),
        CheckKind::Interest => Some(Assertion::Interest),
        CheckKind::Behaviour { id } => Some(Assertion::Behaves { behaviour: behaviour(id, spec) }),
        _ => None,
    }
}

/// The behaviour of that id; one that proves nothing, and so fails, where no feature has it.
fn behaviour(id: &str, spec: &ProductSpec) -> Behaviour {
    let mut all = spec.core_features.iter().flat_map(|feature| &feature.behaviours);
    all.find(|behaviour| behaviour.id == id).cloned().unwrap_or_else(|| Behaviour::new(id, "", ""))
}

/// The tiers as a price list shows them.
fn tiers(spec: &ProductSpec) -> Vec<TierPrice> {
    let tiers = spec.pricing.iter().map(|tier| TierPrice {
        id: tier.id.clone(),
        name: tier_name(tier),
        amount: tier.price.to_string(),
        interval: tier.interval.words(),
    });
    tiers.collect()
}

fn generic(spec: &ProductSpec, site: &SiteContext) -> Vec<(&'static str, Assertion)> {
    let is_tool = spec.deliverable == Deliverable::WebTool;
    let policy = is_tool.then(|| policy::OF_PAGES.to_owned());
    let total_bytes_max = if is_tool { TOOL_BYTES_MAX } else { TOTAL_BYTES_MAX };
    let mut kinds = vec![
        ("files", Assertion::Files { paths: files(spec) }),
        ("markup", Assertion::Markup),
        ("links", Assertion::Links),
        ("self-contained", Assertion::SelfContained { policy }),
        ("accessibility", Assertion::Accessibility),
        ("styles", Assertion::Styles),
        ("contrast", Assertion::Contrast),
        ("discovery", Assertion::Discovery),
        ("social", Assertion::Social),
        ("weight", Assertion::Weight { page_bytes_max: PAGE_BYTES_MAX, total_bytes_max }),
    ];
    if let Some(document) = licence::document(spec, site) {
        kinds.push(("licence", Assertion::Licence { document }));
    }
    if licence::has_return_page(spec, site) {
        let script = Digest::of_bytes("return-script", licence::RETURN_CODE.as_bytes());
        kinds.push(("return-page", Assertion::ReturnPage { script }));
    }
    if spec.sample {
        kinds.push(("sample-notice", Assertion::SampleNotice));
    }
    kinds
}

/// The files of any site, and the modules that the features of a tool are in.
fn files(spec: &ProductSpec) -> Vec<String> {
    let is_tool = spec.deliverable == Deliverable::WebTool;
    let features = spec.core_features.iter().filter(|_| is_tool);
    let modules: BTreeSet<&String> =
        features.flat_map(|feature| &feature.behaviours).map(|behaviour| &behaviour.module).collect();
    FILES.iter().map(|path| (*path).to_owned()).chain(modules.into_iter().cloned()).collect()
}
