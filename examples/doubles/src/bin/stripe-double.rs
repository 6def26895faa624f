//! Runs the simulator of Stripe until it is stopped.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{io, thread};

use doubles::stripe::StripeDouble;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => 0,
        (Some("--port"), Some(port)) => port.parse().map_err(|_| io::Error::other("not a port"))?,
        _ => return Err(io::Error::other("use: stripe-double [--port N]")),
    };
    let double = StripeDouble::start_at(port)?;
    println!("SIMULATOR of Stripe, not Stripe: no money moves. API and pay pages: {}", double.url());
    loop {
        thread::park();
    }
}
