//! From the checkout button to revenue, over HTTP.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Child,
    sync::mpsc,
};

use super::ae::{Ae, INTENT};

/// A server under test; it ends with the test.
struct Server {
    child: Child,
    addr: String,
    /// Its standard error, line by line.
    said: mpsc::Receiver<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Server {
    fn start(ae: &Ae) -> Self {
        Self::start_with(ae, &[])
    }

    fn start_with(ae: &Ae, options: &[&str]) -> Self {
        Self::of(ae.spawn(&[&["serve", "--addr", "127.0.0.1:0"], options].concat()))
    }

    /// The server that `child` is.
    fn of(mut child: Child) -> Self {
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let addr = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            if let Some(rest) = line.strip_prefix("serving on http://") {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        // The rest of its standard error must not block it.
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        Self { child, addr, said }
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.send_to(&self.addr, (method, path), headers, body)
    }

    /// Sends a request for the name `host`.
    fn send_to(&self, host: &str, (method, path): (&str, &str), headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
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

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    fn form(&self, path: &str, headers: &str, body: &str) -> Answer {
        self.send(
            "POST",
            path,
            &format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}"),
            body,
        )
    }
}

fn path_of(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

#[test]
fn a_customer_comes_from_the_site_to_a_paid_entitlement() {
    let ae = Ae::new();
    let result = ae.main_job();
    let run = result["run_id"].as_str().unwrap();
    let server = Server::start(&ae);
    let site = path_of(result["product_url"].as_str().unwrap());

    let page = server.get(&site);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("checkout?tier="), "the button leads to the checkout");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    for file in ["privacy.html", "robots.txt", "sitemap.xml", "styles.css", ".well-known/ae-release"] {
        assert_eq!(server.get(&format!("{site}{file}")).status, 200, "{file}");
    }
    assert_eq!(server.get(&format!("{site}nowhere")).status, 404);
    assert_eq!(server.get(&format!("{site}../../../keys/operator")).status, 404);
    assert_eq!(server.get(&format!("{site}%2e%2e/%2e%2e/keys/operator")).status, 404);

    let tier = result["spec"]["pricing"][0]["id"].as_str().unwrap();
    let checkout = server.get(&format!("{site}checkout?tier={tier}"));
    assert_eq!(checkout.status, 303);
    let pay = checkout.header("location").unwrap().to_owned();
    assert!(pay.starts_with(&path_of(result["payment_link"].as_str().unwrap())), "{pay}");
    let pay_page = server.get(&pay);
    assert_eq!(pay_page.status, 200);
    assert!(pay_page.body.contains("<form") && !pay_page.body.contains("<script"));

    let price = result["prices"][0].as_str().unwrap();
    let paid = format!("{}/paid", path_of(result["payment_link"].as_str().unwrap()));
    let form = pay_page.body.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let entered = format!("form_id={form}&price={price}&payer_reference=order-1");
    let wrong = server.form(&paid, "", &format!("{entered}&operator_code=guess"));
    assert_eq!(wrong.status, 401);
    let code = std::fs::read_to_string(ae.data().join("keys/operator")).unwrap();
    let good = format!("{entered}&operator_code={}", code.trim());
    assert_eq!(server.form(&paid, "Origin: http://evil.example\r\n", &good).status, 403);
    let before = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert_eq!(before["revenue"]["currencies"][0]["payments"], 0, "nothing was recorded so far");

    assert_eq!(server.form(&paid, "", &good).status, 200);
    assert_eq!(server.form(&paid, "", &good).status, 200, "sent twice");
    let after = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert_eq!(after["revenue"]["currencies"][0]["payments"], 1, "recorded once: {}", after["revenue"]);
    assert_eq!(after["revenue"]["entitlements"].as_array().unwrap().len(), 1);
    assert_eq!(after["revenue"]["currencies"][0]["gross"], result["spec"]["pricing"][0]["price"]);
    assert!(ae.ae(&["status", run]).expect(0).stdout.contains("revenue"));
    ae.ae(&["audit", "verify"]).expect(0);
    let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
    assert!(
        log.contains("keys/read") && log.contains("payment_recorded"),
        "reading keys and payments are recorded"
    );
    assert!(!log.contains(code.trim()), "and the code is not in the log");
}

#[test]
fn a_request_for_another_name_is_refused() {
    let ae = Ae::new();
    ae.parked();
    let server = Server::start_with(&ae, &["--host", "Shop.example"]);
    let port = server.addr.rsplit(':').next().unwrap();
    for (name, status) in [
        (server.addr.as_str(), 200),
        (&format!("localhost:{port}"), 200),
        ("LOCALHOST", 200),
        ("shop.example", 200),
        ("shop.example:443", 200),
        ("", 421),
        (&format!(":{port}"), 421),
        (&format!("localhost.evil.example:{port}"), 421),
        ("evil.example", 421),
        (&format!("evil.example:{port}"), 421),
        ("localhost:1", 421),
    ] {
        assert_eq!(server.send_to(name, ("GET", "/health"), "", "").status, status, "{name}");
    }
}

#[test]
fn a_price_changed_in_what_was_published_is_neither_served_nor_called_verified() {
    let ae = Ae::new();
    let result = ae.main_job();
    let run = result["run_id"].as_str().unwrap();
    let url = path_of(result["product_url"].as_str().unwrap());
    let releases =
        ae.data().join("sites").join(url.trim_matches('/').trim_start_matches("p/")).join("releases");
    let page = releases.join(result["release"].as_str().unwrap()).join("index.html");
    let server = Server::start(&ae);
    assert_eq!(server.get(&url).status, 200);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("$9.00"));
    std::fs::write(&page, text.replace("$9.00", "$0.01")).unwrap();

    let answer = server.get(&url);
    assert_eq!(answer.status, 500, "a server that runs notices it: {}", answer.body);
    assert!(!answer.body.contains("$0.01"));
    assert_eq!(Server::start(&ae).get(&url).status, 500, "and so does one that starts");
    let status = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert!(status["damage"].as_str().unwrap().contains("index.html"), "{}", status["damage"]);
    let shown = ae.ae(&["status", run]).expect(0).stdout;
    assert!(shown.contains("damaged") && shown.contains("index.html"), "{shown}");
    std::fs::write(&page, text).unwrap();
    assert_eq!(server.get(&url).status, 200);
    assert!(ae.ae(&["status", run, "--json"]).expect(0).json()["damage"].is_null());
}

#[test]
fn a_product_served_elsewhere_names_the_address_that_serves_it() {
    let ae = Ae::new();
    let result = ae.main_job();
    let server = Server::start(&ae);
    let site = path_of(result["product_url"].as_str().unwrap());
    for page in ["", "sitemap.xml", "robots.txt", "privacy.html"] {
        let body = server.get(&format!("{site}{page}")).body;
        assert!(!body.contains("127.0.0.1:4180"), "{page}: {body}");
    }
    assert!(server.get(&format!("{site}sitemap.xml")).body.contains(&server.addr));
    let pay = server.get(&path_of(result["payment_link"].as_str().unwrap())).body;
    assert!(pay.contains(&format!("href=\"{site}\"")) && !pay.contains("127.0.0.1:4180"), "{pay}");
}

#[test]
fn what_broke_is_in_the_operators_log() {
    let ae = Ae::new();
    let result = ae.main_job();
    let server = Server::start(&ae);
    let link = path_of(result["payment_link"].as_str().unwrap());
    let page = server.get(&link).body;
    let form = page.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let code = std::fs::read_to_string(ae.data().join("keys/operator")).unwrap();
    let price = result["prices"][0].as_str().unwrap();
    let log = ae.data().join("audit.jsonl");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"not\":\"a record\"}\n");
    std::fs::write(&log, bytes).unwrap();
    let body = format!("form_id={form}&price={price}&payer_reference=order-1&operator_code={}", code.trim());
    let answer = server.form(&format!("{link}/paid"), "", &body);
    assert!(answer.status >= 500 && answer.body.contains("operator"), "{}: {}", answer.status, answer.body);
    let line = server.said.iter().find(|line| line.starts_with("error: ")).unwrap();
    assert!(line.contains("audit"), "{line}");
}

