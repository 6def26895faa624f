//! How much later the first byte of an answer comes through the metering proxy, and how fast the rest of it passes.

use benches::{
    harness::Stand,
    ratio::{compare, is_measuring, report},
};

#[allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]
fn main() {
    let (rounds, calls) = if is_measuring() { (15, 100) } else { (1, 2) };
    for prompt in [1_000, 60_000, 1_000_000] {
        let mut stand = Stand::new(prompt, 4_000);
        let (mut straight, mut metered) = (Vec::new(), Vec::new());
        for _ in 0..=rounds {
            straight.push(stand.straight.first_byte(calls));
            metered.push(stand.metered.first_byte(calls));
        }
        let (straight, metered) = (benches::ratio::median(straight), benches::ratio::median(metered));
        println!(
            "first byte of an answer to {prompt} B: {metered:.1?} through the proxy, {straight:.1?} without: {:.1?} more, \
             {:.2} times",
            metered.saturating_sub(straight),
            metered.as_secs_f64() / straight.as_secs_f64(),
        );
        println!("  {} calls booked exactly", stand.booked());
    }
    let megabytes: u32 = if is_measuring() { 100 } else { 1 };
    let mut stand = Stand::new(1_000, megabytes as usize * 1_000_000);
    let (straight, through) = (&mut stand.straight, &mut stand.metered);
    let timing = compare(
        "a megabyte of a stream, metered",
        "straight from the vendor",
        megabytes,
        || through.whole(),
        || straight.whole(),
    );
    report(&timing);
    println!("  {:.0} MB/s", 1.0 / timing.subject.as_secs_f64());
}
