# An act prints `done` when it was possible, and `refused` when the system said no. Anything else is a broken test.
import ctypes, errno, json, os, platform, resource, socket, stat, subprocess, sys, time

globals().update(json.loads(sys.argv[1]))
# Written backwards where arguments show it.
MARK = MARK[::-1]
C = ctypes.CDLL(None, use_errno=True)
C.syscall.restype = ctypes.c_long
NEW = {"pidfd_getfd": 438, "io_uring_setup": 425, "open_tree": 428, "fsopen": 430, "clone3": 435, "pidfd_open": 434}
X86 = {"mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "clone": 56,
       "ptrace": 101, "process_vm_readv": 310, "kcmp": 312, "keyctl": 250, "add_key": 248, "request_key": 249,
       "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "kexec_load": 246, "init_module": 175,
       "open_by_handle_at": 304, "fanotify_init": 300, "reboot": 169, "swapon": 167, "settimeofday": 164,
       "sethostname": 170, "syslog": 103, "acct": 163, "quotactl": 179, "clock_settime": 227, "iopl": 172,
       "modify_ldt": 154}
ARM = {"mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "clone": 220,
       "ptrace": 117, "process_vm_readv": 270, "kcmp": 272, "keyctl": 219, "add_key": 217, "request_key": 218,
       "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "kexec_load": 104, "init_module": 105,
       "open_by_handle_at": 265, "fanotify_init": 262, "reboot": 142, "swapon": 224, "settimeofday": 170,
       "sethostname": 161, "syslog": 116, "acct": 89, "quotactl": 60, "clock_settime": 112, "iopl": -1,
       "modify_ldt": -1}
CALLS = {**NEW, **(X86 if platform.machine() == "x86_64" else ARM)}


def call(name, *arguments):
    """A system call; an error is an OSError."""
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = C.syscall(ctypes.c_long(CALLS[name]), *given)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def reach(name, *arguments):
    """Whether a system call is there at all: it is given nonsense, about which the kernel complains."""
    try:
        call(name, *arguments)
    except OSError as problem:
        if problem.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise


def none(what):
    raise OSError(errno.ENOENT, what)


def setting(path):
    """Opens a file of the kernel; one that this kernel does not have is a call that it does not have."""
    if not CONFINED and not os.path.exists(path):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    os.open(path, os.O_WRONLY)


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def run(act, target):
    try:
        act(target)
    except (OSError, MemoryError, RuntimeError) as problem:
        print("refused", repr(problem))
    else:
        print("done")


def any_of(targets, act):
    """Done if the act is possible with one of the targets."""
    last = OSError(errno.ENOENT, "no target")
    for target in targets:
        try:
            return act(target)
        except OSError as problem:
            last = problem
        except UnicodeDecodeError:
            pass
    raise last


def spawn(count, work=lambda: time.sleep(60)):
    """Processes at the same time."""
    started = []
    try:
        for _ in range(count):
            child = os.fork()
            if child == 0:
                work()
                os._exit(0)
            started.append(child)
    finally:
        for child in started:
            os.kill(child, 9)
            os.waitpid(child, 0)


def together(count):
    """Memory in several processes at the same time: each alone stays below the limit."""
    started = []
    ready, tell = os.pipe()
    for _ in range(count):
        child = os.fork()
        if child == 0:
            kept = bytearray(100 << 20)
            for page in range(0, len(kept), 4096):
                kept[page] = 1
            os.write(tell, b"1")
            time.sleep(60)
            os._exit(len(kept) % 2)
        started.append(child)
    os.close(tell)
    living = count
    held = 0
    # A process that dies ends with an empty read only when all have died, so each is asked for.
    while held < living:
        import select
        if select.select([ready], [], [], 0.05)[0] and os.read(ready, 1):
            held += 1
        if any(os.waitpid(child, os.WNOHANG) != (0, 0) for child in started):
            for child in started:
                try:
                    os.kill(child, 9)
                except ProcessLookupError:
                    pass
            raise MemoryError("a process was killed")
    for child in started:
        os.kill(child, 9)
        os.waitpid(child, 0)


def work(seconds):
    """Time on the processor."""
    while time.process_time() < seconds:
        pass
