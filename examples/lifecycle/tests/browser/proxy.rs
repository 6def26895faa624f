//! A proxy that sees every request of a browser: pages, workers, navigation. It leads to this machine alone.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// The requests that went through, as `METHOD URL BODYBYTES`.
pub type Requests = Arc<Mutex<Vec<String>>>;

/// Starts a proxy, and returns its address and the list that it fills.
pub fn start() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            thread::spawn(move || forward(client, &seen));
        }
    });
    (address, requests)
}

/// Forwards one request; names other than those of this machine are answered with 403.
fn forward(client: TcpStream, seen: &Requests) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut client = client;
    let (mut head, mut length) = (Vec::new(), 0_usize);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || head.len() > 200 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if !lower.starts_with("connection:") && !lower.starts_with("proxy-connection:") {
            head.push(line);
        }
    }
    let mut words = head.first()?.split(' ');
    let (method, url) = (words.next()?.to_owned(), words.next()?.to_owned());
    seen.lock().unwrap().push(format!("{method} {url} {length}"));
    let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let path = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host)).unwrap_or("/");
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    if !(name == "127.0.0.1" || name == "localhost" || name.ends_with(".localhost")) {
        client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
        return None;
    }
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}")).ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    server.write_all(format!("{method} {path} HTTP/1.1\r\n").as_bytes()).ok()?;
    server.write_all(head.get(1..)?.concat().as_bytes()).ok()?;
    server.write_all(b"connection: close\r\n\r\n").ok()?;
    server.write_all(&body).ok()?;
    std::io::copy(&mut server, &mut client).ok()?;
    Some(())
}

/// The requests that left this machine, the browser's own left out.
pub fn strangers(requests: &Requests) -> Vec<String> {
    let own = ["googleapis.com", "google.com", "gvt1.com", "chromium.org"];
    let seen = requests.lock().unwrap();
    let outside = |line: &&String| {
        let url = line.split(' ').nth(1).unwrap_or_default();
        let host = url.strip_prefix("http://").unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
        let here = host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost");
        let browser = own.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
        !here && !browser
    };
    seen.iter().filter(outside).cloned().collect()
}
