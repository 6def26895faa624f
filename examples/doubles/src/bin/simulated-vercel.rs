//! A simulator of Vercel on the loopback interface: `simulated-vercel [PORT] [hobby|pro|enterprise]`.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::thread;

use doubles::vercel::Vercel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port = args.next().map_or(Ok(0), |port| port.parse())?;
    let simulator = Vercel::start(port)?;
    if let Some(plan) = args.next() {
        simulator.set_plan(&plan);
    }
    println!("SIMULATOR of Vercel: nothing here is public, and nothing is charged.");
    println!("AE_VERCEL_API_BASE={}", simulator.url());
    println!("VERCEL_TOKEN={}", Vercel::TOKEN);
    println!("VERCEL_TEAM_ID={}", Vercel::TEAM);
    loop {
        thread::park();
    }
}
