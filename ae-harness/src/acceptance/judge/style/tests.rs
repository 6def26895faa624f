use proptest::prelude::*;

use super::*;
use crate::acceptance::judge::document::Page;

/// Why the element with the id `x` is not seen; the style sheet is the only one of the site.
fn hidden(css: &str, body: &str) -> Option<String> {
    let mut page = Page::parse("index.html", &format!("<!DOCTYPE html><title>T</title><body>{body}"));
    let mut sheet = Sheet::default();
    sheet.add("styles.css", css);
    let judge = Judge::of(&sheet, std::iter::empty());
    page.hide(&judge.hidings(&sheet));
    let element = page.elements().find(|element| element.attr("id") == Some("x")).unwrap();
    page.hidden_by(&element).map(str::to_owned)
}

const BODY: &str = "<main class=\"m\" data-a=\"B\"><p id=\"x\" class=\"x y\">text</p></main>";

#[test]
fn hiding_declarations_are_found() {
    for declarations in [
        "display:none",
        "display : none !important",
        "DISPLAY:NONE",
        "dis\\70lay:n\\6fne",
        "display:/**/none",
        "display:none;color:#000",
        "color:#000;display:none",
        "display:table-column",
        "visibility:hidden",
        "visibility:collapse",
        "content-visibility:hidden",
        "opacity:0",
        "opacity:0.0",
        "opacity:.0",
        "opacity:0%",
        "opacity:0e5",
        "opacity:5%",
        "opacity:-1",
        "opacity:calc(0)",
        "filter:opacity(0)",
        "filter:blur(20px)",
        "filter:brightness(0)",
        "font-size:0",
        "font-size:0px",
        "font-size:0.0em",
        "font-size:1px",
        "font-size:0%",
        "font-size:calc(1rem * 0)",
        "font-size:min(1rem, 0px)",
        "font-size:clamp(0px, 0vw, 1px)",
        "font:0/0 a",
        "font:1px sans-serif",
        "font:bold 0.0px/1 serif",
        "font:1rem/0 serif",
        "line-height:0",
        "width:0",
        "height:0px;overflow:hidden",
        "max-height:0;overflow:hidden",
        "max-width:1px",
        "inline-size:0",
        "clip:rect(0,0,0,0)",
        "clip-path:inset(100%)",
        "clip-path:circle(0)",
        "-webkit-mask-image:linear-gradient(transparent,transparent)",
        "text-indent:-9999px",
        "text-indent:100%",
        "text-indent:-999em",
        "margin-left:-9999px",
        "margin:0 0 0 200vw",
        "padding-left:9999px",
        "position:absolute;left:-9999px",
        "position:absolute;left:100%",
        "position:fixed;top:-100vh",
        "inset:-100vw auto auto auto",
        "transform:scale(0)",
        "transform:scaleX(0)",
        "transform:translateX(-100vw)",
        "transform:translate(0, -9999px)",
        "transform:rotateY(90deg)",
        "transform:rotate(5deg) scale(0)",
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
        "-webkit-text-fill-color:transparent",
        "color:#fff;background:#FFFFFF",
        "background-color:#abc;color:#abc",
        "color:white;background:white",
        "color:#fff;background-color:white",
        "letter-spacing:-1em",
        "unicode-bidi:bidi-override;direction:rtl",
        "content:url(x.png)",
        "contain:strict",
        "animation:away 1s forwards",
        "animation-name:AWAY",
        "all:unknown",
        "display:var(--gone)",
        "display:var(--unset)",
        "opacity:var(--unset, 0)",
        "font-size:var(--tiny)",
        "no-such-property:1",
        "offset-path:path('M 9999 0')",
    ] {
        let sheet = format!(
            ":root{{--gone:block}}@media print{{:root{{--gone:none}}}}:root{{--tiny:var(--tinier);--tinier:.1em}}\
             @keyframes away{{to{{opacity:0}}}}.x{{{declarations}}}"
        );
        let reason = hidden(&sheet, BODY).unwrap_or_else(|| panic!("{declarations} hides"));
        assert!(
            reason.contains("the rule \".x\" in site/styles.css sets")
                || reason.contains("colour of its background"),
            "{reason}"
        );
    }
}

