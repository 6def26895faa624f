//! Events are the same in one piece and cut in two, none is longer than it may be, and no bytes panic. The first byte is
//! the place of the cut.
#![no_main]

use ae_core_wire::EventReader;
use libfuzzer_sys::fuzz_target;

const EVENT_BYTES_MAX: usize = 64;

/// The events, and whether the limit was kept.
fn read(parts: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let (mut reader, mut events) = (EventReader::new(EVENT_BYTES_MAX), Vec::new());
    for part in parts {
        let pushed = reader.push(part);
        events.extend(std::iter::from_fn(|| reader.next_event()));
        if pushed.is_err() {
            return (events, false);
        }
    }
    events.extend(reader.rest());
    (events, true)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, body)) = bytes.split_first() else { return };
    let (head, tail) = body.split_at(usize::from(cut).min(body.len()));
    let (whole, kept) = read(&[body]);
    assert!(whole.iter().all(|event| event.len() <= EVENT_BYTES_MAX));
    if kept {
        assert_eq!(read(&[head, tail]), (whole, true));
    }
});
