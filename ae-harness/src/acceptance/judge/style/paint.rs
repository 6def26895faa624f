//! Colours, as far as they decide whether text can be seen.

use super::{
    known::Verdict,
    value::{Part, arguments},
};

/// The least share of a colour that lets text be seen.
pub(super) const ALPHA_MIN: f32 = 0.2;

/// Red, green and blue of black, of white, and of a colour that is written in hex digits without transparency.
pub(in crate::acceptance::judge) fn rgb(value: &[Part]) -> Option<[u8; 3]> {
    let digits = match value {
        [Part::Hash(digits)] => digits,
        [Part::Word(word)] if word == "black" => return Some([0; 3]),
        [Part::Word(word)] if word == "white" => return Some([255; 3]),
        _ => return None,
    };
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.clone(),
        _ => return None,
    };
    let number = u32::from_str_radix(&long, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// Whether text of this colour can be seen on some background.
pub(super) fn colour(value: &[Part]) -> Verdict {
    let [part] = value else { return Verdict::Unknown };
    match part {
        Part::Word(word) if word == "transparent" => Verdict::Hides,
        Part::Word(_) => Verdict::Shows,
        Part::Hash(digits) => match (digits.len(), digits.get(3..4), digits.get(6..8)) {
            (3 | 6, ..) => Verdict::Shows,
            (4, Some(alpha), _) => hex_alpha(&alpha.repeat(2)),
            (8, _, Some(alpha)) => hex_alpha(alpha),
            _ => Verdict::Unknown,
        },
        Part::Call(name, inside) => match name.as_str() {
            "rgb" | "rgba" | "hsl" | "hsla" | "hwb" | "lab" | "lch" | "oklab" | "oklch" | "color" => {
                alpha(inside)
            }
            "light-dark" => arguments(inside).map(colour).max().unwrap_or(Verdict::Unknown),
            "color-mix" => mix(inside),
            _ => Verdict::Unknown,
        },
        _ => Verdict::Unknown,
    }
}

fn hex_alpha(digits: &str) -> Verdict {
    match u8::from_str_radix(digits, 16) {
        Ok(alpha) => shown(f32::from(alpha) / 255.0),
        Err(_) => Verdict::Unknown,
    }
}

/// Looks at what follows the slash, or at the fourth of four arguments.
fn alpha(inside: &[Part]) -> Verdict {
    let after_slash = inside.iter().position(|part| *part == Part::Mark('/')).map(|at| at + 1);
    let given = match after_slash {
        Some(at) => inside.get(at..),
        None => arguments(inside).nth(3),
    };
    match given {
        None => Verdict::Shows,
        Some([Part::Number(value, unit)]) if unit.is_empty() => shown(*value),
        Some([Part::Number(value, unit)]) if unit == "%" => shown(value / 100.0),
        Some(_) => Verdict::Unknown,
    }
}

/// A mixture of colours that can all be seen can be seen.
fn mix(inside: &[Part]) -> Verdict {
    let colours = arguments(inside).skip(1);
    let worst = colours.map(|argument| match argument {
        [colour @ .., Part::Number(_, unit)] if unit == "%" => colour,
        colour => colour,
    });
    match worst.map(colour).max() {
        Some(Verdict::Shows) => Verdict::Shows,
        _ => Verdict::Unknown,
    }
}

fn shown(alpha: f32) -> Verdict {
    if alpha >= ALPHA_MIN { Verdict::Shows } else { Verdict::Hides }
}
