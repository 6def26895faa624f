//! Graphs as workflows of a [Temporal](https://temporal.io) server: past one process and one machine.
//!
//! A [`TemporalClient`] starts runs, answers their questions and reads where they stand; a [`TemporalWorker`] runs
//! their nodes. Both are embedded in programs of yours, which share the graphs; the server keeps every run.
//!
//! ```no_run
//! use ae_langflow::{Cancel, Graph, State, temporal::{ConnectOptions, RunOptions, TemporalClient, TemporalWorker}};
//!
//! # async fn embed<S: State + Default>(graph: Graph<S>) -> Result<(), ae_langflow::temporal::TemporalError> {
//! let client = TemporalClient::connect(ConnectOptions::new("http://127.0.0.1:7233"), "letters").await?;
//! let stop = Cancel::new();
//! let worker = TemporalWorker::new(&client).graph(&graph).spawn(stop.clone())?;
//!
//! client.start(&graph, "letter-1", S::default(), &RunOptions::new()).await?;
//! let ending = client.result::<S>("letter-1").await?;
//!
//! stop.cancel();
//! worker.join().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What runs where
//!
//! - A run is one workflow of type `graph` whose id is the thread's name. It drives the same
//!   [`GraphRun`](crate::GraphRun) as [`App`](crate::App) does, which travels with its graph as data: an edited graph
//!   changes new runs only.
//! - A node is an activity of its own name. The call says of which graph, so several graphs of one worker may have
//!   nodes of one name. Routing labels are computed there and recorded; no router runs in the workflow.
//! - The nodes of a superstep run side by side, and what became of them is applied in task order.
//! - Reducers run in the workflow, over JSON, the custom ones too. They are pure; a reducer that changes its meaning
//!   needs a new [`State::VERSION`](crate::State::VERSION), and a worker leaves runs of another version to other
//!   workers. [`Replayer`] notices a change that was overlooked.
//!   A state that is not derived says its reducers as well.
//! - With a [`BlobStore`] fields over 64 KiB travel by reference, and the workflow never opens them.
//! - [`Cx::emit`](crate::Cx::emit) has no reader here; it counts as a heartbeat.
//!
//! # What is guaranteed
//!
//! - A node that completed never runs again, whatever dies: worker, server, or both. A node under way runs again once
//!   its heartbeats stop; give outside effects their [`Cx::idempotency_key`](crate::Cx::idempotency_key), which no
//!   retry, restart, promotion or cut of the history changes.
//! - [`Cx::once`](crate::Cx::once) stores its record with the server before it returns, and later attempts and re-runs
//!   after a question get it. The records of one run of a node have at most 64 KiB. A worker that dies
//!   in the short time between the record and the next heartbeat may lose it to a late older one, and the work is
//!   then repeated: at least once, as everywhere.
//! - A node is tried as its [options](crate::Configured) say, with the same pauses as in process, and its error handler
//!   takes over after the last try. A worker that died counts as a try, but never as the last one. An effect that may
//!   have happened is never tried again: the run fails with the kind `EffectUnknown`, or its error handler runs.
//! - A run that failed keeps what it finished, and [`TemporalClient::go_on`] goes on from there.
//! - A thread that began in process is [promoted](TemporalClient::promote): it ends in its store in one commit, which no
//!   runner there can overlook, and goes on here under the same name. One that is too large or has finished is refused
//!   before that. The store notes the arrival, so that a promotion can be repeated at any time, also when the server has
//!   forgotten the run.
//! - A question parks the run. [`TemporalClient::answer`] is refused with a reason, and leaves no trace, when the
//!   question is not open (any more), or the run is cancelled. The signal `answer` is for senders that can't wait for a
//!   worker: an early answer is kept, the first one counts. A signal that is not an answer, comes twice or too late is
//!   dropped and never blocks the run: [`TemporalClient::dropped_signals`] and the query `state` show it.
//! - A cancel reaches nodes through [`Cx::cancelled`](crate::Cx::cancelled) with the next heartbeat; the run
//!   ends when they have stopped, after the node given to [`TemporalWorker::on_cancel`] has run.
//! - A history is cut before it reaches the server's limits. A run that grows past its size limit fails with the
//!   kind `too_large`, before the server would block or end it. So does one whose nodes give back more than that in one
//!   superstep; nodes still under way are asked to stop then.
//! - The server takes some 4 MB in one message, and each node gets the whole state. So of the nodes that are due at once,
//!   500 at most, as many run side by side as fit into 4 MB less the run's [size
//!   limit](RunOptions::with_bytes_max), and the others after them: about 100 with a state of 30 kB, 7 with one of 450 kB.
//!   A [`BlobStore`] makes room. What they give back may have 40 MB together, since the server ends a run with a longer
//!   history: 76 run side by side with the default size limit, 500 with one of 80 kB.
//! - A value that can't be read fails the run with the kind `unreadable`, at once.
//! - `https://` or a key means an encrypted connection. `http://` with a key or a [`Tls`] is an error: no key ever goes
//!   over a plain one.
//!
//! # Deploying
//!
//! Start workers that know a new node before runs that need it. A worker that can't read a run, or has a reducer that
//! panics on it, leaves it alone and the server tries again, until a fitting worker comes.

mod activity;
mod blobs;
mod client;
mod drive;
mod erased;
mod error;
mod failure;
mod heartbeat;
mod inbox;
mod options;
mod registry;
mod replay;
mod start;
mod superstep;
mod wire;
mod worker;
mod workflow;

#[cfg(feature = "mock")]
pub use blobs::MockBlobStore;
pub use blobs::{BlobStore, DirectoryBlobs, MemoryBlobs};
pub use client::TemporalClient;
pub use error::TemporalError;
pub use inbox::DroppedSignals;
pub use options::{ConnectOptions, RunOptions, Tls};
pub use replay::Replayer;
pub use worker::{TemporalWorker, WorkerHandle};
