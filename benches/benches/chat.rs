//! How long conversations, many questions and large threads hold up.

use std::time::Duration;

use ae_langflow::Durability::{Full, Normal};
use benches::{
    langflow::chat::{MESSAGE_BYTES, Reference, Talk, answer_one_by_one, langgraph, past, sends},
    ratio::{compare, is_measuring, median, report, time},
};

#[allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]
fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (turns, long, asked, tasks) =
        if is_measuring() { (600, 10_000, 400, 1_000) } else { (20, 30, 4, 20) };
    let reference = langgraph(turns);
    if reference.is_none() {
        println!("LangGraph is not measured: LANGGRAPH_PYTHON names no Python that has it");
    }
    let kinds =
        [("in memory", Talk::in_memory()), ("in SQLite, NORMAL", Talk::in_sqlite(folder.path(), Normal))];
    for (index, (kind, talk)) in kinds.into_iter().enumerate() {
        let times = talk.turns(turns);
        let early = median(times.get(5..15).unwrap_or_default().to_vec());
        let late = times.get(turns.saturating_sub(50)..).unwrap_or_default();
        let slowest = late.iter().max().copied().unwrap_or_default();
        let (late, read, cold) = (median(late.to_vec()), talk.read(), talk.read_cold());
        println!(
            "a chat {kind}: {early:.1?} at turn 10, {late:.1?} at turn {turns} ({:.2} times), the slowest {slowest:.1?}; \
             {read:.1?} to read it, {cold:.1?} without memory of it",
            late.as_secs_f64() / early.as_secs_f64(),
        );
        if let Some([early_there, late_there, read_there]) =
            reference.and_then(|reference: Reference| reference.get(index).copied())
        {
            let ratio = |here: Duration, there: f64| here.as_secs_f64() * 1e6 / there;
            println!(
                "  LangGraph: {early_there:.0} µs, {late_there:.0} µs and {read_there:.0} µs; here {:.3}, {:.3} and {:.3} \
                 times that",
                ratio(early, early_there),
                ratio(late, late_there),
                ratio(read, read_there),
            );
        }
    }
    let talk = Talk::in_sqlite(folder.path(), Normal);
    let times = talk.turns(long);
    let late = times.get(long.saturating_sub(100)..).unwrap_or_default();
    let text = 2 * MESSAGE_BYTES * long;
    println!(
        "a chat of {long} turns in SQLite: the last {:.1?}, the slowest of all {:.1?}; {} B stored for {text} B of text",
        median(late.to_vec()),
        times.iter().max().copied().unwrap_or_default(),
        talk.stored(),
    );
    let (all, part) = (asked, asked / 4);
    let answered = |questions| time(&mut || answer_one_by_one(questions));
    println!(
        "answering questions one by one: {:.1?} for {part}, {:.1?} for {all}",
        answered(part),
        answered(all)
    );
    let (records, bytes) = if is_measuring() { (20, 30 << 20) } else { (3, 1000) };
    match past(records, bytes) {
        Some(most) => println!("the past of {records} records of a state of {bytes} B: {most} B of memory"),
        None => println!(
            "the past of a large thread is not measured: the system does not say what memory it takes"
        ),
    }
    let tasks_in_all = u32::try_from(tasks).unwrap_or(u32::MAX);
    report(&compare(
        "a task of many, SQLite FULL",
        "the same, NORMAL",
        tasks_in_all,
        || sends(folder.path(), Full, tasks),
        || sends(folder.path(), Normal, tasks),
    ));
}
