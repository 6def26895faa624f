//! Progress on standard error.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    glue::progress::{Progress, Silent},
    service::STAGES,
    setup::eprint_line,
};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// A bar with a spinner on a terminal that can draw one, plain lines otherwise, and nothing if `quiet`.
pub(super) fn on_stderr(quiet: bool, draws: bool) -> Box<dyn Progress> {
    match (quiet, draws && std::io::stderr().is_terminal()) {
        (true, _) => Box::new(Silent),
        (false, true) => Box::new(Bar::new()),
        (false, false) => Box::new(Lines),
    }
}

#[derive(Debug)]
struct Lines;

impl Progress for Lines {
    fn stage(&self, name: &str) {
        let (number, doing) = describe(name);
        eprint_line(&format!("[{number:>2}/{}] {name}: {doing}", STAGES.len()));
    }

    fn note(&self, line: &str) {
        eprint_line(&format!("        {line}"));
    }
}

#[derive(Debug)]
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(STAGES.len() as u64);
        let template = "{spinner} [{pos:>2}/{len}] {wide_msg} {elapsed:>4}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }
}

impl Progress for Bar {
    fn stage(&self, name: &str) {
        let (number, doing) = describe(name);
        self.0.set_position(number as u64);
        self.0.set_message(format!("{name}: {doing}"));
    }

    fn note(&self, line: &str) {
        self.0.println(format!("  {line}"));
    }

    fn hold(&self) {
        self.0.disable_steady_tick();
        self.0.suspend(|| ());
        self.0.set_draw_target(ProgressDrawTarget::hidden());
    }

    fn release(&self) {
        self.0.set_draw_target(ProgressDrawTarget::stderr());
        self.0.enable_steady_tick(TICK);
    }

    fn done(&self) {
        self.0.finish_and_clear();
    }
}

/// The number and the work of a stage.
fn describe(name: &str) -> (usize, &'static str) {
    let place = STAGES.iter().position(|stage| stage.name == name);
    place.and_then(|index| Some((index + 1, STAGES.get(index)?.doing))).unwrap_or_default()
}
