//! Several ways into one store, taken in turn: what one does, the others see.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ae_core::BackendError;
use ae_langflow::{
    Checkpointer,
    host::{Intercept, StoreAnswer, StoreCall, Tap},
};
use async_trait::async_trait;

#[derive(Debug)]
pub struct Turns {
    stores: Vec<Arc<dyn Checkpointer>>,
    calls: AtomicUsize,
}

impl Turns {
    pub fn tap(stores: Vec<Arc<dyn Checkpointer>>) -> Tap<Self> {
        Tap::new(Arc::clone(&stores[0]), Self { stores, calls: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Intercept for Turns {
    async fn intercept(&self, call: StoreCall, _: &dyn Checkpointer) -> Result<StoreAnswer, BackendError> {
        let turn = self.calls.fetch_add(1, Ordering::SeqCst) % self.stores.len();
        call.run(&self.stores[turn]).await
    }
}
