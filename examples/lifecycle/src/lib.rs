#![doc = include_str!("../README.md")]

pub mod engine;
pub mod error;
pub mod faces;
pub mod glue;
pub mod run;
pub mod service;
pub mod setup;
pub mod store;
pub mod wiring;
