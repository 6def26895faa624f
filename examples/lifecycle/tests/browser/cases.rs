//! The sealed cases once more in a browser, whose engine differs from the one of a run; and the decoding of files, which
//! is the browser's.

use std::fs;

use ae_harness::Kit;
use serde_json::{Value, json};

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    proxy,
};

/// Whether two values are equal; numbers are compared by value, as the runner does.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

#[test]
fn sealed_cases_hold_in_a_browser_and_files_are_decoded() {
    let mut ae = Ae::new();
    let (proxy, _) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();
    let run = ae.run("Build a $500 MRR CSV tool", &[]);
    ae.serve();
    let mut page = Page::open(&mut chrome, &downloads);
    page.goto(run["product_url"].as_str().unwrap());

    let kit = Kit::builtin().into_iter().find(|kit| kit.name() == "tabular").unwrap();
    let mut count = 0;
    for offered in kit.offer().features {
        for behaviour in offered.feature.behaviours {
            for case in &behaviour.cases {
                count += 1;
                // A module with another query is another module, so that no case sees what one before it left.
                let found = page.eval(&format!(
                    "import('/{}?{count}').then(module => module[{:?}]({}))",
                    behaviour.module, behaviour.export, case.given
                ));
                assert!(
                    same(&found, &case.expect),
                    "{}, {}: {found}\nnot {}",
                    behaviour.id,
                    case.name,
                    case.expect
                );
            }
        }
    }
    assert!(count > 100, "{count}");

    let text = "name,town\nZoé,Århus\n";
    let utf_16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for (name, bytes, encoding) in [
        ("utf16.csv", utf_16, "utf-16le"),
        ("latin.csv", latin, "windows-1252"),
        ("marked.csv", marked, "utf-8"),
    ] {
        let file = ae.path(name);
        fs::write(&file, &bytes).unwrap();
        page.pick("#tool-file", &file);
        page.wait(&format!(
            "document.querySelector('#tool-name').innerText === {name:?} && document.querySelector('#tool-busy').hidden"
        ));
        assert_eq!(page.eval("document.querySelector('#tool-encoding').value"), encoding, "{name}");
        let cells =
            page.eval("[...document.querySelectorAll('#tool-table tbody td')].map(cell => cell.innerText)");
        let cells: Vec<String> = serde_json::from_value(cells).unwrap();
        assert!(
            ["Zoé", "Århus"].iter().all(|cell| cells.iter().any(|found| found == cell)),
            "{name}: {cells:?}"
        );
        assert_eq!(
            page.eval("document.querySelector('#tool-table thead').innerText.includes('\\ufeff')"),
            json!(false)
        );
    }
}
