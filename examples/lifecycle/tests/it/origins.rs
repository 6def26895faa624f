//! Which part of the server answers at which name and port.

use http::{Method, StatusCode};

use super::shop::{ONE, OPERATOR, SHOP, Shop, TWO, ask};

const NAMES_OF_THE_SHOP: [&str; 4] = [SHOP, "localhost:4180", "shop.example", "shop.example:8443"];
const NAMES_OF_TWO: [&str; 3] = [TWO, "site-two.shop.example", "site-two.shop.example:8443"];
const NAMES_OF_OTHERS: [&str; 12] = [
    "",
    "evil.example",
    "evil.example:4180",
    "localhost.evil.example:4180",
    "site-two.localhost.evil.example:4180",
    "site-two.evil.example",
    "127.0.0.1:4182",
    "localhost:80",
    "site-two.localhost:4181",
    "a.site-two.localhost:4180",
    "site-two.127.0.0.1:4180",
    "site-two.localhost:4180, 127.0.0.1:4180",
];

/// A route with the status that the shop, a product and the operator's page answer.
type Route = (Method, String, [u16; 3]);

fn routes(shop: &Shop) -> Vec<Route> {
    let link = &shop.links[0].0;
    let order = format!("/order/ord_{}", "0".repeat(26));
    vec![
        (Method::GET, "/".into(), [200, 200, 200]),
        (Method::POST, "/".into(), [405, 405, 422]),
        (Method::GET, "/health".into(), [200, 404, 200]),
        (Method::GET, format!("/pay/{link}"), [200, 404, 404]),
        (Method::POST, format!("/pay/{link}/order"), [422, 405, 404]),
        (Method::GET, order, [404, 404, 404]),
        (Method::POST, "/api/v1/billing/webhooks/offline".into(), [400, 405, 404]),
        (Method::GET, "/app.js".into(), [404, 200, 404]),
        (Method::GET, "/.well-known/ae-release".into(), [404, 200, 404]),
        (Method::GET, "/checkout".into(), [404, 303, 404]),
        (Method::GET, "/ended.json".into(), [404, 200, 404]),
        (Method::POST, "/interest".into(), [404, 200, 404]),
        (Method::GET, "/p/site-two/".into(), [404, 404, 404]),
    ]
}

#[tokio::test]
async fn each_part_answers_at_its_own_names_and_nothing_at_others() {
    let shop = Shop::open().await;
    for (method, path, [of_shop, of_product, of_operator]) in routes(&shop) {
        let status = async |app, host: &str| {
            let answer = ask(app, (method.clone(), host, &path), &[], String::new()).await;
            let open = answer.headers.get("access-control-allow-origin");
            assert!(open.is_none(), "no other origin may read {path}");
            assert!(
                answer.header("content-security-policy").contains("frame-ancestors 'none'")
                    || path == "/health"
                    || answer.status == StatusCode::METHOD_NOT_ALLOWED
                    || answer.status == StatusCode::SEE_OTHER
                    || path.starts_with("/api"),
                "{host}{path}: {:?}",
                answer.headers
            );
            answer.status.as_u16()
        };
        for host in NAMES_OF_THE_SHOP {
            assert_eq!(status(shop.public(), host).await, of_shop, "{method} {host}{path}");
        }
        for host in NAMES_OF_TWO {
            assert_eq!(status(shop.public(), host).await, of_product, "{method} {host}{path}");
        }
        for host in [OPERATOR, "localhost:4181"] {
            assert_eq!(status(shop.operator(), host).await, of_operator, "{method} {host}{path}, operator");
            assert_eq!(
                status(shop.public(), host).await,
                421,
                "{method} {host}{path}: the port of another part"
            );
        }
        for host in NAMES_OF_OTHERS {
            assert_eq!(status(shop.public(), host).await, 421, "{method} {host}{path}");
        }
        for host in NAMES_OF_OTHERS.into_iter().chain(NAMES_OF_THE_SHOP).chain(NAMES_OF_TWO) {
            assert_eq!(status(shop.operator(), host).await, 421, "{method} {host}{path}, operator");
        }
    }
}

