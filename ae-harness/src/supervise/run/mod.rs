//! A run of an agent, from its start to the last byte of its output.

mod phase;
mod select;

use std::{collections::VecDeque, fs::File, io, mem, time::Duration};

use ae_core::{Cancel, Runtime};
use tokio::process::{ChildStderr, ChildStdin};

use self::{
    phase::Phase,
    select::{Delivery, Happened},
};
use super::{Child, Ended, Errors, Output, Redactor, Start, lines::Lines, sweep::Swept};
use crate::{
    agent::{AgentEvent, AgentLimits, AgentSink, Timer},
    dialect::{AgentExit, Decoder, Interrupt, Outbox},
};

/// The longest line of output.
const LINE_MAX: usize = 16 * 1024 * 1024;

/// The most events that wait for the sink while a run is stopped, when the agent is not held up by it any more.
const EVENTS_MAX: usize = 1024;

/// The work of the supervisor.
#[derive(Debug)]
pub(crate) struct Job {
    /// The program.
    pub(crate) start: Start,
    /// The value of its marker.
    pub(crate) id: String,
    /// The file for its output, opened for writing and for reading; a pipe without one.
    pub(crate) file: Option<(File, File)>,
    /// Its input.
    pub(crate) input: Vec<u8>,
    /// Whether its input stays open.
    pub(crate) keeps_input: bool,
    /// The first step to stop it.
    pub(crate) interrupt: Interrupt,
    /// The reader of its output.
    pub(crate) decoder: Box<dyn Decoder>,
    /// The secrets that its output may hold.
    pub(crate) redactor: Redactor,
}

/// The surroundings of a run.
pub(crate) struct Rim<'a> {
    /// The limits.
    pub(crate) limits: &'a AgentLimits,
    /// The place of the events.
    pub(crate) events: &'a dyn AgentSink,
    /// The caller's wish to stop.
    pub(crate) cancel: &'a Cancel,
    /// Clock and sleeper.
    pub(crate) runtime: &'a Runtime,
}

/// The reason why a run was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The caller asked for it.
    Cancelled,
    /// A time was used up.
    TimedOut(Timer),
    /// It printed more than it may.
    TooMuchOutput,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The reader, which has seen all output.
    pub(crate) decoder: Box<dyn Decoder>,
    /// For the texts that the reader puts together.
    pub(crate) redactor: Redactor,
    /// The end of the main process.
    pub(crate) exit: AgentExit,
    /// The reason why it was stopped.
    pub(crate) cause: Option<Cause>,
    /// The processes that outlived it.
    pub(crate) survivors: Swept,
    /// The lines that were too long to be read.
    pub(crate) lines_skipped: u64,
    /// Whether it showed any progress.
    pub(crate) has_begun: bool,
}

/// Runs the program to its end, however it comes about. Dropping the future kills it.
///
/// # Errors
///
/// It could not be started.
pub(crate) async fn run(job: Job, rim: Rim<'_>) -> io::Result<Finished> {
    let mut run = Run::start(job, rim)?;
    while !run.is_over() {
        let happened = run.next().await;
        run.handle(happened);
    }
    Ok(run.finish())
}

struct Run<'a> {
    rim: Rim<'a>,
    child: Child,
    end: Option<Ended>,
    interrupt: Interrupt,
    // Its input.
    stdin: Option<ChildStdin>,
    input: Vec<u8>,
    ends_input: bool,
    // Its output.
    stdout: Option<Output>,
    stderr: Option<ChildStderr>,
    buffer: Vec<u8>,
    error_buffer: Vec<u8>,
    lines: Lines,
    errors: Errors,
    bytes: u64,
    redactor: Redactor,
    decoder: Box<dyn Decoder>,
    outbox: Outbox,
    is_done: bool,
    // The events on their way.
    queue: VecDeque<AgentEvent>,
    delivery: Option<Delivery<'a>>,
    // Time.
    phase: Phase,
    cause: Option<Cause>,
    is_killed: bool,
    wall_until: Duration,
    quiet_since: Duration,
    has_begun: bool,
    tick: Option<(Duration, ae_core::Sleep)>,
}

