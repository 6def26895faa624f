//! Landlock: the kernel's rules of files, ports and signals for a program that gives up rights of its own.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::sandbox::local::{
    Confinement, Egress, SandboxKind,
    confine::Order,
    confinement::{ETC_FILES, ETC_FOLDERS, ETC_NETWORK, ETC_USERS, SYSTEM},
};

/// The newest rights that this module knows. Older kernels get as many of them as they have.
const NEWEST: ABI = ABI::V7;

/// The kernel's files that any program may read.
const READ: [&str; 3] = ["/proc", "/dev/random", "/dev/urandom"];

/// Devices that hold nothing.
const WRITE: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];

/// Restricts this thread and the programs that it starts; the version of the rules that the kernel has, 0 for none.
pub(super) fn restrict(order: &Order) -> Result<u32, String> {
    let whole = order.kind == SandboxKind::Landlock;
    let status = rules(&order.confinement, whole)
        .and_then(RulesetCreated::restrict_self)
        .map_err(|problem| format!("Landlock: {problem}"))?;
    let abi = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } if status.ruleset != RulesetStatus::NotEnforced => {
            u32::try_from(effective_abi as i32).unwrap_or(0)
        }
        _ => 0,
    };
    // Before version 3 files could be cut short outside of the rules, before version 4 there are none for ports.
    let needed = if matches!(order.confinement.egress, Egress::Proxy { .. }) { 4 } else { 3 };
    if whole && abi < needed {
        return Err(format!(
            "this kernel has Landlock {abi}, and {needed} is needed: install bubblewrap, or a newer kernel"
        ));
    }
    Ok(abi)
}

/// By bubblewrap (`whole` is false) the namespaces hold files and processes; the scopes keep the sockets without a path
/// apart where the network is shared.
fn rules(confinement: &Confinement, whole: bool) -> Result<RulesetCreated, RulesetError> {
    let ruleset = Ruleset::default().scope(Scope::from_all(NEWEST))?;
    if !whole {
        return ruleset.create();
    }
    let all = AccessFs::from_all(NEWEST);
    let mut ruleset = ruleset.handle_access(all)?;
    if confinement.egress != Egress::All {
        ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?;
    }
    let read = AccessFs::from_read(NEWEST);
    let devices: BitFlags<AccessFs> = AccessFs::MakeChar | AccessFs::MakeBlock;
    let looks: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let network: &[&str] = if confinement.egress == Egress::All { &ETC_NETWORK } else { &[] };
    let mut created = ruleset
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(ETC_FILES.iter().chain(&ETC_USERS).chain(network), looks))?
        .add_rules(path_beneath_rules(ETC_FOLDERS, looks))?
        .add_rules(path_beneath_rules(READ, looks))?
        .add_rules(path_beneath_rules(WRITE, AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(&confinement.read_only, read))?
        .add_rules(path_beneath_rules(confinement.all_writable(), all & !devices))?;
    if let Egress::Proxy { port, .. } = confinement.egress {
        created = created.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?;
    }
    Ok(created)
}
