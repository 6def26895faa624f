//! Runs the attempts and compares.

use std::{process::Command, thread, time::Duration};

use crate::{
    attempts::{self, Attempt, Twin},
    exceptions, proxy,
    site::{Site, Wall, Who, is_root, processes_with},
};

/// The answers of a kernel that was built without something.
const ABSENT: [&str; 2] = ["not implemented", "not supported by protocol"];

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused(String),
    Broken(String),
}

pub fn main() {
    // Names on the command line choose attempts.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let users: &[Who] = if is_root() { &[Who::Root, Who::User] } else { &[Who::User] };
    let all = attempts::all();
    assert!(all.len() >= 40);
    for name in exceptions::names() {
        assert!(all.iter().any(|attempt| attempt.name == name), "the exception {name} is of no attempt");
    }
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let threads: Vec<_> = users.iter().map(|who| scope.spawn(|| as_user(*who, &all, &wanted))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |count: fn(&Tally) -> usize| tallies.iter().map(count).sum::<usize>();
    let (passed, failed) = (sum(|tally| tally.passed), sum(|tally| tally.failed));
    println!("{passed} passed, {failed} failed, {} skipped", sum(|tally| tally.skipped));
    assert_eq!(failed, 0);
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn as_user(who: Who, all: &[Attempt], wanted: &[String]) -> Tally {
    let site = Site::new(who);
    let mut tally = Tally::default();
    for wall in [Wall::Bubblewrap, Wall::Landlock] {
        let works =
            site.started_as(wall, who, &site.confinement(), &["/bin/true".to_owned()]).output().unwrap();
        if !works.status.success() {
            println!("skipped: {wall:?} is not to be had here as {who:?}: {works:?}");
            assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none());
            tally.skipped += 1;
            continue;
        }
        for (number, attempt) in all.iter().enumerate() {
            if !wanted.is_empty() && !wanted.iter().any(|name| attempt.name.contains(name)) {
                continue;
            }
            // For each user the numbers of its own, by which survivors are found.
            let number = number + if who == Who::Root { 1_000 } else { 2_000 };
            match judge(&site, wall, number, attempt) {
                Ok(()) => tally.passed += 1,
                Err(why) => {
                    println!("FAILED {wall:?} {who:?} {}: {why}", attempt.name);
                    tally.failed += 1;
                }
            }
        }
        proxy::relayed(&site, wall);
        tally.passed += 1;
    }
    tally
}

fn judge(site: &Site, wall: Wall, number: usize, attempt: &Attempt) -> Result<(), String> {
    let tried = outcome(site, wall, site.who, number, attempt, attempt.on);
    match (tried, exceptions::why(attempt.name, wall, site.who)) {
        (Outcome::Refused(_), None) | (Outcome::Done, Some(_)) => {}
        (Outcome::Done, None) => return Err("it was possible".to_owned()),
        (Outcome::Refused(how), Some(why)) => {
            return Err(format!("it is refused now ({how}), so it is not an exception any more ({why})"));
        }
        (Outcome::Broken(what), _) => return Err(format!("the attempt is broken: {what}")),
    }
    let twin = match attempt.twin {
        Twin::Inside(target) => outcome(site, wall, site.who, number, attempt, target),
        Twin::Host => outcome(site, Wall::None, site.who, number, attempt, attempt.on),
        Twin::HostRoot if is_root() => outcome(site, Wall::None, Who::Root, number, attempt, attempt.on),
        Twin::HostRoot => return Ok(()),
    };
    match twin {
        Outcome::Done => Ok(()),
        // A kernel that was built without the call refuses it everywhere.
        Outcome::Refused(how) if ABSENT.iter().any(|words| how.contains(words)) => {
            println!("{}: this kernel does not have it", attempt.name);
            Ok(())
        }
        other => Err(format!("the same act is not possible where it should be: {other:?}")),
    }
}

fn outcome(site: &Site, wall: Wall, who: Who, number: usize, attempt: &Attempt, target: &str) -> Outcome {
    site.renew();
    let code = format!("def act(T):\n    {}\n\nrun(act, {target})", attempt.act);
    let output = site.python(wall, who, &site.confinement(), number, &code);
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lasting = survivors(wall, number);
    match out.lines().next_back() {
        Some("done") if attempt.name == "outlive" && !lasting => Outcome::Refused("ended".to_owned()),
        Some("done") => Outcome::Done,
        Some(line) if line.starts_with("refused") => Outcome::Refused(line.to_owned()),
        // Only limits of time and memory kill; the time-out of the test's own is 137 as well, but a minute away.
        _ if output.status.code().is_none_or(|code| code == 137) && errors.trim().is_empty() => {
            Outcome::Refused("killed".to_owned())
        }
        _ => Outcome::Broken(format!("{:?}: {out} {errors}", output.status)),
    }
}

/// Whether a process has outlived its program; it is killed then.
fn survivors(wall: Wall, number: usize) -> bool {
    let text = format!("sleep 600.{number}");
    // The kernel ends a namespace at once, but not before the program is reaped.
    for _ in 0..if wall == Wall::Bubblewrap { 500 } else { 1 } {
        if processes_with(&text).is_empty() {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    for id in processes_with(&text) {
        Command::new("/bin/kill").args(["-9", &id]).status().unwrap();
    }
    true
}
