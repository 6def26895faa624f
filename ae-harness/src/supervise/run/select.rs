//! Waiting for the next thing that happens in a run.

use std::{future::pending, pin::Pin};

use ae_core::Sleeper;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::ChildStdin,
};

use super::{Ended, Output, Run};

/// An event that the sink is taking.
pub(super) type Delivery<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The things that happen in a run.
pub(super) enum Happened {
    /// The program has ended, and all that it started.
    Ended(Ended),
    /// The caller asks to stop.
    Cancelled,
    /// A time has come.
    Tick,
    /// The sink has taken an event.
    Delivered,
    /// That many bytes of output are in the buffer; 0 for its end.
    Output(usize),
    /// That many bytes of error output are in the buffer; 0 for its end.
    Errors(usize),
    /// That many bytes of input were taken; 0 if no more are.
    Written(usize),
}

impl<'a> Run<'a> {
    /// Waits for the next thing.
    pub(super) async fn next(&mut self) -> Happened {
        let sink = self.rim.events;
        if self.delivery.is_none() {
            self.delivery = self.queue.pop_front().map(|event| sink.event(event));
        }
        self.arm();
        let (has_ended, heeds, reads) = (self.end.is_some(), self.heeds_cancel(), self.reads());
        let sleeper = self.rim.runtime.sleeper.as_ref();
        let Self { child, stdout, stderr, stdin, buffer, error_buffer, input, delivery, tick, .. } = self;
        tokio::select! {
            ended = child.ended(), if !has_ended => Happened::Ended(ended),
            () = self.rim.cancel.cancelled(), if heeds => Happened::Cancelled,
            () = come(tick) => Happened::Tick,
            () = delivered(delivery) => Happened::Delivered,
            read = read_output(stdout, buffer, has_ended, sleeper), if reads => Happened::Output(read),
            read = read(stderr, error_buffer) => Happened::Errors(read),
            written = write(stdin, input), if !input.is_empty() => Happened::Written(written),
        }
    }
}

async fn come(tick: &mut Option<(std::time::Duration, ae_core::Sleep)>) {
    match tick {
        Some((_, sleep)) => sleep.await,
        None => pending().await,
    }
    *tick = None;
}

async fn delivered(delivery: &mut Option<Delivery<'_>>) {
    match delivery {
        Some(delivery) => delivery.await,
        None => pending().await,
    }
    *delivery = None;
}

// A stream that fails has ended: the program's exit says why.
async fn read_output(
    output: &mut Option<Output>,
    buffer: &mut [u8],
    has_ended: bool,
    sleeper: &dyn Sleeper,
) -> usize {
    match output {
        Some(output) => output.read(buffer, has_ended, sleeper).await.unwrap_or(0),
        None => pending().await,
    }
}

async fn read(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match stream {
        Some(stream) => stream.read(buffer).await.unwrap_or(0),
        None => pending().await,
    }
}

async fn write(stdin: &mut Option<ChildStdin>, input: &[u8]) -> usize {
    match stdin {
        Some(stdin) => stdin.write(input).await.unwrap_or(0),
        None => pending().await,
    }
}
