//! Time that passes when a test says so.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use ae_core::{ManualClock, Runtime, SeededIds, Sleep, Sleeper, Timestamp};

#[derive(Debug, Clone, Default)]
pub struct Timer(Arc<Mutex<Vec<Slot>>>);

#[derive(Debug)]
struct Slot {
    asked: Duration,
    left: Duration,
    waker: Option<Waker>,
}

impl Timer {
    pub fn runtime(&self) -> Runtime {
        Runtime::new(ManualClock::at(Timestamp::UNIX_EPOCH), self.clone(), SeededIds::new(1))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        for slot in self.0.lock().unwrap().iter_mut() {
            slot.left = slot.left.saturating_sub(time);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
    }

    /// Every pause asked for so far.
    pub fn asked(&self) -> Vec<Duration> {
        self.0.lock().unwrap().iter().map(|slot| slot.asked).collect()
    }
}

impl Sleeper for Timer {
    fn sleep(&self, pause: Duration) -> Sleep {
        let slots = Arc::clone(&self.0);
        let index = {
            let mut slots = slots.lock().unwrap();
            slots.push(Slot { asked: pause, left: pause, waker: None });
            slots.len() - 1
        };
        Box::pin(poll_fn(move |cx| {
            let slot = &mut slots.lock().unwrap()[index];
            if slot.left.is_zero() {
                return Poll::Ready(());
            }
            slot.waker = Some(cx.waker().clone());
            Poll::Pending
        }))
    }
}

/// Lets the other tasks of this test go as far as they can.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
