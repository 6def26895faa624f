//! Style rules, as far as the checks need them: flat rules with their media condition.

use scraper::Selector;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The at-rules around it, in lower case, outermost first; empty when there are none.
    pub(super) media: String,
    /// The selector.
    pub(super) selector: String,
    /// The declarations, names in lower case.
    pub(super) declarations: Vec<(String, String)>,
}

impl Rule {
    /// The last value of a declaration.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.declarations.iter().rev().find(|(declared, _)| declared == name).map(|(_, value)| value.as_str())
    }
}

/// The rules of a style sheet, at-rules resolved to the depth that people write.
pub(super) fn rules(css: &str) -> Vec<Rule> {
    let mut found = Vec::new();
    collect(&without_comments(css), "", 0, &mut found);
    found
}

/// The selectors of rules that make what they match invisible on screens, unless they only match in print.
pub(super) fn hiding_selectors(rules: &[Rule]) -> Vec<Selector> {
    let hides = |rule: &&Rule| {
        let is = |name: &str, wanted: &str| {
            rule.value(name).is_some_and(|value| value.trim_end_matches("!important").trim() == wanted)
        };
        !rule.media.contains("print")
            && (is("display", "none")
                || is("visibility", "hidden")
                || is("opacity", "0")
                || is("font-size", "0")
                || is("content-visibility", "hidden"))
    };
    rules.iter().filter(hides).filter_map(|rule| Selector::parse(&rule.selector).ok()).collect()
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn collect(css: &str, media: &str, depth: usize, found: &mut Vec<Rule>) {
    let mut rest = css;
    while let Some((head, after)) = rest.split_once('{') {
        // Statements without a block, such as @charset, end before the selector.
        let prelude = head.rsplit(';').next().unwrap_or_default().trim();
        let (block, next) = split_block(after);
        if prelude.starts_with('@') {
            let nests =
                ["@media", "@supports", "@layer", "@container"].iter().any(|name| prelude.starts_with(name));
            if nests && depth < 4 {
                collect(block, &format!("{media} {}", prelude.to_lowercase()), depth + 1, found);
            }
        } else {
            found.push(Rule {
                media: media.trim().to_owned(),
                selector: prelude.to_owned(),
                declarations: declarations(block),
            });
        }
        rest = next;
    }
}

/// The text up to the brace that closes the block, and what follows it.
fn split_block(after_open: &str) -> (&str, &str) {
    let mut open = 1_usize;
    for (at, byte) in after_open.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            let next = after_open.get(at + 1..).unwrap_or_default();
            return (after_open.get(..at).unwrap_or_default(), next);
        }
    }
    (after_open, "")
}

fn declarations(block: &str) -> Vec<(String, String)> {
    let pairs = block.split(';').filter_map(|declaration| declaration.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_keep_their_media() {
        let css = "@charset \"utf-8\";/* x{} */:root{--a:#FFF}@media (prefers-color-scheme: dark){:root{--a:#000}}\n.x , .y{display:none !important}";
        let rules = rules(css);
        assert_eq!(rules.len(), 3);
        assert_eq!((rules[0].media.as_str(), rules[0].value("--a")), ("", Some("#fff")));
        assert_eq!((rules[1].media.contains("dark"), rules[1].value("--a")), (true, Some("#000")));
        assert_eq!(hiding_selectors(&rules).len(), 1);
        assert!(hiding_selectors(&super::rules("@media print{.x{display:none}}")).is_empty());
        for broken in ["}", "{", "a{", "@media{", "/*", "a{b:c", ""] {
            super::rules(broken);
        }
    }
}
