//! Sources of signals from settings.

use std::{io::Read, ops::ControlFlow, sync::Arc};

use ae_core::{BackendError, ErrorKind, Runtime};
use ae_genesis::{
    FileSource, HackerNewsSource, NicheSource, SampleSource, Signal, SignalQuery, SignalSink, SourceReport,
};
use async_trait::async_trait;

use crate::{
    error,
    store::{RunSettings, SignalsFrom},
};

type Sources = Vec<Arc<dyn NicheSource>>;

/// The sources that `settings` names: those on this machine, and those on the network.
pub(super) fn sources(
    runtime: &Runtime,
    settings: &RunSettings,
    mut stdin: Option<Box<dyn Read + Send>>,
) -> error::Result<(Sources, Sources)> {
    let mut local: Sources = Vec::new();
    for from in &settings.signals {
        local.push(match from {
            SignalsFrom::Sample => Arc::new(SampleSource::new(runtime.clone())),
            SignalsFrom::File(path) => Arc::new(FileSource::at(path, runtime.clone())),
            SignalsFrom::StandardInput => match stdin.take() {
                Some(reader) => Arc::new(FileSource::from_reader("standard input", reader, runtime.clone())),
                None => Arc::new(GoneInput),
            },
        });
    }
    let mut live: Sources = Vec::new();
    if settings.signals.is_empty() {
        live.push(Arc::new(HackerNewsSource::new(runtime.clone())?));
    }
    Ok((local, live))
}

/// Standard input of a command that has ended: it is needed only when the run stopped before it was read.
#[derive(Debug)]
struct GoneInput;

#[async_trait]
impl NicheSource for GoneInput {
    fn name(&self) -> &str {
        "standard input"
    }

    async fn collect(&self, _: &SignalQuery, _: &mut dyn SignalSink) -> Result<SourceReport, BackendError> {
        Err(BackendError::new(
            ErrorKind::NotFound,
            "signals",
            "collect",
            "the run stopped before its signals were read, and the standard input they came from is gone: start a new \
             run, with --signals FILE if it should survive that",
        ))
    }
}

/// Stops a source at its first signal: enough to know that it can be read.
pub(super) struct FirstOnly;

impl SignalSink for FirstOnly {
    fn accept(&mut self, _: Signal) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
