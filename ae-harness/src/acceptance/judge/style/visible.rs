//! The declarations that let text be seen. Every other one is refused.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::read::{Part, Rule, Sheets};

/// The most parts of one value once its custom properties are filled in: properties that name each other can grow
/// without a limit.
const PARTS_MAX: usize = 1_000;
/// Values that every property takes.
const WIDE: &str = "inherit initial revert revert-layer unset";
/// Properties that can't hide text, whatever their value; a star stands for the rest of the name.
const HARMLESS: &str = "--* accent-color align-* animation* appearance aspect-ratio backdrop-filter background* border* \
    box-* break-* caption-side caret-color clear color-scheme column* container-name counter-* cursor direction \
    empty-cells fill* flex* float font-display font-family font-feature* font-kerning font-optical* font-smoothing \
    font-stretch font-style font-synthesis* font-variant* font-weight forced-color-adjust gap grid* hanging-punctuation \
    hyphen* image-* isolation justify-* line-break list-style* min-* object-* order orphans osx-font-smoothing outline* \
    overflow* overscroll-* page-break-* place-* pointer-events position print-color-adjust quotes resize row-gap scroll* \
    src tab-size table-layout tap-highlight-color text-align* text-decoration* text-emphasis* text-justify text-overflow \
    text-rendering text-shadow text-transform text-underline* text-wrap* touch-action transform-* transition* \
    unicode-range user-select white-space* widows will-change word-break word-wrap writing-mode";
/// Functions of colours: a fourth argument is the alpha.
const COLOURS: &str = "hsl hsla hwb lab lch oklab oklch rgb rgba";
const DISPLAYS: &str = "-webkit-box block contents flex flow flow-root grid inline inline-block inline-flex inline-grid \
    inline-table list-item table table-caption table-cell table-footer-group table-header-group table-row table-row-group";
const EXTENTS: &str =
    "width height block-size inline-size max-width max-height max-block-size max-inline-size";
const LINES: &str = "baseline bottom middle sub super text-bottom text-top top";
const SIZES: &str = "large larger medium small smaller x-large x-small xx-large xxx-large";

/// Properties that can hide text, with the words and the numbers that don't.
const RULES: [(&str, &str, Measure); 13] = [
    ("display", DISPLAYS, NONE),
    ("visibility content-visibility", "auto visible", NONE),
    ("container-type", "inline-size normal", NONE),
    ("clip clip-path mask", "auto none", NONE),
    ("opacity scale scalex scaley text-size-adjust", "auto none", SHARE),
    ("z-index", "auto", LEVEL),
    ("font-size", SIZES, TEXT),
    ("line-height", "normal", TEXT),
    ("letter-spacing word-spacing", "normal", SPACING),
    (EXTENTS, "auto fit-content max-content min-content none stretch", EXTENT),
    ("translate translatex translatey", "none", MOVE),
    ("top right bottom left inset* margin* padding* text-indent", "auto", OFFSET),
    ("vertical-align", LINES, OFFSET),
];

/// The value of 1, of 1 % and of 1 % of the window, and the range that lets text be seen; lengths in pixels. Lower
/// bounds hold on a phone of 360 pixels, upper ones on a window of 1,920.
struct Measure(f32, f32, f32, RangeInclusive<f32>);

const NONE: Measure = Measure(0.0, 0.0, 0.0, 1.0..=0.0);
const SHARE: Measure = Measure(1.0, 0.01, 0.0, 0.5..=10.0);
const LEVEL: Measure = Measure(1.0, 0.0, 0.0, 0.0..=f32::MAX);
const TEXT: Measure = Measure(16.0, 0.16, 3.6, 10.0..=1_000.0);
const SPACING: Measure = Measure(1.0, 0.16, 19.2, -1.5..=100.0);
const EXTENT: Measure = Measure(1.0, 3.6, 3.6, 6.0..=f32::MAX);
const OFFSET: Measure = Measure(1.0, 19.2, 19.2, -32.0..=1_000.0);
/// The size of what moves is not known, so it may move by half of it.
const MOVE: Measure = Measure(1.0, 0.5, 19.2, -32.0..=1_000.0);

/// Every value of each custom property, whatever element and condition it is declared for.
type Variables<'a> = BTreeMap<&'a str, Vec<&'a [Part]>>;

/// The declarations that hide text or may hide it, and text that can't be read. A tool shows and hides its parts as it
/// works; that is why no text in it counts.
pub(in crate::acceptance::judge) fn problems(sheets: &Sheets) -> Vec<String> {
    let mut variables = Variables::new();
    for (name, value) in sheets.rules.iter().flat_map(Rule::variables) {
        variables.entry(name).or_default().push(value);
    }
    let mut problems = sheets.unread.clone();
    for rule in sheets.rules.iter().filter(|rule| !rule.is_in_tool) {
        for declared in rule.declarations.iter().filter(|one| !shows(&one.name, &one.value, &variables)) {
            let (file, selector, text) = (&rule.file, &rule.selector, &declared.text);
            problems
                .push(format!("site/{file}: {text:?} of {selector:?} hides text or may hide it: remove it"));
        }
    }
    problems
}

fn shows(name: &str, value: &[Part], variables: &Variables<'_>) -> bool {
    let prefixes = ["-webkit-", "-moz-", "-ms-", "-o-"];
    let name = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    if is_listed(name, HARMLESS) {
        return true;
    }
    let mut filled = Vec::new();
    let is_known = fill(value, variables, &mut { PARTS_MAX }, &mut filled).is_some() && !filled.is_empty();
    is_known && (filled.iter().all(|part| is_word(part, WIDE)) || judge(name, &filled))
}

