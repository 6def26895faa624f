//! The list of runs; everything that a run finds and makes is in its checkpoints.

mod interest;
mod row;
mod runs;
mod status;

pub use self::{
    row::{KitFrom, RunRow, RunSettings, SignalsFrom},
    runs::RunIndex,
    status::RunStatus,
};
