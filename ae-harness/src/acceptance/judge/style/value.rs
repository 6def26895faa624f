//! Values of declarations, cut into parts.

use std::{collections::BTreeMap, fmt};

use cssparser::{BasicParseErrorKind, ParseError, Parser, Token};

/// How many values one declaration may stand for when its custom properties are filled in.
const VALUES_MAX: usize = 64;
/// How deep custom properties may lead to each other.
const DEPTH_MAX: usize = 8;
/// How many parts may be looked at while they are filled in: properties that name each other often grow without end.
const STEPS_MAX: usize = 20_000;

/// One part of a value; white space and comments are left out, escapes are resolved.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::acceptance::judge) enum Part {
    /// A word in lower case; the name of a custom property as it is written.
    Word(String),
    /// What follows a `#`, in lower case.
    Hash(String),
    /// A number with its unit: nothing, `%`, or letters in lower case.
    Number(f32, String),
    /// A string or an address.
    Text(String),
    /// A comma, a slash or another mark.
    Mark(char),
    /// A function, or a bracket, which is then its name.
    Call(String, Vec<Part>),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Hash(digits) => write!(f, "#{digits}"),
            Self::Number(value, unit) => write!(f, "{value}{unit}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Mark(mark) => write!(f, "{mark}"),
            Self::Call(name, inside) => write!(f, "{name}({})", text(inside)),
        }
    }
}

/// A value as people read it, cut to a length that fits into a diagnosis.
pub(super) fn text(parts: &[Part]) -> String {
    let joined = parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    joined.replace(" ,", ",").chars().take(60).collect()
}

/// Reads a value to its end. A block in braces is a part of custom properties only: elsewhere it means that this is
/// no declaration but a nested rule (CSS Syntax Module Level 3, section 5.5.6).
pub(super) fn parts(input: &mut Parser<'_>, braces: bool) -> Result<Vec<Part>, ParseError<()>> {
    let mut found = Vec::new();
    while let Ok(token) = input.next() {
        let token = token.clone();
        found.push(match token {
            Token::Ident(word) => Part::Word(lower(&word)),
            Token::AtKeyword(word) => Part::Text(format!("@{word}")),
            Token::Hash(word) | Token::IDHash(word) => Part::Hash(word.to_lowercase()),
            Token::QuotedString(text) | Token::UnquotedUrl(text) => Part::Text(text.to_string()),
            Token::Number { value, .. } => Part::Number(value, String::new()),
            Token::Percentage { unit_value, int_value, .. } => {
                let value = int_value.and_then(|whole| i16::try_from(whole).ok()).map(f32::from);
                Part::Number(value.unwrap_or(unit_value * 100.0), "%".to_owned())
            }
            Token::Dimension { value, unit, .. } => Part::Number(value, unit.to_lowercase()),
            Token::Comma => Part::Mark(','),
            Token::Colon => Part::Mark(':'),
            Token::Semicolon => Part::Mark(';'),
            Token::Delim(mark) => Part::Mark(mark),
            Token::Function(name) => {
                Part::Call(lower(&name), input.parse_nested_block(|inner| parts(inner, true))?)
            }
            Token::ParenthesisBlock => {
                Part::Call(String::new(), input.parse_nested_block(|inner| parts(inner, true))?)
            }
            Token::SquareBracketBlock => {
                Part::Call("[".to_owned(), input.parse_nested_block(|inner| parts(inner, true))?)
            }
            Token::CurlyBracketBlock if braces => {
                Part::Call("{".to_owned(), input.parse_nested_block(|inner| parts(inner, true))?)
            }
            _ => return Err(ParseError::from_basic_kind(BasicParseErrorKind::UnexpectedToken)),
        });
    }
    Ok(found)
}

fn lower(word: &str) -> String {
    if word.starts_with("--") { word.to_owned() } else { word.to_lowercase() }
}

/// Parts between commas.
pub(super) fn arguments(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.split(|part| *part == Part::Mark(','))
}

/// Every value that a custom property has anywhere, whatever element and condition it is declared for.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, Vec<Vec<Part>>>);

impl Variables {
    pub(super) fn add(&mut self, name: &str, value: &[Part]) {
        let values = self.0.entry(name.to_owned()).or_default();
        if !values.iter().any(|known| known == value) {
            values.push(value.to_vec());
        }
    }

    /// Every value that `parts` may stand for; `None` when that can't be told.
    pub(super) fn expand(&self, parts: &[Part]) -> Option<Vec<Vec<Part>>> {
        Expansion { variables: self, steps: STEPS_MAX }.of(parts, DEPTH_MAX)
    }
}

struct Expansion<'a> {
    variables: &'a Variables,
    /// How many parts may still be looked at.
    steps: usize,
}

impl Expansion<'_> {
    fn of(&mut self, parts: &[Part], depth: usize) -> Option<Vec<Vec<Part>>> {
        let mut values = vec![Vec::new()];
        for part in parts {
            self.steps = self.steps.checked_sub(values.len())?;
            let choices = match part {
                Part::Call(name, inside) if name == "var" => self.choices(inside, depth.checked_sub(1)?)?,
                Part::Call(name, inside) => {
                    let inner = self.of(inside, depth)?;
                    inner.into_iter().map(|inner| vec![Part::Call(name.clone(), inner)]).collect()
                }
                other => vec![vec![other.clone()]],
            };
            if values.len() * choices.len() > VALUES_MAX {
                return None;
            }
            let longest = choices.iter().map(Vec::len).max().unwrap_or_default();
            self.steps = self.steps.checked_sub(longest)?;
            values = values
                .iter()
                .flat_map(|value| choices.iter().map(|choice| [value.as_slice(), choice].concat()))
                .collect();
        }
        Some(values)
    }

    /// What `var(…)` may stand for.
    fn choices(&mut self, inside: &[Part], depth: usize) -> Option<Vec<Vec<Part>>> {
        let (Part::Word(name), rest) = inside.split_first()? else { return None };
        let mut choices = Vec::new();
        let fallback = rest.split_first().map(|(_, fallback)| fallback);
        let known = self.variables.0.get(name).into_iter().flatten().map(Vec::as_slice);
        for value in known.chain(fallback) {
            choices.extend(self.of(value, depth)?);
            if choices.len() > VALUES_MAX {
                return None;
            }
        }
        (!choices.is_empty()).then_some(choices)
    }
}
