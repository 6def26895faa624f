//! Standard output: results for people, or exactly one JSON object.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Exit, summary};
use crate::{
    error::{Error, Result, causes},
    service::RunReport,
    setup::eprint_line,
};

/// The form of results.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// Whether one JSON object is wanted.
    pub(super) json: bool,
    /// Whether progress and remarks are not wanted.
    pub(super) quiet: bool,
    /// The data directory as it was named on the command line; commands that are suggested name it too.
    pub(super) folder: Option<String>,
}

impl Output {
    /// Writes bytes as they are; a closed pipe is not an error of ours.
    fn raw(bytes: &[u8]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::io("the result can't be written to standard output", error)
                    .with_hint("what was done stays done: see it with `ae runs` and `ae status RUN`"))
            }
            _ => Ok(()),
        }
    }

    /// Writes the object, or the text.
    pub(super) fn result<T: Serialize>(&self, object: &T, text: &str) -> Result<()> {
        if self.json {
            let line = serde_json::to_string(object)
                .unwrap_or_else(|error| json!({ "error": error.to_string() }).to_string());
            Self::raw(format!("{line}\n").as_bytes())
        } else {
            Self::raw(format!("{}\n", text.trim_end()).as_bytes())
        }
    }

    /// Writes a remark to standard error.
    pub(super) fn remark(&self, line: &str) {
        if !self.quiet {
            eprint_line(line);
        }
    }

    /// Writes a warning to standard error, `--quiet` or not.
    pub(super) fn warning(&self, line: &str) {
        eprint_line(&format!("warning: {line}"));
    }

    /// Writes an error: kind, message, causes, hint.
    pub(super) fn error(&self, error: &Error) -> Exit {
        self.broken_run(None, error)
    }

    /// Writes an error of a run; with `--json` the run is in the object too, as far as it came.
    pub(super) fn broken_run(&self, report: Option<&RunReport>, error: &Error) -> Exit {
        let exit = Exit::of_error(error.kind());
        let (causes, hint) = (causes(error), error.hint().map(|hint| self.with_folder(hint)));
        eprint_line(&format!("error: {error}"));
        for (number, cause) in causes.iter().enumerate() {
            eprint_line(&format!("  {}: {cause}", number + 1));
        }
        if let Some(hint) = &hint {
            eprint_line(&format!("hint: {hint}"));
        }
        if self.json {
            let mut object =
                report.and_then(|report| serde_json::to_value(report).ok()).unwrap_or_else(|| json!({}));
            let what =
                json!({ "kind": error.kind(), "message": error.to_string(), "causes": causes, "hint": hint });
            if let Some(fields) = object.as_object_mut() {
                fields.insert("error".to_owned(), what);
                fields.insert("exit_code".to_owned(), exit.code().into());
            }
            // The error is on standard error already.
            let _ = Self::raw(format!("{object}\n").as_bytes());
        }
        exit
    }

    /// Writes the object for a command line that could not be read; the words for people were written before.
    pub(super) fn usage(message: &str) {
        let error = json!({ "kind": "invalid_input", "message": message, "hint": "see `ae --help`" });
        let object = json!({ "error": error, "exit_code": Exit::Usage.code() });
        let _ = Self::raw(format!("{object}\n").as_bytes());
    }

    /// Writes a run, and the next command unless its product is `served` by this process.
    pub(super) fn report(&self, report: &RunReport, served: bool) -> Result<Exit> {
        let exit = Exit::of_report(report);
        let mut object =
            serde_json::to_value(report).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        if let Value::Object(fields) = &mut object {
            fields.insert("exit_code".to_owned(), exit.code().into());
        }
        let next = if served { String::new() } else { self.with_folder(&summary::next(report)) };
        self.result(&object, &format!("{}{next}", summary::of(report)))?;
        Ok(exit)
    }

    /// `text` with the data directory in the commands that it suggests between backticks.
    pub(super) fn with_folder(&self, text: &str) -> String {
        let Some(folder) = &self.folder else { return text.to_owned() };
        let plain = folder.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+,=@%".contains(&b));
        let folder = if plain { folder.clone() } else { format!("'{}'", folder.replace('\'', r"'\''")) };
        let mut parts = text.split('`');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (number, part) in parts.enumerate() {
            out.push('`');
            out.push_str(part);
            if number % 2 == 0 && part.starts_with("ae ") && !part.contains("--data-dir") {
                out.push_str(&format!(" --data-dir {folder}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggested_commands_name_the_folder_that_was_named() {
        let output = |folder: &str| Output { json: false, quiet: false, folder: Some(folder.to_owned()) };
        let text = "see `ae runs`, or `ae run INTENT` with `--yes`";
        assert_eq!(
            output("/tmp/x").with_folder(text),
            "see `ae runs --data-dir /tmp/x`, or `ae run INTENT --data-dir /tmp/x` with `--yes`"
        );
        assert!(output("it's here").with_folder("`ae runs`").contains(r"--data-dir 'it'\''s here'"));
        let none = Output { json: false, quiet: false, folder: None };
        assert_eq!(none.with_folder(text), text);
    }
}
