//! From the text of a style sheet to its rules.

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, StyleSheetParser,
};

use super::{
    selector::{Target, targets},
    value::{Part, parts},
};

/// The most bytes of one style sheet, as many as a whole site may have.
const BYTES_MAX: usize = 500_000;
/// The most rules of all style sheets.
const RULES_MAX: usize = 10_000;

/// A declaration: its name in lower case (custom properties as written) and its value without `!important`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::acceptance::judge) struct Declaration {
    pub(super) name: String,
    pub(super) value: Vec<Part>,
}

/// One rule.
#[derive(Debug, Clone)]
pub(in crate::acceptance::judge) struct Rule {
    /// The file it stands in.
    pub(super) file: String,
    /// The at-rules around it, in lower case, outermost first.
    pub(in crate::acceptance::judge) conditions: Vec<String>,
    /// Whether it may apply to a screen.
    pub(in crate::acceptance::judge) on_screen: bool,
    /// The selectors as written.
    pub(in crate::acceptance::judge) selector: String,
    /// What they select at most.
    pub(super) targets: Vec<Target>,
    /// The declarations in their order.
    pub(in crate::acceptance::judge) declarations: Vec<Declaration>,
}

impl Rule {
    /// The last value of a declaration.
    pub(in crate::acceptance::judge) fn value(&self, name: &str) -> Option<&[Part]> {
        self.declarations.iter().rev().find(|declared| declared.name == name).map(|found| &*found.value)
    }

    /// The custom properties that it declares.
    pub(in crate::acceptance::judge) fn variables(&self) -> impl Iterator<Item = (&str, &[Part])> {
        let custom = self.declarations.iter().filter(|declared| declared.name.starts_with("--"));
        custom.map(|declared| (&*declared.name, &*declared.value))
    }
}

/// What style sheets say.
#[derive(Debug, Default)]
pub(in crate::acceptance::judge) struct Sheet {
    pub(in crate::acceptance::judge) rules: Vec<Rule>,
    /// The steps of animations, by name.
    pub(super) keyframes: Vec<(String, Rule)>,
    /// Values of custom properties that `@property` gives.
    pub(super) initial: Vec<(String, Vec<Part>)>,
    /// What can't be judged, and so may hide anything.
    pub(super) unjudged: Vec<String>,
}

impl Sheet {
    /// Adds the rules of a style sheet.
    pub(in crate::acceptance::judge) fn add(&mut self, file: &str, css: &str) {
        // A byte order mark is no part of the first selector (CSS Syntax Module Level 3, section 3.2).
        let css = css.strip_prefix('\u{FEFF}').unwrap_or(css);
        if css.len() > BYTES_MAX {
            self.unjudged
                .push(format!("site/{file}: a style sheet of more than {BYTES_MAX} bytes is not read"));
            return;
        }
        let mut input = Parser::new(css);
        let mut reader = Reader::new(self, Scope { file: file.to_owned(), ..Scope::default() });
        let mut broken = Vec::new();
        for item in StyleSheetParser::new(&mut input, &mut reader) {
            broken.extend(item.err().map(|(_, slice, _)| slice));
        }
        reader.end(&broken);
        if self.rules.len() > RULES_MAX {
            self.rules.truncate(RULES_MAX);
            self.unjudged.push(format!("site/{file}: more than {RULES_MAX} style rules are not read"));
        }
    }

    /// The declarations of a style attribute as a rule.
    pub(in crate::acceptance::judge) fn attribute(&mut self, file: &str, css: &str) -> Option<Rule> {
        let mut own = Self::default();
        let scope = Scope { file: file.to_owned(), selector: "style=\"…\"".to_owned(), ..Scope::default() };
        Reader::new(&mut own, scope).body(&mut Parser::new(css));
        self.unjudged.append(&mut own.unjudged);
        own.rules.into_iter().next()
    }
}

/// What surrounds the text that is read.
#[derive(Debug, Clone)]
struct Scope {
    file: String,
    conditions: Vec<String>,
    on_screen: bool,
    selector: String,
    targets: Vec<Target>,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            file: String::new(),
            conditions: Vec::new(),
            on_screen: true,
            selector: String::new(),
            targets: vec![Target::everything()],
        }
    }
}

struct Reader<'s> {
    sheet: &'s mut Sheet,
    scope: Scope,
    declarations: Vec<Declaration>,
    nested: Vec<Rule>,
}

impl<'s> Reader<'s> {
    fn new(sheet: &'s mut Sheet, scope: Scope) -> Self {
        Self { sheet, scope, declarations: Vec::new(), nested: Vec::new() }
    }

    /// Reads what stands between braces: declarations, nested rules, or both.
    fn body(mut self, input: &mut Parser<'_>) {
        let mut broken = Vec::new();
        for item in RuleBodyParser::new(input, &mut self) {
            broken.extend(item.err().map(|(_, slice, _)| slice));
        }
        self.end(&broken);
    }

