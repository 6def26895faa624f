//! From a spec to its checks.

use std::collections::BTreeSet;

use ae_core::{AcceptanceCriterion, Priority, ProductSpec};

use super::{Check, CheckKind, TierPrice, judge::prices};
use crate::{
    pricing,
    text::{quoted, token},
};

/// The most bytes of one page: what loads within a second on a slow mobile line.
const PAGE_BYTES_MAX: u64 = 100_000;
/// The most bytes of a whole site.
const TOTAL_BYTES_MAX: u64 = 500_000;
/// The files that every site has.
const FILES: [&str; 5] = ["index.html", "privacy.html", "404.html", "robots.txt", "sitemap.xml"];

pub(super) fn checks(spec: &ProductSpec) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut ids = BTreeSet::new();
    for criterion in spec.acceptance_criteria.iter().filter(|criterion| criterion.priority <= Priority::P1) {
        let criterion_id = token(&criterion.id);
        let mut id = criterion_id.clone();
        while !ids.insert(id.clone()) {
            id.push('+');
        }
        let kind = kind_of(criterion, spec);
        checks.push(Check { id, criterion: Some(criterion_id), priority: criterion.priority, kind });
    }
    checks.extend(generic(spec).into_iter().map(|(name, kind)| Check {
        id: format!("generic-{name}"),
        criterion: None,
        priority: Priority::P0,
        kind,
    }));
    checks
}

/// What a criterion asks for: its quoted phrases, else what it names.
pub(crate) fn kind_of(criterion: &AcceptanceCriterion, spec: &ProductSpec) -> CheckKind {
    let phrases = quoted(&criterion.text);
    let text = criterion.text.to_lowercase();
    if !phrases.is_empty() {
        let tiers = tiers(spec);
        match prices::stated(&phrases, &tiers).is_empty() {
            true => CheckKind::Phrases { phrases },
            false => CheckKind::Prices { phrases, tiers },
        }
    } else if text.contains("checkout") {
        let tiers = spec.pricing.iter().map(|tier| tier.id.clone()).collect();
        CheckKind::Checkout { tiers }
    } else if text.contains("privacy") {
        CheckKind::Privacy
    } else {
        CheckKind::Present
    }
}

/// The tiers as a price list shows them.
fn tiers(spec: &ProductSpec) -> Vec<TierPrice> {
    let tiers = spec.pricing.iter().map(|tier| TierPrice {
        name: pricing::name(tier),
        amount: tier.price.to_string(),
        interval: pricing::interval(tier).to_owned(),
    });
    tiers.collect()
}

fn generic(spec: &ProductSpec) -> Vec<(&'static str, CheckKind)> {
    let mut kinds = vec![
        ("files", CheckKind::Files { paths: FILES.map(str::to_owned).to_vec() }),
        ("markup", CheckKind::Markup),
        ("links", CheckKind::Links),
        ("self-contained", CheckKind::SelfContained),
        ("accessibility", CheckKind::Accessibility),
        ("styles", CheckKind::Styles),
        ("contrast", CheckKind::Contrast),
        ("discovery", CheckKind::Discovery),
        ("social", CheckKind::Social),
        ("weight", CheckKind::Weight { page_bytes_max: PAGE_BYTES_MAX, total_bytes_max: TOTAL_BYTES_MAX }),
    ];
    if spec.sample {
        kinds.push(("sample-notice", CheckKind::SampleNotice));
    }
    kinds
}
