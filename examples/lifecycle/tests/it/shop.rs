//! Two published products on sale, one of them not built yet, served without a socket and with a clock of the test's own.

use std::sync::Arc;

use ae_billing::{
    EventStore, LicenceKey, LicencePublicKey, LinkId, NewLink, NewPrice, NewProduct, PaymentProvider,
};
use ae_core::{
    BillingInterval, Currency, Deliverable, Digest, IdempotencyKey, ManualClock, ManualSleeper, Money,
    ProductSpec, ProjectId, RunId, Runtime, Secret, SeededIds,
};
use ae_harness::{Bundle, DeploySpec, Deployer, LocalDeployer, NewSite, SiteContext};
use ae_langflow::{Input, RunConfig};
use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use lifecycle::{
    faces::sites::{self, Hosts},
    glue::address,
    run::{Offered, RunState, lifecycle},
    service::{Installation, RunSettings, Sale, SignalsFrom},
    setup::DataDir,
    wiring,
};
use tempfile::TempDir;
use tower::ServiceExt;

use super::inside::{intent, record};

pub const NOON: &str = "2026-11-24T12:00:00Z";
/// The names that the server answers to.
pub const SHOP: &str = "127.0.0.1:4180";
pub const ONE: &str = "site-one.localhost:4180";
pub const TWO: &str = "site-two.localhost:4180";
pub const OPERATOR: &str = "127.0.0.1:4181";
/// The prices of each product, in their order.
pub const MONTHLY: usize = 0;
pub const ONCE: usize = 2;

pub struct Shop {
    folder: TempDir,
    pub clock: ManualClock,
    pub installation: Installation,
    pub sale: sites::Shared,
    pub code: String,
    pub links: Vec<(LinkId, Vec<String>)>,
    pub runs: Vec<RunId>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Shop {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(NOON.parse().unwrap());
        let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock.clone()), SeededIds::new(1));
        let installation =
            wiring::open(DataDir::open(&folder.path().join("data")).unwrap(), runtime).unwrap();
        let (mut links, mut runs) = (Vec::new(), Vec::new());
        for (name, deliverable) in [("one", Deliverable::WebTool), ("two", Deliverable::PreOrder)] {
            let run = RunId::from_digest(&Digest::of_bytes("test", name.as_bytes()));
            let settings = RunSettings::new(format!("http://{SHOP}"), vec![SignalsFrom::Sample]);
            record(&installation, run, intent("CSV tool", "0"), settings).await;
            installation.runs.set_site(run, &format!("site-{name}")).await.unwrap();
            specify(&installation, run, name, deliverable).await;
            publish(&installation, run, name).await;
            links.push(put_on_sale(&installation, run, name).await);
            runs.push(run);
        }
        let sale = Arc::new(Sale::open(&installation, &format!("http://{SHOP}")).await.unwrap());
        let code = std::fs::read_to_string(installation.dir.path().join("keys/operator")).unwrap();
        let code = code.trim().to_owned();
        let shop = Self { folder, clock, installation, sale, code, links, runs };
        shop.say_how_to_pay("Transfer to DE00 <b>or</b> cash.");
        shop
    }

    pub fn say_how_to_pay(&self, text: &str) {
        let file = self.folder.path().join("how.txt");
        std::fs::write(&file, text).unwrap();
        self.installation.dir.keep_pay_instructions(&file).unwrap();
    }

    pub fn public(&self) -> Router {
        sites::app(Arc::clone(&self.sale), Hosts::new(SHOP.parse().unwrap(), &["shop.example".to_owned()]))
    }

    pub fn operator(&self) -> Router {
        sites::operator_app(Arc::clone(&self.sale), Hosts::new(OPERATOR.parse().unwrap(), &[]))
    }

    pub async fn get(&self, host: &str, path: &str) -> Answer {
        ask(self.public(), (Method::GET, host, path), &[], String::new()).await
    }

    pub async fn post(&self, host: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        ask(self.public(), (Method::POST, host, path), headers, body.to_owned()).await
    }

    /// Opens the payment page of a link, and gives the id of the form on it.
    pub async fn form(&self, link: usize) -> String {
        let page = self.get(SHOP, &format!("/pay/{}", self.links[link].0)).await;
        assert_eq!(page.status, StatusCode::OK);
        page.body.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Sends a copy of the order form.
    pub async fn send_order(&self, form: &str, (link, price): (usize, usize)) -> Answer {
        let (link, prices) = &self.links[link];
        let body = format!("{form}price={}", prices[price]);
        self.post(SHOP, &format!("/pay/{link}/order"), &[], &body).await
    }

    /// Orders a price of the first product, and gives the order's name.
    pub async fn order(&self, price: usize) -> String {
        let form = format!("form_id={}&", self.form(0).await);
        let answer = self.send_order(&form, (0, price)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.header("location").strip_prefix("/order/").unwrap().to_owned()
    }

    pub async fn order_page(&self, order: &str) -> String {
        let page = self.get(SHOP, &format!("/order/{order}")).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
        page.body
    }

    /// The licence on the page of an order, if there is one.
    pub async fn licence(&self, order: &str) -> Option<String> {
        let page = self.order_page(order).await;
        page.split("#licence=").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    }

    /// Presses a button of the operator's page.
    pub async fn press(&self, action: &str) -> Answer {
        let body = format!("operator_code={}&action={}", self.code, action.replace(' ', "+"));
        ask(self.operator(), (Method::POST, OPERATOR, "/"), &[], body).await
    }

    /// The key in the releases of what is sold.
    pub fn licence_key(&self) -> LicencePublicKey {
        let text = std::fs::read_to_string(self.installation.dir.path().join("keys/licence")).unwrap();
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).unwrap();
        LicenceKey::new(1, &Secret::new(bytes)).unwrap().public()
    }

    pub fn project(&self, product: usize) -> ProjectId {
        ProjectId::from_uuid(*self.runs[product].as_uuid())
    }

    /// The kinds of the records of sales in the audit log, oldest first.
    pub fn sale_events(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.installation.dir.audit_log()).unwrap();
        let kinds = log.split('"').filter(|word| {
            word.starts_with("payment_") || word.starts_with("refund_") && !word.starts_with("refund_key")
        });
        kinds.map(str::to_owned).collect()
    }

    pub async fn payments(&self) -> Vec<u64> {
        let ledger = wiring::ledger(&self.installation, &format!("http://{SHOP}")).unwrap();
        let mut all = Vec::new();
        for run in &self.runs {
            all.push(ledger.revenue(*run).await.unwrap().payments());
        }
        all
    }
}

