//! The image of a preview in other sites: the product's name in the product's colour, as a PNG (ISO/IEC 15948).
//!
//! Social networks show no SVG. The image has three colours and letters of square dots, so that a few kilobytes are enough.

mod glyphs;
mod png;

pub(super) use self::png::{HEIGHT, WIDTH};
use super::style;

/// The most letters of a line, and the most lines.
const LINE: usize = 14;
const LINES: usize = 3;
/// The largest dot.
const DOT_MAX: usize = 22;
const MARGIN: usize = 90;
/// The strip at the foot.
const STRIP: usize = 40;

/// The image for a product; a name with letters that have no picture gets the colours alone.
pub(super) fn image(name: &str, palette: u8) -> Vec<u8> {
    let lines = lines(name);
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let dot = ((WIDTH - 2 * MARGIN) / (longest * glyphs::ADVANCE)).min(DOT_MAX);
    let line_height = dot * (glyphs::HEIGHT + 3);
    let top = (HEIGHT - STRIP - (line_height * lines.len()).min(HEIGHT - STRIP)) / 2;
    let colour = |x: usize, y: usize| -> u8 {
        if y >= HEIGHT - STRIP {
            return 2;
        }
        let (Some(x), Some(y)) = (x.checked_sub(MARGIN), y.checked_sub(top)) else { return 0 };
        let (column, row) = (x / dot, (y % line_height) / dot);
        let letter = lines.get(y / line_height).and_then(|line| line.get(column / glyphs::ADVANCE));
        u8::from(letter.is_some_and(|letter| glyphs::has_dot(*letter, column % glyphs::ADVANCE, row)))
    };
    png::encode(style::preview_colours(palette), colour)
}

/// The name in capitals, broken between words.
fn lines(name: &str) -> Vec<Vec<char>> {
    let capital = |c: char| c.to_ascii_uppercase();
    if name.chars().any(|c| c.is_alphanumeric() && !glyphs::is_known(capital(c))) {
        return Vec::new();
    }
    let letters = |word: &str| -> Vec<char> {
        let letters = word.chars().map(capital).filter(|c| glyphs::is_known(*c));
        letters.take(LINE).collect()
    };
    let mut lines: Vec<Vec<char>> = Vec::new();
    for word in name.split_whitespace().map(letters).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= LINE => {
                line.push(' ');
                line.extend(word);
            }
            _ => lines.push(word),
        }
    }
    lines.truncate(LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_broken_between_words() {
        let text = |name: &str| -> Vec<String> {
            lines(name).into_iter().map(|line| line.into_iter().collect()).collect()
        };
        assert_eq!(text("CSV Tidy"), ["CSV TIDY"]);
        assert_eq!(text("Notes-for & \"Teachers\" online"), ["NOTESFOR", "TEACHERS", "ONLINE"]);
        assert_eq!(text("Übersicht"), Vec::<String>::new());
        assert_eq!(text("漢字"), Vec::<String>::new());
        assert_eq!(text(&"long name ".repeat(20)).len(), LINES);
    }

    #[test]
    fn an_image_is_small_whatever_the_name() {
        for name in ["", "W", "CSV Tidy", &"Wide Words ".repeat(20), "漢字 <x>"] {
            let image = image(name, 1);
            assert!(image.starts_with(b"\x89PNG\r\n\x1a\n") && image.ends_with(b"IEND\xAE\x42\x60\x82"));
            assert!(image.len() < 20_000, "{name}: {}", image.len());
        }
    }
}
