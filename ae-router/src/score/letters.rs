//! Runs of letters and marks, hashed into a fixed number of places.
//!
//! Subjects of multiple-choice questions show in parts of words and in notation more than in whole words, which are rarely
//! the same in two short questions.

use super::ngrams::{PLACES, mix};

/// The bytes of a run.
const RUN: u32 = 5;

/// Reads the runs of `core`: lower case, any white space as one space, any figure as `0`. `on_place` gets each place once;
/// the result is their number.
pub(super) fn letters(core: &[u8], mut on_place: impl FnMut(usize)) -> u32 {
    let mut seen = [0_u64; PLACES / 64];
    let (mut run, mut length, mut count) = (0_u64, 0_u32, 0_u32);
    for &byte in core {
        let byte = match byte {
            b'0'..=b'9' => b'0',
            byte if byte.is_ascii_whitespace() => b' ',
            byte => byte.to_ascii_lowercase(),
        };
        if byte == b' ' && run & 0xff == u64::from(b' ') {
            continue;
        }
        run = (run << 8 | u64::from(byte)) & ((1 << (8 * RUN)) - 1);
        length = length.saturating_add(1);
        if length < RUN {
            continue;
        }
        let place = place(run);
        let Some(bits) = seen.get_mut(place / 64) else { continue };
        let bit = 1 << (place % 64);
        if *bits & bit == 0 {
            *bits |= bit;
            count += 1;
            on_place(place);
        }
    }
    count
}

/// The place of a run: its last four bytes, salted with the first.
fn place(run: u64) -> usize {
    let low = u32::try_from(run & 0xffff_ffff).unwrap_or(0);
    let high = u32::try_from(run >> 32).unwrap_or(0);
    mix(low, high.wrapping_mul(0x9e37_79b1))
}
