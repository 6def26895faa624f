//! Child processes that answer calls, several at the same time.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    path::Path,
    thread,
    time::Duration,
};

use ae_core::{BackendError, Clock as _, ErrorKind, SystemClock};

use super::{
    BehaviourLimits, Modules, Verdict, error,
    launch::ARGUMENT,
    show,
    wire::{Answer, Call, Order, head, ready},
};
use crate::supervise::{Heard, Process, Program};

/// The time that a child has to start.
const START: Duration = Duration::from_secs(20);
/// The time between a call's limit, at which the engine stops by itself, and the kill.
const GRACE: Duration = Duration::from_millis(500);
/// The bytes of a line beyond those of the answer.
const LINE_EXTRA: usize = 4_096;
/// Fewer calls than this are not worth another process.
const CALLS_PER_LANE: usize = 16;

/// The means to answer calls.
#[derive(Debug)]
pub(super) struct Lanes<'a> {
    pub(super) program: &'a Path,
    pub(super) limits: &'a BehaviourLimits,
    pub(super) modules: &'a Modules,
    /// The monotonic time at which the whole run ends.
    pub(super) end: Duration,
}

/// The result of one attempt with one process: how many calls it answered, and whether the next one is its fault.
enum Stop {
    /// Every call is answered.
    Done,
    /// The call that was running has this answer; the rest goes to a new process.
    Lost(Answer),
}

