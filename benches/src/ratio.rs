//! Times a workload and its floor in turns.

use std::{hint::black_box, time::Duration};

/// How often each is timed.
const ROUNDS: usize = 15;

/// A workload beside its floor.
#[derive(Debug, Clone)]
pub struct Timing {
    /// The name of what was timed.
    pub name: &'static str,
    /// The floor's name.
    pub floor_name: &'static str,
    /// How many operations one call does.
    pub operations: u32,
    /// The median time of one operation.
    pub subject: Duration,
    /// The median time of one operation of the floor.
    pub floor: Duration,
    /// The least time of one operation: what the machine's other work disturbed least.
    pub subject_least: Duration,
    /// The least time of one operation of the floor.
    pub floor_least: Duration,
}

/// Whether `cargo bench` started this program; otherwise inputs are tiny and nothing is timed twice.
pub fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Runs both once to warm up, then times them in turns, so that what disturbs the machine disturbs both.
pub fn compare<A, B>(
    name: &'static str,
    floor_name: &'static str,
    operations: u32,
    mut subject: impl FnMut() -> A,
    mut floor: impl FnMut() -> B,
) -> Timing {
    let rounds = if is_measuring() { ROUNDS } else { 1 };
    let (mut subjects, mut floors) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let times = (time(&mut subject), time(&mut floor));
        if round > 0 {
            subjects.push(times.0);
            floors.push(times.1);
        }
    }
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default() / operations.max(1);
    Timing {
        name,
        floor_name,
        operations,
        subject_least: least(&subjects),
        floor_least: least(&floors),
        subject: median(subjects) / operations.max(1),
        floor: median(floors) / operations.max(1),
    }
}

/// Prints a timing on one line.
#[allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]
pub fn report(timing: &Timing) {
    let percent = |subject: Duration, floor: Duration| subject.as_nanos() * 100 / floor.as_nanos().max(1);
    let (median, least) =
        (percent(timing.subject, timing.floor), percent(timing.subject_least, timing.floor_least));
    println!(
        "{:<38} {:>10.2?} per operation, {}.{:02} times {} ({:.2?}); at best {:.2?}, {}.{:02} times {:.2?}",
        timing.name,
        timing.subject,
        median / 100,
        median % 100,
        timing.floor_name,
        timing.floor,
        timing.subject_least,
        least / 100,
        least % 100,
        timing.floor_least,
    );
}

/// How long `work` takes.
#[expect(clippy::disallowed_methods, reason = "benches are where time is measured")]
pub fn time<T>(work: &mut impl FnMut() -> T) -> Duration {
    let start = std::time::Instant::now();
    black_box(work());
    start.elapsed()
}

/// The middle one.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_run_as_often_and_the_median_is_the_middle() {
        let (mut subject, mut floor) = (0, 0);
        let timing = compare("a", "b", 2, || subject += 1, || floor += 1);
        assert_eq!((subject, floor, timing.operations), (2, 2, 2));
        let times = [5, 1, 3].map(Duration::from_secs).to_vec();
        assert_eq!(median(times), Duration::from_secs(3));
    }
}
