//! Which values of which properties let text be seen.

use super::{
    names::{DISPLAYS, EXTENTS, SIZES, is_harmless, is_wide},
    paint::{self, ALPHA_MIN},
    screen::{SCREENS, Whole, pixels},
    value::{Part, arguments},
};

/// What a declaration does to the text of its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It can be seen.
    Shows,
    /// It can't.
    Hides,
    /// That can't be told.
    Unknown,
}

use Verdict::{Hides, Shows, Unknown};

/// The smallest text that can be read, and the smallest box that can hold any, in pixels.
const PIXELS_MIN: f32 = 6.0;
/// The largest text, in pixels.
const PIXELS_MAX: f32 = 1_000.0;
/// How far a box may stand before the place where it would be, in pixels.
const BEFORE_MAX: f32 = 80.0;

/// What `name: value` does; the name is plain, and the value holds no `var()`.
pub(super) fn judge(name: &str, value: &[Part]) -> Verdict {
    if is_wide(value) {
        return Shows;
    }
    match name {
        "display" => words(value, &["none", "table-column", "table-column-group"], &DISPLAYS),
        "visibility" => words(value, &["hidden", "collapse"], &["visible"]),
        "content-visibility" => words(value, &["hidden"], &["auto", "visible"]),
        "opacity" => at_least(value, ALPHA_MIN),
        "color" | "text-fill-color" => paint::colour(value),
        "font-size" => size(value),
        "font" => font(value),
        "line-height" => line_height(value),
        "font-size-adjust" => words_or(value, &["from-font", "none"], |value| at_least(value, 0.3)),
        "text-size-adjust" => words_or(value, &["auto", "none"], |value| at_least(value, 0.5)),
        "zoom" => words_or(value, &["normal", "reset"], |value| at_least(value, 0.5)),
        "width" | "height" | "block-size" | "inline-size" | "max-width" | "max-height" | "max-block-size"
        | "max-inline-size" => extent(value),
        "position" => words(value, &[], &["absolute", "fixed", "relative", "static", "sticky"]),
        "top" | "right" | "bottom" | "left" | "text-indent" => near(value, Whole::Screen),
        "vertical-align" => {
            let lines = ["baseline", "bottom", "middle", "sub", "super", "text-bottom", "text-top", "top"];
            words_or(value, &lines, |value| near(value, Whole::Own))
        }
        "translate" => words_or(value, &["none"], |value| near(value, Whole::Own)),
        "scale" => words_or(value, &["none"], scales),
        "rotate" => words_or(value, &["none"], |value| told(matches!(value, [Part::Number(..)]))),
        "transform" => words_or(value, &["none"], |value| worst(value, transform)),
        "filter" => words_or(value, &["none"], |value| worst(value, filter)),
        "z-index" => words_or(value, &["auto"], |value| at_least(value, 0.0)),
        "letter-spacing" | "word-spacing" => words_or(value, &["normal"], spacing),
        "clip" => words_or(value, &["auto"], |_| Unknown),
        "clip-path" | "line-clamp" | "mask" | "mask-image" | "offset" | "offset-path" | "text-security" => {
            words(value, &[], &["none"])
        }
        "content" => words(value, &[], &["none", "normal"]),
        "mix-blend-mode" => words(value, &[], &["normal"]),
        "unicode-bidi" => words(value, &[], &["embed", "isolate", "normal", "plaintext"]),
        "contain" => words(value, &[], &["content", "layout", "none", "paint", "style"]),
        "container-type" => words(value, &[], &["inline-size", "normal", "scroll-state"]),
        "container" => told(!value.contains(&Part::Word("size".to_owned()))),
        _ if name.starts_with("margin") || name.starts_with("padding") || name.starts_with("inset") => {
            near(value, Whole::Screen)
        }
        _ => told(is_harmless(name)),
    }
}

/// A value that is fine, or else can't be judged.
fn told(fine: bool) -> Verdict {
    if fine { Shows } else { Unknown }
}

fn hides_unless(fine: bool) -> Verdict {
    if fine { Shows } else { Hides }
}

/// The worst of several parts.
fn worst(value: &[Part], of: impl Fn(&Part) -> Verdict) -> Verdict {
    value.iter().map(of).max().unwrap_or(Unknown)
}

