//! The child process: reads calls, answers each in an engine of its own.

mod engine;
mod loader;
mod plain;
mod thrown;
mod watchdog;

use std::{
    io::{self, BufRead as _, Write as _},
    time::Duration,
};

pub(super) use self::loader::resolved;
use self::{engine::Engine, watchdog::Watchdog};
use super::wire::{Call, Order, head, ready};

/// How much longer than its time a call may take before the child ends itself. The host's own kill comes earlier; this is
/// for a child whose host is gone.
const ORPHANED_AFTER: Duration = Duration::from_secs(2);

/// Answers the calls on standard input; the exit status.
pub(super) fn main() -> i32 {
    match answer() {
        Ok(()) => 0,
        // The host has read what there was, and sees that the rest is missing.
        Err(_) => 1,
    }
}

fn answer() -> io::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let Some(order) = lines.next() else { return Ok(()) };
    let order: Order<'_> = serde_json::from_str(&order?)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", ready(&order.nonce))?;
    out.flush()?;
    let watchdog = Watchdog::start(Duration::from_millis(order.call_millis).saturating_add(ORPHANED_AFTER))?;
    let engine = Engine::new(&order);
    for (number, line) in lines.enumerate() {
        let call: Call<'_> = serde_json::from_str(&line?)?;
        watchdog.on();
        let answer = engine.call(&call);
        watchdog.off();
        out.write_all(head(&order.nonce, number).as_bytes())?;
        out.write_all(&answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
