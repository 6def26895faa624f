//! How a call begins.

use std::{collections::BTreeMap, sync::Arc};

use super::{Drive, Noted, journal::StoreJournal};
use crate::{
    App, Change, GraphError, GraphRun, Input, RunConfig, RunError, State, ThreadState,
    app::{
        line::Place,
        log::{Opened, ThreadLog},
        notes,
        stream::Sink,
    },
    node::{Host, guarded},
    run::Turned,
    store::record::TaskRecord,
};

impl<'a, S: State> Drive<'a, S> {
    /// Makes or reads the thread and takes the input in.
    pub(crate) async fn enter(
        app: &'a App<S>,
        input: Input<S>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
        place: Option<&Place>,
    ) -> Result<Self, GraphError> {
        match input {
            Input::Start(state) => Self::begin(app, state, None, config, sink).await,
            Input::Turn(turn) => Self::turn(app, turn, config, sink, place).await,
            Input::Resume(answers) => Self::answers(app, answers, config, sink, place).await,
            Input::Continue => Self::resume(app, config, sink).await,
        }
    }

    pub(super) async fn begin(
        app: &'a App<S>,
        state: S,
        turned: Option<Turned>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
    ) -> Result<Self, GraphError> {
        let mut run = GraphRun::start(&app.graph, state)?.named(&*config.thread, app.incarnation());
        turned.into_iter().for_each(|turned| run.position.take_turn(turned));
        let log = app.store.as_ref().map(|store| {
            let (store, thread) = (Arc::clone(store), Arc::clone(&config.thread));
            let mut log = ThreadLog::new(store, thread, &app.graph, app.runtime.clone());
            app.pace(&mut log);
            log
        });
        let mut drive = Self::on(app, config, sink, run, log);
        match drive.commit(Change::Began).await {
            Err(GraphError::Conflict { thread, .. }) => Err(GraphError::ThreadExists { thread }),
            other => other.map(|()| drive.with_journal()),
        }
    }

    async fn resume(
        app: &'a App<S>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
    ) -> Result<Self, GraphError> {
        let Some(Opened { log, run, notes }) = app.open(config).await? else {
            return Err(GraphError::ThreadNotFound { thread: config.thread.to_string() });
        };
        let mut drive = Self::on(app, config, sink, run, Some(log));
        drive.go_on(notes).await?;
        Ok(drive)
    }

    /// Goes on with what is due.
    pub(super) async fn go_on(&mut self, notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        self.goes_on = true;
        self.admit()?;
        self.part().await?;
        self.adopt(notes).await
    }

    pub(crate) fn on(
        app: &'a App<S>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
        run: GraphRun<S>,
        log: Option<ThreadLog>,
    ) -> Self {
        let mut host = Host::new(Arc::clone(&config.thread));
        host.incarnation = run.incarnation().into();
        host.cancel = config.cancel.clone();
        host.cache = app.cache.clone();
        host.runtime = Some(app.runtime.clone());
        host.emitter = sink.map(Sink::emitter);
        let host = Arc::new(host);
        let drive = Self {
            app,
            graph: &app.graph,
            config,
            run,
            log,
            journal: None,
            host,
            sink,
            recorded: BTreeMap::new(),
            failures: 0,
            goes_on: false,
        };
        drive.with_journal()
    }

    /// Opens the journal once the thread has a head.
    fn with_journal(mut self) -> Self {
        if let Some(log) = &self.log {
            if let (Some(head), None) = (log.head, &self.journal) {
                let journal =
                    Arc::new(StoreJournal::new(Arc::clone(&log.store), Arc::clone(&log.thread), head));
                Arc::make_mut(&mut self.host).journal = Some(Arc::clone(&journal) as Arc<dyn crate::Journal>);
                self.journal = Some(journal);
            }
        }
        self
    }

    /// Refuses a thread that goes on elsewhere.
    pub(crate) fn refuse_moved(&self) -> Result<(), GraphError> {
        match self.run.moved_to() {
            None => Ok(()),
            Some(to) => Err(GraphError::Moved { thread: self.config.thread.to_string(), to: to.to_owned() }),
        }
    }

    /// Refuses a thread that can't go on here.
    pub(crate) fn admit(&self) -> Result<(), GraphError> {
        self.refuse_moved()?;
        self.unless_missing(self.run.missing())?;
        self.unless_missing(if self.graph_changed() { self.run.no_ways_on() } else { Vec::new() })
    }

    fn graph_changed(&self) -> bool {
        self.log.as_ref().is_some_and(ThreadLog::graph_changed)
    }

    fn unless_missing(&self, missing: Vec<String>) -> Result<(), GraphError> {
        let thread = || self.config.thread.to_string();
        if missing.is_empty() { Ok(()) } else { Err(GraphError::GraphChanged { thread: thread(), missing }) }
    }

    /// Lets a copy go its own way before anything is done on it: its effects, its questions and its head are other ones
    /// than those of its original, and of an earlier copy of the same name.
    pub(crate) async fn part(&mut self) -> Result<(), GraphError> {
        if self.log.is_none() || self.run.position.thread == *self.config.thread {
            return Ok(());
        }
        let (thread, incarnation) = (self.config.thread.to_string(), self.app.incarnation());
        Arc::make_mut(&mut self.host).incarnation = incarnation.as_str().into();
        self.commit(Change::Forked { thread, incarnation }).await
    }

    /// Writes from outside, as [`GraphRun::edit`] does, perhaps as a turn.
    pub(crate) async fn edit(
        &mut self,
        update: Option<S::Update>,
        node: Option<&str>,
        turned: Option<Turned>,
    ) -> Result<(), GraphError> {
        self.part().await?;
        let leaves = node.map(|node| self.graph.topology().leaves_as(node));
        let labels = guarded(|| match (&leaves, &update) {
            (Some(node), Some(update)) if self.graph.has_routers(node) => {
                let mut after = Arc::unwrap_or_clone(self.run.state_so_far());
                after.apply(update.clone());
                self.graph.labels(node, &after)
            }
            (Some(node), None) if self.graph.has_routers(node) => {
                self.graph.labels(node, &self.run.state_so_far())
            }
            _ => Vec::new(),
        });
        let labels = labels.map_err(|panic| RunError::panicked(leaves.as_deref(), panic))?;
        let change = self.run.edit_in_turn(update, node, &labels, turned)?;
        self.commit_folded(&change).await
    }

    /// Where the thread stands.
    pub(crate) fn thread_state(&self) -> ThreadState<S> {
        ThreadState::of(&self.run, &[], self.log.as_ref().and_then(|log| log.head).map_or(0, |head| head.seq))
    }

    /// Takes in what the tasks of the superstep under way had noted when the last call ended.
    pub(crate) async fn adopt(&mut self, notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        let Some(log) = &self.log else { return Ok(()) };
        let Noted { finished, once, .. } = Noted::read(log, &self.run, &notes)?;
        self.failures = notes.iter().filter(|note| notes::is_failure(note)).count();
        self.recorded = once;
        if self.graph_changed() {
            // Taken in, they would be refused and begun again, though they are done.
            let lacks = finished.iter().filter_map(|outcome| self.run.no_way_on_from(outcome));
            self.unless_missing(lacks.collect())?;
        }
        if finished.is_empty() { Ok(()) } else { self.apply(finished).await }
    }
}
