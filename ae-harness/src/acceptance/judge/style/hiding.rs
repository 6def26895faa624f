//! Which rules hide what they match, and why.

use std::collections::BTreeMap;

use scraper::Selector;

use super::{
    known::{Verdict, judge},
    names::{is_wide, plain},
    paint,
    parse::{Declaration, Rule, Sheet},
    selector::Target,
    value::{Part, Variables, text},
};

/// How many selectors may hide something: each is looked for on every page.
const HIDINGS_MAX: usize = 2_000;

/// Elements that nobody surely sees.
#[derive(Debug, Clone)]
pub(in crate::acceptance::judge) struct Hiding {
    /// Which they are.
    pub(in crate::acceptance::judge) selector: Selector,
    /// The rule, and what about it.
    pub(in crate::acceptance::judge) reason: String,
}

/// Knows what custom properties and animations stand for.
#[derive(Debug)]
pub(in crate::acceptance::judge) struct Judge {
    variables: Variables,
    /// Animations that hide in one of their steps.
    animations: BTreeMap<String, String>,
}

impl Judge {
    /// A judge for a site with these style sheets and style attributes.
    pub(in crate::acceptance::judge) fn of<'a>(
        sheet: &'a Sheet,
        attributes: impl Iterator<Item = &'a Rule>,
    ) -> Self {
        let mut variables = Variables::default();
        for (name, value) in sheet.rules.iter().chain(attributes).flat_map(Rule::variables) {
            variables.add(name, value);
        }
        for (name, value) in &sheet.initial {
            variables.add(name, value);
        }
        let steps: Vec<&Rule> = sheet.keyframes.iter().map(|(_, rule)| rule).collect();
        for (name, value) in steps.into_iter().flat_map(Rule::variables) {
            variables.add(name, value);
        }
        let mut judge = Self { variables, animations: BTreeMap::new() };
        for (name, rule) in &sheet.keyframes {
            if let Some(reason) = judge.reason(rule) {
                judge.animations.entry(name.clone()).or_insert(reason);
            }
        }
        judge
    }

    /// Every element that a style sheet hides on a screen.
    pub(in crate::acceptance::judge) fn hidings(&self, sheet: &Sheet) -> Vec<Hiding> {
        let anything = |what: &str| Hiding {
            selector: Target::everything().selector(),
            reason: format!("{what}, so it may hide anything: remove or correct it"),
        };
        // One that may hide anything tells enough.
        let mut found: Vec<Hiding> = sheet.unjudged.first().map(|what| anything(what)).into_iter().collect();
        for rule in sheet.rules.iter().filter(|rule| rule.on_screen) {
            let targets: Vec<&Target> = rule.targets.iter().filter(|target| !target.beside).collect();
            if targets.is_empty() {
                continue;
            }
            let Some(reason) = self.reason(rule) else { continue };
            let hidings =
                targets.iter().map(|target| Hiding { selector: target.selector(), reason: reason.clone() });
            found.extend(hidings);
            if found.len() > HIDINGS_MAX {
                return vec![anything(&format!(
                    "more than {HIDINGS_MAX} selectors hide something, {reason} among them"
                ))];
            }
        }
        found
    }

    /// Why what the rule matches is not surely seen; `None` when it is.
    pub(in crate::acceptance::judge) fn reason(&self, rule: &Rule) -> Option<String> {
        let what =
            rule.declarations.iter().find_map(|declared| self.declared(rule, declared)).or_else(|| {
                is_on_itself(rule).then(|| "gives the text the colour of its background".to_owned())
            })?;
        let mut conditions = rule.conditions.join(" ");
        if !conditions.is_empty() {
            conditions.push(' ');
        }
        let selector: String = rule.selector.chars().take(80).collect();
        Some(format!("the rule \"{conditions}{selector}\" in site/{} {what}", rule.file))
    }

    fn declared(&self, rule: &Rule, declared: &Declaration) -> Option<String> {
        let Declaration { name, value } = declared;
        if name.starts_with("--") {
            return None;
        }
        let plain = plain(name);
        if matches!(plain, "animation" | "animation-name") {
            return self.animated(name, value);
        }
        let values = self.variables.expand(value);
        let verdict = match &values {
            // What stands beside a property that can't hide anything does not matter.
            None => judge(plain, &[]),
            Some(values) => values.iter().map(|value| judge(plain, value)).max().unwrap_or(Verdict::Unknown),
        };
        let shown = text(value);
        match verdict {
            Verdict::Shows => None,
            Verdict::Hides if matches!(plain, "color" | "text-fill-color") && is_filled(rule) => None,
            Verdict::Hides => Some(format!("sets {name}: {shown}, which hides it")),
            Verdict::Unknown => {
                Some(format!("sets {name}: {shown}, which can't be judged and so counts as hiding"))
            }
        }
    }

    /// An animation hides when one of its steps does: it may be paused there.
    fn animated(&self, name: &str, value: &[Part]) -> Option<String> {
        let Some(values) = self.variables.expand(value) else {
            return Some(format!(
                "sets {name}: {}, which can't be judged and so counts as hiding",
                text(value)
            ));
        };
        let names = values.iter().flatten().filter_map(|part| match part {
            Part::Word(word) => Some(word.to_lowercase()),
            Part::Text(word) => Some(word.to_lowercase()),
            _ => None,
        });
        let step = names.into_iter().find_map(|name| self.animations.get(&name))?;
        Some(format!("sets {name}: {}, and {step}", text(value)))
    }
}

/// Whether the background fills the letters, as gradients on headings do.
fn is_filled(rule: &Rule) -> bool {
    let is_text =
        |name: &str| rule.value(name).is_some_and(|value| *value == [Part::Word("text".to_owned())]);
    let has_gradient = |name: &str| {
        rule.value(name).is_some_and(|value| {
            value.iter().any(|part| matches!(part, Part::Call(name, _) if name.ends_with("gradient")))
        })
    };
    (is_text("background-clip") || is_text("-webkit-background-clip"))
        && (has_gradient("background") || has_gradient("background-image"))
}

/// Whether text and background are the same colour, as far as that can be read off one rule.
fn is_on_itself(rule: &Rule) -> bool {
    let background = rule.value("background-color").or_else(|| rule.value("background"));
    let Some((text, background)) = rule.value("color").zip(background) else { return false };
    match (paint::rgb(text), paint::rgb(background)) {
        (Some(text), Some(background)) => text == background,
        _ => text == background && text.len() == 1 && !is_wide(text),
    }
}