impl Lanes<'_> {
    /// Answers the calls, in their order.
    pub(super) fn answers(&self, calls: &[Call<'_>]) -> Result<Vec<Answer>, BackendError> {
        let lanes = self.limits.processes.clamp(1, calls.len().div_ceil(CALLS_PER_LANE).max(1));
        // Calls of the same function are neighbours and cost alike, so each lane takes every n-th.
        let shares: Vec<Vec<&Call<'_>>> =
            (0..lanes).map(|lane| calls.iter().skip(lane).step_by(lanes).collect()).collect();
        let answered = thread::scope(|scope| {
            let threads: Vec<_> = shares.iter().map(|share| scope.spawn(move || self.lane(share))).collect();
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        let mut lanes = Vec::new();
        for answers in answered {
            let answers =
                answers.map_err(|_| error(ErrorKind::Internal, "a thread of the runner panicked"))?;
            lanes.push(answers?.into_iter());
        }
        let mut all = Vec::with_capacity(calls.len());
        for turn in 0..calls.len() {
            let lane = turn % lanes.len().max(1);
            all.extend(lanes.get_mut(lane).and_then(Iterator::next));
        }
        Ok(all)
    }

    /// Answers the calls one after the other, with a new process after each that had to be killed.
    fn lane(&self, calls: &[&Call<'_>]) -> Result<Vec<Answer>, BackendError> {
        let mut answers = Vec::with_capacity(calls.len());
        while let Some(rest) = calls.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            if self.left().is_zero() {
                let spent = format!(
                    "the whole run's time of {} s was used up before it",
                    self.limits.total.as_secs()
                );
                answers.resize(calls.len(), Answer::failed(Verdict::TimedOut, spent));
                break;
            }
            match self.process(rest, &mut answers)? {
                Stop::Done => {}
                Stop::Lost(answer) => answers.push(answer),
            }
        }
        Ok(answers)
    }

    fn left(&self) -> Duration {
        self.end.saturating_sub(SystemClock.monotonic())
    }

    /// Has one process answer as many of the calls as it can.
    fn process(&self, calls: &[&Call<'_>], answers: &mut Vec<Answer>) -> Result<Stop, BackendError> {
        let nonce = nonce();
        let process = self.start(&nonce, calls)?;
        for number in 0..calls.len() {
            let within = self.limits.call.saturating_add(GRACE).min(self.left());
            let answer = match process.next(within) {
                Heard::Line(line) => read(&line, &head(&nonce, number)),
                Heard::Late => {
                    let text = format!("not finished after {} ms, and killed", self.limits.call.as_millis());
                    return Ok(Stop::Lost(Answer::failed(Verdict::TimedOut, text)));
                }
                Heard::TooLong => None,
                Heard::End => {
                    let (status, errors) = process.stop();
                    return Ok(Stop::Lost(died(status, &errors)));
                }
            };
            match answer {
                Some(answer) => answers.push(answer),
                None => {
                    let text = "the process wrote something that is not an answer";
                    return Ok(Stop::Lost(Answer::failed(Verdict::Died, text)));
                }
            }
        }
        Ok(Stop::Done)
    }

    /// Starts a process and waits until it has read its order.
    fn start(&self, nonce: &str, calls: &[&Call<'_>]) -> Result<Process, BackendError> {
        let limits = self.limits;
        let order = Order {
            nonce: nonce.into(),
            call_millis: u64::try_from(limits.call.as_millis()).unwrap_or(u64::MAX),
            memory_bytes: limits.memory_bytes,
            stack_bytes: limits.stack_bytes,
            values: limits.values,
            answer_bytes: limits.answer_bytes,
            modules: std::borrow::Cow::Borrowed(self.modules.sources()),
        };
        let input = written(&order, calls).map_err(|cause| {
            error(ErrorKind::Internal, "the calls can't be written as JSON").with_source(cause)
        })?;
        let name = self.program.display();
        let process = Process::start(Program {
            path: self.program.to_path_buf(),
            arguments: vec![ARGUMENT.into()],
            // Dates without a zone are in the same one everywhere.
            environment: vec![("TZ", "UTC")],
            input,
            line_bytes: limits.answer_bytes.saturating_add(LINE_EXTRA),
            error_bytes: 2_000,
        })
        .map_err(|cause| {
            let text = format!("can't start {name}: name a program that can be run");
            error(ErrorKind::Unavailable, text).with_source(cause)
        })?;
        if process.next(START.min(self.left())) == Heard::Line(ready(nonce).into_bytes()) {
            return Ok(process);
        }
        let (_, errors) = process.stop();
        let text = format!(
            "{name} did not answer as the child of a behaviour runner: call `ae_harness::behaviour_child()` first in its \
             `main`{}",
            said(&errors)
        );
        Err(error(ErrorKind::Unavailable, text))
    }
}

fn written(order: &Order<'_>, calls: &[&Call<'_>]) -> Result<Vec<u8>, serde_json::Error> {
    let mut input = serde_json::to_vec(order)?;
    for call in calls {
        input.push(b'\n');
        serde_json::to_writer(&mut input, call)?;
    }
    input.push(b'\n');
    Ok(input)
}

/// The answer in a line, if it is one.
fn read(line: &[u8], head: &str) -> Option<Answer> {
    let answer: Answer = serde_json::from_slice(line.strip_prefix(head.as_bytes())?).ok()?;
    match answer {
        Answer::Failed { verdict: Verdict::Passed, .. } => None,
        answer => Some(answer),
    }
}

fn died(status: Option<std::process::ExitStatus>, errors: &str) -> Answer {
    let status = status.map_or_else(|| "an unknown status".to_owned(), |status| status.to_string());
    Answer::failed(Verdict::Died, format!("the process ended without an answer ({status}){}", said(errors)))
}

fn said(errors: &str) -> String {
    let errors = show::line(errors, 200);
    if errors.is_empty() { String::new() } else { format!("; it wrote: {errors}") }
}

/// A text that the code under test can't know: 128 bits from the seed that the system gives to hash maps.
fn nonce() -> String {
    let bits = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", bits(), bits())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_without_its_nonce_and_number_is_not_an_answer() {
        let good = br#"abc 3 {"data":[1]}"#;
        assert_eq!(read(good, &head("abc", 3)), Some(Answer::Data(json!([1]))));
        assert_eq!(read(good, &head("abc", 4)), None);
        assert_eq!(read(good, &head("abd", 3)), None);
        assert_eq!(read(br#"abc 3 {"data":[1]"#, &head("abc", 3)), None);
        assert_eq!(read(br#"abc 3 {"failed":{"verdict":"passed","detail":""}}"#, &head("abc", 3)), None);
        assert_ne!(nonce(), nonce());
    }
}