fn words(value: &[Part], hiding: &[&str], showing: &[&str]) -> Verdict {
    worst(value, |part| match part {
        Part::Word(word) if hiding.contains(&word.as_str()) => Hides,
        Part::Word(word) if showing.contains(&word.as_str()) => Shows,
        _ => Unknown,
    })
}

fn words_or(value: &[Part], showing: &[&str], or: impl FnOnce(&[Part]) -> Verdict) -> Verdict {
    match words(value, &[], showing) {
        Shows => Shows,
        _ => or(value),
    }
}

/// A number, or a share in percent.
fn at_least(value: &[Part], least: f32) -> Verdict {
    match value {
        [Part::Number(number, unit)] if unit.is_empty() => hides_unless(*number >= least),
        [Part::Number(number, unit)] if unit == "%" => hides_unless(number / 100.0 >= least),
        _ => Unknown,
    }
}

/// A length within bounds on every screen.
fn within(value: &[Part], whole: Whole, least: f32, most: f32) -> Verdict {
    match pixels(value, whole) {
        Some(found) => hides_unless(found.iter().all(|found| (least..=most).contains(found))),
        None => Unknown,
    }
}

fn size(value: &[Part]) -> Verdict {
    words_or(value, &SIZES, |value| within(value, Whole::Text, PIXELS_MIN, PIXELS_MAX))
}

/// The size is the first part with a unit; numbers before it are weights.
fn font(value: &[Part]) -> Verdict {
    const SYSTEM: [&str; 6] = ["caption", "icon", "menu", "message-box", "small-caption", "status-bar"];
    for (at, part) in value.iter().enumerate() {
        let found = match part {
            Part::Word(word) if SIZES.contains(&word.as_str()) => Shows,
            Part::Number(number, unit) if unit.is_empty() && *number >= 1.0 => continue,
            Part::Number(..) | Part::Call(..) => size(std::slice::from_ref(part)),
            Part::Word(_) => continue,
            _ => Unknown,
        };
        let height = match value.get(at + 1..) {
            Some([Part::Mark('/'), height, ..]) => line_height(std::slice::from_ref(height)),
            _ => Shows,
        };
        return found.max(height);
    }
    words(value, &[], &SYSTEM)
}

fn line_height(value: &[Part]) -> Verdict {
    match value {
        [Part::Number(number, unit)] if unit.is_empty() => hides_unless((0.5..=10.0).contains(number)),
        _ => words_or(value, &["normal"], |value| within(value, Whole::Text, PIXELS_MIN, PIXELS_MAX)),
    }
}

fn extent(value: &[Part]) -> Verdict {
    match value {
        [Part::Call(name, _)] if name == "fit-content" => Shows,
        _ => words_or(value, &EXTENTS, |value| within(value, Whole::Screen, PIXELS_MIN, f32::MAX)),
    }
}

fn spacing(value: &[Part]) -> Verdict {
    within(value, Whole::Text, -3.0, 100.0)
}

/// Lengths that leave a box about where it would be, and on the screen.
fn near(value: &[Part], whole: Whole) -> Verdict {
    worst(value, |part| match part {
        Part::Word(word) if word == "auto" => Shows,
        part => match pixels(std::slice::from_ref(part), whole) {
            Some(found) => hides_unless(
                found
                    .iter()
                    .zip(SCREENS)
                    .all(|(found, screen)| (-BEFORE_MAX..screen.width.max(PIXELS_MAX)).contains(found)),
            ),
            None => Unknown,
        },
    })
}

fn scales(value: &[Part]) -> Verdict {
    worst(value, |part| at_least(std::slice::from_ref(part), 0.5))
}

fn transform(part: &Part) -> Verdict {
    let Part::Call(name, inside) = part else { return Unknown };
    match name.as_str() {
        "translate" | "translatex" | "translatey" => {
            arguments(inside).map(|argument| near(argument, Whole::Own)).max().unwrap_or(Unknown)
        }
        "scale" | "scalex" | "scaley" => arguments(inside).map(scales).max().unwrap_or(Unknown),
        "rotate" | "rotatez" | "translatez" => Shows,
        _ => Unknown,
    }
}

fn filter(part: &Part) -> Verdict {
    let Part::Call(name, inside) = part else { return Unknown };
    match name.as_str() {
        "drop-shadow" | "grayscale" | "hue-rotate" | "saturate" | "sepia" => Shows,
        "opacity" => at_least(inside, ALPHA_MIN),
        "blur" => within(inside, Whole::Own, 0.0, 1.0),
        _ => Unknown,
    }
}
