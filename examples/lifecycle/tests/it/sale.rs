//! From the checkout button to revenue, over HTTP and with the `ae` command.

use std::io::{BufRead, BufReader, Write};

use super::{
    ae::{Ae, INTENT},
    server::{Server, path_of},
};

/// A server whose buyers know how to pay.
fn selling(ae: &Ae) -> Server {
    let file = ae.file("how.txt", b"Transfer to DE00.");
    Server::start_with(ae, &["--pay-instructions", &file])
}

fn code(ae: &Ae) -> String {
    std::fs::read_to_string(ae.data().join("keys/operator")).unwrap()
}

#[test]
fn a_customer_comes_from_the_site_to_a_licence_and_back_to_nothing() {
    let ae = Ae::new();
    let result = ae.main_job();
    let run = result["run_id"].as_str().unwrap();
    let server = selling(&ae);

    let page = server.get_product(&result, "/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    for file in ["privacy.html", "robots.txt", "sitemap.xml", "styles.css", ".well-known/ae-release"] {
        assert_eq!(server.get_product(&result, &format!("/{file}")).status, 200, "{file}");
    }
    for nowhere in ["/nowhere", "/../../../keys/operator", "/%2e%2e/%2e%2e/keys/operator", "/pay/x"] {
        assert_eq!(server.get_product(&result, nowhere).status, 404, "{nowhere}");
    }
    let tier = result["spec"]["pricing"][0]["id"].as_str().unwrap();
    let checkout = server.get_product(&result, &format!("/checkout?tier={tier}"));
    assert_eq!(checkout.status, 303);
    let pay = checkout.header("location").unwrap();
    let link = path_of(result["payment_links"][tier].as_str().unwrap());
    assert_eq!(pay, format!("http://{}{link}?tier={tier}", server.addr), "at another origin");
    let pay_page = server.get(&path_of(pay));
    assert!(pay_page.body.contains("<form") && !pay_page.body.contains("<script"), "{}", pay_page.body);

    let order = server.order(&result);
    let action = format!("paid {order} 0");
    assert_eq!(server.press("guess", &action, "").status, 401);
    assert_eq!(server.press(&code(&ae), &action, "Origin: http://evil.example\r\n").status, 403);
    let unpaid = ae.ae(&["licence", &order]).expect(2);
    assert!(unpaid.stderr.contains("waiting") && unpaid.stderr.contains("ae paid"), "{}", unpaid.stderr);
    let before = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert_eq!(before["revenue"]["currencies"][0]["payments"], 0, "nothing was recorded so far");

    assert_eq!(server.press(&code(&ae), &action, "").status, 200);
    assert_eq!(server.press(&code(&ae), &action, "").status, 200, "pressed twice");
    let after = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert_eq!(after["revenue"]["currencies"][0]["payments"], 1, "recorded once: {}", after["revenue"]);
    assert_eq!(after["revenue"]["entitlements"].as_array().unwrap().len(), 1);
    assert_eq!(after["revenue"]["currencies"][0]["gross"], result["spec"]["pricing"][0]["price"]);
    let licence = ae.ae(&["licence", &order]).expect(0).stdout.trim().to_owned();
    assert_eq!(licence.split('.').count(), 3);
    let shown = server.get(&format!("/order/{order}")).body;
    assert!(shown.contains(&format!("/#licence={licence}\"")), "{shown}");

    let refunded = ae.ae(&["refund", &order]).expect(0).stdout;
    assert!(refunded.contains("its licence has ended"), "{refunded}");
    ae.ae(&["licence", &order]).expect(2);
    assert!(!server.get(&format!("/order/{order}")).body.contains(&licence));
    ae.ae(&["audit", "verify"]).expect(0);
    let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
    for kind in ["keys/read", "payment_recorded", "refund_recorded", "pay_instructions_kept"] {
        assert!(log.contains(kind), "{kind} is recorded");
    }
    assert!(!log.contains(code(&ae).trim()), "and the code is not in the log");
}

