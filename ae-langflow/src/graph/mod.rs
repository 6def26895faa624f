//! Graphs: how they are built, checked and drawn, and their shape as data.

pub(crate) mod builder;
pub(crate) mod compile;
mod mermaid;
mod subgraph;
pub(crate) mod topology;

pub use self::{
    builder::{EdgeFrom, Graph, StateGraph},
    compile::{CompileError, CompileProblem, CompileWarning},
    topology::{END, START, Topology},
};
