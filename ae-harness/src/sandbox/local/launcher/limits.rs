//! Limits that the kernel enforces for each process, and rights that are given up.

use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, getuid, set_dumpable_behavior, setrlimit},
    thread::{CapabilitySet, remove_capability_from_bounding_set},
};

use crate::sandbox::local::{SandboxKind, confine::Order};

/// Sets the limits of this process and of all that it starts.
pub(super) fn set(order: &Order) -> Result<(), String> {
    let limits = &order.confinement.limits;
    let seconds = limits.cpu.map(|cpu| cpu.as_secs().saturating_add(u64::from(cpu.subsec_nanos() > 0)));
    // The kernel counts a user's processes in each user namespace on its own: a true total inside of a new one, the
    // user's processes all over the host otherwise. It never counts those of root.
    let own_users = matches!(order.kind, SandboxKind::Bubblewrap(_));
    let processes = (own_users && !order.groups.processes).then(|| limits.processes.into());
    for (resource, most) in [
        (Resource::Core, Some(0)),
        (Resource::Cpu, seconds),
        // Writable memory. The address space (`RLIMIT_AS`) is no measure: engines reserve terabytes that they never use.
        (Resource::Data, limits.memory_bytes),
        (Resource::Fsize, Some(limits.file_bytes)),
        (Resource::Nofile, Some(limits.open_files.into())),
        (Resource::Nproc, processes),
        (Resource::Memlock, Some(64 << 10)),
        (Resource::Msgqueue, Some(0)),
    ] {
        let Some(most) = most else { continue };
        // Where the host's own limit is lower already, it stays.
        let most = rustix::process::getrlimit(resource).maximum.map_or(most, |host| host.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|problem| format!("the limit {resource:?}: {problem}"))?;
    }
    // With a relay this process stays, outside of the filters: its memory must be out of the program's reach.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|problem| format!("dumps: {problem}"))?;
    if getuid().is_root() && order.kind == SandboxKind::Landlock {
        give_up_rights()?;
    }
    Ok(())
}

/// Takes all rights of root from the programs that are started: what root owns stays reachable, what needs a right is not.
fn give_up_rights() -> Result<(), String> {
    for right in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(right) {
            // A right that this kernel does not know.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(problem) => return Err(format!("the rights of root: {problem}")),
        }
    }
    Ok(())
}
