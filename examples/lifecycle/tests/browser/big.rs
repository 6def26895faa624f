//! The tool on big files: what is saved is whole. Times and memory are printed, and nothing is asserted of them:
//! `AE_TOOL_MEGABYTES=10,200 cargo test -p lifecycle --test browser -- --nocapture big`.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    proxy,
};

/// A table of about `bytes` bytes in which every thousandth row has something to repair, and its number of rows.
fn table(path: &Path, bytes: u64) -> u64 {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    writeln!(out, "id,name,city,amount,date,code,flag,note").unwrap();
    let (mut written, mut row) = (0_u64, 0_u64);
    while written < bytes {
        row += 1;
        let end = if row % 1000 == 0 { "" } else { ",yes,a short note" };
        let line = format!(
            "{row:08},Person {},Town {},{}.{:02},2026-{:02}-{:02},{:05}{end}\n",
            row % 997,
            row % 89,
            row % 9000,
            row % 100,
            1 + row % 12,
            1 + row % 28,
            row % 99_999
        );
        out.write_all(line.as_bytes()).unwrap();
        written += line.len() as u64;
    }
    row
}

/// The memory of a process and all that it started, in MB: each shared page counts once (PSS).
fn memory(root: u32) -> u64 {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parents.insert(process, parent.unwrap_or(0));
    }
    let belongs = |mut process: u32| {
        while process > 1 {
            if process == root {
                return true;
            }
            process = parents.get(&process).copied().unwrap_or(0);
        }
        false
    };
    let pss = |process: u32| {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        text.lines().find(|line| line.starts_with("Pss:"))?.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    parents.keys().copied().filter(|process| belongs(*process)).filter_map(pss).sum::<u64>() / 1024
}

/// Does something, and prints how long it took, the longest wait of the page and the peak of memory above `idle`.
fn measured(page: &mut Page<'_>, root: u32, idle: u64, name: &str, work: impl FnOnce(&mut Page<'_>)) {
    let (over, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let watcher = {
        let (over, peak) = (Arc::clone(&over), Arc::clone(&peak));
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(memory(root), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(200));
            }
        })
    };
    page.eval("window.longest = 0");
    let from = Instant::now();
    work(page);
    let took = from.elapsed();
    over.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    let longest = page.eval("Math.round(window.longest)");
    let above = peak.load(Ordering::Relaxed).saturating_sub(idle);
    println!("{name}: {:.2} s, page waits at most {longest} ms, {above} MB above idle", took.as_secs_f64());
}

#[test]
fn big_files_are_repaired_and_saved_whole() {
    let mut ae = Ae::new();
    let run = ae.run("Build a $500 MRR CSV tool", &[]);
    ae.serve();
    let sizes = std::env::var("AE_TOOL_MEGABYTES").unwrap_or_else(|_| "1".to_owned());
    for megabytes in sizes.split(',').map(|size| size.parse::<u64>().unwrap()) {
        let file = ae.path(&format!("{megabytes}.csv"));
        let rows = table(&file, megabytes * 1_000_000);
        // A browser for each, so that neither counts what the other left.
        let folder = tempfile::tempdir().unwrap();
        if big_file(&file, rows, run["product_url"].as_str().unwrap(), folder.path()).is_none() {
            return ae::skip("Chromium");
        }
    }
}

fn big_file(file: &Path, rows: u64, product: &str, folder: &Path) -> Option<()> {
    let (proxy, _) = proxy::start();
    let mut chrome = Chrome::start(folder, &proxy)?;
    let root = chrome.process();
    let name = file.file_name()?.to_str()?;
    let mut page = Page::open(&mut chrome, folder);
    page.goto(product);
    page.eval(
        "window.longest = 0; { let last = performance.now(); setInterval(() => { const now = performance.now(); \
         window.longest = Math.max(window.longest, now - last); last = now; }, 4); }",
    );
    thread::sleep(Duration::from_secs(3));
    let idle = memory(root);
    println!("idle: {idle} MB");
    measured(&mut page, root, idle, &format!("{name} parsed, repaired, shown"), |page| {
        page.pick("#tool-file", file);
        page.wait(&format!(
            "document.querySelector('#tool-name').innerText === {name:?} && \
             document.querySelector('#tool-busy').hidden && document.querySelectorAll('#tool-table tbody tr').length > 20"
        ));
    });
    page.click("#tool-tab-save");
    page.set("#tool-format", "json");
    let mut saved = Vec::new();
    measured(&mut page, root, idle, &format!("{name} to JSON, saved"), |page| {
        saved = page.download(folder, |page| page.click("#tool-save"));
    });
    // Every row has an id, and the last one is there.
    let saved = String::from_utf8(saved).unwrap();
    assert_eq!(saved.matches("\"id\":").count() as u64, rows);
    assert!(saved.contains(&format!("{rows:08}")));
    Some(())
}
