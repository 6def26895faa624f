//! Words, word pairs, beginnings and endings of words, and the words that open the text, hashed into a fixed number of
//! places.

use super::{lexicon::WordHash, scan::Word};

/// The number of places, a power of two.
pub(crate) const PLACES: usize = 1 << 16;

/// The words that open a text, such as `Which of the following`, also count by their position.
const OPENING: u32 = 4;

/// The places that a text touches; each counts once.
#[derive(Debug)]
pub(super) struct Grams {
    seen: [u64; PLACES / 64],
    previous: Option<WordHash>,
    before_previous: Option<WordHash>,
    /// The number of words so far.
    words: u32,
    /// The number of places so far.
    pub(super) count: u32,
}

impl Grams {
    pub(super) fn new() -> Self {
        Self { seen: [0; PLACES / 64], previous: None, before_previous: None, words: 0, count: 0 }
    }

    /// Adds the n-grams that end with `word`; `on_place` gets every place that is new.
    pub(super) fn add(&mut self, word: Word, mut on_place: impl FnMut(usize)) {
        let pair = self.previous.map(|previous| mix(previous.0.rotate_left(13) ^ word.hash.0, 0x51ed_270b));
        let around =
            self.before_previous.map(|before| mix(before.0.rotate_left(13) ^ word.hash.0, 0x2545_f491));
        let opening = (self.words < OPENING).then(|| mix(word.hash.0, 0x38b3_4ae5 + self.words));
        let beginning = |hash: WordHash, salt: u32| mix(hash.0, salt);
        let places = [
            Some(mix(word.hash.0, 0)),
            pair,
            around,
            opening,
            word.four.map(|hash| beginning(hash, 0x1b87_3593)),
            word.six.map(|hash| beginning(hash, 0xcc9e_2d51)),
            word.end.map(|hash| beginning(hash, 0xe654_6b64)),
        ];
        for place in places.into_iter().flatten() {
            self.see(place, &mut on_place);
        }
        self.before_previous = self.previous;
        self.previous = Some(word.hash);
        self.words += 1;
    }

    fn see(&mut self, place: usize, on_place: &mut impl FnMut(usize)) {
        let Some(bits) = self.seen.get_mut(place / 64) else { return };
        let bit = 1 << (place % 64);
        if *bits & bit == 0 {
            *bits |= bit;
            self.count += 1;
            on_place(place);
        }
    }
}

/// The place of a hash.
pub(super) fn mix(hash: u32, salt: u32) -> usize {
    let mut x = hash ^ salt;
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^= x >> 16;
    usize::try_from(x).unwrap_or(0) % PLACES
}
