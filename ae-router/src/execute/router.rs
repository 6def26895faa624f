//! The router that calls.

use std::{collections::BTreeMap, fmt, sync::Arc};

use ae_core::{BackendError, Cancel, ErrorKind, Runtime};
use tokio::{runtime::Handle, sync::mpsc};

use super::{
    clients::Clients,
    driver::Driver,
    resting::Resting,
    stream::{Event, PIECES_MAX, broken},
    wait::CancelOnDrop,
};
use crate::{
    Answer, AnswerStream, Budget, Call, CallError, CallLimits, Delta, ModelClient, ModelRouter, PriceTable,
    RestLimits, RouteDecision, TierRouter, Try,
};

/// Routes calls, reserves the most that each can cost, makes them and settles what they did cost.
///
/// Each try of a call is a reservation of its own: a retry, a fallback to another model and a hedge are never covered by the
/// money of another try. A try of unknown cost is booked with all that was set aside for it. A call whose cost nothing
/// bounds is refused: a model without a price, a request without a limit of output, an image without a stated size.
///
/// A call runs in a task of its own on the caller's Tokio runtime. Dropping its future, or its stream, cancels it and
/// settles what it used.
///
/// A router is cheap to clone; clones share budget, clients and the health of models.
///
/// # The most that a try can cost
///
/// One token for each byte of the request's texts, tools and schemas (every tokenizer in use has at least a byte in a token;
/// see [`CallLimits::bytes_per_token`]), 256 tokens for the request, 16 for each turn and each part of one, 64 for each tool,
/// 1,024 for tools and 1,024 for a schema of the answer, [`CallLimits::image_tokens_max`] for each image; all of that at
/// the dearest rate that input can have, writes to a cache included, and `output_tokens_max` tokens of output; at the
/// request's class of service and at the dearest context tier that it can reach.
///
/// ```
/// use ae_router::core::{Currency, Money};
/// use ae_router::{MemoryBudget, Router, ScriptedModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let models = ["gpt-5.2", "claude-opus-4-5", "gemini-3.1-pro-preview"];
/// let router = Router::new(MemoryBudget::new(Money::parse("1", Currency::USD)?))
///     .with_client_for(ScriptedModel::new().with_default("Paris"), models);
/// let answer = router.ask("What is the capital of France?").await?;
/// assert_eq!(answer.text().as_data(), "Paris");
/// assert!(answer.cost.is_some_and(|cost| !cost.is_zero()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Router {
    pub(super) budget: Arc<dyn Budget>,
    pub(super) policy: Arc<dyn ModelRouter>,
    pub(super) prices: Arc<PriceTable>,
    pub(super) clients: Arc<Clients>,
    pub(super) runtime: Runtime,
    pub(super) limits: CallLimits,
    pub(super) rests: RestLimits,
    pub(super) resting: Arc<Resting>,
    pub(super) observer: Option<Observer>,
    own_policy: bool,
}

