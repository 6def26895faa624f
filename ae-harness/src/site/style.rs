//! The style sheet: one layout, four palettes.

/// Accent colours in light and dark; every one reaches 4.5 to 1 on its backgrounds.
#[derive(Debug, Clone, Copy)]
struct Palette {
    accent: &'static str,
    accent_dark: &'static str,
    tint: &'static str,
    tint_dark: &'static str,
}

const PALETTES: [Palette; 4] = [
    Palette { accent: "#1f4fd8", accent_dark: "#9db8ff", tint: "#eef2ff", tint_dark: "#182138" },
    Palette { accent: "#0b6b4d", accent_dark: "#7fd8b4", tint: "#e9f6f0", tint_dark: "#14261f" },
    Palette { accent: "#8a2c6b", accent_dark: "#f0a6d6", tint: "#fbeef6", tint_dark: "#2a1926" },
    Palette { accent: "#9a3b00", accent_dark: "#ffb38a", tint: "#fdf1e8", tint_dark: "#2b1d14" },
];

fn palette(choice: u8) -> Palette {
    let [first, ..] = PALETTES;
    PALETTES.get(usize::from(choice) % PALETTES.len()).copied().unwrap_or(first)
}

/// The fill and the letter of the icon.
pub(super) fn icon_colours(choice: u8) -> (&'static str, &'static str) {
    (palette(choice).accent, "#ffffff")
}

/// The ground, the letters and the strip of the preview image.
pub(super) fn preview_colours(choice: u8) -> [[u8; 3]; 3] {
    let Palette { accent, tint, .. } = palette(choice);
    [rgb(accent), [255; 3], rgb(tint)]
}

/// The parts of `#rrggbb`.
fn rgb(colour: &str) -> [u8; 3] {
    let part = |at: usize| colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    [1, 3, 5].map(|at| part(at).unwrap_or_default())
}

/// The whole style sheet.
pub(super) fn sheet(choice: u8) -> String {
    let Palette { accent, accent_dark, tint, tint_dark } = palette(choice);
    format!(
        ":root{{color-scheme:light dark;--paper:#fcfbf9;--card:#ffffff;--ink:#1b1f24;--muted:#505a66;--line:#d9dce1;\
         --accent:{accent};--on-accent:#ffffff;--tint:{tint}}}\n\
         @media (prefers-color-scheme:dark){{:root{{--paper:#0f1217;--card:#171c24;--ink:#edf0f4;--muted:#aeb7c2;\
         --line:#2d3541;--accent:{accent_dark};--on-accent:#10131a;--tint:{tint_dark}}}}}\n{LAYOUT}"
    )
}

const LAYOUT: &str = "\
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;color:var(--ink);background:var(--paper);font:1.0625rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:break-word}
h1,h2,h3{line-height:1.2;letter-spacing:-.01em;margin:0 0 .6em;text-wrap:balance}
h1{font-size:clamp(2rem,1.4rem + 3vw,3.5rem);max-width:20ch}
h2{font-size:clamp(1.5rem,1.3rem + 1vw,2rem)}
h3{font-size:1.2rem}
p,ul{margin:0 0 1rem}
a{color:var(--accent);text-underline-offset:.2em}
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.25rem}
.wrap{width:min(70rem,100%);margin-inline:auto;padding-inline:1.25rem}
.narrow>*{max-width:46rem}
.bar{display:flex;flex-wrap:wrap;gap:.5rem 2rem;align-items:center;justify-content:space-between}
.skip{display:block;padding:.25rem 1.25rem;font-size:.85rem;color:var(--muted);background:var(--paper)}
.skip:focus{color:var(--on-accent);background:var(--accent)}
.top{border-bottom:1px solid var(--line);padding-block:.9rem}
.brand{font-weight:700;font-size:1.15rem;text-decoration:none;color:var(--ink);background:var(--paper)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:0;padding:0;list-style:none}
nav a{display:inline-block;padding:.4rem 0;color:var(--muted);background:var(--paper);text-decoration:none}
nav a:hover{color:var(--ink);text-decoration:underline}
section{padding-block:clamp(2.5rem,2rem + 3vw,5rem)}
section+section{border-top:1px solid var(--line)}
.hero{padding-block:clamp(3rem,2rem + 6vw,7rem)}
.hero.compact{padding-block:clamp(1.5rem,1rem + 2vw,2.5rem)}
.hero.compact h1{font-size:clamp(1.75rem,1.4rem + 1.6vw,2.5rem);max-width:30ch}
.hero.compact p{margin:0}
.hero.compact+section{padding-top:clamp(1.25rem,1rem + 1vw,2rem)}
form{margin:0 0 .75rem}
.lead{font-size:1.25rem;max-width:60ch;color:var(--muted);background:var(--paper)}
.audience{font-weight:600}
.notice{display:inline-block;padding:.5rem .9rem;border:1px solid var(--accent);border-radius:.5rem;color:var(--ink);background:var(--tint)}
.button{display:inline-block;padding:.75rem 1.4rem;border-radius:.6rem;font-weight:650;text-decoration:none;color:var(--on-accent);background:var(--accent)}
button.button{border:0;font:inherit;font-weight:650;cursor:pointer}
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.button:hover{text-decoration:underline}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:1.25rem;padding:0;list-style:none}
.card{display:flex;flex-direction:column;padding:1.5rem;border:1px solid var(--line);border-radius:1rem;color:var(--ink);background:var(--card)}
.card p{margin-bottom:.75rem}
.small{font-size:.925rem;color:var(--muted);background:var(--card)}
.price{font-size:1.6rem;font-weight:700}
.includes{padding-left:1.2rem;list-style:disc}
.card>.action,.card>.small{margin-top:auto;margin-bottom:0}
time{white-space:nowrap}
.bottom{border-top:1px solid var(--line);padding-block:1.5rem;color:var(--muted);background:var(--paper)}
.bottom p{margin:0}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}*{transition:none;animation:none}}
@media print{.skip,nav,.action{display:none}}
";
