#![doc = include_str!("../README.md")]

pub mod cli;
pub mod data_dir;
pub mod embedded;
pub mod error;
pub mod exit;
pub mod glue;
pub mod graph;
pub mod ports;
pub mod progress;
pub mod report;
pub mod run_index;
pub mod run_status;
pub mod runner;
pub mod serve;
pub mod stages;
pub mod state;
