//! The operator's payment instructions, which buyers see on the page of their order.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use ae_core::ErrorKind;

use super::{DataDir, data_dir::owner_only};
use crate::error::{Error, Result};

/// The longest instructions, in bytes.
const BYTES_MAX: u64 = 16 * 1024;

impl DataDir {
    /// Keeps a copy of the payment instructions in `file`, in place of those before.
    ///
    /// # Errors
    ///
    /// When it is missing, empty, longer than 16 KiB or not plain text; those before are then kept.
    pub fn keep_pay_instructions(&self, file: &Path) -> Result<()> {
        let text = read(file).map_err(|error| {
            error.with_hint("--pay-instructions takes a file of plain text, 16 KiB at most")
        })?;
        let path = self.pay_instructions_file();
        let failed = |error| Error::io(format!("the file {} can't be written", path.display()), error);
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        owner_only(&mut options);
        let mut kept = options.open(&temporary).map_err(failed)?;
        kept.write_all(text.as_bytes()).and_then(|()| kept.sync_all()).map_err(failed)?;
        fs::rename(&temporary, &path).map_err(failed)
    }

    /// The payment instructions, if the operator gave any.
    pub fn pay_instructions(&self) -> Result<Option<String>> {
        let path = self.pay_instructions_file();
        if !path.exists() {
            return Ok(None);
        }
        // What was kept was good, so this is damage and not a reader's fault.
        let damaged = |error: Error| Error::new(ErrorKind::Protocol, error.to_string());
        read(&path)
            .map(Some)
            .map_err(|error| damaged(error).with_hint("give them again with --pay-instructions FILE"))
    }

    fn pay_instructions_file(&self) -> PathBuf {
        self.path().join("pay-instructions.txt")
    }
}

fn read(path: &Path) -> Result<String> {
    let name = format!("the payment instructions {}", path.display());
    let failed = |error| Error::io(format!("{name} can't be read"), error);
    let bad = |what: &str| Err(Error::new(ErrorKind::InvalidInput, format!("{name} {what}")));
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return bad("are not a file");
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return bad("are longer than 16 KiB");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return bad("are not UTF-8 text");
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return bad("hold control characters, so they are not plain text");
    }
    if text.is_empty() { bad("are empty") } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_kept_and_everything_else_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&folder.path().join("data")).unwrap();
        assert_eq!(dir.pay_instructions().unwrap(), None);
        let file = folder.path().join("pay.txt");
        fs::write(&file, "\u{feff}Transfer to DE00\r\nor cash.\n\n").unwrap();
        dir.keep_pay_instructions(&file).unwrap();
        let kept = "Transfer to DE00\nor cash.";
        assert_eq!(dir.pay_instructions().unwrap().as_deref(), Some(kept));
        let large = vec![b'a'; 16 * 1024 + 1];
        for bad in [&b""[..], b" \n ", b"a\0b", b"\x1b[2J", b"\xff\xfe", &large] {
            fs::write(&file, bad).unwrap();
            let error = dir.keep_pay_instructions(&file).unwrap_err();
            assert!(error.kind() == ErrorKind::InvalidInput && error.hint().is_some(), "{error}");
        }
        assert_eq!(dir.keep_pay_instructions(folder.path()).unwrap_err().kind(), ErrorKind::InvalidInput);
        fs::remove_file(&file).unwrap();
        assert_eq!(dir.keep_pay_instructions(&file).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(dir.pay_instructions().unwrap().as_deref(), Some(kept), "those before are kept");
        fs::write(&file, &large[1..]).unwrap();
        dir.keep_pay_instructions(&file).unwrap();
    }
}
