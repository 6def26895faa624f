//! The redactor on text of every form it knows, and on text that only looks like it. No token here is real: the tails
//! are made by a counter.

use ae_core::Secret;
use ae_safety::Redactor;
use proptest::prelude::*;
use serde_json::json;

/// `length` letters and digits in disorder.
fn tail(length: usize) -> String {
    let alphabet = b"q7Ke2Zp9Xa4Vt1Mc8Rw3Hs6Yd5Ju0LbNfGoTiE";
    (0..length).map(|at| char::from(alphabet[(at * 11 + at / 7) % alphabet.len()])).collect()
}

fn hex(length: usize) -> String {
    (0..length).map(|at| char::from(b"4f1c9a07e3b85d26"[(at * 7 + at / 3) % 16])).collect()
}

fn redact(text: &str) -> String {
    Redactor::new().redact(text).into_owned()
}

/// `secret` does not survive in any of these places.
fn gone(secret: &str) {
    for text in [
        secret.to_owned(),
        format!("key {secret}, and on"),
        format!("\u{1b}[32m{secret}\u{1b}[0m"),
        format!("\\u001b[1;32m{secret}\\u001b[0m"),
        format!("{{\"out\": \"line one\\n{secret}\\nline two\"}}"),
        format!("https://example.org/?next=%3D{secret}&page=2"),
        format!("<value>{secret}</value>"),
        format!("Some(\"{secret}\")"),
        format!("b'{secret}'"),
    ] {
        let redacted = redact(&text);
        assert!(!redacted.contains(secret) && redacted.contains("[REDACTED:"), "{text} became {redacted}");
    }
}

#[test]
fn tokens_that_name_their_vendor_are_found_everywhere() {
    for (prefix, rest) in [
        ("AKIA", "Q7KE2ZP9XA4VT1MC".to_owned()),
        ("AIza", tail(35)),
        ("ghp_", tail(36)),
        ("github_pat_", format!("{}_{}", tail(22), tail(59))),
        ("glpat-", tail(20)),
        ("sk-proj-", tail(80)),
        ("sk-ant-api03-", tail(95)),
        ("sk_live_", tail(24)),
        ("rk_test_", tail(24)),
        ("whsec_", tail(32)),
        ("xoxb-", format!("1234567890-1234567890-{}", tail(24))),
        ("npm_", tail(36)),
        ("hf_", tail(34)),
        ("SG.", format!("{}.{}", tail(22), tail(43))),
        ("dop_v1_", hex(64)),
        ("hvs.", tail(90)),
        ("e2b_", hex(40)),
        ("tvly-", tail(32)),
    ] {
        gone(&format!("{prefix}{rest}"));
    }
}

#[test]
fn values_under_a_telling_name_are_found_and_the_name_stays() {
    let value = tail(24);
    for (before, after) in [
        ("ACME_API_KEY=", ""),
        ("export ACME_API_KEY=\"", "\""),
        ("acme_api_key: ", "\nnext: 1"),
        ("{\"apiKey\": \"", "\", \"n\": 1}"),
        ("{\\\"client_secret\\\": \\\"", "\\\", \\\"n\\\": 1}"),
        ("{\\\\\\\"accessToken\\\\\\\": \\\\\\\"", "\\\\\\\"}"),
        ("'secret_key' => '", "',"),
        ("let auth_token: &str = \"", "\";"),
        ("const apiKey: string = `", "`;"),
        ("Config { token: Some(\"", "\") }"),
        ("deploy --api-key ", " --yes"),
        ("deploy --api-key=", " --yes"),
        ("os.Setenv(\"ACME_TOKEN\", \"", "\")"),
        ("<apiToken>", "</apiToken>"),
        ("<add key=\"ACME_TOKEN\" value=\"", "\" />"),
        ("- name: ACME_TOKEN\n  value: ", "\n"),
        ("the api key is ", " for now"),
        ("Authorization: Bearer ", ""),
        ("x-api-key: ", ""),
    ] {
        let redacted = redact(&format!("{before}{value}{after}"));
        assert!(!redacted.contains(&value), "{redacted}");
        assert!(
            redacted.starts_with(before) && redacted.ends_with(after),
            "{before}…{after} became {redacted}"
        );
    }
}

