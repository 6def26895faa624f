"""The acts of the comparison, by the vendor's own SDK."""

import sys

from e2b import Sandbox

FOLDER = "/home/user/workspace"

sandbox = Sandbox.create(
    timeout=120, envs={"A": "1"}, allow_internet_access=False, idempotency_key=sys.argv[1]
)
sandbox.files.make_dir(FOLDER)
sandbox.files.write(FOLDER + "/notes/a.bin", b"hello")
assert sandbox.files.read(FOLDER + "/notes/a.bin", format="bytes") == b"hello"
assert [e.path for e in sandbox.files.list(FOLDER, depth=16)][-1] == FOLDER + "/notes/a.bin"
assert sandbox.commands.run("printenv B", envs={"B": "2"}, cwd=FOLDER, timeout=30).stdout == "2\n"
command = sandbox.commands.run("cat", background=True, cwd=FOLDER, stdin=True, timeout=30)
sandbox.commands.send_stdin(command.pid, "in")
sandbox.commands.close_stdin(command.pid)
command.wait()
command = sandbox.commands.run("cat", background=True, cwd=FOLDER, stdin=True, timeout=30)
sandbox.commands.kill(command.pid)
try:
    command.wait()
except Exception:
    pass
sandbox.set_timeout(300)
other = Sandbox.connect(sandbox.sandbox_id, timeout=300)
other.files.list(FOLDER, depth=16)
sandbox.kill()