    fn end(self, broken: &[&str]) {
        let Self { sheet, scope, declarations, nested } = self;
        for slice in broken {
            let start: String = slice.trim().chars().take(60).collect();
            sheet.unjudged.push(format!("site/{}: {start:?} is no CSS that can be read", scope.file));
        }
        if !declarations.is_empty() {
            let Scope { file, conditions, on_screen, selector, targets } = scope;
            sheet.rules.push(Rule { file, conditions, on_screen, selector, targets, declarations });
        }
        sheet.rules.extend(nested);
    }

    /// Reads a block in another scope.
    fn inner(&mut self, scope: Scope, input: &mut Parser<'_>) -> Sheet {
        let mut sheet = Sheet::default();
        Reader::new(&mut sheet, scope).body(input);
        self.sheet.unjudged.append(&mut sheet.unjudged);
        sheet
    }

    /// Keeps what a block holds as part of this sheet.
    fn keep(&mut self, mut inner: Sheet) {
        self.nested.append(&mut inner.rules);
        self.sheet.keyframes.append(&mut inner.keyframes);
        self.sheet.initial.append(&mut inner.initial);
    }
}

impl<'i> DeclarationParser<'i> for Reader<'_> {
    type Declaration = ();
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<(), ParseError<()>> {
        let custom = name.starts_with("--");
        let mut value = parts(input, custom)?;
        if let [.., Part::Mark('!'), Part::Word(word)] = value.as_slice() {
            if word == "important" {
                value.truncate(value.len() - 2);
            }
        }
        let name = if custom { name.to_string() } else { name.to_lowercase() };
        self.declarations.push(Declaration { name, value });
        Ok(())
    }
}

impl<'i> QualifiedRuleParser<'i> for Reader<'_> {
    type Prelude = String;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, ParseError<()>> {
        Ok(rest(input))
    }

    fn parse_block(
        &mut self,
        prelude: String,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let nested = (!self.scope.selector.is_empty()).then_some(self.scope.targets.as_slice());
        let targets = targets(&prelude, nested);
        let scope = Scope { selector: prelude, targets, ..self.scope.clone() };
        let inner = self.inner(scope, input);
        self.keep(inner);
        Ok(())
    }
}

/// At-rules whose block holds no style rules for a screen.
const WITHOUT_RULES: [&str; 8] = [
    "counter-style",
    "color-profile",
    "font-face",
    "font-feature-values",
    "font-palette-values",
    "page",
    "property",
    "view-transition",
];

impl<'i> AtRuleParser<'i> for Reader<'_> {
    type Prelude = (String, String);
    type AtRule = ();
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<(String, String), ParseError<()>> {
        Ok((name.to_lowercase(), rest(input)))
    }

    fn rule_without_block(&mut self, (name, prelude): (String, String), _: &ParserState) -> Result<(), ()> {
        if !matches!(name.as_str(), "charset" | "layer" | "namespace") {
            let file = &self.scope.file;
            self.sheet.unjudged.push(format!("site/{file}: the rule \"@{name} {prelude}\" can't be judged"));
        }
        Ok(())
    }

    fn parse_block(
        &mut self,
        (name, prelude): (String, String),
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let mut scope = self.scope.clone();
        if name.trim_start_matches("-webkit-") == "keyframes" {
            let name = prelude.trim_matches(['"', '\'']).to_lowercase();
            scope.conditions.push(format!("@keyframes {prelude}"));
            let inner = self.inner(scope, input);
            self.sheet.keyframes.extend(inner.rules.into_iter().map(|rule| (name.clone(), rule)));
            return Ok(());
        }
        if WITHOUT_RULES.contains(&name.as_str()) {
            let inner = self.inner(scope, input);
            let values = inner.rules.iter().filter_map(|rule| rule.value("initial-value"));
            self.sheet.initial.extend(values.map(|value| (prelude.clone(), value.to_vec())));
            return Ok(());
        }
        // Every other one may apply, the unknown ones included.
        scope.on_screen &= !(name == "media" && is_print_only(&prelude));
        scope.conditions.push(format!("@{name} {}", prelude.to_lowercase()));
        let inner = self.inner(scope, input);
        self.keep(inner);
        Ok(())
    }
}

impl<'i> RuleBodyItemParser<'i, (), ()> for Reader<'_> {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        true
    }
}

/// The text up to the end of what `input` may read.
fn rest(input: &mut Parser<'_>) -> String {
    input.skip_whitespace();
    let start = input.position();
    while input.next_including_whitespace_and_comments().is_ok() {}
    input.slice_from(start).trim().to_owned()
}

/// Whether a media query list names paper and nothing else, in the plainest way.
fn is_print_only(queries: &str) -> bool {
    queries.to_lowercase().split(',').all(|query| {
        let mut words = query.split_whitespace().skip_while(|word| *word == "only");
        words.next() == Some("print") && words.next().is_none_or(|word| word == "and")
    })
}