#[test]
fn passwords_are_found_where_people_write_them() {
    let password = "Tulip!47-kq";
    for (before, after) in [
        ("password: \"", "\""),
        ("DB_PASSWORD=", ""),
        ("postgres://app:", "@db.internal:5432/shop"),
        ("https://bot:", "@git.example.net/a.git"),
        ("$ mysql -u root -p'", "' shop"),
        ("$ sshpass -p ", " ssh host"),
        ("$ curl -s -u admin:", " https://example.net"),
        ("$ docker login -u bot -p ", " registry.example.net"),
        ("$ redis-cli -h cache -a ", " ping"),
        ("ALTER ROLE app WITH PASSWORD '", "';"),
        ("CREATE USER app IDENTIFIED BY '", "'"),
        ("machine example.net login bot password ", "\n"),
        ("db.internal:5432:shop:app:", ""),
    ] {
        let redacted = redact(&format!("{before}{password}{after}"));
        assert!(!redacted.contains(password), "{redacted}");
        assert!(
            redacted.starts_with(before) && redacted.ends_with(after),
            "{before}…{after} became {redacted}"
        );
    }
}

#[test]
fn key_blocks_are_found_whole_cut_off_escaped_and_prefixed() {
    let body: Vec<String> = (0..6).map(|line| tail(40 + line) + "+/xY").collect();
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    for text in [
        format!("a\n{begin}\n{}\n{end}\nb", body.join("\n")),
        format!("a\n{begin}\n{}\nb is the rest", body.join("\n")),
        format!("KEY=\"{begin}\\n{}\\n{end}\\n\"", body.join("\\n")),
        format!("key: |\n    {begin}\n    {}\n    {end}\n", body.join("\n    ")),
        format!("web  | {begin}\nweb  | {}\nweb  | {end}\n", body.join("\nweb  | ")),
    ] {
        let redacted = redact(&text);
        assert!(body.iter().all(|line| !redacted.contains(line.as_str())), "{redacted}");
        assert!(redacted.contains("[REDACTED:PRIVATE_KEY]"));
    }
    let public = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", body.join("\n"));
    assert_eq!(redact(&public), public);
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "".to_owned(),
        format!("commit {}", hex(40)),
        format!("sha256:{}", hex(64)),
        "\"usage\": {\"input_tokens\": 4886, \"output_tokens\": 116}".into(),
        "token_ttl: 3600, password_min_length: 12, api_key_id: 17".into(),
        "const token = req.headers['authorization']?.split(' ')[1];".into(),
        "let api_key = std::env::var(\"ACME_API_KEY\")?;".into(),
        "api_key = os.environ[\"ACME_API_KEY\"]".into(),
        "password: ${DB_PASSWORD}, token: {{ secrets.TOKEN }}, secret: <your secret>".into(),
        "DATABASE_URL=postgres://${USER}:${PASSWORD}@${HOST}/shop".into(),
        "usage: deploy [--token TOKEN] [--password-stdin]".into(),
        "The password must have at least 8 characters; the token is required.".into(),
        "password: ********".into(),
        "API_KEY=your-api-key-here".into(),
        "re_compile_every_pattern_in_the_list_again".into(),
        format!("price_{} prod_{}", tail(24), tail(14)),
        "ssh://git@example.net/a.git https://example.net:8443/path@9".into(),
    ] {
        assert_eq!(redact(&text), text);
    }
}

#[test]
fn a_value_seen_under_its_name_goes_bare_too() {
    let value = tail(30);
    let redacted = redact(&format!("client_secret={value}\nupstream said: invalid credential {value}\n"));
    assert!(!redacted.contains(&value), "{redacted}");
}

