//! The whole lifecycle on its embedded defaults, and where its time goes.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ae_core::Runtime;
use lifecycle::{
    glue::{
        approver::{Absent, Standing},
        progress::Progress,
    },
    service::{self, RunOptions, RunSettings, SignalsFrom, StartRequest},
    setup::DataDir,
    wiring,
};

#[path = "../../examples/lifecycle/examples/make-signals.rs"]
mod make_signals;

/// The time that one run took.
#[derive(Debug, Clone)]
pub struct LifecycleTiming {
    /// The whole run, the data directory's opening included.
    pub total: Duration,
    /// Each stage by its name, in order.
    pub stages: Vec<(String, Duration)>,
    /// How the run ended.
    pub outcome: String,
    /// How many records the audit log has: each was on the disk before the run went on.
    pub audit_records: usize,
}

/// Remembers when each stage began.
#[derive(Debug, Default)]
struct Stopwatch(Mutex<Vec<(String, Instant)>>);

impl Progress for Stopwatch {
    fn stage(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), instant()));
    }

    fn note(&self, _: &str) {}
}

/// Writes `count` generated posts as CSV, the ones that `make-signals` writes.
///
/// # Errors
///
/// When the file can't be written.
pub fn write_signals(path: &Path, count: u64) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let year = Runtime::system().now().to_string();
    let year = year.get(..4).and_then(|year| year.parse::<u16>().ok()).unwrap_or_default();
    make_signals::write_posts(&mut file, count, year - 1)?;
    file.flush()
}

/// Runs the main job over the signals in `signals`, in the new data directory `data`. The program has called
/// `lifecycle::wiring::behaviour_child` first in its `main`.
///
/// # Panics
///
/// When the run breaks: the bench has nothing to measure then.
pub fn run(signals: &Path, data: &Path) -> LifecycleTiming {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let start = instant();
        let dir = DataDir::open(data).expect("the data directory opens");
        let installation = wiring::open(dir, Runtime::system()).expect("its stores open");
        let signals = vec![SignalsFrom::File(signals.to_string_lossy().into_owned())];
        let settings = RunSettings::new("http://127.0.0.1:4180", signals);
        let request = StartRequest::new("Build a $500 MRR CSV tool", "0", settings);
        let watch = Arc::new(Stopwatch::default());
        let (decided_by, otherwise) = ("person:bench".to_owned(), Arc::new(Absent));
        let approver = Arc::new(Standing { decided_by, launches: true, despite_evidence: false, otherwise });
        let options = RunOptions { approver, progress: Arc::clone(&watch) as Arc<dyn Progress> };
        let started = service::start(&installation, request, options).await.expect("the run is recorded");
        let report = started.drive(&installation, std::future::pending()).await.expect("the run ends");
        let end = instant();
        let audit = std::fs::read_to_string(installation.dir.audit_log()).expect("the log is there");
        let begun = watch.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([end]);
        let stages = begun.iter().zip(ends).map(|((name, at), end)| (name.clone(), end - *at)).collect();
        LifecycleTiming {
            total: end - start,
            stages,
            outcome: report.outcome,
            audit_records: audit.lines().count(),
        }
    })
}

/// The floor: as many lines as the audit log has, each on the disk before the next.
///
/// # Panics
///
/// When the file can't be written.
pub fn durable_lines(path: &Path, lines: usize) -> Duration {
    let start = instant();
    let mut file = std::fs::File::create(path).expect("the file can be made");
    for _ in 0..lines {
        file.write_all(&[b'x'; 400]).and_then(|()| file.sync_data()).expect("the disk takes it");
    }
    start.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "benches are where time is measured")]
fn instant() -> Instant {
    Instant::now()
}
