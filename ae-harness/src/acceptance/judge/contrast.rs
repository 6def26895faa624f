//! Contrast of colours (WCAG 2.2, success criterion 1.4.3).

use std::collections::BTreeSet;

use super::{
    Verdict, judged,
    style::{Part, Sheets},
};

/// The least contrast of text.
const CONTRAST_MIN: f64 = 4.5;
/// The most steps from one custom property to another.
const STEPS_MAX: u32 = 8;

/// Every pair of colours that one rule sets, in light and in dark. A custom property stands for each of its values.
pub(super) fn check(sheets: &Sheets) -> Verdict {
    let mut problems = BTreeSet::new();
    let mut measured = 0_usize;
    for (scheme, dark) in [("light", false), ("dark", true)] {
        for rule in sheets.rules.iter().filter(|rule| rule.dark.is_none_or(|only| only == dark)) {
            let background = rule.value("background-color").or_else(|| rule.value("background"));
            let Some((text, background)) = rule.value("color").zip(background) else { continue };
            let (texts, backgrounds) =
                (colours(sheets, text, dark, STEPS_MAX), colours(sheets, background, dark, STEPS_MAX));
            let ratios = texts.iter().flat_map(|text| backgrounds.iter().map(|on| ratio(*text, *on)));
            let lowest = ratios.reduce(f64::min).or_else(|| (text == background).then_some(1.0));
            let Some(lowest) = lowest else { continue };
            measured += 1;
            if lowest < CONTRAST_MIN {
                problems.insert(format!(
                    "the rule {:?} has a contrast of {lowest:.2} to 1 in {scheme}: make it at least 4.5 to 1",
                    rule.selector
                ));
            }
        }
    }
    let found = match measured {
        0 => "not measured: no rule sets both colours as hex values or custom properties".to_owned(),
        count => format!("{count} pairs of colours reach 4.5 to 1"),
    };
    judged(problems.into_iter().collect(), found)
}

/// The colours that a value may stand for in one scheme.
fn colours(sheets: &Sheets, value: &[Part], dark: bool, steps: u32) -> Vec<[u8; 3]> {
    let variable = match value {
        [Part::Call(name, inside)] if name == "var" => inside.first(),
        _ => return rgb(value).into_iter().collect(),
    };
    let (Some(Part::Word(variable)), Some(steps)) = (variable, steps.checked_sub(1)) else {
        return Vec::new();
    };
    // A value for this scheme replaces those for both.
    let values = |scheme: Option<bool>| {
        let rules = sheets.rules.iter().filter(move |rule| rule.dark == scheme);
        rules.filter_map(|rule| rule.value(variable)).collect::<Vec<_>>()
    };
    let own = values(Some(dark));
    let values = if own.is_empty() { values(None) } else { own };
    values.into_iter().flat_map(|value| colours(sheets, value, dark, steps)).collect()
}

/// Red, green and blue of black, of white, and of a colour that is written in hex digits without transparency.
fn rgb(value: &[Part]) -> Option<[u8; 3]> {
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
    let [_, red, green, blue] = u32::from_str_radix(&long, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// The contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition of "contrast ratio").
fn ratio(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The relative luminance in sRGB (WCAG 2.2, definition of "relative luminance").
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(css: &str) -> Verdict {
        let mut sheets = Sheets::default();
        sheets.add("x.css", css);
        check(&sheets)
    }

    #[test]
    fn the_formula_agrees_with_known_pairs() {
        assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // #767676 on white is the well-known lightest grey that reaches 4.5.
        assert!(ratio([0x76; 3], [255; 3]) >= 4.5 && ratio([0x77; 3], [255; 3]) < 4.5);
    }

    #[test]
    fn pairs_of_one_rule_are_measured_in_each_scheme() {
        const INK: &str =
            ":root{--ink:var(--deep);--deep:#000;--paper:#fff}.x{color:var(--ink);background:var(--paper)}";
        for (css, problem) in [
            (INK.to_owned(), None),
            (format!("{INK}@media (prefers-color-scheme: dark){{:root{{--deep:#fff}}}}"), Some("in dark")),
            (
                format!("{INK}@media only screen and (prefers-color-scheme:light){{a{{--deep:#fff}}}}"),
                Some("in light"),
            ),
            (format!("{INK}@media not (prefers-color-scheme:dark){{a{{--deep:#fff}}}}"), Some("in light")),
            (format!("{INK}@media print{{a{{--deep:#fff}}}}"), None),
            (format!("{INK}.y{{--deep:#fff}}"), Some("in dark")),
            ("a{color:#fff;background:#FFFFFF}".to_owned(), Some("1.00 to 1")),
            ("a{background-color:#abc;color:#abc}".to_owned(), Some("1.00 to 1")),
            ("a{color:white;background-color:#fff}".to_owned(), Some("1.00 to 1")),
            ("a{color:rgb(1 2 3);background:rgb(1 2 3)}".to_owned(), Some("1.00 to 1")),
            (":root{--a:var(--b);--b:var(--a)}a{color:var(--a);background:#fff}".to_owned(), None),
        ] {
            let found = checked(&css);
            assert_eq!(found.is_err(), problem.is_some(), "{css}: {found:?}");
            assert!(found.unwrap_or_else(|what| what).contains(problem.unwrap_or_default()), "{css}");
        }
        assert!(checked("a{color:#111}").unwrap().contains("not measured"));
    }
}
