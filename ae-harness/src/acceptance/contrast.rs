//! Contrast of colours (WCAG 2.2, success criterion 1.4.3).

use std::collections::BTreeMap;

use super::{Verdict, judged, site::Site, style::Rule};

/// The least contrast of text.
const CONTRAST_MIN: f64 = 4.5;

/// Rules that set both colours, resolved through the custom properties of `:root`, in light and in dark.
pub(super) fn check(site: &Site) -> Verdict {
    let mut problems = Vec::new();
    let mut measured = 0_usize;
    for (scheme, dark) in [("light", false), ("dark", true)] {
        let variables = variables(site.rules(), dark);
        for rule in site.rules().iter().filter(|rule| applies(rule, dark)) {
            let background = rule.value("background-color").or_else(|| rule.value("background"));
            let colours = rule.value("color").zip(background);
            let Some((text, background)) = colours else { continue };
            let resolved = colour(text, &variables).zip(colour(background, &variables));
            let Some((text, background)) = resolved else { continue };
            measured += 1;
            let ratio = ratio(text, background);
            if ratio < CONTRAST_MIN {
                problems.push(format!(
                    "the rule {:?} has a contrast of {ratio:.2} to 1 in {scheme}: make it at least 4.5 to 1",
                    rule.selector
                ));
            }
        }
    }
    let found = match measured {
        0 => "not measured: no rule sets both colours as hex values or custom properties".to_owned(),
        count => format!("{count} pairs of colours reach 4.5 to 1"),
    };
    judged(problems, found)
}

fn applies(rule: &Rule, dark: bool) -> bool {
    !rule.media.contains("print")
        && (dark || !rule.media.contains("dark"))
        && (!dark || !rule.media.contains("light"))
}

/// The custom properties of `:root` in one colour scheme, later rules first in effect.
fn variables(rules: &[Rule], dark: bool) -> BTreeMap<String, String> {
    let roots = rules.iter().filter(|rule| rule.selector == ":root" && applies(rule, dark));
    let declared = roots.flat_map(|rule| rule.declarations.iter().cloned());
    declared.filter(|(name, _)| name.starts_with("--")).collect()
}

/// Red, green and blue of a hex colour or of a custom property that leads to one.
fn colour(value: &str, variables: &BTreeMap<String, String>) -> Option<[u8; 3]> {
    let mut value = value;
    for _ in 0..8 {
        let Some(inner) = value.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')')) else { break };
        value = variables.get(inner.split(',').next()?.trim())?.as_str();
    }
    let digits = value.strip_prefix('#')?;
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let number = u32::from_str_radix(&long, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
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

    #[test]
    fn the_formula_agrees_with_known_pairs() {
        assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // #767676 on white is the well-known lightest grey that reaches 4.5.
        assert!(ratio([0x76; 3], [255; 3]) >= 4.5 && ratio([0x77; 3], [255; 3]) < 4.5);
        let variables = BTreeMap::from([
            ("--a".to_owned(), "var(--b)".to_owned()),
            ("--b".to_owned(), "#abc".to_owned()),
        ]);
        assert_eq!(colour("var(--a)", &variables), Some([0xAA, 0xBB, 0xCC]));
        assert_eq!(colour("var(--none)", &variables), None);
        assert_eq!(colour("red", &variables), None);
    }
}
