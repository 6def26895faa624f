//! The spec's schema names every field that the rules write.

use ae_core::ProductSpec;
use ae_genesis::{
    Analyst, NicheBrief, NicheValidator, RuleAnalyst, RuleValidator, SpecBrief, ValidationRequest,
};
use serde_json::Value;

use crate::{intent, key, now};

#[tokio::test]
async fn a_spec_has_the_fields_of_its_schema_and_survives_json() {
    let (intent, title) = (intent("Build a $500 MRR CSV tool"), "Ask HN: Is there a CSV tool?");
    let evidence = serde_json::json!([{
        "id": "1", "source": "check", "url": null, "title": { "origin": { "signals": "check" }, "value": title },
        "points": 1, "comments": null, "posted_at": null, "fetched_at": now(), "relevance": "1", "reasons": []
    }]);
    let brief = NicheBrief::new(intent.clone(), serde_json::from_value(evidence).unwrap(), now());
    let niche = RuleAnalyst.propose(&key(), &brief).await.unwrap().artefact.remove(0);
    let report =
        RuleValidator.validate(&ValidationRequest::new(niche.clone(), intent.clone(), now())).await.unwrap();
    let spec =
        RuleAnalyst.specify(&key(), &SpecBrief::new(intent, niche, report, now())).await.unwrap().artefact;

    let written = serde_json::to_value(&spec).unwrap();
    let schema = schemars::schema_for!(ProductSpec).to_value();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (mut described, mut present) = (names(&schema["properties"]), names(&written));
    described.sort();
    present.sort();
    assert_eq!(described, present);
    for required in schema["required"].as_array().unwrap() {
        assert!(written.get(required.as_str().unwrap()).is_some(), "{required}");
    }
    assert_eq!(serde_json::from_value::<ProductSpec>(written).unwrap(), spec);
}