#[test]
fn a_known_value_is_found_in_every_encoding() {
    let value = "pö\"ss w/rd&47";
    let redactor = Redactor::new().with_known(Secret::new(value.to_owned()));
    let json = serde_json::to_string(value).unwrap();
    for form in [
        value.to_owned(),
        json.clone(),
        serde_json::to_string(&json).unwrap(),
        "p%C3%B6%22ss%20w%2Frd%2647".into(),
        "p%c3%b6%22ss%20w%2frd%2647".into(),
        "p%C3%B6%22ss+w%2Frd%2647".into(),
        "70c3b6227373207772642634".replace("7772642634", "772f7264263437"),
        "cMO2InNzIHcvcmQmNDc=".into(),
        "p\\u00f6\\\"ss w/rd&47".into(),
    ] {
        let redacted = redactor.redact(&form).into_owned();
        assert!(redacted.contains("[REDACTED:KNOWN_SECRET]"), "{form} became {redacted}");
        assert!(!redacted.contains("rd&47") && !redacted.contains("47\""), "{form} became {redacted}");
    }
    // Within a longer text the three alignments of base64 differ.
    for encoded in ["eMO2", "eHjDtg"] {
        assert_eq!(redactor.redact(encoded), encoded, "other text stays");
    }
    let short = Redactor::new().with_known(Secret::new("abc".to_owned()));
    assert_eq!(short.redact("abc abc"), "abc abc");
    assert!(!format!("{redactor:?}").contains("47"), "the debug form shows no value");
}

#[test]
fn names_in_json_count_for_their_values() {
    let value = json!({ "user": "ada", "password": "Tulip!47-kq", "list": [{ "apiKey": tail(24) }], "n": 7 });
    assert_eq!(
        Redactor::new().redact_json(&value),
        json!({
            "user": "ada", "password": "[REDACTED:PASSWORD]", "list": [{ "apiKey": "[REDACTED:GENERIC_API_KEY]" }], "n": 7
        })
    );
}

#[test]
fn a_forged_marker_hides_nothing() {
    let value = tail(24);
    for text in
        [format!("API_KEY=[REDACTED:{value}"), format!("API_KEY=\"[REDACTED:x] {value}\" ghp_{}", tail(36))]
    {
        assert!(!redact(&text).contains(&tail(36)), "{text}");
    }
}

#[test]
fn hostile_text_is_worked_through() {
    for unit in [
        "=",
        "key=",
        "key='",
        "key>",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n",
        "a:b@",
        "://",
        "eyJ",
        "\\",
        "password: \"",
        "sk-",
    ] {
        let text = unit.repeat((1 << 14) / unit.len());
        let found = Redactor::new().find(&text);
        assert!(found.iter().all(|finding| finding.end <= text.len()), "{unit}");
    }
}

/// Pieces of which secrets, and what looks like them, are made.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("API_KEY=".to_owned()),
        Just("\"password\": \"".to_owned()),
        Just("token: ".to_owned()),
        Just("https://a:".to_owned()),
        Just("@example.net".to_owned()),
        Just("Bearer ".to_owned()),
        Just("ghp_".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("-----END PRIVATE KEY-----".to_owned()),
        Just("[REDACTED:PASSWORD]".to_owned()),
        Just("[REDACTED:".to_owned()),
        Just("\"".to_owned()),
        Just("\n".to_owned()),
        Just("é\u{1f980}".to_owned()),
        (1..50_usize).prop_map(tail),
        "[ -~]{0,12}",
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn redacting_twice_changes_nothing(text in pieces()) {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn findings_are_in_order_apart_and_on_characters(text in pieces()) {
        let mut end = 0;
        for finding in Redactor::new().find(&text) {
            prop_assert!(finding.start >= end && finding.start < finding.end);
            prop_assert!(text.get(finding.start..finding.end).is_some());
            end = finding.end;
        }
    }

    #[test]
    fn any_text_is_worked_through(text in "\\PC{0,200}") {
        let _ = redact(&text);
    }

    #[test]
    fn a_known_value_in_base64_goes_at_every_alignment(before in "[a-z]{0,5}", after in "[a-z]{0,5}") {
        let value = tail(18);
        let redactor = Redactor::new().with_known(Secret::new(value.clone()));
        let encoded = encode(format!("{before}{value}{after}").as_bytes());
        let redacted = redactor.redact(&encoded).into_owned();
        prop_assert!(redacted.contains("[REDACTED:KNOWN_SECRET]"), "{} became {}", encoded, redacted);
        let left = redacted.replace("[REDACTED:KNOWN_SECRET]", "");
        // Each letter around the value takes up at most two characters.
        prop_assert!(left.len() <= 2 * (before.len() + after.len()) + 2, "{} became {}", encoded, redacted);
    }
}

/// Base64 (RFC 4648), written apart from the redactor's own.
fn encode(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            out.push(if at <= chunk.len() { alphabet[word >> (18 - 6 * at) & 63] } else { '=' });
        }
    }
    out
}
