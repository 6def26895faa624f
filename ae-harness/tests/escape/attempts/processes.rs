//! Processes of the host, and rights.

use super::Row;

pub const ALL: &[Row] = &[
    (
        "root_of_another",
        "any_of(T, lambda p: open(p).read())",
        "['/proc/%d/root%s' % (p, SECRET) for p in processes()]",
        "['/proc/self/root' + WS + '/file']",
    ),
    (
        "folder_of_another",
        "any_of(T, lambda p: os.listdir(p))",
        "['/proc/%d/cwd/sibling' % p for p in processes()]",
        "['/proc/self/cwd/inner']",
    ),
    (
        "files_of_another",
        "any_of(T, os.readlink)",
        "['/proc/%d/fd/0' % p for p in processes() if p != os.getpid()]",
        "['/proc/self/fd/0']",
    ),
    (
        "environment_of_another",
        "any_of(T, lambda p: 'planted-in-host' in open(p).read() or none(p))",
        "['/proc/%d/environ' % p for p in processes() if p != os.getpid()]",
        "host",
    ),
    (
        "memory_of_another",
        "any_of(T, lambda p: open(p, 'rb'))",
        "['/proc/%d/mem' % p for p in processes() if p != os.getpid()]",
        "['/proc/self/mem']",
    ),
    (
        "names_of_others",
        "any_of(T, lambda p: MARK in open(p).read() or none(p))",
        "['/proc/%d/cmdline' % p for p in processes() if p != os.getpid()]",
        "host",
    ),
    (
        "token_in_arguments",
        "any_of(T, lambda p: os.environ['TOKEN'] in open(p).read() or none(p))",
        "['/proc/%d/cmdline' % p for p in processes()]",
        "['/proc/self/environ']",
    ),
    ("kill_host", "os.kill(T, 0)", "PID", "os.getpid()"),
    ("trace_host", "call('ptrace', 0x4206, T, 0, 0)", "PID", "root"),
    ("trace_self", "call('ptrace', T, 0, 0, 0)", "0", "host"),
    ("read_memory_by_call", "reach('process_vm_readv', T, 0, 0, 0, 0, 0)", "os.getpid()", "host"),
    ("compare_processes", "reach('kcmp', T, T, 0, 0, 0)", "os.getpid()", "host"),
    ("take_file_of_another", "reach('pidfd_getfd', call('pidfd_open', os.getpid(), 0), T, 0)", "0", "host"),
    ("limit_host", "resource.prlimit(T, resource.RLIMIT_CORE)", "PID", "0"),
    ("slow_host_down", "os.setpriority(os.PRIO_PROCESS, T, 19)", "PID", "0"),
    ("schedule_host", "os.sched_setaffinity(T, os.sched_getaffinity(0))", "PID", "0"),
    (
        "shared_memory",
        "C.shmat.restype = ctypes.c_void_p; C.shmat(T, None, 0o10000) != ctypes.c_void_p(-1).value or none('shmat')",
        "SHARED",
        "host",
    ),
    (
        "rights_of_root",
        "[line for line in open(T) if line.startswith('CapPrm') and int(line.split()[1], 16)] or none('no rights')",
        "'/proc/self/status'",
        "root",
    ),
    (
        "new_rights",
        "[line for line in open(T) if line.startswith('NoNewPrivs') and line.split()[1] == '0'] or none('no new rights')",
        "'/proc/self/status'",
        "host",
    ),
    ("become_another_user", "os.setuid(T)", "1", "os.getuid()"),
    (
        "inherited_file",
        "any_of(T, lambda fd: b'secret' in os.pread(fd, 100, 0) or none(fd))",
        "range(3, 64)",
        "host",
    ),
    ("inherited_variables", "set(os.environ) - T or none('no others')", "GIVEN", "{'TOKEN'}"),
    (
        "outlive",
        "subprocess.run(['/bin/sh', '-c', 'setsid sleep 600.%d >/dev/null 2>&1 <&1 &' % T])",
        "NUMBER",
        "host",
    ),
];
