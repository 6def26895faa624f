//! The phases of a run, the times that end them, and the steps that stop an agent.

use std::time::Duration;

use rustix::process::Signal;

use super::{Cause, Ended, Run};
use crate::{agent::Timer, dialect::Interrupt, supervise::Target};

/// The time that an agent has to end once it has said that it is done.
const CLOSING: Duration = Duration::from_secs(5);

/// The time without output after which the output of a process that has ended counts as read. Only a process that has
/// escaped the sweep can hold it open.
const DRAINING: Duration = Duration::from_secs(2);

/// The time for the rest, once the caller does not want to wait.
const HURRY: Duration = Duration::from_secs(1);

/// The time between two looks at the size of a file of output.
const LOOK: Duration = Duration::from_millis(100);

/// The phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The agent works.
    Running,
    /// It has said that it is done, and ends.
    Closing(Duration),
    /// It is being stopped.
    Stopping(Rung, Duration),
    /// It has ended, and the rest of its output is read.
    Draining(Duration),
    /// The same, but for a short time only.
    Hurrying(Duration),
    /// It is over.
    Over,
}

/// A step to stop an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rung {
    /// It is asked.
    Interrupt,
    /// SIGTERM to its group.
    Terminate,
    /// SIGKILL to its group.
    Kill,
}

impl Rung {
    /// The time that a step has before the next one.
    const fn grace(self) -> Duration {
        match self {
            Self::Interrupt => Duration::from_secs(3),
            Self::Terminate => Duration::from_secs(2),
            // Then the kernel holds it, and no more can be done.
            Self::Kill => Duration::from_secs(10),
        }
    }
}

impl Run<'_> {
    /// Whether all is done.
    pub(super) fn is_over(&self) -> bool {
        let is_read = self.stdout.is_none() && self.stderr.is_none();
        let is_delivered = self.queue.is_empty() && self.delivery.is_none();
        match self.phase {
            Phase::Over => true,
            Phase::Draining(_) | Phase::Hurrying(_) => is_read && is_delivered,
            _ => false,
        }
    }

    /// Whether the caller's wish to stop would change something.
    pub(super) fn heeds_cancel(&self) -> bool {
        self.waits_for_sink()
    }

    /// Whether output is read: while the agent works, a full sink holds it up.
    pub(super) fn reads(&self) -> bool {
        !self.waits_for_sink() || self.queue.is_empty() && self.delivery.is_none()
    }

    pub(super) fn waits_for_sink(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Closing(_) | Phase::Draining(_))
    }

    /// Sets the alarm for the next time that matters.
    pub(super) fn arm(&mut self) {
        let waits_for_agent = self.delivery.is_none();
        let next = match self.phase {
            Phase::Running => {
                let quiet = if waits_for_agent { self.quiet_until() } else { Duration::MAX };
                let is_file = self.stdout.as_ref().is_some_and(|stdout| stdout.is_file());
                let look = if is_file { self.now().saturating_add(LOOK) } else { Duration::MAX };
                self.wall_until.min(quiet).min(look)
            }
            Phase::Draining(until) if waits_for_agent => until.min(self.wall_until),
            Phase::Draining(_) => self.wall_until,
            Phase::Closing(until) | Phase::Stopping(_, until) | Phase::Hurrying(until) => until,
            Phase::Over => return,
        };
        if self.tick.as_ref().is_none_or(|(at, _)| next < *at) {
            let pause = next.saturating_sub(self.now());
            self.tick = Some((next, self.rim.runtime.sleeper.sleep(pause)));
        }
    }

    fn quiet_until(&self) -> Duration {
        let limits = self.rim.limits;
        self.quiet_since.saturating_add(if self.has_begun { limits.idle } else { limits.first_event })
    }

    /// Does what a time asks for.
    pub(super) fn tick(&mut self) {
        let now = self.now();
        match self.phase {
            Phase::Running if now >= self.wall_until => self.stop(Cause::TimedOut(Timer::Wall)),
            Phase::Running if self.delivery.is_none() && now >= self.quiet_until() => {
                let timer = if self.has_begun { Timer::Idle } else { Timer::FirstEvent };
                self.stop(Cause::TimedOut(timer));
            }
            Phase::Running => {
                let written = self.stdout.as_ref().map_or(0, |stdout| stdout.written());
                if written > self.rim.limits.output_bytes {
                    self.too_much();
                }
            }
            Phase::Closing(until) if now >= until => self.step(Rung::Kill),
            Phase::Stopping(rung, until) if now >= until => match rung {
                Rung::Interrupt => self.step(Rung::Terminate),
                Rung::Terminate => self.step(Rung::Kill),
                Rung::Kill => self.phase = Phase::Over,
            },
            Phase::Draining(_) if now >= self.wall_until => self.hurry(),
            Phase::Draining(until) if now >= until && self.delivery.is_none() => self.hurry(),
            Phase::Hurrying(until) if now >= until => self.phase = Phase::Over,
            _ => {}
        }
    }

    pub(super) fn cancelled(&mut self) {
        match self.phase {
            Phase::Running => self.stop(Cause::Cancelled),
            // It is done, so its result counts; only the wait for its end is cut.
            Phase::Closing(_) => self.step(Rung::Kill),
            Phase::Draining(_) => self.hurry(),
            _ => {}
        }
    }

    pub(super) fn too_much(&mut self) {
        self.cause.get_or_insert(Cause::TooMuchOutput);
        self.stdout = None;
        self.stderr = None;
        if self.end.is_none() {
            self.step(Rung::Kill);
        }
    }

    /// The agent has said that it is done.
    pub(super) fn done(&mut self) {
        self.ends_input = true;
        if self.phase == Phase::Running {
            self.phase = Phase::Closing(self.now().saturating_add(CLOSING));
        }
    }

    pub(super) fn ended(&mut self, end: Ended) {
        self.end = Some(end);
        self.stdin = None;
        self.input = Vec::new();
        self.phase = Phase::Draining(self.now().saturating_add(DRAINING));
        if self.cause.is_some() {
            self.hurry();
        }
    }

    /// Gives the rest of the output more time, since some has come or the sink was waited for.
    pub(super) fn keep_draining(&mut self) {
        if matches!(self.phase, Phase::Draining(_)) {
            self.phase = Phase::Draining(self.now().saturating_add(DRAINING));
        }
    }

    fn hurry(&mut self) {
        self.phase = Phase::Hurrying(self.now().saturating_add(HURRY));
    }

    fn stop(&mut self, cause: Cause) {
        self.cause = Some(cause);
        self.step(Rung::Interrupt);
    }

    fn step(&mut self, rung: Rung) {
        self.phase = Phase::Stopping(rung, self.now().saturating_add(rung.grace()));
        match rung {
            Rung::Interrupt => match self.interrupt {
                Interrupt::Protocol if self.stdin.is_some() => {
                    self.decoder.interrupt(&mut self.outbox);
                    self.empty_outbox();
                }
                Interrupt::Group => self.child.signal(Signal::INT, Target::Group),
                Interrupt::Protocol | Interrupt::Main => self.child.signal(Signal::INT, Target::Main),
            },
            Rung::Terminate => self.child.signal(Signal::TERM, Target::Group),
            Rung::Kill => {
                self.is_killed = true;
                self.child.kill();
            }
        }
    }
}
