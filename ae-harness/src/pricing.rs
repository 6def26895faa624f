//! How a price list names a tier and its price: what the builder writes and what the checks look for.

use ae_core::{BillingInterval, PriceTier};

use crate::text::shown;

/// The longest name that is shown.
const NAME_CHARS: usize = 300;

/// The name that people read.
pub(crate) fn name(tier: &PriceTier) -> String {
    let named = [&tier.name, &tier.id].map(|text| shown(text, NAME_CHARS));
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "Plan".to_owned())
}

/// How often the price is due.
pub(crate) fn interval(tier: &PriceTier) -> &'static str {
    match tier.interval {
        BillingInterval::MONTH => "per month",
        BillingInterval::YEAR => "per year",
        _ => "once",
    }
}
