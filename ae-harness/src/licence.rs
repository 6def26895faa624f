//! The file by which the page of a tool checks licences.

use ae_core::{Deliverable, ProductSpec};
use serde_json::{Value, json};

use crate::{context::SiteContext, text::query_value};

/// Its path in the site.
#[cfg(feature = "site")]
pub(crate) const FILE: &str = "tool/licence.json";

/// The page to which a payment leads back, and its script, by their paths in the site.
#[cfg(feature = "site")]
pub(crate) const RETURN_PAGE: &str = "thanks/index.html";
#[cfg(feature = "site")]
pub(crate) const RETURN_SCRIPT: &str = "thanks/thanks.js";
/// The content of the script.
pub(crate) const RETURN_CODE: &str = include_str!("../kits/thanks.js");

/// Whether the site has a page to which a payment leads back.
pub(crate) fn has_return_page(spec: &ProductSpec, site: &SiteContext) -> bool {
    site.licence_path.is_some() && document(spec, site).is_some()
}

/// The content of the file: whose licences count, for which tiers, by which keys, and where the list of ended orders, the
/// function that gives licences and the checkout are. `None` where nothing is locked.
pub(crate) fn document(spec: &ProductSpec, site: &SiteContext) -> Option<Value> {
    let is_locked = spec.core_features.iter().any(|feature| feature.tier.is_some());
    if spec.deliverable != Deliverable::WebTool || !is_locked {
        return None;
    }
    let tiers: Vec<&str> = spec.pricing.iter().map(|tier| tier.id.as_str()).collect();
    let first = tiers.first().copied().unwrap_or_default();
    let mut document = json!({
        "v": 1,
        "project": site.project.map(|project| project.to_string()),
        "tiers": tiers,
        "keys": site.licence_keys,
        "ended": site.ended_path,
        "checkout": format!("{}?tier={}", site.checkout_path, query_value(first)),
    });
    if let (Some(path), Some(fields)) = (&site.licence_path, document.as_object_mut()) {
        fields.insert("licence".to_owned(), path.as_str().into());
        fields.insert("ended".to_owned(), Value::Null);
    }
    Some(document)
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
