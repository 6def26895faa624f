//! Time that passes when a test says so.

use std::{
    cell::Cell,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use ae_core::{BackendError, ManualClock, Runtime, SeededIds, Sleep, Sleeper, Timestamp};
use ae_langflow::{
    Checkpointer,
    host::{Intercept, StoreAnswer, StoreCall},
};
use async_trait::async_trait;

#[derive(Debug, Clone)]
pub struct Timer {
    clock: ManualClock,
    slots: Arc<Mutex<Vec<Slot>>>,
}

#[derive(Debug)]
struct Slot {
    asked: Duration,
    left: Duration,
    waker: Option<Waker>,
}

impl Default for Timer {
    fn default() -> Self {
        Self { clock: ManualClock::at(Timestamp::UNIX_EPOCH), slots: Arc::default() }
    }
}

impl Timer {
    pub fn runtime(&self) -> Runtime {
        Runtime::new(self.clock.clone(), self.clone(), SeededIds::new(1))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
        for slot in self.slots.lock().unwrap().iter_mut() {
            slot.left = slot.left.saturating_sub(time);
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
    }

    /// Every pause asked for so far.
    pub fn asked(&self) -> Vec<Duration> {
        self.slots.lock().unwrap().iter().map(|slot| slot.asked).collect()
    }
}

impl Sleeper for Timer {
    fn sleep(&self, pause: Duration) -> Sleep {
        let slots = Arc::clone(&self.slots);
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

thread_local! {
    /// The calls to stores that this test waits for.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the calls under way of a test on one thread, so that [`settle`] waits for stores with threads of their own.
#[derive(Debug)]
pub struct Counted;

struct UnderWay;

impl Drop for UnderWay {
    fn drop(&mut self) {
        CALLS.set(CALLS.get() - 1);
    }
}

#[async_trait]
impl Intercept for Counted {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        CALLS.set(CALLS.get() + 1);
        let _under_way = UnderWay;
        call.run(store).await
    }
}

/// Lets the other tasks of this test go as far as they can.
pub async fn settle() {
    loop {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        if CALLS.get() == 0 {
            return;
        }
    }
}
