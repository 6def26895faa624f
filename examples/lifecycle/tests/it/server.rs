//! `ae serve` under test, over HTTP.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Child,
    sync::mpsc,
};

use serde_json::Value;

use super::ae::Ae;

/// A server under test; it ends with the test.
pub struct Server {
    pub child: Child,
    pub addr: String,
    /// The address of the operator's page.
    pub operator: String,
    /// Its standard error, line by line.
    pub said: mpsc::Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Server {
    pub fn start(ae: &Ae) -> Self {
        Self::start_with(ae, &[])
    }

    pub fn start_with(ae: &Ae, options: &[&str]) -> Self {
        Self::of(ae.spawn(&[&["serve", "--addr", "127.0.0.1:0"], options].concat()))
    }

    /// The server that `child` is.
    pub fn of(mut child: Child) -> Self {
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = |before: &str| loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            if let Some(rest) = line.strip_prefix(before) {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        let addr = address("serving on http://");
        let operator = address("payments are recorded on http://");
        // The rest of its standard error must not block it.
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        Self { child, addr, operator, said }
    }

    pub fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.send_to(&self.addr, (method, path), headers, body)
    }

    /// Sends a request for the name `host`.
    pub fn send_to(&self, host: &str, request: (&str, &str), headers: &str, body: &str) -> Answer {
        exchange(&self.addr, host, request, headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    /// Asks the product of a run at its own name.
    pub fn get_product(&self, result: &Value, path: &str) -> Answer {
        let name =
            result["product_url"].as_str().unwrap().trim_start_matches("http://").split(':').next().unwrap();
        let port = self.addr.rsplit(':').next().unwrap();
        self.send_to(&format!("{name}:{port}"), ("GET", path), "", "")
    }

    /// Orders the first price of a run's product, and gives the order's name.
    pub fn order(&self, result: &Value) -> String {
        let link = path_of(result["payment_link"].as_str().unwrap());
        let page = self.get(&link).body;
        let form = page.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let price = result["prices"][0].as_str().unwrap();
        let answer = self.form(&format!("{link}/order"), "", &format!("form_id={form}&price={price}"));
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").unwrap().trim_start_matches("/order/").to_owned()
    }

    /// Sends the operator's form.
    pub fn press(&self, code: &str, action: &str, headers: &str) -> Answer {
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
        let body = format!("operator_code={}&action={}", code.trim(), action.replace(' ', "+"));
        exchange(&self.operator, &self.operator, ("POST", "/"), &headers, &body)
    }

    pub fn form(&self, path: &str, headers: &str, body: &str) -> Answer {
        self.send(
            "POST",
            path,
            &format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}"),
            body,
        )
    }
}

/// The path of an address.
pub fn path_of(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    rest[rest.find('/').unwrap()..].to_owned()
}

/// Sends a request for the name `host` to `addr`.
fn exchange(addr: &str, host: &str, (method, path): (&str, &str), headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}",
        host
    )
    .unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