impl<'a> Run<'a> {
    fn start(job: Job, rim: Rim<'a>) -> io::Result<Self> {
        let (to, from) = job.file.unzip();
        let (child, streams) = Child::start(job.start, &job.id, to)?;
        let now = rim.runtime.clock.monotonic();
        let mut run = Self {
            wall_until: now.saturating_add(rim.limits.wall),
            quiet_since: now,
            rim,
            child,
            end: None,
            interrupt: job.interrupt,
            stdin: Some(streams.stdin),
            input: job.input,
            ends_input: !job.keeps_input,
            stdout: streams.stdout.map(Output::Pipe).or(from.map(Output::File)),
            stderr: Some(streams.stderr),
            buffer: vec![0; 64 * 1024],
            error_buffer: vec![0; 8 * 1024],
            lines: Lines::new(LINE_MAX),
            errors: Errors::default(),
            bytes: 0,
            redactor: job.redactor,
            decoder: job.decoder,
            outbox: Outbox::default(),
            is_done: false,
            queue: VecDeque::new(),
            delivery: None,
            phase: Phase::Running,
            cause: None,
            is_killed: false,
            has_begun: false,
            tick: None,
        };
        run.decoder.start(&mut run.outbox);
        run.empty_outbox();
        run.close_input();
        Ok(run)
    }

    fn now(&self) -> Duration {
        self.rim.runtime.clock.monotonic()
    }

    fn handle(&mut self, happened: Happened) {
        match happened {
            Happened::Ended(end) => self.ended(end),
            Happened::Cancelled => self.cancelled(),
            Happened::Tick => self.tick(),
            Happened::Delivered => {
                // Waiting for the sink is no silence of the agent's.
                self.quiet_since = self.now();
                self.keep_draining();
            }
            Happened::Output(read) => self.output(read),
            Happened::Errors(0) => self.stderr = None,
            Happened::Errors(read) => {
                self.errors.push(self.error_buffer.get(..read).unwrap_or_default());
                self.count(read);
            }
            Happened::Written(0) => {
                // It does not read any more.
                self.stdin = None;
                self.input = Vec::new();
            }
            Happened::Written(written) => {
                self.input.drain(..written);
                self.close_input();
            }
        }
    }

    fn output(&mut self, read: usize) {
        let Self { lines, decoder, outbox, redactor, .. } = self;
        let mut is_progress = false;
        let mut line = |line: &[u8]| {
            decoder.line(&redactor.bytes(line), outbox);
            is_progress |= !mem::take(&mut outbox.is_unknown);
        };
        if read == 0 {
            lines.finish(&mut line);
            self.stdout = None;
        } else {
            lines.push(self.buffer.get(..read).unwrap_or_default(), &mut line);
        }
        if is_progress {
            self.quiet_since = self.now();
            self.has_begun = true;
        }
        self.empty_outbox();
        self.count(read);
    }

    /// Counts output against its limit.
    fn count(&mut self, read: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        self.keep_draining();
        if self.bytes > self.rim.limits.output_bytes && self.cause != Some(Cause::TooMuchOutput) {
            self.too_much();
        }
    }

    fn empty_outbox(&mut self) {
        let is_held_up = self.waits_for_sink();
        let room = if is_held_up { usize::MAX } else { EVENTS_MAX.saturating_sub(self.queue.len()) };
        let Outbox { events, input, closes_input, is_finished, .. } = &mut self.outbox;
        self.queue.extend(events.drain(..).take(room).map(|event| self.redactor.event(event)));
        if self.stdin.is_some() {
            self.input.append(input);
        }
        input.clear();
        self.ends_input |= mem::take(closes_input);
        if mem::take(is_finished) && !self.is_done {
            self.is_done = true;
            self.done();
        }
    }

    fn close_input(&mut self) {
        if self.ends_input && self.input.is_empty() {
            self.stdin = None;
        }
    }

    fn finish(self) -> Finished {
        let end = self.end.unwrap_or_default();
        // An agent that was done, and was killed since it did not end, counts as one that ended.
        let is_kept = self.is_done && self.is_killed && self.cause.is_none();
        let (code, signal) = if is_kept { (Some(0), None) } else { (end.code, end.signal) };
        Finished {
            exit: AgentExit { code, signal, stderr: self.errors.text(&self.redactor) },
            decoder: self.decoder,
            redactor: self.redactor,
            cause: self.cause,
            survivors: end.survivors,
            lines_skipped: self.lines.skipped(),
            has_begun: self.has_begun,
        }
    }
}
