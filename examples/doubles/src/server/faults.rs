//! The plan of faults.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::server::{Reply, Seen};

/// The fault of one request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The request is lost: no effect, no answer, the connection is closed.
    LoseRequest,
    /// The effect happens, its answer is lost and the connection is closed.
    LoseAnswer,
    /// No effect, and this answer: for example a 409, 429 or 503.
    Answer(Reply),
    /// The effect happens, and this answer comes in place of the real one.
    AnswerAfter(Reply),
    /// Everything as it should be, but late.
    Slow(Duration),
}

type Plan = Box<dyn FnMut(&Seen) -> Option<Fault> + Send>;

struct Planned {
    method: String,
    part: String,
    fault: Fault,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Planned>,
    plan: Option<Plan>,
}

/// The plan of faults of a server; clones share it.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

impl Faults {
    /// The next request meets `fault`.
    pub fn push(&self, fault: Fault) {
        self.push_on("", "", fault);
    }

    /// The next request with this method (any if empty) and with `part` in its path meets `fault`. Each entry counts
    /// once; of several that match, the oldest.
    pub fn push_on(&self, method: &str, part: &str, fault: Fault) {
        let planned = Planned { method: method.to_owned(), part: part.to_owned(), fault };
        self.lock().queue.push_back(planned);
    }

    /// Asks `plan` about every request that no entry matches.
    pub fn plan(&self, plan: impl FnMut(&Seen) -> Option<Fault> + Send + 'static) {
        self.lock().plan = Some(Box::new(plan));
    }

    /// Forgets all entries and the plan.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    /// The number of entries that no request has met.
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    pub(super) fn of(&self, request: &Seen) -> Option<Fault> {
        let mut state = self.lock();
        let matches = |planned: &Planned| {
            (planned.method.is_empty() || planned.method == request.method.as_str())
                && request.path.contains(&planned.part)
        };
        if let Some(planned) =
            state.queue.iter().position(matches).and_then(|index| state.queue.remove(index))
        {
            return Some(planned.fault);
        }
        state.plan.as_mut().and_then(|plan| plan(request))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}
