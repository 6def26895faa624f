//! Contrast of colours (WCAG 2.2, success criterion 1.4.3).

use std::collections::BTreeMap;

use super::{
    Verdict, judged,
    pages::Site,
    style::{Part, Rule, rgb},
};

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

/// A rule counts in the scheme that its conditions name, and in both when they name none in the plainest way.
fn applies(rule: &Rule, dark: bool) -> bool {
    let scheme = rule.conditions.iter().find_map(|condition| {
        let plain: String = condition.chars().filter(|c| !c.is_whitespace()).collect();
        match plain.strip_prefix("@media")?.trim_start_matches("only").trim_start_matches("screenand") {
            "(prefers-color-scheme:dark)" => Some(true),
            "(prefers-color-scheme:light)" => Some(false),
            _ => None,
        }
    });
    rule.on_screen && scheme.is_none_or(|scheme| scheme == dark)
}

/// The custom properties of `:root` in one colour scheme, later rules first in effect.
fn variables(rules: &[Rule], dark: bool) -> BTreeMap<&str, &[Part]> {
    rules
        .iter()
        .filter(|rule| rule.selector == ":root" && applies(rule, dark))
        .flat_map(Rule::variables)
        .collect()
}

/// Red, green and blue of a hex colour or of a custom property that leads to one.
fn colour(value: &[Part], variables: &BTreeMap<&str, &[Part]>) -> Option<[u8; 3]> {
    let mut value = value;
    for _ in 0..8 {
        let [Part::Call(name, inside)] = value else { break };
        let Some(Part::Word(variable)) = inside.first().filter(|_| name == "var") else { break };
        value = variables.get(variable.as_str())?;
    }
    rgb(value)
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
    use super::{super::style::Sheet, *};

    #[test]
    fn the_formula_agrees_with_known_pairs() {
        assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // #767676 on white is the well-known lightest grey that reaches 4.5.
        assert!(ratio([0x76; 3], [255; 3]) >= 4.5 && ratio([0x77; 3], [255; 3]) < 4.5);
        let call = |name: &str| Part::Call("var".to_owned(), vec![Part::Word(name.to_owned())]);
        let (to_b, hex) = ([call("--b")], [Part::Hash("abc".to_owned())]);
        let variables = BTreeMap::from([("--a", to_b.as_slice()), ("--b", hex.as_slice())]);
        assert_eq!(colour(&[call("--a")], &variables), Some([0xAA, 0xBB, 0xCC]));
        assert_eq!(colour(&[call("--none")], &variables), None);
        assert_eq!(colour(&[Part::Word("red".to_owned())], &variables), None);
    }

    #[test]
    fn a_rule_counts_in_the_scheme_that_it_names() {
        for (css, light, dark) in [
            ("a{}", true, true),
            ("@media (prefers-color-scheme: dark){a{b:c}}", false, true),
            ("@media only screen and (prefers-color-scheme:light){a{b:c}}", true, false),
            ("@media not (prefers-color-scheme:dark){a{b:c}}", true, true),
            ("@media not print{a{b:c}}", true, true),
            ("@media print{a{b:c}}", false, false),
        ] {
            let mut sheet = Sheet::default();
            sheet.add("x.css", &css.replace("{}", "{b:c}"));
            let found: Vec<_> = [false, true].map(|dark| applies(&sheet.rules[0], dark)).into();
            assert_eq!(found, [light, dark], "{css}");
        }
    }
}
