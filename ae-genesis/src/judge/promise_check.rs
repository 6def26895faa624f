//! Checks that a spec promises what it delivers.

use std::collections::BTreeSet;

use ae_core::{Behaviour, CheckKind, Deliverable};

use super::spec_check::Check;

/// The most cases that a spec holds: more would slow every check down.
const CASES_MAX: usize = 150;

impl<'a> Check<'a> {
    /// Checks that everything sold works, and that nothing else is sold.
    pub(super) fn promise(&mut self) {
        let behaviours = self.behaviours();
        if self.spec.deliverable == Deliverable::PreOrder {
            self.pre_order(behaviours.len());
        } else {
            self.delivered(&behaviours);
        }
    }

    /// The ids of all behaviours, each of which proves something.
    fn behaviours(&mut self) -> BTreeSet<&'a str> {
        let spec = self.spec;
        let all: Vec<&'a Behaviour> =
            spec.core_features.iter().flat_map(|feature| &feature.behaviours).collect();
        for behaviour in &all {
            let at = format!("behaviours[{}]", behaviour.id);
            let lawful = behaviour.properties.iter().any(|property| !property.given.is_empty());
            let tried = !behaviour.cases.is_empty() || lawful;
            self.expect(tried, at.clone(), "has neither a case nor a law with an input");
            let names = behaviour.cases.iter().map(|case| case.name.as_str());
            self.ids(&format!("{at}.cases"), names);
            self.expect(
                !behaviour.module.is_empty() && !behaviour.export.is_empty(),
                at,
                "names no module or no export",
            );
        }
        let count: usize = all.iter().map(|behaviour| behaviour.cases.len()).sum();
        self.expect(count <= CASES_MAX, "behaviours", format!("{count} cases: {CASES_MAX} at most"));
        self.ids("behaviours", all.iter().map(|behaviour| behaviour.id.as_str()))
    }

    fn delivered(&mut self, behaviours: &BTreeSet<&'a str>) {
        let spec = self.spec;
        self.expect(spec.offer.is_some(), "offer", "a product that is delivered names no offer");
        for feature in &spec.core_features {
            let at = format!("core_features[{}]", feature.title);
            let proven = !feature.behaviours.is_empty();
            self.expect(proven, at.clone(), "is sold as working and has no behaviour that proves it");
            let listed = |tier: &String| spec.pricing.iter().any(|known| known.id == *tier);
            let known = feature.tier.as_ref().is_none_or(listed);
            self.expect(known, at, "its tier is not in the price list");
        }
        let mut checked = BTreeSet::new();
        for criterion in &spec.acceptance_criteria {
            let at = format!("acceptance_criteria[{}]", criterion.id);
            match &criterion.check {
                CheckKind::Behaviour { id } => {
                    let known = behaviours.contains(id.as_str());
                    self.expect(known, at, format!("behaviour {id:?} does not exist"));
                    checked.insert(id.as_str());
                }
                CheckKind::NotBuilt | CheckKind::Interest => {
                    self.expect(false, at, "belongs to a pre-order");
                }
                _ => {}
            }
        }
        for id in behaviours.difference(&checked) {
            self.expect(false, format!("behaviours[{id}]"), "no criterion checks it");
        }
    }

    fn pre_order(&mut self, behaviours: usize) {
        let spec = self.spec;
        self.expect(spec.offer.is_none(), "offer", "a pre-order is made from no offer");
        self.expect(behaviours == 0, "core_features", "a pre-order claims a behaviour");
        let tiered = spec.core_features.iter().any(|feature| feature.tier.is_some());
        self.expect(!tiered, "core_features", "a feature of a pre-order belongs to a tier");
        let has =
            |wanted: &CheckKind| spec.acceptance_criteria.iter().any(|criterion| criterion.check == *wanted);
        self.expect(
            has(&CheckKind::NotBuilt),
            "acceptance_criteria",
            "none checks that the page says \"not built\"",
        );
        self.expect(
            has(&CheckKind::Interest),
            "acceptance_criteria",
            "none checks that an interest can be counted",
        );
        for criterion in &spec.acceptance_criteria {
            let sold = matches!(criterion.check, CheckKind::Checkout | CheckKind::Behaviour { .. });
            let at = format!("acceptance_criteria[{}]", criterion.id);
            self.expect(!sold, at, "a pre-order sells nothing and proves no function");
        }
    }
}