pub async fn ask(
    app: Router,
    (method, host, path): (Method, &str, &str),
    headers: &[(&str, &str)],
    body: String,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = app.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn specify(installation: &Installation, run: RunId, name: &str, deliverable: Deliverable) {
    let mut spec = ProductSpec::new(
        ae_core::NicheId::from_uuid(*run.as_uuid()),
        format!("Product <{name}>"),
        name,
        "A tool.",
    );
    spec.deliverable = deliverable;
    let site = format!("site-{name}");
    let context =
        SiteContext::new(address::product("http://127.0.0.1:4180", &site), installation.runtime.now());
    let deployer = LocalDeployer::open(installation.dir.sites(), installation.runtime.clone()).unwrap();
    let site = NewSite::new(site.parse().unwrap(), &deployer.info());
    let offered = Offered { spec, site, context, has_site: true, plan: None, approval: None };
    let app = lifecycle(None).unwrap().with_store(Arc::clone(&installation.store));
    let thread = RunConfig::thread(run.to_string()).with_step_limit(0);
    app.invoke(Input::start(RunState::update().offered(Some(offered))), &thread).await.unwrap();
}

async fn publish(installation: &Installation, run: RunId, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let site = format!("site-{name}");
    let url = address::product("http://127.0.0.1:4180", &site);
    let files = [
        ("index.html", format!("<p>page of {name}</p><link rel=canonical href={url}>")),
        ("app.js", format!("const here = \"{url}\";")),
    ];
    for (file, text) in files {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let deployer = LocalDeployer::open(installation.dir.sites(), installation.runtime.clone()).unwrap();
    let bundle = Bundle::scan(folder.path()).unwrap();
    let plan = deployer.plan(&bundle, &DeploySpec::new(site.parse().unwrap(), url)).await.unwrap();
    deployer.deploy(&IdempotencyKey::derive(run, "test", "deploy", 0), &plan, &bundle).await.unwrap();
}

async fn put_on_sale(installation: &Installation, run: RunId, name: &str) -> (LinkId, Vec<String>) {
    let ledger = wiring::ledger(installation, &format!("http://{SHOP}")).unwrap();
    let key = |operation: &str| IdempotencyKey::derive(run, "test", operation, 0);
    ledger.ensure_product(&key("product"), &NewProduct::new(run, name, "")).await.unwrap();
    let tiers = [
        ("pro", "9", BillingInterval::MONTH),
        ("pro_yearly", "90", BillingInterval::YEAR),
        ("pro_once", "200", BillingInterval::OneTime),
    ];
    let mut prices = Vec::new();
    for (tier, amount, interval) in tiers {
        let amount = Money::parse(amount, Currency::USD).unwrap();
        let price = NewPrice::new(run, key("product"), tier, tier, amount, interval);
        prices.push(ledger.ensure_price(&key(tier), &price).await.unwrap().into_inner().id.to_string());
    }
    let link = NewLink::choice(run, tiers.iter().map(|(tier, ..)| key(tier)).collect());
    (ledger.ensure_payment_link(&key("link"), &link).await.unwrap().into_inner().id, prices)
}
