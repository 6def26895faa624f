//! From the first visit to a paid, unlocked, refunded and locked tool.

use std::fs;

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    proxy,
};

/// A file with a row that is short, one with an unquoted comma, a blank line and a repeated header.
const MESSY: &str = "id,name,town\r\n01,Ida,Oslo\r\n02,Ole\r\n\r\nid,name,town\r\n03,\"Lund, Bo\",Bergen\r\n";
/// The same, as it is right.
const CLEAN: [[&str; 3]; 3] = [["01", "Ida", "Oslo"], ["02", "Ole", ""], ["03", "Lund, Bo", "Bergen"]];
const SECOND: &str = "id,phone\n03,555\n01,444\n";

/// A page for everything that a test does, with the checks that hold at every step.
pub struct Visit<'a> {
    pub page: Page<'a>,
    pub axe: String,
}

impl Visit<'_> {
    /// Nothing to complain of: accessible in light and dark, no error, not wider than a phone.
    pub fn is_sound(&mut self, state: &str) {
        for dark in [false, true] {
            self.page.screen(1280, 900, dark);
            let found = self.page.axe(&self.axe);
            assert!(found.is_empty(), "{state}, dark: {dark}: {found:#?}");
        }
        self.page.picture(&format!("{state}-dark"));
        self.page.screen(360, 740, false);
        let width = self.page.eval("document.documentElement.scrollWidth");
        assert!(width.as_u64().unwrap() <= 360, "{state} is {width} wide on a phone");
        self.page.picture(&format!("{state}-phone"));
        self.page.screen(1280, 900, false);
        self.page.picture(state);
        let complaints = self.page.complaints();
        assert!(complaints.is_empty(), "{state}: {complaints:#?}");
    }

    fn tab(&mut self, name: &str) {
        self.page.click(&format!("#tool-tab-{name}"));
        self.page.wait(&format!("!document.querySelector('#tool-panel-{name}').hidden"));
    }

    /// Saves the table in a format.
    fn save(&mut self, downloads: &std::path::Path, format: &str) -> String {
        self.tab("save");
        self.page.set("#tool-format", format);
        self.page.tab_to("#tool-save");
        let bytes = self.page.download(downloads, |page| page.press("Enter", 13));
        String::from_utf8(bytes).unwrap()
    }

    fn open(&mut self, file: &std::path::Path) {
        let name = file.file_name().unwrap().to_str().unwrap();
        self.page.pick("#tool-file", file);
        self.page.wait(&format!(
            "document.querySelector('#tool-name').innerText === {name:?} && document.querySelector('#tool-busy').hidden"
        ));
    }
}

/// Orders, pays, and opens the product with its licence. Returns the number of the order.
pub fn buy(page: &mut Page<'_>, ae: &Ae, product: &str) -> String {
    page.goto(&format!("{product}checkout?tier=pro"));
    page.click("main form button");
    page.wait("location.pathname.startsWith('/order/')");
    let path = page.eval("location.pathname");
    let order = path.as_str().unwrap().trim_start_matches("/order/").to_owned();
    ae.json(&["paid", &order]);
    page.goto(&format!("{}/order/{order}", ae.base()));
    page.click("a[href*='#licence=']");
    page.wait("document.querySelector('#tool')?.dataset.licence === 'unlocked'");
    order
}

fn json_of(rows: &[[&str; 3]]) -> serde_json::Value {
    rows.iter().map(|[id, name, town]| serde_json::json!({ "id": id, "name": name, "town": town })).collect()
}

