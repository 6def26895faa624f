//! The list of runs; everything that a run finds and makes is in its checkpoints.

mod interest;
mod marks;
mod notices;
mod row;
mod runs;
mod status;
mod undone;
mod visits;

pub use self::{
    row::{KitFrom, RunRow, RunSettings, SignalsFrom},
    runs::RunIndex,
    status::RunStatus,
    undone::Undone,
    visits::{Counted, Visits},
};
