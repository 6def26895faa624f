use ae_core::{Origin, Untrusted};
use ae_genesis::{MemorySource, NicheSource, RuleAnalyst, RuleValidator, SampleSource, Signal, conformance};

use crate::{now, runtime};

#[tokio::test]
async fn the_sample_conforms() {
    conformance::source::run_all(&|| Box::new(SampleSource::new(runtime())), true).await;
}

#[tokio::test]
async fn memory_conforms() {
    let factory = || -> Box<dyn NicheSource> {
        let title = |text: &str| Untrusted::new(Origin::Signals("notes".into()), text.to_owned());
        let signals =
            (0..5).map(|n| Signal::new("x", format!("n{n}"), title("Ask HN: CSV?"), now())).collect();
        Box::new(MemorySource::new("notes", signals, now()))
    };
    conformance::source::run_all(&factory, false).await;
}

#[cfg(feature = "file")]
#[tokio::test]
async fn files_conform() {
    use ae_genesis::FileSource;
    let csv = "id,title\n1,Ask HN: Is there a CSV tool?\n2,Tea\nbroken\n3,Coffee\n4,CSV files\n";
    let json = "{\"id\":1,\"title\":\"CSV?\"}\n{}\n{\"id\":2,\"title\":\"Tea\"}\n";
    for text in [csv, json] {
        let factory = || -> Box<dyn NicheSource> {
            Box::new(FileSource::from_reader("input", text.as_bytes(), runtime()))
        };
        conformance::source::run_all(&factory, false).await;
    }
}

#[tokio::test]
async fn the_rules_conform() {
    conformance::analyst::run_all(&RuleAnalyst).await;
    conformance::analyst::run_all(&std::sync::Arc::new(RuleAnalyst)).await;
    conformance::validator::run_all(&RuleValidator).await;
}