#[tokio::test]
async fn a_request_that_names_two_hosts_is_for_none() {
    let shop = Shop::open().await;
    let answer = ask(shop.public(), (Method::GET, ONE, "/"), &[("host", SHOP)], String::new()).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    let whole = format!("http://{ONE}/");
    assert!(
        shop.get(SHOP, &whole).await.body.contains("page of one"),
        "the address of the request line counts"
    );
    assert_eq!(shop.get(SHOP, "http://evil.example/").await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_product_has_its_origin_to_itself() {
    let shop = Shop::open().await;
    assert!(shop.get(ONE, "/").await.body.contains("page of one"));
    assert!(shop.get(TWO, "/").await.body.contains("page of two"));
    assert_eq!(shop.get("site-none.localhost:4180", "/").await.status, StatusCode::NOT_FOUND);
    let script = shop.get(ONE, "/app.js").await;
    assert!(script.header("content-type").starts_with("text/javascript"));
    for path in ["/../keys/operator", "/%2e%2e/%2e%2e/keys/operator", "/..%2fsite-two%2findex.html"] {
        assert_eq!(shop.get(ONE, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn pages_name_the_address_that_serves_them_and_scripts_stay_as_they_are() {
    let shop = Shop::open().await;
    let here = shop.get("site-one.shop.example", "/").await.body;
    assert!(here.contains("href=http://site-one.shop.example/") && !here.contains("localhost"), "{here}");
    let tls = [("x-forwarded-proto", "https")];
    let there =
        ask(shop.public(), (Method::GET, "site-one.shop.example", "/"), &tls, String::new()).await.body;
    assert!(there.contains("href=https://site-one.shop.example/"), "{there}");
    let approved = shop.get(ONE, "/app.js").await.body;
    assert_eq!(shop.get("site-one.shop.example", "/app.js").await.body, approved);
    let to = shop.get("site-one.shop.example:8443", "/checkout").await;
    assert!(to.header("location").starts_with("http://shop.example:8443/pay/"), "{}", to.header("location"));
}

#[tokio::test]
async fn the_index_names_the_products_and_says_which_are_not_built() {
    let shop = Shop::open().await;
    for (host, below) in [(SHOP, "localhost:4180"), ("shop.example", "shop.example")] {
        let page = shop.get(host, "/").await.body;
        let one = format!("<a href=\"http://site-one.{below}/\">Product &lt;one&gt;</a></li>");
        let two = format!("<a href=\"http://site-two.{below}/\">Product &lt;two&gt;</a> (not built yet)");
        assert!(page.contains(&one) && page.contains(&two), "{page}");
        assert!(page.contains("color-scheme:light dark"), "{page}");
    }
}

#[tokio::test]
async fn an_interest_is_a_number_and_is_sent_from_its_own_page() {
    let shop = Shop::open().await;
    let page = shop.get(TWO, "/").await;
    assert_eq!(
        page.header("referrer-policy"),
        "same-origin",
        "else a browser hides where its forms come from"
    );
    for _ in 0..2 {
        let own = [("origin", &*format!("http://{TWO}")), ("cookie", "a=b"), ("user-agent", "Somebody's")];
        let thanks = shop.post(TWO, "/interest", &own, "name=Somebody").await;
        assert_eq!(thanks.status, StatusCode::OK);
        assert!(thanks.body.contains("Thank you") && thanks.body.contains("href=\"/\""), "{}", thanks.body);
        assert!(thanks.headers.get("set-cookie").is_none());
    }
    for elsewhere in
        [format!("http://{ONE}"), format!("http://{SHOP}"), "null".into(), "http://evil.example".into()]
    {
        let refused = shop.post(TWO, "/interest", &[("origin", &elsewhere)], "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{elsewhere}");
    }
    for built_or_unknown in [ONE, "site-none.localhost:4180"] {
        assert_eq!(shop.post(built_or_unknown, "/interest", &[], "").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(shop.get(TWO, "/interest").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(shop.installation.runs.interest("site-two").await.unwrap(), 2);
    assert_eq!(shop.installation.runs.interest("site-one").await.unwrap(), 0);
    let reports = [(0, None), (1, Some(2))];
    for (product, count) in reports {
        let report = lifecycle::service::status(&shop.installation, shop.runs[product]).await.unwrap();
        assert_eq!(report.interest, count);
    }
    for file in ["runs.db", "runs.db-wal", "audit.jsonl"] {
        let bytes = std::fs::read(shop.installation.dir.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|part| part == b"Somebody"), "{file} knows who it was");
    }
}
