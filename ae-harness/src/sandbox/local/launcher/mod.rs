//! The launcher: puts up the walls around itself, then becomes the program.
//!
//! It runs twice by bubblewrap: outside, where it joins a group of processes and becomes `bwrap`, and inside of the
//! namespaces, where it sets limits, filters and the relay. By Landlock it does all of it at once.

mod calls;
mod facts;
mod files;
mod filter;
mod groups;
mod limits;
mod relay;
mod rules;
mod variables;

use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Write as _},
    path::Path,
};

pub(super) use self::facts::Facts;
use super::{ARGUMENT, Egress, SandboxKind, bubblewrap, confine::Order};
use crate::supervise::{become_program, run_program};

/// The exit status when a wall could not be put up.
const NO_WALLS: i32 = 125;

/// Runs the order, and ends the process, if this program was started as a launcher.
pub(super) fn run_if_child() {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(ARGUMENT)) {
        return;
    }
    let (order, program) = (arguments.next().unwrap_or_default(), arguments.collect::<Vec<_>>());
    let status = launch(&order, &program).unwrap_or_else(|problem| {
        let _ = writeln!(io::stderr(), "the sandbox could not be made: {problem}");
        NO_WALLS
    });
    std::process::exit(status);
}

/// Becomes the program, so it returns only a problem or, with a relay, the program's exit status.
fn launch(order: &OsStr, program: &[OsString]) -> Result<i32, String> {
    let order = order.to_str().ok_or("the order is not UTF-8")?;
    let order: Order = serde_json::from_str(order).map_err(|problem| format!("the order: {problem}"))?;
    // What the host has open without need is not handed on.
    close_fds::set_fds_cloexec(3, &[]);
    match &order.kind {
        SandboxKind::Bubblewrap(path) if !order.inside => {
            let groups = groups::join(&order.confinement.limits);
            let order = Order { groups, ..order.clone() };
            outside(path, &order, program)
        }
        SandboxKind::Bubblewrap(_) => inside(&order, program),
        SandboxKind::Landlock => {
            let groups = groups::join(&order.confinement.limits);
            inside(&Order { groups, ..order.clone() }, program)
        }
    }
}

/// Becomes `bwrap`, which starts the launcher inside.
fn outside(bwrap: &Path, order: &Order, program: &[OsString]) -> Result<i32, String> {
    let launcher = env::current_exe().map_err(|problem| format!("its own program: {problem}"))?;
    let (files, _open) =
        files::look(&order.confinement).map_err(|problem| format!("the system's files: {problem}"))?;
    let arguments =
        bubblewrap::arguments(order, &files, &launcher, program).map_err(|problem| problem.to_string())?;
    Ok(become_program(bwrap.as_os_str(), &arguments, env::vars_os(), Path::new("/")))
}

/// Sets limits and filters, then becomes the program; with a relay, starts it and waits.
fn inside(order: &Order, program: &[OsString]) -> Result<i32, String> {
    let relay = match (&order.kind, &order.confinement.egress) {
        (SandboxKind::Bubblewrap(_), Egress::Proxy { port, .. }) => {
            relay::start(*port, Path::new(bubblewrap::PROXY))?;
            true
        }
        _ => false,
    };
    limits::set(order)?;
    // From here on for this thread only, and for the processes that it starts: the relay keeps its sockets.
    let landlock_abi = rules::restrict(order)?;
    filter::restrict(order)?;
    if order.probe {
        return Facts { landlock_abi, groups: order.groups, root: rustix::process::getuid().is_root() }
            .print();
    }
    let (path, arguments) = program.split_first().ok_or("no program is named")?;
    let variables = variables::inside(env::vars_os());
    let run = if relay { run_program } else { become_program };
    Ok(run(path, arguments, variables, &order.folder))
}
