//! Exact prices with dates and levels of service, and the abilities, limits and lifecycle of models.

mod billed;
mod capability;
mod cost;
mod error;
mod file;
mod model;
mod period;
mod rate;
mod served;
mod service_tier;
mod table;

pub(crate) use self::cost::input_total;
pub use self::{
    billed::Billed,
    capability::{Capabilities, Capability},
    error::PriceError,
    model::{ModelFacts, RegionalUplift},
    period::{ContextTier, LevelRates, PricePeriod},
    rate::{Fee, Rate, Rates},
    service_tier::ServiceTier,
    table::PriceTable,
};
