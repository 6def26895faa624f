//! How long a routing decision takes.

use ae_router::TierModels;
use benches::{
    ratio::{compare, is_measuring, report},
    router::{decide_all, lower_case_words, requests},
};

fn main() {
    let count: u32 = if is_measuring() { 2_000 } else { 20 };
    let requests = requests(count as usize);
    let models = TierModels::default();
    report(&compare(
        "route: 600-byte prompt, scored",
        "lower-casing its words",
        count,
        || decide_all(&requests, &models),
        || lower_case_words(&requests),
    ));
}
