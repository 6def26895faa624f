//! The common frame and look of the pages.

use ae_core::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#f7f7f5;--card:#fff;--text:#1c1c1a;--soft:#55554f;--line:#d3d3cc;\
--main:#0b5d4e;--on-main:#fff;--note:#fff6dc;--good:#e3f3ea}\
@media (prefers-color-scheme:dark){:root{--page:#161614;--card:#20201d;--text:#ededea;--soft:#b4b4ac;--line:#45453f;\
--main:#7fd6c0;--on-main:#0d2520;--note:#3a321a;--good:#1d3529}}\
*{box-sizing:border-box}[hidden]{display:none!important}\
body{font:1rem/1.55 system-ui,sans-serif;margin:0;background:var(--page);color:var(--text)}\
main{max-width:42rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:0 0 .5rem}\
p{margin:.5rem 0}a{color:var(--main)}\
section,fieldset,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:1rem 0;padding:1rem;min-width:0}\
legend{font-weight:600;padding:0 .35rem}\
.note{background:var(--note);border-radius:.6rem;padding:.75rem 1rem}\
.good{background:var(--good)}\
.soft{color:var(--soft);font-size:.92rem}\
.lines{white-space:pre-line;overflow-wrap:anywhere}\
.tier{display:flex;gap:.75rem;align-items:center;min-height:3rem;padding:.5rem .25rem;border-top:1px solid var(--line)}\
.tier:first-of-type{border-top:0}.tier input{width:1.25rem;height:1.25rem;flex:none;accent-color:var(--main)}\
.tier>span{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;width:100%;overflow-wrap:anywhere}\
button,.button{display:inline-block;font:inherit;font-weight:600;background:var(--main);color:var(--on-main);\
border:1px solid var(--main);border-radius:.5rem;padding:.6rem 1.2rem;min-height:2.75rem;max-width:100%;\
text-decoration:none;text-align:center;overflow-wrap:anywhere;cursor:pointer}\
button.plain{background:transparent;color:var(--main)}\
label.name{display:block;font-weight:600;margin:.5rem 0 .25rem}\
textarea,input[type=password]{display:block;width:100%;font:inherit;color:inherit;background:var(--page);\
border:1px solid var(--soft);border-radius:.4rem;padding:.6rem}\
textarea{font-family:ui-monospace,monospace;font-size:.85rem;overflow-wrap:anywhere;resize:vertical}\
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}\
dl{margin:.5rem 0;display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.35rem 1rem}\
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}\
ul,ol{padding-left:1.25rem}ul.cards{list-style:none;padding:0}\
:focus-visible{outline:.2rem solid var(--main);outline-offset:.15rem}";

/// A whole page.
pub(super) fn whole(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="referrer" content="same-origin";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}

/// A link to `url`, where that is a web page or a path on this server.
pub(super) fn back(url: &str, words: &str) -> Markup {
    html! {
        @if is_page(url) {
            p { a href=(url) { (words) } }
        }
    }
}

/// Whether `url` can be linked: no scheme that runs a script, no host that looks like a path.
pub(super) fn is_page(url: &str) -> bool {
    let is_path = url.starts_with('/') && !url.starts_with("//") && !url.contains('\\');
    is_path || url.starts_with("https://") || url.starts_with("http://")
}

/// A day as people read it.
pub(super) fn day(time: Timestamp) -> Markup {
    html! { time datetime=(time) { (time.strftime("%-d %B %Y")) } }
}
