use std::io::{BufReader, Read};

use ae_router::{LearnError, OutcomeLog};
use proptest::prelude::*;

use crate::{read, usd};

const GOOD: &str = r#"{"prompt":"p","model":"m","outcome":1,"cost":"0.5"}"#;

#[track_caller]
fn rejected(line: &str, reason: &str) {
    let log = OutcomeLog::read(format!("{GOOD}\n{line}\n{GOOD}").as_bytes()).unwrap();
    let [found] = log.rejected() else { panic!("{line:.100}: {:?}", log.rejected()) };
    assert_eq!(found.line, 2, "{line:.100}");
    assert!(found.reason.contains(reason), "{line:.100}: {}", found.reason);
    assert!(found.reason.chars().count() <= 200);
    // The lines around it count, and nothing of the line does.
    assert_eq!(log.prompts().len(), 1);
    assert_eq!(log.prompts()[0].outcome("m").unwrap().trials, 2);
    assert_eq!(log.models().collect::<Vec<_>>(), ["m"]);
}

#[test]
fn outcomes_are_grouped_by_prompt_and_averaged_by_model() {
    let log = read(concat!(
        r#"{"prompt":"a","model":"strong","outcome":1,"cost":"0.03"}"#,
        "\n\n",
        r#"{"prompt":"b","model":"strong","outcome":1,"other":{"fields":["are","left","alone"]}}"#,
        "\r\n",
        r#"{"prompt":"a","model":"weak","outcome":0.5,"cost":"0.000000000001"}"#,
        "\n",
        r#"{"prompt":"a","model":"weak","outcome":0,"cost":"0.000000000002"}"#,
        "\n",
        r#"{"prompt":"b","model":"strong","outcome":0,"cost":"0.03"}"#,
    ));
    assert_eq!(log.prompts().len(), 2);
    let weak = log.prompts()[0].outcome("weak").unwrap();
    assert_eq!((weak.trials, weak.outcome), (2, 0.25));
    // Half of three pico-dollars, rounded up.
    assert_eq!(weak.cost.unwrap().pico(), 2);
    assert_eq!(log.prompts()[0].outcome("strong").unwrap().cost, Some(usd("0.03")));
    // One of its two costs is not known.
    assert_eq!(log.prompts()[1].outcome("strong").unwrap().cost, None);
    assert_eq!(log.prompts()[1].outcome("weak"), None);
}

#[test]
fn an_id_stands_for_a_prompt() {
    let log = read(concat!(
        r#"{"id":"1","model":"a","outcome":1}"#,
        "\n",
        r#"{"id":"1","prompt":"same","model":"b","outcome":1}"#,
        "\n",
        r#"{"id":"2","prompt":"same","model":"a","outcome":1}"#,
        "\n",
        r#"{"prompt":"1","model":"a","outcome":1}"#,
    ));
    let texts: Vec<_> = log.prompts().iter().map(|prompt| prompt.text.as_deref()).collect();
    assert_eq!(texts, [Some("same"), Some("same"), Some("1")]);
}

#[test]
fn hostile_lines_are_rejected_by_number_and_cost_no_other_line() {
    for (line, reason) in [
        ("{", "EOF"),
        ("[]", "invalid length"),
        ("null", "null"),
        (r#"{"prompt":"q","model":"x","outcome":NaN}"#, "expected value"),
        (r#"{"prompt":"q","model":"x","outcome":1e999}"#, "out of range"),
        (r#"{"prompt":"q","model":"x","outcome":-0.1}"#, "from 0 (failed) to 1"),
        (r#"{"prompt":"q","model":"x","outcome":1.5}"#, "1.5"),
        (r#"{"prompt":"q","model":"x","outcome":"1"}"#, "invalid type"),
        (r#"{"prompt":"q","model":"x"}"#, "missing field `outcome`"),
        (r#"{"prompt":"q","outcome":1}"#, "missing field `model`"),
        (r#"{"prompt":"q","model":"","outcome":1}"#, "no name"),
        (r#"{"model":"x","outcome":1}"#, "neither a prompt nor an id"),
        (r#"{"prompt":"q","model":"x","model":"y","outcome":1}"#, "duplicate"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":0.5}"#, "expected a string"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":"-1"}"#, "plain decimal"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":"1e-3"}"#, "plain decimal"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":""}"#, "plain decimal"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":"NaN"}"#, "plain decimal"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":"0.0000000000001"}"#, "12 places"),
        (r#"{"prompt":"q","model":"x","outcome":1,"cost":"99999999999999"}"#, "plain decimal"),
        (r#"{"prompt":"\ud800","model":"x","outcome":1}"#, "hex escape"),
    ] {
        rejected(line, reason);
    }
    let nested =
        format!(r#"{{"prompt":{}1{},"model":"x","outcome":1}}"#, "[".repeat(10_000), "]".repeat(10_000));
    rejected(&nested, "invalid type");
    let long = format!(r#"{{"prompt":"{}","model":"x","outcome":1}}"#, "p".repeat(4 << 20));
    rejected(&long, "more than 4194304 bytes");
    let mistyped = format!(r#"{{"prompt":"q","model":"x","outcome":"{}"}}"#, "o".repeat(10_000));
    rejected(&mistyped, "invalid type");
}

#[test]
fn an_id_with_two_prompts_is_rejected() {
    let text = concat!(
        r#"{"id":"1","prompt":"a","model":"m","outcome":1}"#,
        "\n",
        r#"{"id":"1","prompt":"b","model":"m","outcome":1}"#,
    );
    let log = OutcomeLog::read(text.as_bytes()).unwrap();
    assert_eq!(log.rejected()[0].line, 2);
    assert_eq!(log.prompts()[0].outcome("m").unwrap().trials, 1);
}

#[test]
fn a_text_that_is_not_a_log_is_an_error_that_shows_the_form() {
    let error = OutcomeLog::read("id,score\n1,2\n".as_bytes()).unwrap_err();
    assert!(matches!(error, LearnError::TooManyRejected { count: 2, line: 1, .. }), "{error}");
    assert!(error.to_string().contains(r#""outcome":1"#), "{error}");
    let many = format!("{GOOD}\n{}", "x\n".repeat(5_000));
    let error = OutcomeLog::read(many.as_bytes()).unwrap_err();
    assert!(matches!(error, LearnError::TooManyRejected { count: 1_000, line: 2, .. }), "{error}");
    assert!(OutcomeLog::read(&b""[..]).unwrap().prompts().is_empty());
}

#[test]
fn an_endless_line_ends() {
    let endless = BufReader::new(std::io::repeat(b'x').take(u64::MAX));
    assert!(matches!(OutcomeLog::read(endless), Err(LearnError::TooLarge { .. })));
}

#[test]
fn a_broken_source_names_the_line() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let source = BufReader::new(GOOD.as_bytes().chain(&b"\n"[..]).chain(Broken));
    let error = OutcomeLog::read(source).unwrap_err();
    assert_eq!(error.to_string(), "line 2 of the outcome log can't be read: unplugged");
}

proptest! {
    #[test]
    fn any_bytes_are_a_log_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(log) = OutcomeLog::read(bytes.as_slice()) {
            let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
            prop_assert!(log.prompts().len() + log.rejected().len() <= lines);
        }
    }
}