#[test]
fn an_order_is_paid_and_refunded_at_the_terminal() {
    let ae = Ae::new();
    let result = ae.main_job();
    let order = selling(&ae).order(&result);
    let paid = ae.ae(&["paid", &order, "--json"]).expect(0).json();
    assert_eq!((&paid["order"], &paid["payment"]["invoice"]), (&order.as_str().into(), &"INV-000001".into()));
    let again = ae.ae(&["paid", &order, "--json"]).expect(2);
    assert_eq!(again.json()["error"]["kind"], "conflict", "a repeat is no second period: {again:?}");
    let run = result["run_id"].as_str().unwrap();
    let status = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert_eq!(status["revenue"]["currencies"][0]["payments"], 1);
    let licence = ae.ae(&["licence", &order, "--json"]).expect(0).json();
    assert_eq!(licence["licence"].as_str().unwrap(), ae.ae(&["licence", &order]).expect(0).stdout.trim());
    let refund = ae.ae(&["refund", &order, "--json"]).expect(0).json();
    assert_eq!(refund["refund"]["amount"], paid["payment"]["amount"]);
    ae.ae(&["refund", &order]).expect(2);
}

#[test]
fn orders_that_do_not_exist_and_instructions_that_can_not_be_shown() {
    let ae = Ae::new();
    ae.parked();
    let unknown = format!("ord_{}", "0".repeat(26));
    for command in ["paid", "refund", "licence"] {
        for order in ["", "x", "../keys", "ORD_00000000000000000000000000", "ord_0"] {
            let refused = ae.ae(&[command, order, "--json"]).expect(2);
            assert_eq!(refused.json()["error"]["kind"], "invalid_input", "{command} {order}: {refused:?}");
        }
        let refused = ae.ae(&[command, &unknown]).expect(2);
        assert!(
            refused.stderr.contains("there is no order") && refused.stderr.contains("hint"),
            "{refused:?}"
        );
        ae.ae(&[command]).expect(2);
    }
    for (file, what) in [
        ("/nowhere/how.txt".to_owned(), "can't be read"),
        (ae.data().to_str().unwrap().to_owned(), "not a file"),
        (ae.file("large.txt", &vec![b'a'; 16 * 1024 + 1]), "longer than 16 KiB"),
        (ae.file("binary.txt", &[0, 159, 146, 150]), "not UTF-8"),
        (ae.file("empty.txt", b"\n"), "empty"),
    ] {
        let refused = ae.ae(&["serve", "--addr", "127.0.0.1:0", "--pay-instructions", &file]).expect(2);
        assert!(refused.stderr.contains(what), "{file}: {}", refused.stderr);
        let refused = ae.ae(&["run", INTENT, "--signals", "sample", "--pay-instructions", &file]).expect(2);
        assert!(refused.stderr.contains(what), "{file}: {}", refused.stderr);
    }
    for contact in ["", "me", "@example.com", "a b@example.com", "javascript:alert(1)", "ftp://example.com"] {
        let refused = ae.ae(&["run", INTENT, "--signals", "sample", "--contact", contact]).expect(2);
        assert!(refused.stderr.contains("--contact"), "{contact}: {}", refused.stderr);
    }
    assert_eq!(ae.ae(&["runs", "--json"]).expect(0).json()["total"], 1, "no run began");
}

#[test]
fn the_operator_has_a_port_of_their_own() {
    let ae = Ae::new();
    ae.parked();
    let server = Server::start(&ae);
    assert_ne!(server.operator, server.addr);
    assert!(server.get("/").body.contains("Nothing is published yet"));
    let page = server.send_to(&server.operator, ("GET", "/"), "", "");
    assert_eq!(page.status, 421, "its name is not one of the public port");
    assert_eq!(server.press("guess", "paid x 0", "").status, 401);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let refused = ae.ae(&["serve", "--addr", "127.0.0.1:0", "--operator-addr", &addr]).expect(2);
    assert!(refused.stderr.contains("--operator-addr"), "{}", refused.stderr);
    let refused = ae.ae(&["serve", "--addr", "127.0.0.1:65535"]).expect(2);
    assert!(refused.stderr.contains("--operator-addr"), "{}", refused.stderr);
}