#[test]
fn usual_declarations_hide_nothing() {
    for declarations in [
        "display:block;display:grid;display:inline flex",
        "visibility:visible;opacity:.85;opacity:100%",
        "opacity:inherit;color:inherit;display:revert",
        "font:1.0625rem/1.6 system-ui,-apple-system,'Segoe UI',sans-serif",
        "font:italic 700 clamp(1rem, 2vw, 3rem)/1.2 var(--face), serif",
        "font-size:clamp(2rem,1.4rem + 3vw,3.5rem);font-size:max(1rem, 0px);font-size:larger;font-size:62.5%",
        "font-size:var(--step);line-height:1.5;letter-spacing:-.01em;word-spacing:normal",
        "width:min(70rem,100%);max-width:20ch;height:auto;max-height:none;width:100%;min-height:0;width:fit-content",
        "margin:0 auto;margin-inline:auto;margin-top:-1.5rem;padding:clamp(1rem, 5vw, 4rem) 1.25rem;margin:0 calc(50% - 50vw)",
        "position:sticky;top:0;z-index:10",
        "position:absolute;top:-12px;right:1rem",
        "position:absolute;left:50%;transform:translate(-50%, 0)",
        "transform:translateY(-2px) scale(1.02) rotate(-1deg);scale:1.05;rotate:2deg",
        "filter:drop-shadow(0 1px 2px #000);backdrop-filter:blur(4px)",
        "color:var(--ink);background:var(--paper)",
        "color:rgb(10 20 30 / 80%);color:oklch(40% .1 200);color:color-mix(in srgb, red, black 20%)",
        "background:linear-gradient(#000,#333);-webkit-background-clip:text;background-clip:text;color:transparent",
        "animation:pulse 2s infinite;transition:opacity .2s",
        "overflow:hidden;text-overflow:ellipsis;white-space:nowrap",
        "-webkit-font-smoothing:antialiased;-moz-osx-font-smoothing:grayscale;-webkit-text-size-adjust:100%",
        "grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr));gap:1rem;align-items:center",
        "--anything:none",
    ] {
        let sheet = format!(
            ":root{{--ink:#111;--paper:#fff;--step:1.2rem;--face:'Inter'}}@media (prefers-color-scheme:dark){{:root{{--ink:#fff;--paper:#111}}}}\
             @keyframes pulse{{from{{opacity:.6}}to{{opacity:1}}}}.x{{{declarations}}}"
        );
        assert_eq!(hidden(&sheet, BODY), None, "{declarations}");
    }
}

#[test]
fn selectors_match_at_least_what_a_browser_matches() {
    for selector in [
        ".x",
        "p",
        "P.x.y",
        "#x",
        "*",
        "main > p",
        "body p",
        ".x, .other",
        ".other, .x",
        ".x,.y::before",
        ".other::selection, .x",
        ".x:hover",
        ".x:not(:hover)",
        ".x:not(.other)",
        ".x:not(.other:hover)",
        ".x:is(:hover, :focus)",
        ":is(.x, :unknown)",
        ":where(main) :hover",
        ":hover",
        "main:has(> p:focus) p",
        "main:has(p) > :first-child",
        "p:nth-child(2n + 1)",
        "p:nth-child(1 of .x)",
        "p:lang(en)",
        "p::first-line",
        "p:first-letter",
        "p::part(label)",
        "[data-a=b] p",
        "[data-a='b' i] p",
        "[DATA-A] p",
        ".\\78",
        "\\70.x",
        ":root p",
        ":scope p",
        "&.x",
        "svg|p, p",
        "*|p",
        "p ! x",
        ".x > , p",
    ] {
        let reason = hidden(&format!("{selector}{{display:none}}"), BODY);
        assert!(reason.is_some(), "{selector}");
    }
    for selector in [
        ".other",
        "a",
        "p > p",
        ".x::before",
        ".x:after",
        ".x::marker",
        "p:not(.x)",
        "p:nth-child(2)",
        "[data-b] p",
        ".other:hover",
        ".x .y",
        "main:has(a)",
        "p:is(.other, .none)",
        "::selection",
    ] {
        assert_eq!(hidden(&format!("{selector}{{display:none}}"), BODY), None, "{selector}");
    }
}

