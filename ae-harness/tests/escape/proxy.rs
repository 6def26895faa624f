//! The one way out: a proxy of the host.

use crate::site::{Site, Wall};

/// A program reaches the proxy at its port, in both directions and to the last byte, and nothing else.
pub fn relayed(site: &Site, wall: Wall) {
    let confinement = site.confinement().with_egress(site.proxy());
    let code = "
def tasks(process):
    try:
        return os.listdir('/proc/%d/task' % process)
    except OSError:
        return []

s = socket.create_connection(('127.0.0.1', TCP), 10)
s.sendall(b'x' * 1000000)
s.shutdown(socket.SHUT_WR)
got = b''
while data := s.recv(1 << 16):
    got += data
assert got == b'host:' + b'X' * 1000000, (len(got), got[:20])
for attempt in ('udp', 'other port', 'service', 'memory'):
    try:
        if attempt == 'udp':
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(2)
            s.sendto(b'x', ('127.0.0.1', UDP))
            s.recv(1)
        elif attempt == 'other port':
            socket.create_connection(('127.0.0.1', 65000 if TCP < 65000 else 64000), 5)
        elif attempt == 'service':
            s = socket.socket(socket.AF_UNIX)
            s.connect(OUT + '/service.sock')
        else:
            # The launcher stays as the relay, out of the filters: its memory would be a way out.
            others = [p for p in processes() if p != os.getpid()]
            any_of(['/proc/%d/task/%s/mem' % (p, t) for p in others for t in tasks(p)], lambda p: open(p, 'rb'))
    except OSError as problem:
        print(attempt, problem.errno)
    else:
        raise SystemExit(attempt + ' was possible')
os._exit(7)
";
    let output = site.python(wall, site.who, &confinement, 0, code);
    assert_eq!(output.status.code(), Some(7), "{wall:?} {:?}: {output:?}", site.who);
}
