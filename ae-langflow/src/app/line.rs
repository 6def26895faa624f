//! One call at a time runs a thread in this process: first come, first served.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
};

use ae_core::Cancel;

use crate::{app::drive::StoreJournal, node::locked, store::record::Head};

/// Of this many threads that no call runs it is known where the last call left them.
const LEFT_MAX: usize = 1024;

/// The calls of an app and its clones, by thread.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<BTreeMap<Arc<str>, Line>>);

#[derive(Debug, Default)]
struct Line {
    /// The one that runs comes first.
    calls: VecDeque<Call>,
    /// The number of the next call.
    next: u64,
    /// Where the last call stood when it ended or was dropped, unless the thread was at rest then.
    left: Option<Head>,
}

#[derive(Debug)]
struct Call {
    number: u64,
    /// It did not wait for those before it.
    urgent: bool,
    overtaken: Cancel,
    waker: Option<Waker>,
}

/// A call's place in the line of its thread. Dropping it lets the next one come.
#[derive(Debug)]
pub(crate) struct Place {
    lines: Arc<Lines>,
    thread: Arc<str>,
    number: u64,
    overtaken: Cancel,
    /// Knows where the call stands.
    journal: Mutex<Option<Arc<StoreJournal>>>,
}

impl Lines {
    /// Takes the last place, or with `urgent` the first one: the calls before it that it overtakes are stopped.
    pub(crate) fn join(self: &Arc<Self>, thread: &Arc<str>, urgent: bool) -> Place {
        let overtaken = Cancel::new();
        let mut lines = self.lines();
        let line = lines.entry(Arc::clone(thread)).or_default();
        let number = line.next;
        line.next = line.next.saturating_add(1);
        let call = Call { number, urgent, overtaken: overtaken.clone(), waker: None };
        if urgent {
            // Those that were as urgent stay in their order; each has its input stored before the next one comes.
            let before = line.calls.iter().skip(1).take_while(|call| call.urgent).count();
            let at = before.saturating_add(1).min(line.calls.len());
            line.calls.iter().take(at).for_each(|call| call.overtaken.cancel());
            line.calls.insert(at, call);
        } else {
            line.calls.push_back(call);
        }
        drop(lines);
        let (lines, thread) = (Arc::clone(self), Arc::clone(thread));
        Place { lines, thread, number, overtaken, journal: Mutex::default() }
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Line>> {
        locked(&self.0)
    }
}

impl Place {
    /// Whether the call's turn has come.
    pub(crate) fn is_first(&self) -> bool {
        let lines = self.lines.lines();
        let line = lines.get(&self.thread);
        line.and_then(|line| line.calls.front()).is_none_or(|call| call.number == self.number)
    }

    /// Waits until the call's turn has come.
    pub(crate) async fn first(&self) {
        std::future::poll_fn(|cx| {
            let mut lines = self.lines.lines();
            let Some(line) = lines.get_mut(&self.thread) else { return Poll::Ready(()) };
            if line.calls.front().is_none_or(|call| call.number == self.number) {
                return Poll::Ready(());
            }
            if let Some(call) = line.calls.iter_mut().find(|call| call.number == self.number) {
                call.waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Waits until a call comes that does not wait for this one.
    pub(crate) async fn overtaken(&self) {
        self.overtaken.cancelled().await;
    }

    /// Where the last call of this process left the thread.
    pub(crate) fn left(&self) -> Option<Head> {
        self.lines.lines().get(&self.thread)?.left
    }

    /// Remembers where the call stands, until it leaves the thread at rest.
    pub(crate) fn follow(&self, journal: Option<Arc<StoreJournal>>) {
        *locked(&self.journal) = journal;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let stood = locked(&self.journal).take().map(|journal| journal.head());
        let mut lines = self.lines.lines();
        let Some(line) = lines.get_mut(&self.thread) else { return };
        if line.calls.front().is_some_and(|call| call.number == self.number) {
            line.calls.pop_front();
            line.left = stood;
        } else {
            line.calls.retain(|call| call.number != self.number);
        }
        let next = line.calls.front_mut().and_then(|call| call.waker.take());
        if line.calls.is_empty() && line.left.is_none() {
            lines.remove(&self.thread);
        } else if lines.len() > LEFT_MAX {
            lines.retain(|_, line| !line.calls.is_empty());
        }
        drop(lines);
        if let Some(next) = next {
            next.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn is_first(place: &Place) -> bool {
        let waiting = pin!(place.first());
        let ready = waiting.poll(&mut std::task::Context::from_waker(Waker::noop())).is_ready();
        assert_eq!(ready, place.is_first());
        ready
    }

    #[test]
    fn the_first_comes_first_and_one_that_gave_up_is_passed_over() {
        let (lines, thread) = (Arc::new(Lines::default()), Arc::from("t"));
        let mut places: VecDeque<_> = (0..4).map(|_| lines.join(&thread, false)).collect();
        assert_eq!(places.iter().map(is_first).collect::<Vec<_>>(), [true, false, false, false]);
        drop(places.remove(1));
        drop(places.pop_front());
        assert_eq!(places.iter().map(is_first).collect::<Vec<_>>(), [true, false]);
        assert!(is_first(&lines.join(&Arc::from("other"), false)));
        drop(places);
        assert!(lines.lines().is_empty(), "nothing is kept of a thread at rest");
    }

    #[test]
    fn urgent_calls_come_next_in_their_order_and_stop_those_before_them() {
        let (lines, thread) = (Arc::new(Lines::default()), Arc::from("t"));
        let (running, waiting) = (lines.join(&thread, false), lines.join(&thread, false));
        let (one, two) = (lines.join(&thread, true), lines.join(&thread, true));
        let stopped = [&running, &one, &two, &waiting].map(|place| place.overtaken.is_cancelled());
        assert_eq!(stopped, [true, true, false, false]);
        drop(running);
        assert!(is_first(&one));
        drop(one);
        assert!(is_first(&two) && !is_first(&waiting));
    }
}
