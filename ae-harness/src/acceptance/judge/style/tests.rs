use proptest::prelude::*;

use super::*;

fn judged(css: &str) -> Vec<String> {
    let mut sheets = Sheets::default();
    sheets.add("styles.css", css);
    problems(&sheets)
}

/// Custom properties and selectors around a declaration.
fn sheet(declarations: &str) -> String {
    format!(
        ":root{{--ink:#111;--step:1.2rem;--gone:block;--tiny:var(--tinier);--tinier:.1em;--pad: 1rem 2rem}}\
         @media (prefers-color-scheme:dark){{:root{{--ink:#eee;--gone:none}}}}.x::before,.y{{{declarations}}}"
    )
}

#[test]
fn hiding_declarations_are_refused_and_named() {
    for declaration in [
        "display:none",
        "display : none !important",
        "DISPLAY:NONE",
        "dis\\70lay:n\\6fne",
        "display:/**/none",
        "display:table-column",
        "display:var(--gone)",
        "display:var(--unset)",
        "visibility:hidden",
        "visibility:collapse",
        "content-visibility:hidden",
        "opacity:0",
        "opacity:.0",
        "opacity:0%",
        "opacity:0e5",
        "opacity:5%",
        "opacity:-1",
        "opacity:calc(0)",
        "opacity:var(--unset, 0)",
        "filter:opacity(0)",
        "filter:blur(20px)",
        "filter:brightness(0)",
        "font-size:0",
        "font-size:0px",
        "font-size:0.0em",
        "font-size:1px",
        "font-size:0%",
        "font-size:var(--tiny)",
        "font-size:calc(1rem * 0)",
        "font-size:calc(1rem - 1rem)",
        "font-size:min(1rem, 0px)",
        "font-size:clamp(0px, 0vw, 1px)",
        "font-size:99999px",
        "font:0/0 a",
        "font:1px sans-serif",
        "font:bold 0.0px/1 serif",
        "font:1rem/0 serif",
        "font:1rem/900 serif",
        "line-height:0",
        "width:0",
        "height:0px",
        "max-height:0",
        "max-width:1px",
        "inline-size:0",
        "clip:rect(0,0,0,0)",
        "clip-path:inset(100%)",
        "-webkit-mask-image:linear-gradient(transparent,transparent)",
        "text-indent:-9999px",
        "text-indent:100%",
        "margin-left:-9999px",
        "margin:0 0 0 200vw",
        "padding-left:9999px",
        "left:-9999px",
        "left:100%",
        "top:-100vh",
        "inset:-100vw auto auto auto",
        "transform:scale(0)",
        "transform:scaleX(0)",
        "transform:translateX(-100vw)",
        "transform:translate(0, -9999px)",
        "transform:rotateY(90deg)",
        "transform:rotate(5deg) scale(0)",
        "transform:matrix(0,0,0,0,0,0)",
        "translate:-100vw 0",
        "scale:0",
        "scale:1 0%",
        "zoom:0",
        "z-index:-1",
        "color:transparent",
        "color:rgba(0,0,0,0)",
        "color:rgb(0 0 0 / 0%)",
        "color:#0000",
        "color:#00000005",
        "color:color-mix(in srgb, red 1%, transparent)",
        "color:light-dark(#000, transparent)",
        "-webkit-text-fill-color:transparent",
        "-webkit-text-stroke:9px white",
        "letter-spacing:-1em",
        "unicode-bidi:bidi-override",
        "content:url(x.png)",
        "contain:strict",
        "container-type:size",
        "text-size-adjust:1%",
        "size-adjust:0%",
        "initial-value:transparent",
        "offset-path:path('M 9999 0')",
        "all:unknown",
        "no-such-property:1",
        "display:",
        "margin:unknown(1px)",
    ] {
        let found = judged(&sheet(&format!("margin:0;{declaration};color:#000")));
        assert_eq!(found.len(), 1, "{declaration}: {found:?}");
        assert!(found[0].contains(".x::before,.y") && found[0].contains("site/styles.css"), "{found:?}");
    }
}

#[test]
fn usual_declarations_hide_nothing() {
    for declarations in [
        "display:block;display:grid;display:inline flex;display:flex!important",
        "visibility:visible;opacity:.85;opacity:100%;position:sticky;top:0;z-index:10",
        "opacity:inherit;color:inherit;display:revert;font:inherit",
        "font:1.0625rem/1.6 system-ui,-apple-system,'Segoe UI',sans-serif",
        "font:italic 700 clamp(1rem, 3vw, 3rem)/1.2 var(--face, serif), serif",
        "font-size:clamp(2rem,1.4rem + 3vw,3.5rem);font-size:calc(1rem + 1vw);font-size:larger;font-size:62.5%",
        "font-size:var(--step);line-height:1.5;letter-spacing:-.01em;word-spacing:normal",
        "width:min(70rem,100%);max-width:20ch;height:auto;max-height:none;min-height:0;width:fit-content",
        "margin:0 auto;margin-inline:auto;margin-top:-1.5rem;padding:var(--pad)",
        "position:absolute;top:-12px;right:1rem;left:50%;transform:translate(-50%, 0)",
        "transform:translateY(-2px) scale(1.02) rotate(-1deg);scale:1.05",
        "filter:drop-shadow(0 1px 2px #000);backdrop-filter:blur(4px);box-shadow:0 0 2px rgb(0 0 0 / 10%)",
        "color:var(--ink);background:var(--paper);color:rgb(10 20 30 / 80%);color:oklch(40% .1 200)",
        "animation:pulse 2s infinite;transition:opacity .2s;overflow:hidden;white-space:nowrap",
        "-webkit-font-smoothing:antialiased;-moz-osx-font-smoothing:grayscale;-webkit-text-size-adjust:100%",
        "grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:1rem;align-items:center",
        "content:'a' counter(x);clip:auto;vertical-align:middle;--anything:none",
    ] {
        assert_eq!(judged(&sheet(declarations)), [""; 0], "{declarations}");
    }
}

