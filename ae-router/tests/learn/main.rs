#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod eval;
mod fit;
mod log;
mod replay;

use ae_router::{
    OutcomeLog,
    core::{Currency, Money},
};

pub fn usd(text: &str) -> Money {
    Money::from_decimal(text.parse().unwrap(), Currency::USD).unwrap()
}

pub fn read(text: &str) -> OutcomeLog {
    let log = OutcomeLog::read(text.as_bytes()).unwrap();
    assert_eq!(log.rejected(), []);
    log
}
