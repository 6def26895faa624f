//! Finds out for whom an intent is.

use super::{tokens::Word, words};

/// Words that end the phrase for people.
const STOPS: [&str; 12] =
    ["with", "that", "to", "for", "so", "which", "and", "by", "without", "using", "because", "at"];
/// Words after people that say which ones; what follows them belongs to the audience.
const WHICH: [&str; 6] = ["who", "in", "on", "from", "under", "whose"];

/// Takes the audience out of `words` and returns it as typed.
pub(super) fn take(words: &mut [Word], is_plugin: bool) -> Option<String> {
    let found = (0..words.len()).find_map(|at| {
        let word = words.get(at).filter(|word| !word.taken)?;
        match word.text.as_str() {
            "for" | "targeting" => after(words, at, !is_plugin),
            // `Audience: nurses`
            "audience" | "customers" if word.ends => after(words, at, true),
            "at" if at > 0 && words.get(at - 1).is_some_and(|word| word.text == "aimed") => {
                after(words, at, true)
            }
            "to" if words
                .iter()
                .take(at)
                .any(|word| matches!(word.text.as_str(), "sell" | "selling" | "offer")) =>
            {
                after(words, at, false)
            }
            "help" | "helps" | "helping" | "let" | "lets" | "letting" | "allows" | "enables" => {
                helped(words, at)
            }
            _ => None,
        }
    });
    let business = words.iter_mut().filter(|word| !word.taken && matches!(word.text.as_str(), "b2b" | "b2c"));
    let sector = business.map(|word| {
        word.taken = true;
        if word.text == "b2b" { "businesses" } else { "consumers" }
    });
    let sector = sector.last();
    let Some((from, to, end)) = found else { return sector.map(str::to_owned) };
    let typed: Vec<&str> = words.get(from..to)?.iter().map(|word| word.typed.as_str()).collect();
    let audience = typed.join(" ");
    let first = from.saturating_sub(1);
    words.get_mut(first..end).into_iter().flatten().for_each(|word| word.taken = true);
    Some(audience)
}

/// "for <people>"; "for <purpose>" is none. With `names`, one capitalised word that is not known may be people too.
fn after(words: &[Word], at: usize, names: bool) -> Option<(usize, usize, usize)> {
    let mut end = at + 1;
    let mut people = false;
    while let Some(word) = words.get(end).filter(|word| !word.taken) {
        let phrase = words.get(at + 1..end).unwrap_or_default();
        people |= is_people(phrase);
        let text = word.text.as_str();
        let continues = people && WHICH.contains(&text);
        if !continues && (STOPS.contains(&text) || WHICH.contains(&text)) {
            break;
        }
        end += 1;
        if continues {
            // The clause about them goes up to the next mark or amount.
            while words.get(end).is_some_and(|word| !word.taken)
                && !words.get(end - 1).is_some_and(|word| word.ends)
            {
                end += 1;
            }
            break;
        }
        if word.ends {
            break;
        }
    }
    let phrase = words.get(at + 1..end)?;
    let own_name = names && at > 0 && matches!(phrase, [one] if words::looks_like_a_trade(&one.typed));
    (!phrase.is_empty() && (people || is_people(phrase) || own_name)).then_some((at + 1, end, end))
}

/// "help <people> <verb>": the people end with the last word for people among the next four.
fn helped(words: &[Word], at: usize) -> Option<(usize, usize, usize)> {
    let last = (at + 1..(at + 5).min(words.len())).rev().find(|end| {
        let phrase = words.get(at + 1..=*end).unwrap_or_default();
        phrase.last().is_some_and(|word| words::is_people(&word.text))
            && phrase.iter().all(|word| !STOPS.contains(&word.text.as_str()))
            && phrase.iter().rev().skip(1).all(|word| !word.ends && !word.taken)
    })?;
    let skip = usize::from(words.get(last + 1).is_some_and(|word| word.text == "to"));
    Some((at + 1, last + 1, last + 1 + skip))
}

fn is_people(phrase: &[Word]) -> bool {
    words::names_people(&phrase.iter().map(|word| word.text.clone()).collect::<Vec<_>>())
}