#[test]
fn a_declaration_counts_wherever_it_stands() {
    for (before, after) in [
        ("@media screen{", "}"),
        ("@media not print{", "}"),
        ("@media print, screen{", "}"),
        ("@media only print{", "}"),
        ("@media print{.y{color:red}}@media all{", "}"),
        ("@supports not (display:grid){", "}"),
        ("@layer a,b;@layer a{@layer c{@media all{@supports (a:b){@container (width>1px){", "}}}}}"),
        ("@keyframes k{", "}"),
        ("@starting-style{", "}"),
        ("@page{@top-left{", "}}"),
        ("@unheard-of thing{", "}"),
        ("@charset \"utf-8\";\u{a0}@namespace svg url(x);", ""),
        ("\u{FEFF}", ""),
        ("<!-- ", "{} -->"),
        ("/* } */", "/*"),
        ("a{content:\"}\"}", ""),
        ("main{color:red;", "}"),
        ("main{& ", "}"),
        ("main{--x:{};", "}"),
        ("--x:{}", ""),
        ("body{main{&:hover{p&, ", "}}}"),
        ("}", ""),
        ("main{color:red ", "}"),
        ("a:not(", ")"),
    ] {
        let css = format!("{before}.x{{display:none}}{after}");
        let hides = !before.ends_with('(');
        assert_eq!(judged(&css).iter().any(|found| found.contains("\"display:none\"")), hides, "{css}");
    }
    for css in [
        "@media print{.x{display:none}}",
        "@MEDIA PRINT{@media screen{.x{display:none}}}",
        "a{--x:{display:none};color:red}",
        "/* .x{display:none} */",
        "a{content:'.x{display:none}'}",
    ] {
        assert_eq!(judged(css), [""; 0], "{css}");
    }
}

#[test]
fn text_that_can_not_be_read_is_refused_and_named() {
    for (css, named) in [
        ("@import 'a.css';", "@import"),
        ("@\\69mport url(a.css);", "69mport"),
        ("@future;", "@future"),
        ("a{nonsense}", "nonsense"),
        ("a{b:c);d:e}", "b:c)"),
        ("a{*display:none}", "*display"),
        ("nonsense", "nonsense"),
        (&"a{".repeat(200), "too deep"),
        (&format!("/*{}*/", "x".repeat(500_000)), "500000 bytes"),
    ] {
        let found = judged(css);
        assert!(found.iter().any(|found| found.contains(named)), "{named}: {found:?}");
    }
    let links: String =
        (0..7).map(|at| format!("--v{at}:{};", format!("var(--v{}) ", at + 1).repeat(200))).collect();
    assert_eq!(judged(&format!(":root{{{links}--v7: ;}}.x{{opacity:1 var(--v0)}}")).len(), 1);
    assert_eq!(judged(":root{--a:var(--b);--b:var(--a)}.x{opacity:var(--a)}").len(), 1);
}

#[test]
fn addresses_are_found_however_they_are_written() {
    for (css, expected) in [
        ("a{background:url(x.png)}", vec!["x.png"]),
        ("a{background:URL( 'x.png' )}", vec!["x.png"]),
        ("a{background:u\\72l(x.png)}", vec!["x.png"]),
        ("a{--x:{url(x.png)}}", vec!["x.png"]),
        ("@font-face{src:url(//h/f.woff2) format('woff2')}", vec!["//h/f.woff2"]),
        ("a{background:image-set('x.png' 1x, url(y.png) 2x)}", vec!["x.png", "y.png"]),
        ("@media print{a{b{mask:src(\"x.svg\")}}}", vec!["x.svg"]),
        ("a{content:'http://x'}/* url(c) */", vec![]),
        ("@charset 'utf-8';a[href='x']{b:c}", vec![]),
    ] {
        let mut sheets = Sheets::default();
        sheets.add("styles.css", css);
        let found: Vec<_> = sheets.fetched().into_iter().map(|(_, address)| address).collect();
        assert_eq!(found, expected, "{css}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(css in "[a-z.:&@{}();,\"'\\\\/* \\[\\]=0-9%#-]{0,80}") {
        judged(&css);
    }

    #[test]
    fn nothing_around_a_hiding_declaration_saves_it(
        before in prop_oneof![Just(""), Just("a{b:c}"), Just("@media print{a{b:c}}"), Just("/*{*/"), Just("a{b:\"}\"}")],
        hiding in prop_oneof![
            Just("display:none"), Just("opacity:0%"), Just("font-size:0px"), Just("visibility:hidden!important"),
            Just("clip:rect(0 0 0 0)"), Just("left:-9999px"), Just("color:#0000"), Just("height:calc(0px)"),
        ],
        selector in "[a-z.#*:>~+ ,]{0,12}",
        wraps in prop::collection::vec(prop_oneof![
            Just("@media not print"), Just("@supports (a:b)"), Just("@layer x"), Just("main"), Just("@x y"), Just("&"),
        ], 0..5),
    ) {
        let (open, close) = (wraps.iter().map(|wrap| format!("{wrap}{{")).collect::<String>(), "}".repeat(wraps.len()));
        let css = format!("{before}{open}{selector}{{color:red;{hiding}}}{close}");
        let hidden = hiding.trim_end_matches("!important");
        prop_assert!(judged(&css).iter().any(|found| found.contains(hidden)), "{css}");
    }
}
