//! Several builders as one: which one works next, with which model, and what becomes of a try that failed.
//!
//! | file | job |
//! |---|---|
//! | `end`, `health`, `tiers` | pure: how a try ended, who is fit to work, who is next |
//! | `spend` | pure: the sum over tries, and what a limit leaves for the next |
//! | `harness` | runs one try after the other, and takes back what an outage left behind |
//! | `race` | runs several builders at once on copies, and keeps the best result |

mod end;
mod harness;
mod health;
mod race;
mod spend;
mod tiers;

pub use self::{
    end::TryEnd,
    harness::Harness,
    health::Health,
    race::{Judge, Judgement, RaceReport},
    tiers::{Candidate, Choice, History, Tiers, Tried},
};

const NAME: &str = "harness";
