//! The file by which the page of a tool checks licences.

use ae_core::{Deliverable, ProductSpec};
use serde_json::{Value, json};

use crate::{context::SiteContext, text::query_value};

/// Its path in the site.
#[cfg(feature = "site")]
pub(crate) const FILE: &str = "tool/licence.json";

/// The content of the file: whose licences count, for which tiers, by which keys, and where the list of ended orders and
/// the checkout are. `None` where nothing is locked.
pub(crate) fn document(spec: &ProductSpec, site: &SiteContext) -> Option<Value> {
    let is_locked = spec.core_features.iter().any(|feature| feature.tier.is_some());
    if spec.deliverable != Deliverable::WebTool || !is_locked {
        return None;
    }
    let tiers: Vec<&str> = spec.pricing.iter().map(|tier| tier.id.as_str()).collect();
    let first = tiers.first().copied().unwrap_or_default();
    Some(json!({
        "v": 1,
        "project": site.project.map(|project| project.to_string()),
        "tiers": tiers,
        "keys": site.licence_keys,
        "ended": site.ended_path,
        "checkout": format!("{}?tier={}", site.checkout_path, query_value(first)),
    }))
}

/// The reason why the pages can't check licences, if they have to.
#[cfg(feature = "site")]
pub(crate) fn problem(spec: &ProductSpec, site: &SiteContext) -> Option<&'static str> {
    document(spec, site)?;
    if spec.pricing.is_empty() {
        Some("some features are paid for, and the price list is empty: add a tier")
    } else if site.project.is_none() || site.licence_keys.is_empty() {
        Some(
            "some features are paid for: give the site's context the project and the public keys of licences",
        )
    } else if site.licence_keys.iter().any(|key| !key.is_object() || key.get("d").is_some()) {
        Some("a licence key is not a public JWK: pass the public part only")
    } else {
        None
    }
}
