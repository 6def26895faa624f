//! Simulators of vendors: servers on the loopback interface that keep state, read requests strictly, and lose or spoil
//! answers by plan. Nothing here is a vendor; everything says that it is a simulator.
//!
//! [`server`] is what they share; [`vercel`] has a program of its own, `simulated-vercel`.
#![allow(clippy::disallowed_methods, reason = "vendors have clocks and processes of their own")]

pub mod cloudflare;
pub mod netlify;
pub mod paddle;
pub mod polar;
pub mod registrars;
pub mod server;
pub mod stripe;
pub mod vercel;