#[test]
fn a_full_disk_is_answered_as_such_and_nothing_is_lost() {
    let ae = Ae::new();
    let result = ae.main_job();
    let link = path_of(result["payment_link"].as_str().unwrap());
    let script = r#"cp -a "$DATA" "$DISK/data" && {
        "$AE" serve --addr 127.0.0.1:0 --data-dir "$DISK/data" &
        while read -r command; do eval "$command"; echo done; done
    }"#;
    let Some(mut shell) = ae.on_small_disk(script) else { return };
    let mut server = Server::of(shell.spawn().unwrap());
    let mut commands = server.child.stdin.take().unwrap();
    let mut said = BufReader::new(server.child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut sh = |command: &str| {
        writeln!(commands, "{command}").unwrap();
        said.by_ref().take_while(|line| line != "done").collect::<String>()
    };
    let code = sh(r#"cat "$DISK/data/keys/operator"; echo"#);
    let page = server.get(&link).body;
    let form = page.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let price = result["prices"][0].as_str().unwrap();
    let body = format!("form_id={form}&price={price}&payer_reference=order-1&operator_code={}", code.trim());
    sh(r#"dd if=/dev/zero of="$DISK/fill" bs=4k 2>/dev/null"#);
    let full = server.form(&format!("{link}/paid"), "", &body);
    assert_eq!(full.status, 507, "{}", full.body);
    assert!(full.body.contains("disk is full"), "{}", full.body);
    sh(r#"rm "$DISK/fill""#);
    assert_eq!(server.form(&format!("{link}/paid"), "", &body).status, 200, "the same form is good again");
    let run = result["run_id"].as_str().unwrap();
    let status = sh(&format!(r#""$AE" status {run} --json --data-dir "$DISK/data""#));
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["revenue"]["currencies"][0]["payments"], 1);
    assert!(sh(r#""$AE" audit verify --data-dir "$DISK/data""#).contains("the chain is whole"));
}

#[test]
fn webhooks_without_a_good_signature_are_refused() {
    let ae = Ae::new();
    ae.main_job();
    let server = Server::start(&ae);
    let event = r#"{"id":"evt_1","type":"checkout.session.completed"}"#;
    for headers in ["", "AE-Signature: t=1,v1=00\r\n", "AE-Signature: nonsense\r\n"] {
        let answer = server.send("POST", "/api/v1/billing/webhooks/offline", headers, event);
        assert_eq!(answer.status, 400, "{headers}: {}", answer.body);
    }
    let large = "x".repeat(200_000);
    assert_eq!(server.send("POST", "/api/v1/billing/webhooks/offline", "", &large).status, 413);
}

#[test]
fn what_is_not_on_sale_yet_says_so() {
    let ae = Ae::new();
    let parked = ae.ae(&["run", INTENT, "--signals", "sample", "--json"]).expect(6).json();
    let server = Server::start(&ae);
    assert_eq!(server.get("/health").status, 200);
    assert!(server.get("/").body.contains("Nothing is published yet"));
    let name = parked["spec"]["slug"].as_str().unwrap();
    let tail: String =
        parked["run_id"].as_str().unwrap().chars().rev().take(6).collect::<String>().chars().rev().collect();
    assert_eq!(server.get(&format!("/p/{name}-{tail}/checkout")).status, 503);
    assert_eq!(server.get("/p/unknown/checkout").status, 404);
    assert_eq!(server.get("/pay/link_unknown").status, 404);
}
