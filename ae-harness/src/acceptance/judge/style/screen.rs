//! Lengths in pixels, on the screens that a page has to work on.

use super::value::{Part, arguments};

/// The text of a browser that nobody changed, in pixels.
const TEXT: f32 = 16.0;

/// A screen in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) width: f32,
    height: f32,
}

/// A phone, a small and a large window.
pub(super) const SCREENS: [Screen; 3] = [
    Screen { width: 360.0, height: 640.0 },
    Screen { width: 1_000.0, height: 800.0 },
    Screen { width: 1_920.0, height: 1_080.0 },
];

/// What 100% of a length is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole {
    /// The text around it.
    Text,
    /// A block as wide as the screen.
    Screen,
    /// The element itself, of a size that is not known: 100 pixels.
    Own,
}

/// The length in pixels on each screen; `None` when it is no length, or one that can't be told.
pub(super) fn pixels(parts: &[Part], whole: Whole) -> Option<[f32; 3]> {
    let [phone, small, large] = SCREENS;
    Some([sum(parts, whole, phone)?, sum(parts, whole, small)?, sum(parts, whole, large)?])
}

fn sum(parts: &[Part], whole: Whole, screen: Screen) -> Option<f32> {
    let mut total = 0.0;
    let mut sign = 1.0;
    let mut rest = parts;
    loop {
        let end = rest.iter().position(|part| matches!(part, Part::Mark('+' | '-')));
        let (term, after) = rest.split_at(end.unwrap_or(rest.len()));
        total += sign * product(term, whole, screen)?;
        let Some((mark, after)) = after.split_first() else { return Some(total) };
        sign = if *mark == Part::Mark('-') { -1.0 } else { 1.0 };
        rest = after;
    }
}

fn product(parts: &[Part], whole: Whole, screen: Screen) -> Option<f32> {
    let (first, mut rest) = parts.split_first()?;
    let mut total = single(first, whole, screen)?;
    while let Some((mark, after)) = rest.split_first() {
        let (factor, after) = after.split_first()?;
        let factor = single(factor, whole, screen)?;
        match mark {
            Part::Mark('*') => total *= factor,
            Part::Mark('/') if factor != 0.0 => total /= factor,
            _ => return None,
        }
        rest = after;
    }
    Some(total)
}

fn single(part: &Part, whole: Whole, screen: Screen) -> Option<f32> {
    match part {
        Part::Number(value, unit) => Some(value * per_unit(unit, whole, screen)?),
        Part::Call(name, inside) => {
            let mut values = Vec::new();
            for argument in arguments(inside) {
                values.push(sum(argument, whole, screen)?);
            }
            match (name.as_str(), values.as_slice()) {
                ("" | "calc", [value]) => Some(*value),
                ("min", [first, rest @ ..]) => Some(rest.iter().fold(*first, |least, next| least.min(*next))),
                ("max", [first, rest @ ..]) => Some(rest.iter().fold(*first, |most, next| most.max(*next))),
                ("clamp", [least, value, most]) => Some(value.min(*most).max(*least)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Pixels of one unit (CSS Values and Units Level 4, sections 5 and 6), with usual letters.
fn per_unit(unit: &str, whole: Whole, screen: Screen) -> Option<f32> {
    let Screen { width, height } = screen;
    Some(match unit {
        "" | "px" => 1.0,
        "%" => match whole {
            Whole::Text => TEXT / 100.0,
            Whole::Screen => width / 100.0,
            Whole::Own => 1.0,
        },
        "em" | "rem" | "ic" | "ric" => TEXT,
        "ch" | "rch" | "ex" | "rex" => TEXT / 2.0,
        "cap" | "rcap" => TEXT * 0.7,
        "lh" | "rlh" => TEXT * 1.2,
        "vw" | "svw" | "lvw" | "dvw" | "vi" | "svi" | "lvi" | "dvi" | "cqw" | "cqi" => width / 100.0,
        "vh" | "svh" | "lvh" | "dvh" | "vb" | "svb" | "lvb" | "dvb" | "cqh" | "cqb" => height / 100.0,
        "vmin" | "svmin" | "lvmin" | "dvmin" | "cqmin" => width.min(height) / 100.0,
        "vmax" | "svmax" | "lvmax" | "dvmax" | "cqmax" => width.max(height) / 100.0,
        "pt" => 4.0 / 3.0,
        "pc" => 16.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 9.6 / 2.54,
        "q" => 2.4 / 2.54,
        _ => return None,
    })
}
