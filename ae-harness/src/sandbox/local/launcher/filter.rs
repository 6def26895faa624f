//! The filter of system calls.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction,
    SeccompCmpArgLen::Dword,
    SeccompCmpOp::{self, MaskedEq, Ne},
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use super::calls::{DEVICES, MISSING, MODES, NAMESPACES, OPENS, OTHERS, REFUSED, SENDS, SHARED, TERMINAL};
use crate::sandbox::local::{Egress, SandboxKind, confine::Order};

/// The bits of a file by which it runs with its owner's rights. A program could leave such a file for others.
const SET_ID: [u64; 2] = [0o4000, 0o2000];

/// On x86_64 every call has a second number, for programs with short pointers, and some have a third of their own.
#[cfg(target_arch = "x86_64")]
const SHORT: i64 = 0x4000_0000;

/// Filters the calls of this thread and of the programs that it starts.
pub(super) fn restrict(order: &Order) -> Result<(), String> {
    let mut refused = Rules::default();
    every_kind(&mut refused);
    match order.kind {
        SandboxKind::Bubblewrap(_) => {
            // No virtual machine's sockets, which reach the host from any namespace, and no kinds that products do without.
            refused.any_but(
                libc::SYS_socket,
                0,
                &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK],
            );
        }
        SandboxKind::Landlock => shared_host(&mut refused, &order.confinement.egress),
    }
    let mut missing = Rules::default();
    for call in MISSING {
        missing.call(*call);
    }
    refused.apply(libc::EPERM)?;
    missing.apply(libc::ENOSYS)
}

fn every_kind(rules: &mut Rules) {
    for call in REFUSED {
        rules.call(*call);
    }
    for flag in NAMESPACES {
        let flag = u64::from(flag.unsigned_abs());
        rules.when(libc::SYS_clone, &[(0, MaskedEq(flag), flag)]);
    }
    for request in TERMINAL {
        rules.when(libc::SYS_ioctl, &[(1, SeccompCmpOp::Eq, request)]);
    }
    for kind in [libc::S_IFCHR, libc::S_IFBLK] {
        for (call, argument) in DEVICES {
            rules.when(*call, &[(*argument, MaskedEq(u64::from(libc::S_IFMT)), u64::from(kind))]);
        }
    }
    for bit in SET_ID {
        for (call, argument) in MODES {
            rules.when(*call, &[(*argument, MaskedEq(bit), bit)]);
        }
        for new in [libc::O_CREAT, libc::O_TMPFILE & !libc::O_DIRECTORY] {
            let new = u64::from(new.unsigned_abs());
            for (call, flags, mode) in OPENS {
                rules.when(*call, &[(*flags, MaskedEq(new), new), (*mode, MaskedEq(bit), bit)]);
            }
        }
    }
}

/// The further rules of a program that shares the host's processes and network.
fn shared_host(rules: &mut Rules, egress: &Egress) {
    for call in SHARED {
        rules.call(*call);
    }
    for (call, argument) in OTHERS {
        rules.any_but(*call, *argument, &[0]);
    }
    match egress {
        // The sockets of services on this machine have paths, and their rules are too new to count on: none at all.
        Egress::None => rules.call(libc::SYS_socket),
        // The rules of ports know TCP only.
        Egress::Proxy { .. } => {
            rules.any_but(libc::SYS_socket, 0, &[libc::AF_INET, libc::AF_INET6]);
            rules.any_but(libc::SYS_socket, 2, &[0, libc::IPPROTO_TCP]);
            for kind in (0..16).filter(|kind| *kind != libc::SOCK_STREAM) {
                rules.when(libc::SYS_socket, &[(1, MaskedEq(0xf), u64::from(kind.unsigned_abs()))]);
            }
            let open = u64::from(libc::MSG_FASTOPEN.unsigned_abs());
            for (call, argument) in SENDS {
                rules.when(*call, &[(*argument, MaskedEq(open), open)]);
            }
        }
        Egress::All => {
            rules.any_but(libc::SYS_socket, 0, &[libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
        }
    }
}

/// Calls by number, each with the conditions under which it matches; no condition is always.
#[derive(Default)]
struct Rules {
    calls: BTreeMap<i64, Vec<Conditions>>,
}

type Conditions = Vec<(u8, SeccompCmpOp, u64)>;

impl Rules {
    fn call(&mut self, call: libc::c_long) {
        self.calls.insert(call, Vec::new());
    }

    fn when(&mut self, call: libc::c_long, conditions: &[(u8, SeccompCmpOp, u64)]) {
        self.calls.entry(call).or_default().push(conditions.to_vec());
    }

    fn any_but(&mut self, call: libc::c_long, argument: u8, accepted: &[libc::c_int]) {
        let accepted = accepted.iter().map(|value| (argument, Ne, u64::from(value.unsigned_abs())));
        self.when(call, &accepted.collect::<Vec<_>>());
    }

    fn apply(self, errno: libc::c_int) -> Result<(), String> {
        let told = |problem: &dyn std::fmt::Display| format!("the filter of system calls: {problem}");
        let mut rules = BTreeMap::new();
        for (call, conditions) in &self.calls {
            let made = conditions.iter().map(|all| {
                let all = all.iter().map(|(argument, operator, value)| {
                    SeccompCondition::new(*argument, Dword, operator.clone(), *value)
                });
                SeccompRule::new(all.collect::<Result<_, _>>()?)
            });
            let made: Vec<SeccompRule> = made.collect::<Result<_, _>>().map_err(|problem| told(&problem))?;
            #[cfg(target_arch = "x86_64")]
            rules.insert(call + SHORT, made.clone());
            rules.insert(*call, made);
        }
        #[cfg(target_arch = "x86_64")]
        rules.extend((512..=547).map(|call| (call + SHORT, Vec::new())));
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|problem| told(&problem))?;
        let action = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch)
            .map_err(|problem| told(&problem))?;
        let program = BpfProgram::try_from(filter).map_err(|problem| told(&problem))?;
        seccompiler::apply_filter(&program).map_err(|problem| told(&problem))
    }
}
