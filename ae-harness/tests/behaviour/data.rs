//! Answers that are plain data, and answers that only look like it.

use ae_core::{Behaviour, Case};
use ae_harness::{Modules, Verdict};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{all_are, one, patient, run};

#[test]
fn only_plain_data_is_an_answer() {
    let values = [
        "new Map",
        "new Set([1])",
        "new Date",
        "/x/",
        "new (class A {})",
        "new Uint8Array([1])",
        "new ArrayBuffer(1)",
        "Object.create(null)",
        "Object.create({})",
        "new String('x')",
        "Object(1)",
        "Object(1n)",
        "(function () { return arguments; })(1)",
        "(function* () {})()",
        "(async function* () {})()",
        "new Error('x')",
        "() => 1",
        "class {}",
        "Symbol()",
        "1n",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "-0",
        "'\\ud800'",
        "({ '\\udc00': 1 })",
        "[, 1]",
        "[1, ,]",
        "new Array(3)",
        "new Array(4e9)",
        "Object.assign([1], { name: 1 })",
        "Object.assign([], { 5: 1 })",
        "new (class extends Array {})",
        "[undefined]",
        "({ a: undefined })",
        "({ get a() { return 1; } })",
        "({ set a(v) {} })",
        "({ [Symbol('a')]: 1 })",
        "({ a: 1, [Symbol('a')]: 1 })",
        "Object.assign([1], { [Symbol.iterator]: 1 })",
        "Object.defineProperty({}, 'a', { value: 1 })",
        "Object.defineProperty([1], 0, { enumerable: false })",
        "Object.defineProperty([1], 0, { get: () => 1 })",
        "new Proxy({}, {})",
        "new Proxy([], {})",
        "new Proxy(() => 1, {})",
        "[new Proxy({}, { ownKeys() { for (;;); } })]",
        "({ a: { then() {} } })",
        "import.meta",
        "globalThis",
        "Math",
        "JSON",
        "new Promise(() => {}).then.bind(1)",
        "Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)",
        "Object.setPrototypeOf(new Set, Object.prototype)",
        "Object.setPrototypeOf(new WeakMap, Object.prototype)",
        "Object.setPrototypeOf(new WeakSet, Object.prototype)",
        "Object.setPrototypeOf(new Date, Object.prototype)",
        "Object.setPrototypeOf(/x/, Object.prototype)",
        "Object.setPrototypeOf(new Uint8Array([1]), Object.prototype)",
        "Object.setPrototypeOf(new Uint8Array(0), Array.prototype)",
        "Object.setPrototypeOf(new ArrayBuffer(1), Object.prototype)",
        "Object.setPrototypeOf(new DataView(new ArrayBuffer(1)), Object.prototype)",
        "Object.setPrototypeOf(new Error, Object.prototype)",
        "Object.setPrototypeOf(new String('x'), Object.prototype)",
        "Object.setPrototypeOf(Object(1n), Object.prototype)",
        "Object.setPrototypeOf(Object(Symbol()), Object.prototype)",
        "Object.setPrototypeOf(() => 1, Object.prototype)",
        "Object.setPrototypeOf([1], Object.prototype)",
        "Object.setPrototypeOf({}, Array.prototype)",
        "Object.setPrototypeOf({ 0: 1, length: 1 }, Array.prototype)",
        "(() => { function F() {} F.prototype = Object.prototype; return Reflect.construct(Map, [], F); })()",
        "(() => { const a = []; a.push(a); return a; })()",
        "(() => { const a = {}; a.a = a; return a; })()",
        "(() => { let a = []; for (let i = 0; i < 65; i++) a = [a]; return a; })()",
        "(() => { let a = 1; for (let i = 0; i < 40; i++) a = [a, a]; return a; })()",
        "'x'.repeat(3e5)",
        "new Array(2e4).fill(0)",
        "({ [Symbol.toPrimitive]: () => 1 })",
    ];
    let sources: Vec<String> =
        values.iter().map(|value| format!("export const f = () => {value};")).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let limits = patient().with_values(10_000).with_answer_bytes(200_000);
    // The right results of some, if they were looked at less closely.
    for expect in [json!({}), json!([])] {
        all_are(limits.clone(), Verdict::NotData, &sources, &expect);
    }
}

#[test]
fn the_place_of_what_is_not_data_is_named() {
    let found = one("() => ({ 'a/b': [1, { c: NaN }] })", json!(1), json!(1));
    assert_eq!(found.detail, "/a~1b/1/c is not JSON data: the number NaN");
    let found = one("() => new Map", json!(1), json!({}));
    assert!(
        found.detail.starts_with("the result is not JSON data: neither a plain object nor an array"),
        "{}",
        found.detail
    );
    let found = one("() => ({ 'a\\u202E\\n': new Map })", json!(1), json!({}));
    assert!(found.detail.starts_with("/a is not JSON data"), "{}", found.detail);
}

#[test]
fn plain_data_of_any_origin_is_an_answer() {
    for (value, expect) in [
        ("JSON.parse('{\"__proto__\": {\"a\": [1]}}')", json!({"__proto__": {"a": [1]}})),
        ("Object.freeze([1, Object.seal({ a: 2 })])", json!([1, {"a": 2}])),
        ("({ 2: 'b', a: 'c', 1: 'a' })", json!({"1": "a", "2": "b", "a": "c"})),
        ("[...new Map([['a', 1]])]", json!([["a", 1]])),
        (
            "({ length: 2, value: 1, get: 3, constructor: 4, toJSON: 5 })",
            json!({"length": 2, "value": 1, "get": 3, "constructor": 4, "toJSON": 5}),
        ),
        (
            "(() => { let a = []; for (let i = 0; i < 63; i++) a = [a]; return a; })()",
            (0..63).fold(json!([]), |a, _| json!([a])),
        ),
        (
            "[1e21, 5e-324, 0.1 + 0.2, 2 ** 53, -7, 1e15]",
            json!([1e21, 5e-324, 0.300_000_000_000_000_04, 9_007_199_254_740_992_u64, -7, 1e15]),
        ),
        ("'\\u0000\\u2028\\ud83d\\ude00'", json!("\0\u{2028}😀")),
        ("Promise.resolve(Promise.resolve(3))", json!(3.0)),
    ] {
        let found = one(&format!("() => ({value})"), json!(1), expect);
        assert_eq!(found.verdict, Verdict::Passed, "{value}: {}", found.detail);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let number = any::<f64>()
        .prop_filter("not a number of JSON", |n| n.is_finite() && !(*n == 0.0 && n.is_sign_negative()));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        let key =
            prop_oneof!["[a-z0-9]{0,3}", ".{0,4}", Just("__proto__".to_owned()), Just("length".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_json_goes_in_and_comes_out(values in prop::collection::vec(any_json(), 60)) {
        let modules = Modules::new().with("m.js", "export const f = (given) => given;").unwrap();
        let cases = values.iter().enumerate().map(|(at, value)| Case::new(at.to_string(), value.clone(), value.clone()));
        let behaviour = Behaviour::new("f", "m.js", "f").with_cases(cases.collect());
        let outcome = run(patient(), &modules, &[behaviour]).remove(0);
        for (verdict, value) in outcome.verdicts.iter().zip(&values) {
            prop_assert!(verdict.verdict == Verdict::Passed, "{value}: {}", verdict.detail);
        }
    }
}
