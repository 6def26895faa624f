//! The target of each prompt.

use std::collections::BTreeMap;

use crate::{
    Failure,
    data::Prompt,
    source::{Source, Stems},
};

/// A prompt, its target and its weight.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// The text.
    pub prompt: String,
    /// The expected gain of the strong model.
    pub target: f64,
    /// The weight.
    pub weight: f64,
}

/// Prompts at the source's mean that each task is given: they pull the mean of a small task to that of the source.
const TASK_PRIOR: f64 = 10.0;

/// The lessons of a source.
pub fn lessons(source: &Source, prompts: &[&Prompt]) -> Result<Vec<Lesson>, Failure> {
    let mut gains = Vec::new();
    let mut fails = Vec::new();
    for prompt in prompts {
        let (strong, weak) =
            (mean_of(source, prompt, &source.strong)?, mean_of(source, prompt, &source.weak)?);
        let mut gain = strong - weak;
        if let Some(pair) = &source.pair {
            let of_pair = outcome(source, prompt, &pair.strong)? - outcome(source, prompt, &pair.weak)?;
            gain = (1.0 - pair.share) * gain + pair.share * of_pair;
        }
        gains.push(gain);
        fails.push((strong - weak, 1.0 - weak));
    }
    let targets = smooth(source, prompts, gains);
    let shift = source.mean.map_or(0.0, |wanted| wanted - mean(&targets));
    let lesson = |(prompt, target): (&&Prompt, &f64)| Lesson {
        prompt: prompt.text.clone(),
        target: target + shift,
        weight: source.weight,
    };
    let mut lessons: Vec<Lesson> = prompts.iter().zip(&targets).map(lesson).collect();
    if let Some(stems) = &source.stems {
        lessons.extend(open_questions(source, prompts, stems, &fails));
    }
    Ok(lessons)
}

/// The questions without their options.
fn open_questions(source: &Source, prompts: &[&Prompt], stems: &Stems, fails: &[(f64, f64)]) -> Vec<Lesson> {
    let share = stems.weak_fails_share;
    let blend = fails.iter().map(|(gain, fail)| (1.0 - share) * gain + share * fail).collect();
    let targets = smooth(source, prompts, blend);
    let shift = stems.mean - mean(&targets);
    let lesson = |(prompt, target): (&&Prompt, f64)| Lesson {
        prompt: stem(&prompt.text).to_owned(),
        target: target + shift,
        weight: stems.weight,
    };
    prompts.iter().zip(targets).map(lesson).collect()
}

/// The question before its first option.
fn stem(text: &str) -> &str {
    let first = ["\nA. ", "\nA) ", "\n(A) "].iter().filter_map(|option| text.find(option)).min();
    first.and_then(|at| text.get(..at)).unwrap_or(text).trim()
}

/// The targets, drawn to the mean of their task by the source's share.
fn smooth(source: &Source, prompts: &[&Prompt], targets: Vec<f64>) -> Vec<f64> {
    let share = source.task_share;
    if share <= 0.0 {
        return targets;
    }
    let all = mean(&targets);
    let mut tasks: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (prompt, target) in prompts.iter().zip(&targets) {
        let task = tasks.entry(&prompt.task).or_default();
        *task = (task.0 + target, task.1 + 1.0);
    }
    let of_task = |task: &str| {
        let (sum, count) = tasks.get(task).copied().unwrap_or_default();
        (sum + TASK_PRIOR * all) / (count + TASK_PRIOR)
    };
    prompts
        .iter()
        .zip(targets)
        .map(|(prompt, target)| share * of_task(&prompt.task) + (1.0 - share) * target)
        .collect()
}

fn mean_of(source: &Source, prompt: &Prompt, models: &[String]) -> Result<f64, Failure> {
    let outcomes: Vec<f64> =
        models.iter().map(|model| outcome(source, prompt, model)).collect::<Result<_, _>>()?;
    if outcomes.is_empty() {
        return Err(format!("the source {} names no models", source.name).into());
    }
    Ok(mean(&outcomes))
}

fn outcome(source: &Source, prompt: &Prompt, model: &str) -> Result<f64, Failure> {
    prompt.outcomes.get(model).copied().ok_or_else(|| {
        format!("the prompt {} of {} has no outcome of {model}", prompt.id, source.name).into()
    })
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
