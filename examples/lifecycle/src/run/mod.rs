//! One run: its graph, its state by phase, its stages and the ports that they use.

mod graph;
mod ports;
mod stages;
mod state;

pub use self::{
    graph::lifecycle,
    ports::{AddressOf, Builders, DeployPlanner, MakeBuilder, Ports, Till},
    stages::{STAGES, Stage, StageInfo},
    state::{
        Authored, BuildPlan, Built, Chosen, Despite, End, EventsTo, Found, Launched, Offered, RunStart,
        RunState, RunStateUpdate, Sold,
    },
};
