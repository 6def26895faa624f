//! What is going on, told on standard error.

use std::{fmt::Debug, io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// The stages of a run in their order, by node name, with what each is doing in a few words.
pub const STAGES: [(&str, &str); 11] = [
    ("prepare", "opening the budget and the workspace"),
    ("discover", "reading demand signals"),
    ("validate", "proposing and validating niches"),
    ("specify", "writing the product spec"),
    ("plan", "routing tasks and sealing the acceptance checks"),
    ("approve_spec", "approval of spec and planned spend"),
    ("build", "write, test, fix"),
    ("approve_launch", "approval of the launch"),
    ("deploy", "publishing the release"),
    ("monetize", "product, prices and payment link"),
    ("finish", "closing the books"),
];

/// Hears what a run does.
pub trait Progress: Debug + Send + Sync {
    /// A stage begins.
    fn stage(&self, name: &str);
    /// Something worth a line happened in it.
    fn note(&self, line: &str);
    /// Takes the display away while a person is asked something.
    fn hold(&self);
    /// Brings it back.
    fn release(&self);
    /// Nothing more comes.
    fn done(&self);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &str) {}
    fn note(&self, _: &str) {}
    fn hold(&self) {}
    fn release(&self) {}
    fn done(&self) {}
}

/// A bar with a spinner on a terminal, plain lines otherwise.
#[must_use]
pub fn on_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::new()) } else { Box::new(Lines) }
}

#[derive(Debug)]
struct Lines;

impl Progress for Lines {
    fn stage(&self, name: &str) {
        let (number, what) = describe(name);
        eprint_line(&format!("[{number:>2}/{}] {name}: {what}", STAGES.len()));
    }

    fn note(&self, line: &str) {
        eprint_line(&format!("        {line}"));
    }

    fn hold(&self) {}

    fn release(&self) {}

    fn done(&self) {}
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
        let (number, what) = describe(name);
        self.0.set_position(number as u64);
        self.0.set_message(format!("{name}: {what}"));
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

fn describe(name: &str) -> (usize, &'static str) {
    STAGES
        .iter()
        .enumerate()
        .find(|(_, (stage, _))| *stage == name)
        .map_or((0, ""), |(index, (_, what))| (index + 1, what))
}

/// One line on standard error; a closed pipe there is no reason to stop a run.
pub fn eprint_line(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
