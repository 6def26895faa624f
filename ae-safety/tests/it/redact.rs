use ae_core::Secret;
use ae_safety::Redactor;

#[test]
fn a_known_value_is_found() {
    let redactor = Redactor::new().with_known(Secret::new("tango-foxtrot-42".to_owned()));
    assert_eq!(redactor.redact("x tango-foxtrot-42 y"), "x [REDACTED:KNOWN_SECRET] y");
}