#[test]
fn a_visitor_repairs_pays_unlocks_and_loses_access_with_a_refund() {
    let Some(axe) = ae::axe() else { return ae::skip("axe-core") };
    let mut ae = Ae::new();
    let (proxy, requests) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();
    let instructions = ae.path("pay.txt");
    fs::write(&instructions, "Send it to account 12-34.\nName the reference.").unwrap();
    let (messy, second) = (ae.path("messy.csv"), ae.path("second.csv"));
    fs::write(&messy, MESSY).unwrap();
    fs::write(&second, SECOND).unwrap();

    let run = ae.run("Build a $500 MRR CSV tool", &["--pay-instructions", instructions.to_str().unwrap()]);
    assert_eq!((&run["outcome"], &run["deliverable"]), (&"verified".into(), &"web_tool".into()));
    let product = run["product_url"].as_str().unwrap().to_owned();
    ae.serve();

    let mut visit = Visit { page: Page::open(&mut chrome, &downloads), axe };
    // The free part works at once, with the sample and with one's own file.
    visit.page.goto(&product);
    visit.is_sound("1-start");
    visit.page.tab_to("#tool-sample");
    visit.page.press("Enter", 13);
    visit.page.wait("document.querySelectorAll('#tool-table tbody tr').length > 3");
    visit.is_sound("2-sample");
    visit.open(&messy);
    let changes = visit.page.text("#tool-changes");
    assert!(changes.to_lowercase().contains("short"), "{changes}");
    visit.is_sound("3-repaired");
    let saved: serde_json::Value = serde_json::from_str(&visit.save(&downloads, "json")).unwrap();
    assert_eq!(saved, json_of(&CLEAN));
    let csv = visit.save(&downloads, "csv");
    assert_eq!(csv.replace("\r\n", "\n"), "id,name,town\n01,Ida,Oslo\n02,Ole,\n03,\"Lund, Bo\",Bergen\n");

    // What is paid is shown and locked.
    visit.tab("merge");
    assert_eq!(visit.page.eval("document.querySelector('#tool').dataset.licence"), "locked");
    assert_eq!(visit.page.eval("document.querySelector('#tool-merge-set').disabled"), true);
    visit.is_sound("4-locked");

    // Order, pay, unlock.
    visit.page.goto(&format!("{product}checkout?tier=pro"));
    assert!(visit.page.eval("location.origin").as_str().unwrap().starts_with(&ae.base()));
    visit.is_sound("5-pay");
    visit.page.click("main form button");
    visit.page.wait("location.pathname.startsWith('/order/')");
    visit.page.wait("document.body.innerText.includes('Send it to account 12-34.')");
    visit.is_sound("6-order");
    let path = visit.page.eval("location.pathname");
    let order = path.as_str().unwrap().trim_start_matches("/order/").to_owned();
    ae.json(&["paid", &order]);
    let order_page = format!("{}/order/{order}", ae.base());
    visit.page.goto(&order_page);
    visit.is_sound("7-paid");
    visit.page.click("a[href*='#licence=']");
    visit.page.wait("document.querySelector('#tool')?.dataset.licence === 'unlocked'");
    assert_eq!(visit.page.eval("location.hash"), "", "the licence does not stay in the address");
    visit.open(&messy);
    visit.tab("merge");
    visit.page.pick("#tool-merge-file", &second);
    visit.page.wait("!document.querySelector('#tool-merge-options').hidden");
    visit.page.set("#tool-merge-keep", "matched");
    visit.page.click("#tool-merge");
    visit.page.wait("!document.querySelector('#tool-merge-report').hidden");
    visit.is_sound("8-merged");
    let merged = visit.save(&downloads, "csv");
    assert_eq!(
        merged.replace("\r\n", "\n"),
        "id,name,town,phone\n01,Ida,Oslo,444\n03,\"Lund, Bo\",Bergen,555\n"
    );

    // It works without the network, still unlocked.
    visit.page.offline(true);
    visit.page.call("Page.reload", serde_json::json!({}));
    visit.page.wait("document.querySelector('#tool')?.dataset.licence === 'unlocked'");
    visit.open(&messy);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&visit.save(&downloads, "json")).unwrap(),
        json_of(&CLEAN)
    );
    visit.page.offline(false);

    // A refund locks it where the list of ended orders is reachable.
    ae.json(&["refund", &order]);
    visit.page.goto(&product);
    visit.page.wait("document.querySelector('#tool').dataset.reason === 'ended'");
    visit.page.goto(&order_page);
    assert!(!visit.page.text("body").contains("eyJ"), "no licence is handed out after a refund");

    assert_eq!(proxy::strangers(&requests), [""; 0], "something left this machine");
    let seen = requests.lock().unwrap();
    let bodies: Vec<_> =
        seen.iter().filter(|line| line.contains(".localhost") && !line.ends_with(" 0")).collect();
    assert!(bodies.is_empty(), "the tool sent something: {bodies:?}");
}

#[test]
fn the_end_of_the_paid_period_locks_without_a_server() {
    let mut ae = Ae::new();
    let (proxy, _) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();
    let instructions = ae.path("pay.txt");
    fs::write(&instructions, "Pay at the counter.").unwrap();
    let run = ae.run("Build a $500 MRR CSV tool", &["--pay-instructions", instructions.to_str().unwrap()]);
    let product = run["product_url"].as_str().unwrap().to_owned();
    ae.serve();

    let mut page = Page::open(&mut chrome, &downloads);
    buy(&mut page, &ae, &product);
    drop(page);

    // 40 days later, and then with the clock set back again.
    let at = |days: i64| {
        format!(
            "{{ const Old = Date, now = Old.now.bind(Old), by = {days} * 86400000; \
             Date = class extends Old {{ constructor(...a) {{ a.length ? super(...a) : super(now() + by); }} }}; \
             Date.now = () => now() + by; }}"
        )
    };
    for (days, reason) in [(40, "expired"), (0, "clock")] {
        let mut page = Page::open(&mut chrome, &downloads);
        page.call("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": at(days) }));
        page.goto(&product);
        page.wait(&format!("document.querySelector('#tool').dataset.reason === {reason:?}"));
    }
}
