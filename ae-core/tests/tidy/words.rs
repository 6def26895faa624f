//! Which words documentation and the command line use.

use std::path::Path;

use super::{files, name, root, rust_files};

/// Words with a plainer one in their place.
const WORDS: [(&str, &str); 13] = [
    ("is no", "is not a"),
    ("told", "given, or: is notified"),
    ("hears", "is notified"),
    ("hear", "be notified"),
    ("nobody", "the role: no caller, no approver"),
    ("somebody", "the role: a caller, an approver"),
    ("whoever", "the role: the caller, the approver"),
    ("for ever", "without a limit"),
    ("anew", "again"),
    ("sign of life", "heartbeat"),
    ("so many", "that many"),
    ("seed rule", "the rule's own name"),
    ("the sheet", "the document's name"),
];

/// The complaint about a line of documentation, if there is one.
fn complaint(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let has = |phrase: &str| {
        lower.match_indices(phrase).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + phrase.len()..].chars().next();
            let inside = |next: Option<char>| next.is_some_and(|next| next.is_alphanumeric() || next == '_');
            !inside(before) && !inside(after)
        })
    };
    let allowed = |phrase: &str| {
        let kept = lower.matches("is no longer").count() + lower.matches("there is no ").count();
        phrase == "is no" && lower.matches("is no ").count() == kept
    };
    if line.trim_start().starts_with("What ") {
        return Some("a line starts with \"What\": start with a noun or a verb".to_owned());
    }
    let (phrase, better) = WORDS.iter().find(|(phrase, _)| has(phrase) && !allowed(phrase))?;
    Some(format!("{phrase:?}: write {better}"))
}

/// The documentation of a Rust file: (line number, text).
fn docs(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .enumerate()
        .filter_map(|(number, line)| {
            let line = line.trim_start();
            let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
            Some((number + 1, doc))
        })
        .collect()
}

/// The string literals of a file's code, without its unit tests.
fn literals(text: &str) -> Vec<(usize, String)> {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    let mut found = Vec::new();
    for (number, line) in text[..end].lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let unescaped = line.replace("\\\"", "\u{201d}");
        let inside = unescaped.split('"').skip(1).step_by(2).map(str::to_owned);
        found.extend(inside.map(|text| (number + 1, text)));
    }
    found
}

fn report(path: &Path, lines: impl IntoIterator<Item = (usize, String)>, wrong: &mut Vec<String>) {
    for (number, line) in lines {
        if let Some(complaint) = complaint(&line) {
            wrong.push(format!("{}:{number}: {complaint}", name(path)));
        }
    }
}

#[test]
fn documentation_uses_plain_words() {
    let mut wrong = Vec::new();
    for path in rust_files(&root()) {
        let text = std::fs::read_to_string(&path).unwrap();
        report(&path, docs(&text).into_iter().map(|(number, line)| (number, line.to_owned())), &mut wrong);
    }
    for path in files(&root(), "md") {
        let text = std::fs::read_to_string(&path).unwrap();
        report(&path, text.lines().enumerate().map(|(at, line)| (at + 1, line.to_owned())), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_command_line_uses_plain_words() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("examples/lifecycle/src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        report(&path, literals(&text), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} texts:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_planted_word_is_found() {
    for bad in [" This is no list.", " What it does.", " whoever calls", " Nobody knows", " lasts for ever."]
    {
        assert!(complaint(bad).is_some(), "{bad}");
    }
    for good in [
        " It is no longer there.",
        " There is no third case.",
        " This is not a list.",
        " retold",
        " Says what it does.",
    ] {
        assert_eq!(complaint(good), None, "{good}");
    }
    assert_eq!(docs("/// one\nlet x = 1; // two\n//! three"), [(1, " one"), (3, " three")]);
    assert_eq!(
        literals("say(\"a \\\"b\\\"\", \"c\");"),
        [(1, "a \u{201d}b\u{201d}".to_owned()), (1, "c".to_owned())]
    );
}
