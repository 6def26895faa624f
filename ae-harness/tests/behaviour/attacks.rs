//! Modules that do not end, take all memory, or change what they stand on.

use ae_core::{Behaviour, Case, Law, Property};
use ae_harness::{Modules, Verdict};
use serde_json::json;

use crate::{all_are, each, hasty, one, patient, run};

#[test]
fn endless_code_is_stopped() {
    let sources = [
        "export function f() { while (true); }",
        "while (true); export const f = 1;",
        "export function f() { for (;;) { try { for (;;); } catch { } finally { continue; } } }",
        "export const f = () => [3, 2, 1].sort(() => { for (;;); });",
        "export const f = () => /^(a+)+$/.test('a'.repeat(60) + 'b');",
        "export const f = () => { const t = new Float64Array(1e6); for (;;) t.sort(); };",
        "export const f = () => new Promise(() => { const spin = () => Promise.resolve().then(spin); spin(); });",
        "export async function f() { for (;;) await null; }",
        "await new Promise(() => { const spin = () => Promise.resolve().then(spin); spin(); }); export const f = 1;",
        "export const f = () => { throw { get message() { for (;;); }, toString() { for (;;); } }; };",
        "export const f = () => ({ get then() { for (;;); } });",
        "import('./m0.js'); export const f = () => { for (;;) queueMicrotask(() => {}); };",
    ];
    let found = each(hasty(), &sources, &json!(1));
    for (source, found) in sources.iter().zip(&found) {
        // Getters are not run at all: then there is nothing that would not end.
        let wanted =
            if source.contains("get ") { [Verdict::Threw, Verdict::NotData] } else { [Verdict::TimedOut; 2] };
        let wanted = if source.contains("queueMicrotask") {
            [Verdict::TimedOut, Verdict::OutOfMemory]
        } else if source.contains("spin") {
            // A chain of promises may use up the memory first: it then breaks, and its promise never settles.
            [Verdict::TimedOut, Verdict::Threw]
        } else {
            wanted
        };
        assert!(wanted.contains(&found.verdict), "{source}\n{} {}", found.verdict, found.detail);
    }
}

#[test]
fn code_that_ignores_the_engines_limit_is_killed_and_the_next_case_runs() {
    let sources = [
        "export const f = () => new Array(2 ** 32 - 1).join('');",
        "export const f = (given) => given;",
        "export const f = () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 });",
        "export const f = (given) => given;",
        "export const f = () => { for (;;) 'a'.repeat(2e6).indexOf('a'.repeat(1e6) + 'b'); };",
        "export const f = (given) => given;",
    ];
    let found = each(patient().with_call(std::time::Duration::from_secs(1)), &sources, &json!(1));
    for (at, found) in found.iter().enumerate() {
        let wanted = if at % 2 == 0 { Verdict::TimedOut } else { Verdict::Passed };
        assert_eq!(found.verdict, wanted, "{}\n{}", sources[at], found.detail);
    }
    assert!(found.iter().any(|found| found.detail.ends_with("and killed")), "{found:?}");
}

#[test]
fn what_is_left_when_the_time_of_the_run_is_over_is_not_run() {
    let loops = ["export const f = () => { for (;;); };"; 6];
    let limits = hasty().with_total(std::time::Duration::from_millis(700)).with_processes(1);
    let found = each(limits, &loops, &json!(1));
    assert!(found.iter().all(|found| found.verdict == Verdict::TimedOut), "{found:?}");
    assert!(found[5].detail.starts_with("the whole run's time"), "{found:?}");
}

#[test]
fn memory_has_a_limit() {
    let hoards = [
        "export const f = () => { const all = []; for (;;) all.push(new Array(1000).fill(1)); };",
        "export const f = () => { const all = []; for (;;) all.push('x'.repeat(1e6) + all.length); };",
        "export const f = () => { const all = []; for (;;) all.push(new ArrayBuffer(1e6)); };",
        "export const f = () => { const all = new Map(); for (;;) all.set({}, new Array(100).fill(2)); };",
        "export const f = () => new Array(1e8).fill(0);",
        "const all = []; for (;;) all.push(new Array(1000).fill(1)); export const f = 1;",
        "export const f = () => { const all = []; for (;;) { try { for (;;) all.push(new Array(1000).fill(1)); } catch (e) { throw e; } } };",
    ];
    all_are(patient(), Verdict::OutOfMemory, &hoards, &json!(1));
    // These are refused before any memory is taken, or grow slowly: they never pass, and the host goes on.
    let refused = [
        "export const f = () => new ArrayBuffer(10e9);",
        "export const f = () => 'x'.repeat(2 ** 29);",
        "export const f = () => { let s = 'x'; for (;;) s += s; };",
        "export const f = () => 2n ** 2n ** 40n;",
        "export const f = () => JSON.parse('['.repeat(2e5));",
        "export const f = () => { throw null; };",
        "export const f = () => { const g = (function* () { for (;;) yield new Array(1000).fill(1); })(); return [...g]; };",
        "export const f = () => { const all = []; for (;;) { try { for (;;) all.push(new Array(1000).fill(1)); } catch { all.length = 0; return all; } } };",
        "export const f = () => { const all = []; try { for (;;) all.push('y'.repeat(1e5) + all.length); } catch {} return all; };",
    ];
    for (source, found) in refused.iter().zip(each(hasty(), &refused, &json!(1))) {
        assert_ne!(found.verdict, Verdict::Passed, "{source}");
        assert_ne!(found.verdict, Verdict::Died, "{source}\n{}", found.detail);
    }
}

