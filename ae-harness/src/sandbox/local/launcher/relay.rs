//! The relay: a port of the confined program's own loopback, to the UNIX socket of the host's proxy.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

/// Listens, and forwards every connection in threads of their own until the process ends.
pub(super) fn start(port: u16, proxy: &Path) -> Result<(), String> {
    let told = |problem: io::Error| format!("the relay to the proxy, port {port}: {problem}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(told)?;
    let proxy = proxy.to_path_buf();
    thread::Builder::new().spawn(move || accept(&listener, &proxy)).map(drop).map_err(told)
}

fn accept(listener: &TcpListener, proxy: &PathBuf) {
    for client in listener.incoming().flatten() {
        // A connection that can't be forwarded is closed, which the program sees.
        let Ok(server) = UnixStream::connect(proxy) else { continue };
        let (client, server) = (Arc::new(client), Arc::new(server));
        let (asker, answerer) = ((client.clone(), server.clone()), (client, server));
        let _ = thread::Builder::new().spawn(move || {
            let _ = io::copy(&mut &*asker.0, &mut &*asker.1);
            let _ = asker.1.shutdown(Shutdown::Write);
        });
        let _ = thread::Builder::new().spawn(move || answer(&answerer.1, &answerer.0));
    }
}

/// Forwards answers. After the last one the connection is over in both directions.
fn answer(server: &UnixStream, client: &TcpStream) {
    let _ = io::copy(&mut &*server, &mut &*client);
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
