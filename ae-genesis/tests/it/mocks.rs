use ae_core::{Mode, Origin, Untrusted};
use ae_genesis::{
    Analyst, AnalystInfo, Drafted, MockAnalyst, MockNicheSource, MockNicheValidator, NicheBrief, NicheSource,
    NicheValidator, Signal, SourceReport,
};

use crate::{intent, key, now, query};

#[tokio::test]
async fn mocks_stand_in_for_the_ports() {
    let mut source = MockNicheSource::new();
    source.expect_name().return_const("mock".to_owned());
    source.expect_read().returning(|_| {
        let title = Untrusted::new(Origin::Signals("mock".into()), "Ask HN: CSV?".to_owned());
        Ok((vec![Signal::new("mock", "1", title, now())], SourceReport::new("mock", now())))
    });
    let mut signals: Vec<Signal> = Vec::new();
    let report = source.collect(&query("CSV tool"), &mut signals).await.unwrap();
    assert_eq!((NicheSource::name(&source), report.name.as_str(), signals.len()), ("mock", "mock", 1));

    let mut analyst = MockAnalyst::new();
    analyst.expect_info().return_const(AnalystInfo::new("mock", Mode::Offline, "1"));
    analyst.expect_propose().returning(|_, _| Ok(Drafted::new(Vec::new())));
    let brief = NicheBrief::new(intent("CSV tool"), Vec::new(), now());
    assert!(analyst.propose(&key(), &brief).await.unwrap().artefact.is_empty() && !analyst.info().metered);

    let mut validator = MockNicheValidator::new();
    validator.expect_name().return_const("mock".to_owned());
    assert_eq!(validator.name(), "mock");
}
