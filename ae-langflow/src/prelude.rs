//! The names that a file that builds a graph needs.

pub use crate::{
    App, Cx, END, Ending, Graph, Input, Modes, Node, RunConfig, START, State, StateGraph, Step, Stop, node,
};
