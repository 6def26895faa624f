use ae_router::{FitOptions, LearnError, OutcomeLog, Scorer, Target, TrainingRow, fit, out_of_fold};

use crate::read;

/// A number that looks random, from 0 to 99.
fn draw(at: u32) -> u32 {
    (at.wrapping_add(1).wrapping_mul(2_654_435_761) >> 7) % 100
}

fn line(id: u32, prompt: &str, model: &str, is_solved: bool, cost: &str) -> String {
    let outcome = u8::from(is_solved);
    format!(
        "{{\"id\":\"{id}\",\"prompt\":\"{prompt}\",\"model\":\"{model}\",\"outcome\":{outcome},\"cost\":\"{cost}\"}}\n"
    )
}

/// Proofs, most of which the weak model fails, and letters, most of which it writes.
fn text(count: u32) -> String {
    (0..count)
        .map(|at| {
            let is_hard = at % 2 == 0;
            let prompt = if is_hard {
                format!("Prove that the integral of x^{at} + {} over [0, {at}] is finite.", draw(at))
            } else {
                format!(
                    "Please write a friendly letter to neighbour number {at} about the garden and {}.",
                    draw(at)
                )
            };
            let weak = draw(at) < if is_hard { 15 } else { 90 };
            line(at, &prompt, "large", draw(at + 7) < 97, "0.03") + &line(at, &prompt, "small", weak, "0.001")
        })
        .collect()
}

#[track_caller]
fn refusal(text: &str, options: &FitOptions) -> LearnError {
    fit(&OutcomeLog::read(text.as_bytes()).unwrap(), options).unwrap_err()
}

#[test]
fn a_fit_learns_what_is_hard_and_says_what_it_saves() {
    let log = read(&text(600));
    let fitted = fit(&log, &FitOptions::new()).unwrap();
    let report = &fitted.report;
    assert_eq!(
        (report.strong.as_slice(), report.weak.as_slice()),
        (&["large".to_owned()][..], &["small".to_owned()][..])
    );
    assert_eq!((report.fitted.prompts(), report.left_out), (600, 0));
    assert!(report.fitted.apgr() > 0.65, "{}", report.fitted.apgr());
    assert!(report.fitted.apgr() > report.bundled.apgr().max(0.5));

    let point = report.fitted.threshold_for(Target::Quality(0.9)).unwrap();
    assert!(point.strong_share < 0.75, "{point:?}");
    assert!(point.saving.unwrap().pico() * 4 > report.fitted.strong_cost().unwrap().pico());

    let read_again = Scorer::from_bytes(&fitted.scorer.to_bytes()).unwrap();
    let gain = |prompt| f64::from(read_again.score(prompt).gain_millionths);
    let letter = gain("Please write a friendly letter to neighbour number 3 about the garden and 5.");
    assert!(letter < point.threshold, "{letter} {point:?}");
    // The true difference is three quarters.
    assert!(gain("Prove that the integral of x^3 + 5 over [0, 7] is finite.") > letter + 300_000.0);

    assert_eq!(fit(&log, &FitOptions::new()).unwrap().scorer, fitted.scorer);
}

#[test]
fn a_prompt_that_comes_back_is_not_learned_by_heart() {
    // Each prompt three times, with the same outcome, which has nothing to do with its words.
    let text: String = (0..900)
        .map(|at| {
            let number = at % 300;
            let spaces = " ".repeat(usize::try_from(at / 300).unwrap() + 1);
            let prompt = format!("Task{spaces}w{} v{} u{}", draw(number + 1), draw(number + 2), number);
            line(at, &prompt, "large", true, "0.03")
                + &line(at, &prompt, "small", draw(number * 31) < 50, "0.001")
        })
        .collect();
    let found = fit(&read(&text), &FitOptions::new()).unwrap().report.fitted;
    assert_eq!(found.prompts(), 900);
    assert!((0.35..0.65).contains(&found.apgr()), "{}", found.apgr());
}

