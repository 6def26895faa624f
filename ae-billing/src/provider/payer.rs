//! Numbers that must not stand in a payer reference: cards and bank accounts, however they are spaced.

/// Whether a card number stands in `text`: neighbouring groups of digits, 13 to 19 together, that pass the Luhn check.
/// Anything but letters may separate the groups.
pub(super) fn holds_card(text: &str) -> bool {
    // Letters end a number; whatever else is between digits only spaces them.
    text.split(char::is_alphabetic).any(|part| {
        let groups: Vec<Vec<u32>> = part
            .split(|c| digit(c).is_none())
            .filter(|group| !group.is_empty())
            .map(|group| group.chars().filter_map(digit).collect())
            .collect();
        joined(&groups, 19).any(|number| number.len() >= 13 && is_luhn(&number))
    })
}

/// Whether an IBAN stands in `text`: neighbouring groups of letters and digits, 15 to 34 together, whose check digits are
/// right.
pub(super) fn holds_iban(text: &str) -> bool {
    let plain: String =
        text.chars().map(|c| digit(c).and_then(|d| char::from_digit(d, 10)).unwrap_or(c)).collect();
    let groups: Vec<Vec<char>> = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty())
        .map(|group| group.chars().map(|c| c.to_ascii_uppercase()).collect())
        .collect();
    let starts = |group: &[char]| matches!(group, [a, b, c, d, ..] if a.is_alphabetic() && b.is_alphabetic() && c.is_numeric() && d.is_numeric());
    // An IBAN may begin within a group, as in "IBANDE02...".
    joined(&groups, usize::MAX).any(|whole| {
        (0..whole.len()).any(|at| whole.get(at..).is_some_and(|rest| starts(rest) && is_iban(rest)))
    })
}

/// Every run of neighbouring groups, joined, of at most `most` items.
fn joined<'a, T: Copy>(groups: &'a [Vec<T>], most: usize) -> impl Iterator<Item = Vec<T>> + 'a {
    (0..groups.len()).flat_map(move |at| {
        let sizes = groups.iter().skip(at).scan(0, |sum: &mut usize, group| {
            *sum = sum.saturating_add(group.len());
            Some(*sum)
        });
        let count = sizes.take_while(|size| *size <= most).count();
        (1..=count).map(move |count| groups.iter().skip(at).take(count).flatten().copied().collect())
    })
}

/// The value of a decimal digit of the scripts that people type numbers in.
fn digit(c: char) -> Option<u32> {
    const ZEROS: [char; 5] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];
    ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))
}

/// ISO/IEC 7812-1, annex B.
fn is_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match digit * 2 {
            _ if at % 2 == 0 => *digit,
            double if double > 9 => double - 9,
            double => double,
        })
        .sum();
    sum % 10 == 0
}

/// ISO 13616: the first four characters moved to the end, letters as 10 to 35, modulo 97 is 1.
fn is_iban(text: &[char]) -> bool {
    let turned = text.iter().cycle().skip(4).take(text.len());
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    });
    (15..=34).contains(&text.len()) && rest == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::NewPayment;

    /// The part for which `text` is refused.
    fn refused(text: &str) -> Option<String> {
        let payment = NewPayment::new("link_1".parse().unwrap(), "price_1".parse().unwrap(), text);
        let message = payment.check().err()?.to_string();
        let (_, part) = message.split_once("must not hold ").unwrap_or_else(|| panic!("{text:?}: {message}"));
        Some(part.split(':').next().unwrap().to_owned())
    }

    #[test]
    fn cards_and_accounts_are_refused_however_they_are_written() {
        for card in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "card 3782-822463-10005",
            "CUST-7, 5555.5555.5555.4444",
            "7 4242 4242 4242 4242",
            "x4000002500003155x",
            "\u{ff14}242 4242 4242 4242",
        ] {
            assert_eq!(refused(card).as_deref(), Some("a card number"), "{card}");
        }
        for account in [
            "DE02 1203 0000 0000 2020 51",
            "de02120300000000202051",
            "IBAN: GB82-WEST-1234-5698-7654-32",
            "IBANNO9386011117947",
        ] {
            assert_eq!(refused(account).as_deref(), Some("an IBAN"), "{account}");
        }
        for hidden in ["CUST\u{202e}7", "CUST\u{200b}7", "\u{feff}CUST-7", "CUST-7\u{2066}"] {
            assert_eq!(refused(hidden).as_deref(), Some("invisible characters"), "{hidden:?}");
        }
        assert_eq!(refused("ada@example.com").as_deref(), Some("an e-mail address"));
    }

    #[test]
    fn labels_are_taken() {
        for label in [
            "CUST-7",
            "CUST-7, bank transfer",
            "INV 2026-11-24 / 0042",
            "4242",
            "Müller & Söhne",
            "ORDER 123456789012",
            "4242 4242 4242 4241",
            "GB83 WEST 1234 5698 7654 32",
            "ref 2026/11/24 10:00:00 12",
            "\u{5d0}\u{5d1} 7",
        ] {
            assert_eq!(refused(label), None, "{label}");
        }
    }

    fn luhn_digit(digits: &[u32]) -> u32 {
        (0..10).find(|last| is_luhn(&[digits, &[*last]].concat())).unwrap()
    }

    proptest! {
        #[test]
        fn any_spacing_of_any_card_is_noticed(
            mut digits in prop::collection::vec(0..10_u32, 12..19),
            gaps in prop::collection::vec(prop::sample::select(vec!["", "", "", " ", "-", " - ", "\u{a0}", "."]), 20),
            before in "[A-Z ]{0,5}", after in "[ A-Z]{0,5}",
        ) {
            digits.push(luhn_digit(&digits));
            let spaced: String = digits.iter().zip(&gaps).map(|(digit, gap)| format!("{gap}{digit}")).collect();
            let text = format!("{before}{spaced}{after}");
            // Two letters before the digits can happen to make an IBAN of them.
            prop_assert!(refused(text.trim()).is_some(), "{}", text);
        }

        #[test]
        fn any_spacing_of_any_iban_is_noticed(
            country in "[A-Z]{2}", account in "[0-9A-Z]{11,30}",
            gaps in prop::collection::vec(prop::sample::select(vec!["", "", " ", "-"]), 40),
        ) {
            let check = (2..99).find(|check| {
                is_iban(&format!("{country}{check:02}{account}").chars().collect::<Vec<_>>())
            });
            let whole = format!("{country}{:02}{account}", check.unwrap());
            let spaced: String = whole.chars().zip(&gaps).enumerate()
                // The country and its check digits stand together, as people write them.
                .map(|(at, (c, gap))| if at < 4 { c.to_string() } else { format!("{gap}{c}") })
                .collect();
            prop_assert!(refused(&spaced).is_some(), "{}", spaced);
        }

        #[test]
        fn no_text_breaks_the_check(text in "\\PC{0,40}") {
            let payment = NewPayment::new("link_1".parse().unwrap(), "price_1".parse().unwrap(), text);
            let _ = payment.check();
        }
    }
}