#[test]
fn at_rules_apply_unless_they_are_plainly_for_paper() {
    for (before, after) in [
        ("@media screen{", "}"),
        ("@media not print{", "}"),
        ("@media print, screen{", "}"),
        ("@media (min-width:1px){", "}"),
        ("@media (max-width:1px){", "}"),
        ("@media not all and (monochrome){", "}"),
        ("@media print{.y{color:red}}@media all{", "}"),
        ("@MEDIA screen{", "}"),
        ("@supports (display:grid){", "}"),
        ("@supports not (display:grid){", "}"),
        ("@layer base{", "}"),
        ("@layer a,b;@layer a{@layer c{@media all{@supports (a:b){@container (width>1px){", "}}}}}"),
        ("@container card (min-width:1px){", "}"),
        ("@scope (main) to (footer){", "}"),
        ("@starting-style{", "}"),
        ("@unheard-of thing{", "}"),
        ("@charset \"utf-8\";\u{a0}@namespace svg url(x);", ""),
        ("\u{FEFF}", ""),
        ("<!-- ", " -->"),
        ("/* } */", "/*"),
        ("a{content:\"}\"}", ""),
        ("main{color:red;", "}"),
        ("main{& ", "}"),
        ("main{@media all{", "}}"),
        ("main{a{b:c}", "}"),
        ("body{main{&:hover{p&, ", "}}}"),
        (".other{color:red}}", ""),
    ] {
        assert!(hidden(&format!("{before}.x{{display:none}}{after}"), BODY).is_some(), "{before}");
    }
    assert!(hidden(".x{color:red;@media screen{display:none}}", BODY).is_some());
    assert!(hidden(".x{&{display:none}}", BODY).is_some());
    assert!(hidden("main{:is(&) .x{display:none}}", BODY).is_some());
    assert!(
        hidden("main{:not(&) .x{display:none}}", BODY).is_some(),
        "a wider outer rule is no narrower inner one"
    );
    for (before, after) in [
        ("@media print{", "}"),
        ("@media only print and (color){", "}"),
        ("@media print{@media screen{", "}}"),
        ("@page{@top-left{", "}}"),
        ("@keyframes k{from{color:red}", "}"),
        ("a{", "}"),
        (".other{& ", "}"),
    ] {
        assert_eq!(hidden(&format!("{before}.x{{display:none}}{after}"), BODY), None, "{before}");
    }
}

#[test]
fn what_is_no_css_may_hide_anything_and_is_named() {
    for (css, named) in [
        ("@import 'a.css';", "@import"),
        ("@\\69mport url(a.css);", "@import"),
        ("@future;", "@future"),
        ("a{nonsense}", "nonsense"),
        ("a{b:c);d:e}", "b:c)"),
        ("nonsense", "nonsense"),
    ] {
        let reason = hidden(css, BODY).unwrap_or_else(|| panic!("{css}"));
        assert!(reason.contains(named) && reason.contains("site/styles.css"), "{reason}");
    }
    let deep = "a{".repeat(200) + ".x{display:none}";
    assert!(hidden(&deep, BODY).is_some());
    let wide = ".x{".to_owned() + &"&&&{".repeat(30) + "display:none";
    assert!(hidden(&wide, BODY).is_some());
}

#[test]
fn what_grows_without_end_counts_as_hiding() {
    let chain = |value: &str| {
        let links =
            (0..7).map(|at| format!("--v{at}:{};", value.replace("NEXT", &format!("var(--v{})", at + 1))));
        format!(":root{{{}--v7: ;}}.x{{opacity:1 var(--v0)}}", links.collect::<String>())
    };
    assert!(hidden(&chain(&"NEXT ".repeat(200)), BODY).is_some());
    let loops = ":root{--a:var(--b);--b:var(--a)}.x{opacity:var(--a)}";
    assert!(hidden(loops, BODY).is_some());
    assert!(hidden(&"a{--b:c}".repeat(10_001), BODY).unwrap().contains("10000 style rules"));
    assert!(hidden(&".none{display:none}".repeat(2_001), BODY).unwrap().contains("2000 selectors"));
    assert!(hidden(&format!("{}{{display:none}}", ["a"; 2_000].join(",")), BODY).is_some());
    assert!(hidden(&format!("/*{}*/", "x".repeat(500_000)), BODY).unwrap().contains("500000 bytes"));
}

proptest! {
    #[test]
    fn no_text_panics(css in "[a-z.:&@{}();,\"'\\\\/* \\[\\]=0-9%#-]{0,80}") {
        hidden(&css, BODY);
    }

    #[test]
    fn a_hiding_rule_hides_beside_any_other(
        before in prop_oneof![Just(""), Just("a{b:c}"), Just("@media print{a{b:c}}"), Just("/*{*/"), Just("a{b:\"}\"}")],
        name in prop_oneof![Just("display:none"), Just("opacity:0%"), Just("font-size:0px"), Just("visibility:hidden")],
        wraps in prop::collection::vec(prop_oneof![
            Just("@media not print"), Just("@supports (a:b)"), Just("@layer x"), Just("main"), Just("@x y"), Just("&"),
        ], 0..5),
    ) {
        let (open, close) = (wraps.iter().map(|wrap| format!("{wrap}{{")).collect::<String>(), "}".repeat(wraps.len()));
        let css = format!("{before}{open}.x{{color:red;{name}}}{close}");
        // What stands inside `main` twice matches nothing, as in a browser.
        prop_assume!(wraps.iter().filter(|wrap| **wrap == "main").count() < 2);
        prop_assert!(hidden(&css, BODY).is_some(), "{css}");
    }
}