#[test]
fn a_price_changed_in_what_was_published_is_neither_served_nor_called_verified() {
    let ae = Ae::new();
    let result = ae.main_job();
    let run = result["run_id"].as_str().unwrap();
    let url = result["product_url"].as_str().unwrap();
    let site = url.trim_start_matches("http://").split('.').next().unwrap();
    let releases = ae.data().join("sites").join(site).join("releases");
    let page = releases.join(result["release"].as_str().unwrap()).join("index.html");
    let server = Server::start(&ae);
    assert_eq!(server.get_product(&result, "/").status, 200);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("$9.00"));
    std::fs::write(&page, text.replace("$9.00", "$0.01")).unwrap();

    let answer = server.get_product(&result, "/");
    assert_eq!(answer.status, 500, "a server that runs notices it: {}", answer.body);
    assert!(!answer.body.contains("$0.01"));
    assert_eq!(Server::start(&ae).get_product(&result, "/").status, 500, "and so does one that starts");
    let status = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert!(status["damage"].as_str().unwrap().contains("index.html"), "{}", status["damage"]);
    let shown = ae.ae(&["status", run]).expect(0).stdout;
    assert!(shown.contains("damaged") && shown.contains("index.html"), "{shown}");
    std::fs::write(&page, text).unwrap();
    assert_eq!(server.get_product(&result, "/").status, 200);
    assert!(ae.ae(&["status", run, "--json"]).expect(0).json()["damage"].is_null());
}

#[test]
fn a_product_served_elsewhere_names_the_address_that_serves_it() {
    let ae = Ae::new();
    let result = ae.main_job();
    let server = selling(&ae);
    let port = server.addr.rsplit(':').next().unwrap();
    let here = result["product_url"].as_str().unwrap().replace("4180", port);
    for page in ["", "sitemap.xml", "robots.txt", "privacy.html"] {
        let body = server.get_product(&result, &format!("/{page}")).body;
        assert!(!body.contains(":4180"), "{page}: {body}");
    }
    assert!(server.get_product(&result, "/sitemap.xml").body.contains(&here));
    let pay = server.get(&path_of(result["payment_link"].as_str().unwrap())).body;
    assert!(pay.contains(&format!("href=\"{here}\"")) && !pay.contains(":4180"), "{pay}");
}

#[test]
fn what_broke_is_in_the_operators_log() {
    let ae = Ae::new();
    let result = ae.main_job();
    let server = selling(&ae);
    let order = server.order(&result);
    let log = ae.data().join("audit.jsonl");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"not\":\"a record\"}\n");
    std::fs::write(&log, bytes).unwrap();
    let answer = server.press(&code(&ae), &format!("paid {order} 0"), "");
    assert!(answer.status >= 500 && answer.body.contains("operator"), "{}: {}", answer.status, answer.body);
    let line = server.said.iter().find(|line| line.starts_with("error: ")).unwrap();
    assert!(line.contains("audit"), "{line}");
}

#[test]
fn a_full_disk_is_answered_as_such_and_nothing_is_lost() {
    let ae = Ae::new();
    let result = ae.main_job();
    let how = ae.file("how.txt", b"Transfer to DE00.");
    let script = format!(
        r#"cp -a "$DATA" "$DISK/data" && {{
        "$AE" serve --addr 127.0.0.1:0 --pay-instructions '{how}' --data-dir "$DISK/data" &
        while read -r command; do eval "$command"; echo done; done
    }}"#
    );
    let Some(mut shell) = ae.on_small_disk(&script) else { return };
    let mut server = Server::of(shell.spawn().unwrap());
    let mut commands = server.child.stdin.take().unwrap();
    let mut said = BufReader::new(server.child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut sh = |command: &str| {
        writeln!(commands, "{command}").unwrap();
        said.by_ref().take_while(|line| line != "done").collect::<String>()
    };
    let code = sh(r#"cat "$DISK/data/keys/operator"; echo"#);
    let action = format!("paid {} 0", server.order(&result));
    sh(r#"dd if=/dev/zero of="$DISK/fill" bs=4k 2>/dev/null"#);
    let full = server.press(&code, &action, "");
    assert_eq!(full.status, 507, "{}", full.body);
    assert!(full.body.contains("disk is full"), "{}", full.body);
    sh(r#"rm "$DISK/fill""#);
    assert_eq!(server.press(&code, &action, "").status, 200, "the same button is good again");
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
    let (slug, run) = (parked["spec"]["slug"].as_str().unwrap(), parked["run_id"].as_str().unwrap());
    let site = format!("{slug}-{}.localhost", &run[run.len() - 6..]);
    assert_eq!(server.send_to(&site, ("GET", "/checkout"), "", "").status, 503);
    assert_eq!(server.send_to(&site, ("GET", "/"), "", "").status, 404);
    assert_eq!(server.send_to("unknown.localhost", ("GET", "/checkout"), "", "").status, 404);
    assert_eq!(server.get("/pay/link_unknown").status, 404);
}
