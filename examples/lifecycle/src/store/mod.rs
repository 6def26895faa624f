//! What is kept about runs besides their checkpoints.

mod run_status;
mod runs;

pub use self::{
    runs::{RunIndex, RunRow, RunSettings, SignalsFrom},
    store::RunStatus,
};
