//! An answer means the same in one piece and cut in two, and no bytes panic. The first byte is the place of the cut.
#![no_main]

use ae_core_wire::{Api, UsageReader, classify};
use libfuzzer_sys::fuzz_target;

fn said(api: Api, parts: &[&[u8]]) -> String {
    let mut reader = UsageReader::new(api);
    parts.iter().for_each(|part| reader.push(part));
    format!(
        "{:?} {} {:?} {:?} {:?} {:?} {}",
        reader.usage(),
        reader.is_complete(),
        reader.model(),
        reader.service_tier(),
        reader.web_searches(),
        reader.failure(),
        reader.skipped()
    )
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, body)) = bytes.split_first() else { return };
    let (head, tail) = body.split_at(usize::from(cut).min(body.len()));
    for api in Api::ALL {
        assert_eq!(said(*api, &[head, tail]), said(*api, &[body]), "{api}");
        let failure = classify(*api, 429, |_| std::str::from_utf8(head).ok(), body);
        assert!(failure.message().len() <= 500);
    }
});
