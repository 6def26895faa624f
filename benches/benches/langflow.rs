//! How long a step of a graph takes, and what it keeps.

use ae_langflow::Durability::{self, Full, Normal};
use benches::{
    langflow::{
        Counter, counter,
        disk::{hand_loop, in_sqlite},
        fan_out,
        growth::{Grown, Long, of_a_long_thread},
        memory,
        threads::Many,
    },
    ratio::{compare, is_measuring, report, time},
};

#[allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]
fn main() {
    let graph = counter();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (many, few) = if is_measuring() { (10_000, 500) } else { (10, 3) };
    report(&compare(
        "a step, nothing kept",
        "a loop by hand",
        many,
        || memory::without_store(&graph, many),
        || memory::hand_loop(many),
    ));
    report(&compare(
        "a step, kept in memory",
        "a loop that keeps JSON",
        many,
        || memory::with_store(&graph, many),
        || memory::hand_log(many),
    ));
    let durable = |name, durability: Durability, steps: u32| {
        report(&compare(
            name,
            "a commit by hand",
            steps,
            || in_sqlite(&graph, folder.path(), durability, Counter::small(steps)),
            || hand_loop(folder.path(), durability, Counter::small(steps)),
        ));
    };
    durable("a step in SQLite, NORMAL", Normal, few * 4);
    durable("a step in SQLite, FULL", Full, few);
    let steps = few * 4;
    report(&compare(
        "a step with 100 kB untouched, NORMAL",
        "the same with 160 B",
        steps,
        || in_sqlite(&graph, folder.path(), Normal, Counter::to(steps, 100_000)),
        || in_sqlite(&graph, folder.path(), Normal, Counter::small(steps)),
    ));
    let tasks: u32 = if is_measuring() { 1_000 } else { 10 };
    let wide = fan_out::graph(u64::from(tasks));
    report(&compare(
        "a task of a fan-out and join",
        "a task of a JoinSet",
        tasks,
        || fan_out::by_graph(&wide),
        || fan_out::by_join_set(u64::from(tasks)),
    ));
    let (rounds, list, long) = if is_measuring() { (5, 1_000, 10_000) } else { (1, 200, 300) };
    let grown: Vec<_> = (0..rounds).map(|_| Grown::measure(folder.path(), list)).collect();
    let least = |pick: fn(&Grown) -> std::time::Duration| grown.iter().map(pick).min().unwrap_or_default();
    println!(
        "a list growing by 200 B a step: {} B kept a step, {:.2?} early, {:.2?} late, over {list} steps",
        grown.iter().map(|grown| grown.bytes_per_step).max().unwrap_or_default(),
        least(|grown| grown.early),
        least(|grown| grown.late),
    );
    let pairs: Vec<_> = (0..rounds).map(|_| of_a_long_thread(folder.path(), long)).collect();
    println!(
        "a step of a thread of {long}: {:.2?} at the 100th, {:.2?} at the last",
        pairs.iter().map(|pair| pair.0).min().unwrap_or_default(),
        pairs.iter().map(|pair| pair.1).min().unwrap_or_default(),
    );
    let thread = Long::new(folder.path(), long);
    let resumed = (0..rounds).map(|_| time(&mut || thread.resume())).min().unwrap_or_default();
    println!("opening the file of a thread of {long} steps and reading it: {resumed:.2?}");
    let threads = if is_measuring() { 10_000 } else { 100 };
    let many = Many::new(folder.path(), threads);
    let (listed, read) = (time(&mut || many.list()), time(&mut || many.resume()));
    println!(
        "{threads} threads of 100 steps in one file: {listed:.2?} to list all, {:.2?} to read one, {:.2?} to prune one",
        read / (threads / 100).max(1),
        time(&mut || many.prune()) / (threads / 100).max(1),
    );
}
