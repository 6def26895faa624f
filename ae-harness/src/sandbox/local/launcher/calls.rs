//! The system calls that a confined program does without.

use libc::*;

/// Refused by every kind: the kernel's own doors, where most of its faults were found, and calls by which one process
/// reaches into another.
pub(super) const REFUSED: &[c_long] = &[
    // Other processes' memory, files and traces.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_kcmp,
    SYS_pidfd_getfd,
    // Namespaces and mounts.
    SYS_unshare,
    SYS_setns,
    SYS_chroot,
    SYS_pivot_root,
    SYS_mount,
    SYS_umount2,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_open_by_handle_at,
    SYS_fanotify_init,
    SYS_quotactl,
    SYS_quotactl_fd,
    // Keys of the user, which no namespace holds.
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    // Programs inside of the kernel, and requests that pass the filter by.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    // The machine.
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_vhangup,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    #[cfg(target_arch = "x86_64")]
    SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    SYS_uselib,
];

/// Refused where processes share the host's: objects of the same user that have no path.
pub(super) const SHARED: &[c_long] = &[
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_semget,
    SYS_semop,
    SYS_semtimedop,
    SYS_semctl,
    SYS_mq_open,
    SYS_mq_unlink,
];

/// Where processes share the host's: calls that change a process, and the argument that names it. Only 0, the caller, is
/// accepted.
pub(super) const OTHERS: &[(c_long, u8)] = &[
    (SYS_prlimit64, 0),
    (SYS_sched_setaffinity, 0),
    (SYS_sched_setattr, 0),
    (SYS_sched_setparam, 0),
    (SYS_sched_setscheduler, 0),
    (SYS_setpriority, 1),
    (SYS_ioprio_set, 1),
    (SYS_migrate_pages, 0),
    (SYS_move_pages, 0),
];

/// Calls that set the bits of a file, and the argument that holds them.
pub(super) const MODES: &[(c_long, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (SYS_chmod, 1),
    (SYS_fchmod, 1),
    (SYS_fchmodat, 2),
    (SYS_fchmodat2, 2),
    #[cfg(target_arch = "x86_64")]
    (SYS_creat, 1),
    #[cfg(target_arch = "x86_64")]
    (SYS_mknod, 1),
    (SYS_mknodat, 2),
];

/// Calls that make devices, and the argument that holds the file's kind.
pub(super) const DEVICES: &[(c_long, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (SYS_mknod, 1),
    (SYS_mknodat, 2),
];

/// Calls that open a file: the argument of flags, and that of the bits of a new file.
pub(super) const OPENS: &[(c_long, u8, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (SYS_open, 1, 2),
    (SYS_openat, 2, 3),
];

/// Answered as if the kernel did not have them, so that programs use the older call, whose arguments a filter can read.
pub(super) const MISSING: &[c_long] = &[SYS_clone3, SYS_openat2];

/// Namespaces of `clone`.
pub(super) const NAMESPACES: [c_int; 7] =
    [CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP];

/// Requests to a terminal that act on the terminal's other users: typing in their place, taking the console.
pub(super) const TERMINAL: [u64; 4] = [0x5412, 0x541C, 0x541D, 0x5423];

/// Calls that send and may open a connection on the way, unseen by the rules of ports, and the argument of their flags.
pub(super) const SENDS: &[(c_long, u8)] = &[(SYS_sendto, 3), (SYS_sendmsg, 2), (SYS_sendmmsg, 3)];
