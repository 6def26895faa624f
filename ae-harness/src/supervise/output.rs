//! The output of a program: a pipe, or a file that is read while it grows.

use std::{
    fs::File,
    io::{self, Read as _},
    time::Duration,
};

use ae_core::Sleeper;
use tokio::{io::AsyncReadExt as _, process::ChildStdout};

/// The time between two looks at a file.
const LOOK: Duration = Duration::from_millis(20);

/// The output of a program.
#[derive(Debug)]
pub(crate) enum Output {
    /// A pipe.
    Pipe(ChildStdout),
    /// A file, opened a second time for reading.
    File(File),
}

impl Output {
    /// Reads a piece; 0 bytes are the end. A file ends when its program has ended and all is read. Cancel safe.
    pub(super) async fn read(
        &mut self,
        buffer: &mut [u8],
        has_ended: bool,
        sleeper: &dyn Sleeper,
    ) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.read(buffer).await,
            // A file that was just written is in memory: reading it does not block for long.
            Self::File(file) => loop {
                let read = file.read(buffer)?;
                if read > 0 || has_ended {
                    return Ok(read);
                }
                sleeper.sleep(LOOK).await;
            },
        }
    }

    pub(super) const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The bytes that the program has written to a file so far: a pipe holds a program up, a file does not.
    pub(super) fn written(&self) -> u64 {
        match self {
            Self::Pipe(_) => 0,
            Self::File(file) => file.metadata().map_or(0, |meta| meta.len()),
        }
    }
}