/// A function that is notified of every try.
#[derive(Clone)]
pub(super) struct Observer(pub(super) Arc<dyn Fn(&Try) + Send + Sync>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

impl Router {
    /// A router that spends from `budget`, with the bundled prices, the policy of tiers, real time and no client.
    pub fn new(budget: impl Budget) -> Self {
        Self {
            budget: Arc::new(budget),
            policy: Arc::new(TierRouter::new()),
            prices: Arc::new(PriceTable::bundled().clone()),
            clients: Arc::default(),
            runtime: Runtime::system(),
            limits: CallLimits::default(),
            rests: RestLimits::default(),
            resting: Arc::default(),
            observer: None,
            own_policy: false,
        }
    }

    /// Adds a client for every model of its provider, by the provider's name in the prices.
    #[must_use]
    pub fn with_client(mut self, client: impl ModelClient) -> Self {
        Arc::make_mut(&mut self.clients).add(Arc::new(client));
        self
    }

    /// Adds a client for the models named. It comes before a client of their provider.
    #[must_use]
    pub fn with_client_for<S: Into<String>>(
        mut self,
        client: impl ModelClient,
        models: impl IntoIterator<Item = S>,
    ) -> Self {
        let client: Arc<dyn ModelClient> = Arc::new(client);
        Arc::make_mut(&mut self.clients).add_for(&client, models.into_iter().map(Into::into));
        self
    }

    /// Spends from another budget. Clients and the health of models stay shared with the router that this one is a clone of.
    #[must_use]
    pub fn with_budget(mut self, budget: impl Budget) -> Self {
        self.budget = Arc::new(budget);
        self
    }

    /// Uses another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: impl ModelRouter) -> Self {
        (self.policy, self.own_policy) = (Arc::new(policy), true);
        self
    }

    /// Uses other prices, for the reservations and for the policy of tiers unless another one was given. A local model that
    /// costs nothing needs an entry with rates of zero.
    #[must_use]
    pub fn with_prices(mut self, prices: PriceTable) -> Self {
        if !self.own_policy {
            self.policy = Arc::new(TierRouter::new().with_prices(prices.clone()));
        }
        self.prices = Arc::new(prices);
        self
    }

    /// Calls `observer` at the end of every try, after it is settled, in the call's own task. It must not block.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Try) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer(Arc::new(observer)));
        self
    }

    /// The answer to a prompt, from a model that the policy chooses.
    ///
    /// # Errors
    ///
    /// Those of [`complete`](Self::complete).
    pub async fn ask(&self, prompt: impl Into<String>) -> Result<Answer, CallError> {
        self.complete(&Call::prompt(prompt)).await
    }

    /// The answer to a call.
    ///
    /// # Errors
    ///
    /// The error of the last try when every one failed. `QuotaExceeded` when no candidate fits into the budget, `NotFound`
    /// when no model may be called, `Unavailable` when all of them rest, `InvalidInput` for a call without a ceiling,
    /// `Unsupported` outside of a Tokio runtime; the errors of policy and budget. [`CallError::tries`] says what was spent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call. What it used is settled, which may take a moment longer.
    pub async fn complete(&self, call: &Call) -> Result<Answer, CallError> {
        let cancel = CancelOnDrop::default();
        let driver = Driver::new(self.clone(), call.clone(), cancel.0.clone(), None);
        runtime()?.spawn(driver.run()).await.unwrap_or_else(|_| Err(broken()))
    }

    /// The answer to a call, piece by piece, once its first piece is there.
    ///
    /// # Errors
    ///
    /// Those of [`complete`](Self::complete), up to the first piece.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future or the stream cancels the call and settles what it used.
    pub async fn stream(&self, call: &Call) -> Result<AnswerStream, CallError> {
        let cancel = CancelOnDrop::default();
        let (out, events) = mpsc::channel(PIECES_MAX);
        let driver = Driver::new(self.clone(), call.clone(), cancel.0.clone(), Some(out.clone()));
        runtime()?.spawn(run_stream(driver, out));
        AnswerStream::open(events, cancel).await
    }

    /// The decision for a call, which is not made.
    ///
    /// # Errors
    ///
    /// Those of policy and budget; `InvalidInput` for a call without a limit of output.
    pub async fn route(&self, call: &Call) -> Result<RouteDecision, BackendError> {
        Driver::new(self.clone(), call.clone(), Cancel::new(), None).route().await
    }

    /// The models of the price table that are left alone for now, and why.
    pub fn resting(&self) -> BTreeMap<String, String> {
        let listed = self.prices.models().map(|facts| (facts.id.as_str(), facts.provider.as_str()));
        self.resting.resting(listed, self.runtime.clock.monotonic())
    }

    /// The budget that calls are paid from.
    pub fn budget(&self) -> &dyn Budget {
        &*self.budget
    }
}

ae_core::setters! { Router {
    /// Uses another clock, sleeper and source of ids.
    fn with_runtime(runtime: Runtime);
    /// Sets the bounds of calls.
    fn with_limits(limits: CallLimits);
    /// Sets the rules by which a model that fails is left alone.
    fn with_rest_limits(rests: RestLimits);
} }

/// Sends the end of a streamed call after its last piece. A reader that went needs neither.
async fn run_stream(driver: Driver, out: mpsc::Sender<Event>) {
    match driver.run().await {
        Ok(answer) => {
            let last = Delta::Finished(Box::new(answer.completion.clone()));
            if out.send(Event::Piece(last)).await.is_ok() {
                drop(out.send(Event::Done(Box::new(answer))).await);
            }
        }
        Err(error) => drop(out.send(Event::Failed(error)).await),
    }
}

fn runtime() -> Result<Handle, CallError> {
    Handle::try_current().map_err(|error| {
        let message = "calls run in tasks of a Tokio runtime, and there is none here";
        let error =
            BackendError::new(ErrorKind::Unsupported, "ae-router", "call", message).with_source(error);
        CallError::new(error)
    })
}