/// Puts every value that a custom property has in its place, one after another: the rules look at one part at a time.
/// `None` when it has none, or too many.
fn fill(value: &[Part], variables: &Variables<'_>, left: &mut usize, filled: &mut Vec<Part>) -> Option<()> {
    for part in value {
        *left = left.checked_sub(1)?;
        match part {
            Part::Call(name, inside) if name == "var" => {
                let (Part::Word(variable), rest) = inside.split_first()? else { return None };
                let known = variables.get(variable.as_str()).into_iter().flatten().copied();
                let values: Vec<&[Part]> = known.chain(rest.get(1..)).collect();
                if values.is_empty() {
                    return None;
                }
                values.into_iter().try_for_each(|value| fill(value, variables, left, filled))?;
            }
            Part::Call(name, inside) => {
                let mut inner = Vec::new();
                fill(inside, variables, left, &mut inner)?;
                filled.push(Part::Call(name.clone(), inner));
            }
            other => filled.push(other.clone()),
        }
    }
    Some(())
}

fn judge(name: &str, value: &[Part]) -> bool {
    let all = |shows: &dyn Fn(&Part) -> bool| value.iter().all(shows);
    match name {
        "color" | "text-fill-color" => all(&is_colour),
        "font" => font(value),
        "filter" => {
            all(&|part| is_word(part, "none") || is_call(part, "drop-shadow grayscale saturate sepia"))
        }
        "transform" => all(&|part| match part {
            Part::Call(name, inside) => name == "rotate" || judge(name, &arguments(inside)),
            part => is_word(part, "none"),
        }),
        // Browsers put words and numbers before and after an element, and only images in the place of its text.
        "content" => all(&|part| !matches!(part, Part::Call(..)) || is_call(part, "attr counter counters")),
        _ => RULES
            .iter()
            .filter(|(names, ..)| is_listed(name, names))
            .any(|(_, words, measure)| all(&|part| is_word(part, words) || measure.shows(part))),
    }
}

fn is_listed(name: &str, list: &str) -> bool {
    list.split(' ').any(|known| match known.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => name == known,
    })
}

fn is_word(part: &Part, words: &str) -> bool {
    matches!(part, Part::Word(word) if is_listed(word, words))
}

fn is_call(part: &Part, names: &str) -> bool {
    matches!(part, Part::Call(name, _) if is_listed(name, names))
}

/// The parts between commas and slashes.
fn arguments(parts: &[Part]) -> Vec<Part> {
    parts.iter().filter(|part| !matches!(part, Part::Mark(',' | '/'))).cloned().collect()
}

/// A bare number before the slash is a weight, and one after it the height of a line.
fn font(value: &[Part]) -> bool {
    let mut is_line = false;
    value.iter().all(|part| {
        is_line |= *part == Part::Mark('/');
        match part {
            Part::Word(_) | Part::Text(_) | Part::Mark(',' | '/') => true,
            Part::Number(weight, unit) if unit.is_empty() && !is_line => (1.0..=1_000.0).contains(weight),
            part => TEXT.shows(part),
        }
    })
}

/// A colour that is not transparent.
fn is_colour(part: &Part) -> bool {
    match part {
        Part::Word(word) => word != "transparent",
        Part::Hash(digits) => matches!(digits.len(), 3 | 6),
        Part::Call(name, inside) if name == "light-dark" => arguments(inside).iter().all(is_colour),
        Part::Call(_, inside) => {
            let inside = arguments(inside);
            let is_plain = inside.len() <= 4 && inside.iter().all(|part| matches!(part, Part::Number(..)));
            is_call(part, COLOURS) && is_plain && inside.get(3).is_none_or(|alpha| SHARE.shows(alpha))
        }
        _ => false,
    }
}

impl Measure {
    /// Whether the number lets text be seen, whichever of its arguments a function takes.
    fn shows(&self, part: &Part) -> bool {
        match part {
            Part::Call(_, inside) if is_call(part, "calc clamp max min") => {
                inside.split(|part| *part == Part::Mark(',')).all(|argument| match argument {
                    [part] => self.shows(part),
                    terms => self.sum(terms).is_some_and(|sum| self.3.contains(&sum)),
                })
            }
            part => self.value(part).is_some_and(|value| self.3.contains(&value)),
        }
    }

    fn sum(&self, terms: &[Part]) -> Option<f32> {
        let terms = terms.split(|part| *part == Part::Mark('+'));
        terms.map(|term| if let [part] = term { self.value(part) } else { None }).sum()
    }

    /// The value of a number, with text of the usual size (CSS Values and Units Level 4, sections 5 and 6).
    fn value(&self, part: &Part) -> Option<f32> {
        let Part::Number(number, unit) = part else { return None };
        let Self(one, percent, window, _) = self;
        let factor = match unit.as_str() {
            "" => *one,
            "%" => *percent,
            "px" => 1.0,
            "em" | "rem" => 16.0,
            "ch" | "ex" => 8.0,
            "pt" => 4.0 / 3.0,
            unit => {
                let plain = unit.trim_start_matches(['s', 'l', 'd']);
                ["vw", "vh", "vi", "vb", "vmin", "vmax"].contains(&plain).then_some(*window)?
            }
        };
        Some(number * factor)
    }
}
