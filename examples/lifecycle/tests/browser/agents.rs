//! The product of a coding agent, locked and unlocked.

use std::fs;

use ae_harness::KitDraft;
use lifecycle::glue::kit_room::KitRoom;

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    product::{Visit, buy},
    proxy,
};

#[path = "../it/agents/product.rs"]
mod written;

/// The kit that the agent's files make.
fn kit(ae: &Ae) -> String {
    let (specified, workspace) = (ae.path("specified"), ae.path("workspace"));
    let files = written::page().into_iter().chain([("kit/modules/csv.js", written::module(false))]);
    let files = files.map(|(path, text)| (workspace.join(path), text));
    let specification = written::specification().into_iter();
    for (path, text) in specification.map(|(path, text)| (specified.join(path), text)).chain(files) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let room = KitRoom::new(workspace.clone(), KitDraft::load(&specified).unwrap());
    room.load().unwrap().unwrap();
    // A builder sees half of the cases; the product is proven by all of them.
    for (path, text) in written::specification().into_iter().filter(|(path, _)| *path != "kit.json") {
        fs::write(workspace.join("kit").join(path), text).unwrap();
    }
    workspace.join("kit").to_str().unwrap().to_owned()
}

#[test]
fn the_paid_part_of_an_agents_product_opens_with_a_licence_and_closes_with_a_refund() {
    let Some(axe) = ae::axe() else { return ae::skip("axe-core") };
    let mut ae = Ae::new();
    let (proxy, _) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();
    let instructions = ae.path("pay.txt");
    fs::write(&instructions, "Pay at the counter.").unwrap();
    let kit = kit(&ae);
    let more = ["--kit", &kit, "--despite-evidence", "--pay-instructions", instructions.to_str().unwrap()];
    let run = ae.run("A CSV row count and column sum", &more);
    assert_eq!((&run["outcome"], &run["spec"]["offer"]), (&"verified".into(), &"csv-sums".into()), "{run}");
    let product = run["product_url"].as_str().unwrap().to_owned();
    ae.serve();

    let mut visit = Visit { page: Page::open(&mut chrome, &downloads), axe };
    visit.page.goto(&product);
    visit.page.wait("document.querySelector('#tool').dataset.licence === 'locked' && !!document.querySelector('#lock-licence')");
    visit.is_sound("agent-1-locked");
    // The free part works; the paid one neither by its form nor after its attributes were taken away.
    visit.page.set("#csv-text", "item,price\nox,2\nox,3\n");
    assert_eq!(visit.page.text("#csv-rows"), "2 rows");
    let closed =
        "(() => { const part = document.querySelector('#csv-paid'); return part.inert && part.disabled; })()";
    assert_eq!(visit.page.eval(closed), true);
    visit.page.eval("Object.assign(document.querySelector('#csv-paid'), { inert: false, disabled: false })");
    visit.page.wait(closed);
    visit.page.set("#csv-column", "price");
    visit.page.eval("document.querySelector('#csv-form').requestSubmit()");
    assert_eq!(visit.page.text("#csv-sum"), "");
    visit.page.set("#lock-licence", "not.a.licence");
    visit.page.click("#lock-unlock");
    visit.page.wait("document.querySelector('#tool').dataset.reason === 'malformed'");
    assert!(visit.page.text("#lock-state").starts_with("This is not a licence"));
    visit.is_sound("agent-2-refused");

    let order = buy(&mut visit.page, &ae, &product);
    assert_eq!(visit.page.eval("location.hash"), "", "the licence does not stay in the address");
    let opened = "(() => { const part = document.querySelector('#csv-paid'); return !part.inert && !part.disabled; })()";
    visit.page.wait(opened);
    visit.is_sound("agent-3-unlocked");
    let add = |page: &mut Page<'_>| {
        page.set("#csv-text", "item,price\nox,2\nox,3\n");
        page.set("#csv-column", "price");
        page.click("#csv-add");
        page.wait("document.querySelector('#csv-sum').innerText === 'The sum is 5'");
    };
    add(&mut visit.page);
    // It stays so without the address, by what the browser keeps.
    visit.page.goto(&product);
    visit.page.wait("document.querySelector('#tool').dataset.licence === 'unlocked'");
    visit.page.wait(opened);
    add(&mut visit.page);

    ae.json(&["refund", &order]);
    visit.page.goto(&product);
    visit.page.wait("document.querySelector('#tool').dataset.reason === 'ended'");
    assert_eq!(visit.page.eval(closed), true);
}
