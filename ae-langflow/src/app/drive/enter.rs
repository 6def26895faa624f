//! How a call begins.

use std::{collections::BTreeMap, sync::Arc};

use super::{Call, Drive, Noted, journal::StoreJournal};
use crate::{
    App, Change, GraphError, GraphRun, Input, RunConfig, RunError, State, ThreadState,
    app::{
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
    pub(super) async fn enter(call: &Call<'a, S>, input: Input<S>) -> Result<Self, GraphError> {
        match input {
            Input::Start(state) => Self::begin(call, state, None).await,
            Input::Turn(turn) => Self::turn(call, turn).await,
            Input::Resume(answers) => Self::answers(call, answers).await,
            Input::Continue => {
                let (mut drive, notes) = Self::open(call.app, call.config, call.sink).await?;
                drive.go_on(notes).await?;
                Ok(drive)
            }
        }
    }

    pub(super) async fn begin(
        call: &Call<'a, S>,
        state: S,
        turned: Option<Turned>,
    ) -> Result<Self, GraphError> {
        let Call { app, config, sink, .. } = *call;
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

    /// Reads the thread, with the notes of the superstep under way.
    pub(crate) async fn open(
        app: &'a App<S>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
    ) -> Result<(Self, Vec<TaskRecord>), GraphError> {
        let found = Self::find(app, config, sink).await?;
        found.ok_or_else(|| GraphError::ThreadNotFound { thread: config.thread.to_string() })
    }

    /// The same, if there is one.
    pub(super) async fn find(
        app: &'a App<S>,
        config: &'a RunConfig,
        sink: Option<&'a Sink<S>>,
    ) -> Result<Option<(Self, Vec<TaskRecord>)>, GraphError> {
        let opened = app.open(config).await?;
        Ok(opened.map(|Opened { log, run, notes }| (Self::on(app, config, sink, run, Some(log)), notes)))
    }

    /// Goes on with what is due.
    pub(super) async fn go_on(&mut self, notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        self.goes_on = true;
        self.admit()?;
        self.part().await?;
        self.adopt(notes).await
    }

    fn on(
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
        let labels = match leaves.as_deref().filter(|node| self.graph.has_routers(node)) {
            Some(node) => {
                let mut after = self.run.state_so_far()?;
                let labels = guarded(|| {
                    update.iter().for_each(|update| Arc::make_mut(&mut after).apply(update.clone()));
                    self.graph.labels(node, &after)
                });
                labels.map_err(|panic| RunError::panicked([node], panic))?
            }
            None => Vec::new(),
        };
        let change = self.run.edit_in_turn(update, node, &labels, turned)?;
        self.commit_folded(&change).await
    }

    /// Where the thread stands.
    pub(crate) fn thread_state(&self) -> Result<ThreadState<S>, RunError> {
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
