//! Measures snapshots and checkpoints of many small files:
//!
//! ```sh
//! cargo run --release --example checkpoint -- [FILES]
//! ```
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{error::Error, fs, path::Path, time::Duration};

use ae_harness::{
    Checkpoint, Snapshot,
    core::{Clock as _, SystemClock},
};

fn main() -> Result<(), Box<dyn Error>> {
    let files: usize = std::env::args().nth(1).map_or(Ok(200_000), |text| text.parse())?;
    let place = std::env::temp_dir().join(format!("checkpoint-{}", std::process::id()));
    let measured = measure(&place, files);
    fs::remove_dir_all(&place)?;
    measured
}

fn measure(place: &Path, files: usize) -> Result<(), Box<dyn Error>> {
    let (workspace, store) = (place.join("workspace"), place.join("store"));
    // Ten files a folder, as packages have them.
    for package in 0..files.div_ceil(10) {
        let folder = workspace.join(format!("node_modules/scope-{}/package-{package}", package % 100));
        fs::create_dir_all(&folder)?;
        for file in 0..10 {
            let text = format!("export const value = {package} * {file};\n").repeat(1 + package % 60);
            fs::write(folder.join(format!("file-{file}.js")), text)?;
        }
    }
    let first = timed("first snapshot", || Snapshot::take(&workspace))?;
    println!("{} files", first.len());
    timed("second snapshot", || Snapshot::take_after(&workspace, &first))?;
    timed("first checkpoint", || Checkpoint::take(&workspace, &store))?;
    let checkpoint = timed("second checkpoint", || Checkpoint::take(&workspace, &store))?;
    for package in 0..100 {
        let folder = workspace.join(format!("node_modules/scope-{package}/package-{package}"));
        fs::write(folder.join("file-0.js"), "changed")?;
    }
    let reverted = timed("revert of 100 changes", || checkpoint.revert())?;
    println!("{} paths put back", reverted.len());
    let copy = place.join("copy");
    timed("a copy of the workspace", || checkpoint.restore(&copy))?;
    Ok(())
}

fn timed<T, E>(name: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let (start, ticks) = (SystemClock.monotonic(), processor_ticks());
    let done = work()?;
    let took: Duration = SystemClock.monotonic() - start;
    println!(
        "{name}: {:.2} s, of which {} ms on the processor",
        took.as_secs_f64(),
        (processor_ticks() - ticks) * 10
    );
    Ok(done)
}

/// The time that this process has spent on the processor, in hundredths of a second, as Linux counts it; else 0.
fn processor_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}
