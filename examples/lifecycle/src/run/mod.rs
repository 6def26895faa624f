//! One run: its graph, its state, its stages and the ports that they use.

mod graph;
mod ports;
mod progress;
mod stages;
mod state;

pub use self::{
    run::lifecycle,
    run::{BuildPlan, Built, End, Life, LifeUpdate, Seed},
    run::{DeployPlanner, Ports},
    run::{Progress, STAGES, Silent, eprint_line, on_stderr},
    stages::Stage,
};
