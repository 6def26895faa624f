//! Reads and unpacks a file on a blocking thread, block by block.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use ae_core::{BackendError, ErrorKind, Retry};
use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc;

use super::{BACKEND, COLLECT};

/// Large enough that handing blocks over costs little.
const BLOCK_BYTES: usize = 256 * 1024;
/// The most blocks that wait.
const BLOCKS_MAX: usize = 4;
/// The expected form, for error messages.
pub(super) const EXPECTED: &str = "expected CSV with the header id,title,url,num_points,num_comments,created_at, or one JSON \
    object a line with the same names, either of them plain or gzipped";

/// Opens a file. A folder is refused, since reading one fails late and unclearly.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read + Send>, BackendError> {
    let shown = path.display();
    if path.is_dir() {
        return Err(invalid(format!("{shown} is a folder: name a file; {EXPECTED}")));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => {
            let (kind, what) = match error.kind() {
                io::ErrorKind::NotFound => (ErrorKind::NotFound, "does not exist: check the path"),
                io::ErrorKind::PermissionDenied => {
                    (ErrorKind::PermissionDenied, "may not be read: check its permissions")
                }
                _ => (ErrorKind::Unavailable, "can't be opened"),
            };
            Err(BackendError::new(kind, BACKEND, COLLECT, format!("{shown} {what}")).with_source(error))
        }
    }
}

/// Opens what is read.
pub(super) type Opener = Box<dyn FnOnce() -> Result<Box<dyn Read + Send>, BackendError> + Send>;

/// Blocks of the unpacked text, in order; the thread ends when the receiver is dropped.
pub(super) fn blocks(label: String, open: Opener) -> mpsc::Receiver<Result<Vec<u8>, BackendError>> {
    let (sender, receiver) = mpsc::channel(BLOCKS_MAX);
    tokio::task::spawn_blocking(move || {
        let send = |block| sender.blocking_send(block).is_ok();
        let read = |reader| read_all(reader, |block| send(Ok(block))).map_err(|error| failed(&label, error));
        if let Err(error) = open().and_then(read) {
            send(Err(error));
        }
    });
    receiver
}

fn read_all(reader: Box<dyn Read + Send>, mut send: impl FnMut(Vec<u8>) -> bool) -> io::Result<()> {
    let mut plain = BufReader::with_capacity(BLOCK_BYTES, reader);
    let gzipped = plain.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut text: Box<dyn Read> =
        if gzipped { Box::new(MultiGzDecoder::new(plain)) } else { Box::new(plain) };
    loop {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        let limit = BLOCK_BYTES as u64;
        let outcome = text.by_ref().take(limit).read_to_end(&mut block);
        let end = block.is_empty();
        // Text before an error is still good.
        if !end && !send(block) {
            return Ok(());
        }
        outcome?;
        if end {
            return Ok(());
        }
    }
}

/// The error of reading that broke off.
fn failed(label: &str, error: io::Error) -> BackendError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            invalid(format!("{label} is damaged or not a complete gzip file: {EXPECTED}")).with_source(error)
        }
        _ => {
            BackendError::new(ErrorKind::Unavailable, BACKEND, COLLECT, format!("reading {label} broke off"))
                .with_retry(Retry::Backoff)
                .with_source(error)
        }
    }
}

pub(super) fn invalid(message: String) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, BACKEND, COLLECT, message)
}