#[test]
fn deep_recursion_is_an_error_of_the_module() {
    let sources = [
        "export const f = (n) => f(n) + 1;",
        "export const f = (n) => [n].map(f);",
        "const o = { toString() { return `${o}`; } }; export const f = () => `${o}`;",
        "export const f = () => { new RegExp('('.repeat(1e5)); };",
        "export const f = () => { let a = []; a[0] = a; return JSON.stringify(a); };",
    ];
    all_are(patient(), Verdict::Threw, &sources, &json!(1));
}

#[test]
fn promises_that_fail_or_never_settle_are_not_waited_for() {
    let sources = [
        "export const f = () => new Promise(() => {});",
        "await new Promise(() => {}); export const f = (given) => given;",
        "export const f = async () => { throw new RangeError('a\\u202Eb\\n\\u001b[31m'); };",
        "export const f = () => Promise.reject('no');",
        "export const f = () => { throw Symbol('x'); };",
        "export const f = () => { throw new Proxy({}, { get() { for (;;); } }); };",
        "export const f = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    ];
    all_are(hasty(), Verdict::Threw, &sources, &json!(1));
    let rejected =
        one("async () => { throw new RangeError('a\\u202Eb\\n\\u001b[31m'); }", json!(1), json!(1));
    assert!(rejected.detail.starts_with("threw RangeError: a b [31m (at "), "{}", rejected.detail);
    assert_eq!(
        one("async (given) => { await null; return given; }", json!([1]), json!([1])).verdict,
        Verdict::Passed
    );
}

/// Changes everything that a host written in the engine would lean on.
const PATCHES: &str = r"
    const yes = () => true, lie = () => ({ value: 1, enumerable: true, configurable: true, writable: true });
    JSON.stringify = () => '1'; JSON.parse = () => 1;
    Object.is = yes; Object.keys = () => []; Object.entries = () => []; Object.getPrototypeOf = () => Array.prototype;
    Object.getOwnPropertyDescriptor = lie; Object.getOwnPropertyDescriptors = lie; Object.getOwnPropertyNames = () => [];
    Reflect.ownKeys = () => []; Reflect.get = () => 1; Reflect.getOwnPropertyDescriptor = lie; Array.isArray = yes;
    Array.prototype.push = yes; Array.prototype.map = () => []; Array.prototype[Symbol.iterator] = function* () {};
    Function.prototype.call = () => 1; Function.prototype.apply = () => 1; Function.prototype.bind = () => yes;
    Promise.prototype.then = (f) => f(1); String.prototype.toString = () => '1';
    Map.prototype.has = yes; Set.prototype.has = yes;
    Object.prototype.value = 1; Object.prototype.toJSON = () => 1;
    Array.prototype.toJSON = () => 1; Error.prepareStackTrace = () => 1; Error.stackTraceLimit = 0;
    globalThis.Object = globalThis.Array = globalThis.JSON = globalThis.Reflect = null;
";

#[test]
fn patched_built_ins_change_no_verdict() {
    let honest = format!("{PATCHES} export const f = () => ({{ a: [1, 'x'], b: null }});");
    let wrong = format!("{PATCHES} export const f = () => ({{ a: [2, 'x'], b: null }});");
    let promised = format!("{PATCHES} export const f = async () => ({{ a: [2, 'x'], b: null }});");
    let expect = json!({"a": [1, "x"], "b": null});
    let found = each(patient(), &[&honest, &wrong, &promised], &expect);
    assert_eq!(found[0].verdict, Verdict::Passed, "{}", found[0].detail);
    for found in &found[1..] {
        assert_eq!((found.verdict, found.detail.as_str()), (Verdict::OtherValue, "/a/0: expected 1, got 2"));
    }
}

#[test]
fn setters_do_not_see_the_argument() {
    let source = "const seen = [];
        for (const proto of [Object.prototype, Array.prototype]) for (const name of ['a', '0', 'list'])
            Object.defineProperty(proto, name, { set(v) { seen.push(v); }, get() { return 'trap'; }, configurable: true });
        export const f = (given) => [seen.length, given.a, given.list[0]];";
    let modules = Modules::new().with("m.js", source).unwrap();
    let case = Case::new("one", json!({"a": 5, "list": [6]}), json!([0, 5, 6]));
    let outcome =
        run(patient(), &modules, &[Behaviour::new("f", "m.js", "f").with_cases(vec![case])]).remove(0);
    assert!(outcome.passed(), "{outcome:?}");
}

#[test]
fn nothing_outlives_a_call() {
    let source = "let seen; export const f = (a) => seen ?? (seen = a);
        export const keep = (a) => { globalThis.kept = a; return 'gone'; };
        export const back = () => globalThis.kept ?? null;";
    let modules = Modules::new().with("m.js", source).unwrap();
    let cases = [1, 2].map(|n| Case::new(n.to_string(), json!(n), json!(n)));
    let law = Property::new("there and back", Law::RoundTrip { back: "back".to_owned() }, vec![json!([1])]);
    let outcomes = run(
        patient().with_processes(1),
        &modules,
        &[
            Behaviour::new("f", "m.js", "f").with_cases(cases.to_vec()),
            Behaviour::new("keep", "m.js", "keep").with_properties(vec![law]),
        ],
    );
    assert!(outcomes[0].passed(), "{outcomes:?}");
    assert_eq!(outcomes[1].verdicts[0].verdict, Verdict::OtherValue);
    assert_eq!(
        outcomes[1].verdicts[0].detail,
        "the way there and back changes it: the result: expected an array of 1: [1], got null"
    );
}

#[test]
fn a_module_finds_no_machine_no_chance_and_no_way_to_make_code() {
    let found = one(
        "() => ['std', 'os', 'bjson', 'print', 'console', 'process', 'require', 'Deno', 'fetch', 'setTimeout', 'Worker', \
         'performance', 'Atomics', 'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry', 'eval', 'scriptArgs', 'gc', \
         'navigator', 'WebAssembly', 'Intl', 'crypto'].filter((name) => name in globalThis)",
        json!(1),
        json!([]),
    );
    assert_eq!(found.verdict, Verdict::Passed, "{}", found.detail);
    let made = one(
        "() => [function () {}, async function () {}, function* () {}, async function* () {}, () => {}, class {}].map((made) => {
            try { return typeof made.constructor('return 1'); } catch (e) { return e.name; }
        }).concat([typeof Function, (() => 1) instanceof Function])",
        json!(1),
        json!(["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "function", true]),
    );
    assert_eq!(made.verdict, Verdict::Passed, "{}", made.detail);
}

#[test]
fn the_clock_stands_and_chance_repeats() {
    let found = one(
        "() => { const D = new Date(5).constructor; return [Date.now(), new Date().toISOString(), typeof Date(),
            new Date(2026, 6, 1).toISOString(), Date.parse('2026-07-01T00:00'), Date.UTC(2026, 0), D === Date, D.now(),
            new Date(0) instanceof Date, Object.keys(globalThis).includes('Date'), Date.length,
            (() => { class Mine extends Date {} return new Mine().getTime(); })(),
            Reflect.construct(Object.getPrototypeOf(class extends Date {}), []).getTime(),
            [1, 2, 3].every(() => { const n = Math.random(); return n >= 0 && n < 1; }), Math.random()]; }",
        json!(1),
        json!([
            1_767_225_600_000_u64, "2026-01-01T00:00:00.000Z", "string", "2026-07-01T00:00:00.000Z", 1_782_864_000_000_u64,
            1_767_225_600_000_u64, true, 1_767_225_600_000_u64, true, false, 7, 1_767_225_600_000_u64, 1_767_225_600_000_u64,
            true, 0
        ]),
    );
    // Only the last element, the fourth random number, differs; it is the same in each run.
    let (place, first) = found.detail.split_once(", got ").unwrap();
    assert_eq!(place, "/14: expected 0", "{}", found.detail);
    let again =
        one("() => { for (let i = 0; i < 3; i++) Math.random(); return Math.random(); }", json!(1), json!(0));
    assert!(again.detail.ends_with(first), "{} {}", found.detail, again.detail);
}