#[test]
fn sides_are_chosen_by_outcome_or_by_the_caller() {
    let mut all = text(300);
    for at in 0..300 {
        all += &line(at, "", "middle", at % 10 < 8, "0.01").replace("\"prompt\":\"\",", "");
        all += &line(at, "", "tiny", at % 10 < 1, "0.01").replace("\"prompt\":\"\",", "");
    }
    let log = read(&all);
    let order: Vec<_> = log.ranked().into_iter().map(|(model, _)| model).collect();
    assert_eq!(order, ["tiny", "small", "middle", "large"]);
    let sides = |options: FitOptions| {
        let report = fit(&log, &options).unwrap().report;
        (report.strong.join(","), report.weak.join(","))
    };
    let chosen = |models: &[&str]| models.iter().map(ToString::to_string).collect::<Vec<_>>();
    let options = FitOptions::new();
    let (strong, weak) = sides(options.clone());
    assert_eq!((strong.as_str(), weak.as_str()), ("large,middle", "tiny,small"));
    assert_eq!(
        sides(options.clone().with_strong(chosen(&["middle"]))),
        ("middle".to_owned(), "tiny".to_owned())
    );
    assert_eq!(
        sides(options.clone().with_weak(chosen(&["small", "tiny"]))),
        ("large".to_owned(), "small,tiny".to_owned())
    );
    let swapped = options.clone().with_strong(chosen(&["tiny"])).with_weak(chosen(&["large"]));
    assert!(matches!(fit(&log, &swapped), Err(LearnError::NoGap { .. } | LearnError::OneClass { .. })));
    let both = options.clone().with_strong(chosen(&["large"])).with_weak(chosen(&["small", "large"]));
    assert!(matches!(fit(&log, &both), Err(LearnError::BothSides { .. })));
    let unknown = options.with_weak(chosen(&["huge"]));
    assert!(fit(&log, &unknown).unwrap_err().to_string().contains("\"huge\""));
}

#[test]
fn logs_without_a_lesson_are_refused_in_words() {
    let options = FitOptions::new();
    let error = refusal(&text(150), &options).to_string();
    assert!(error.contains("150 prompts") && error.contains("200 are the least"), "{error}");

    let always = |weak: bool| -> String {
        (0..300)
            .map(|at| {
                let prompt = format!("Task {at}");
                line(at, &prompt, "large", at > 0, "0.03")
                    + &line(at, &prompt, "small", weak && at > 1, "0.001")
            })
            .collect()
    };
    for text in [always(true), always(false)] {
        let error = refusal(&text, &options);
        assert!(matches!(error, LearnError::OneClass { prompts: 300, .. }), "{error}");
        assert!(error.to_string().contains("20 of each at least"), "{error}");
    }

    let one = text(300)
        .lines()
        .filter(|line| line.contains("large"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    assert!(matches!(refusal(&one, &options), LearnError::OneSide { .. }));
    assert!(matches!(refusal("", &options), LearnError::OneSide { .. }));

    // Prompts under one model only, and without a text, are left out and counted.
    let more = text(300)
        + &line(900, "alone", "large", true, "0.03")
        + "{\"id\":\"901\",\"model\":\"large\",\"outcome\":1}\n{\"id\":\"901\",\"model\":\"small\",\"outcome\":1}\n";
    let report = fit(&read(&more), &options).unwrap().report;
    assert_eq!((report.fitted.prompts(), report.left_out), (300, 2));
}

#[test]
fn the_parts_of_a_log_are_scored_alike() {
    // Rows without a difference in words: a part with more gain than the rest must not come out below it.
    let rows: Vec<_> =
        (0..400).map(|at| TrainingRow::new("the same words", f64::from(draw(at) % 2))).collect();
    let unseen = out_of_fold(&rows, &FitOptions::new().training, 5).unwrap();
    let (least, most) = (unseen.iter().min().unwrap(), unseen.iter().max().unwrap());
    assert!(most - least < 5_000, "{least} to {most}");
}
