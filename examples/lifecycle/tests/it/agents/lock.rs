//! The lock of what is paid for, in the product of an agent.

use ae_harness::StopReason;

use super::{Came, good, product, run};

/// The defects of a page that does without the lock.
const DEFECTS: [&str; 3] = [
    "page/tool.html: has no element with data-tier=\"pro\"",
    "page/tool.html: has no element for the form of licences: add <div data-lock></div>",
    "page/tool.js: does not import page/lock.js",
];

#[test]
fn a_page_without_the_lock_comes_back_and_a_weakened_lock_is_written_again() {
    // The lock itself can't be weakened: it is written again.
    let weak = ("kit/page/lock.js", "export const lock = { open: true, watch() {} };".to_owned());
    let unlocked = || {
        let mut page = product::page();
        page[0].1 = page[0].1.replace(" data-tier=\"pro\"", "").replace("  <div data-lock></div>\n", "");
        page[1].1 =
            page[1].1.replace("import { lock } from", "const lock = { open: true, watch() {} }; // from");
        page
    };
    let file = weak.clone();
    let Came { report, asked, workspace, _folder } = run("10", move |asked| {
        good(asked);
        if asked.work.starts_with("build") {
            asked.write([file.clone()]);
        }
        if asked.work.ends_with("/1") && asked.work.starts_with("build") {
            asked.write(unlocked());
            let _ = std::fs::remove_file(asked.folder().join("kit/page/access.js"));
            let _ =
                std::os::unix::fs::symlink("/nowhere/access.js", asked.folder().join("kit/page/access.js"));
        }
        StopReason::Succeeded
    });
    assert_eq!(report.outcome, "verified", "{:?} {:#?}", report.reason, report.checks);
    let diagnosis = &asked.iter().find(|(work, _)| work == "build/T-004/2").unwrap().1;
    assert!(DEFECTS.iter().all(|defect| diagnosis.contains(defect)), "{diagnosis}");
    let lock = std::fs::read_to_string(workspace.join("site/tool/page/lock.js")).unwrap();
    assert!(lock.contains("class Lock extends Access") && !lock.contains(&weak.1));
    let open = report.not_proven.join("\n");
    assert!(open.contains("that all that is paid for stands behind the lock of the page"), "{open}");
}

#[test]
fn a_page_that_lacks_one_part_of_the_lock_is_never_verified() {
    let parts = [("data-tier=\"pro\"", 0), ("data-lock", 0), ("from \"./lock.js\"", 1)];
    for ((needed, file), defect) in parts.into_iter().zip(DEFECTS) {
        let Came { report, asked, .. } = run("10", move |asked| {
            good(asked);
            if asked.work.starts_with("build") {
                let mut page = product::page();
                page[file].1 =
                    page[file].1.replace(needed, if file == 0 { "" } else { "from \"../modules/csv.js\"" });
                asked.write(page);
            }
            StopReason::Succeeded
        });
        assert_eq!(report.outcome, "stalled", "{needed}: {:?}", report.reason);
        assert!(report.product_url.is_none() && report.payment_link.is_none());
        assert!(asked.last().unwrap().1.contains(defect), "{needed}: {:?}", asked.last());
    }
}
