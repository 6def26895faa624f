//! How a price is charged.

use std::fmt;

use ae_core::{Currency, IdempotencyKey, Money};
use serde::{Deserialize, Serialize};

/// How a price is charged, each time that its interval begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Charge {
    /// The same amount each time: above zero, whole minor units.
    Flat(Money),
    /// By the quantity that is bought, in steps.
    Tiered {
        /// How the steps are applied.
        mode: TierMode,
        /// The steps, in ascending order; the last one has no end.
        steps: Vec<Step>,
    },
    /// By the usage that was reported to a meter.
    Metered {
        /// The meter, named by the key under which it was or will be ensured.
        meter: IdempotencyKey,
        /// The price of one unit: above zero, at most 12 places below a minor unit, so also below a cent.
        unit: Money,
    },
}

ae_core::wire_enum! {
    /// How the steps of a tiered price are applied.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum TierMode {
        /// Each unit costs what the step says in which it lies.
        Graduated = "graduated",
        /// All units cost what the step says in which the quantity lies.
        Volume = "volume",
    }
}

/// One step of a tiered price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Step {
    /// The last unit of this step; `None` for the last step alone.
    pub up_to: Option<u64>,
    /// The price of one unit; may be below a minor unit.
    pub unit: Option<Money>,
    /// The price of the step as a whole: whole minor units.
    pub flat: Option<Money>,
}

impl Step {
    /// The step up to unit number `up_to`, at `unit` each.
    pub const fn new(up_to: Option<u64>, unit: Money) -> Self {
        Self { up_to, unit: Some(unit), flat: None }
    }
}

ae_core::setters! { Step {
    /// Sets the price of the step as a whole.
    fn with_flat(flat: some Money);
} }

impl Charge {
    /// The amount, where it is the same each time.
    pub const fn flat(&self) -> Option<Money> {
        if let Self::Flat(amount) = self { Some(*amount) } else { None }
    }

    /// The currency; `None` for steps without an amount, which every provider refuses.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Self::Flat(amount) | Self::Metered { unit: amount, .. } => Some(amount.currency()),
            Self::Tiered { steps, .. } => {
                steps.iter().find_map(|step| step.unit.or(step.flat)).map(|amount| amount.currency())
            }
        }
    }
}

impl From<Money> for Charge {
    fn from(amount: Money) -> Self {
        Self::Flat(amount)
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat(amount) => write!(f, "{amount}"),
            Self::Metered { unit, .. } => write!(f, "{unit} per unit used"),
            Self::Tiered { mode, steps } => {
                write!(f, "{mode} steps: ")?;
                for (at, step) in steps.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    match step.up_to {
                        Some(last) => write!(f, "{comma}up to {last}: ")?,
                        None => write!(f, "{comma}then: ")?,
                    }
                    match (step.unit, step.flat) {
                        (Some(unit), Some(flat)) => write!(f, "{unit} each and {flat}")?,
                        (Some(unit), None) => write!(f, "{unit} each")?,
                        (None, Some(flat)) => write!(f, "{flat}")?,
                        (None, None) => write!(f, "nothing")?,
                    }
                }
                Ok(())
            }
        }
    }
}
