//! The words of the order that a builder of a kit gets.

use ae_core::{CheckKind, Priority, ProductSpec, Task, TaskKind};

/// The rules of modules and page.
const RULES: &str = r#"
You work in the folder kit/. kit/kit.json and kit/behaviours/*.json say what is wanted; they are given and are written
again after you, so don't change them. They hold about half of the cases: the rest, and the same cases with other texts in
their place, are run when you are done. Write the general function, not answers for the cases that you see.

You write:
- kit/modules/*.js: what the product does. Plain modern JavaScript, ES modules, exported functions, no dependency. A
  function that a behaviour names takes ONE argument of plain JSON data and returns plain JSON data (no Map, no undefined
  inside, no NaN). A mistake in the input is data: return {"error": "…"}, never throw. No Web API, no Intl, no
  localeCompare, no toLocale…, no clock, no Math.random, no process, no require: modules run in an engine that has none.
  Imports are relative (./… or ../…). Files of less than 300 lines.
- kit/page/tool.html: the markup of the tool, a fragment: ONE element with id="tool" that holds all others. No <html>,
  <head>, <body>, <main>, <h1>, <script>, <style>, no style and on… attributes; the ids main, features, pricing, questions
  and interest are taken. Every input has a label, everything works with the keyboard. Scripts find it by ids.
- kit/page/tool.js: the script of the page, an ES module that imports ../modules/… and drives the markup. No request to
  another origin. Decoding bytes, files, workers belong here.
- kit/page/tool.css: styles, if you need any: no @import, no url() to another origin, colours that suit dark and light.

Everything else that you write is thrown away. Try the modules with node if it is there (`node --input-type=module -e …`,
or a script outside of kit/), compare with the cases, and repair what differs.
"#;

/// The rules of what is paid for.
const LOCK: &str = r#"
Some features are paid for. kit/page/lock.js checks the licence and locks them; it, access.js and licence.js beside it are
given and are written again after you, so don't change them. Use them like this:
- kit/page/tool.html has <div data-lock></div>, where the form for a licence appears, and data-tier="pro" on each element
  that belongs to a paid feature, best a <fieldset>: until a licence unlocks them, these are inert and disabled. The free
  part and data-lock stand outside of them. Ids that begin with lock- are taken.
- kit/page/tool.js has `import { lock } from "./lock.js";`. Before it calls a paid function it asks `lock.open`, and
  `lock.watch((open) => { … })` is called at once and after each change: take paid results away when it is closed.
"#;

/// Whether an agent does the task: the functions and the page of the tool. The rest follows from the spec, and the site
/// around the kit is made without a model.
pub fn is_agents(spec: &ProductSpec, task: &Task) -> bool {
    let served = spec.acceptance_criteria.iter().filter(|criterion| task.criteria.contains(&criterion.id));
    let about_the_tool =
        |check: &CheckKind| matches!(check, CheckKind::Behaviour { .. } | CheckKind::Phrases { .. });
    task.kind == TaskKind::Implementation
        && served.into_iter().any(|criterion| about_the_tool(&criterion.check))
}

/// The order for one task. The words of posts are not part of it.
pub fn prompt(spec: &ProductSpec, task: &Task) -> String {
    let mut text = format!(
        "Task {} of {}: {}\n{}\n\nThe product: {}\n",
        task.id, spec.product_name, task.title, task.description, spec.tagline
    );
    for feature in &spec.core_features {
        let paid = if feature.tier.is_some() { " (paid)" } else { "" };
        text.push_str(&format!("- {}{paid}: {}\n", feature.title, feature.description));
        for behaviour in &feature.behaviours {
            let module = behaviour.module.strip_prefix("tool/").unwrap_or(&behaviour.module);
            text.push_str(&format!(
                "  {} is the export {} of kit/{module}\n",
                behaviour.id, behaviour.export
            ));
        }
    }
    text.push_str(RULES);
    if spec.core_features.iter().any(|feature| feature.tier.is_some()) {
        text.push_str(LOCK);
    }
    text.push_str("\nIt is done when these hold:\n");
    let serves = spec.acceptance_criteria.iter().filter(|criterion| task.criteria.contains(&criterion.id));
    for criterion in serves.filter(|criterion| criterion.priority <= Priority::P1) {
        text.push_str(&format!("- {}: {}\n", criterion.id, criterion.text));
    }
    text
}
