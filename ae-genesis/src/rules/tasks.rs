//! The work of a spec, in an order that respects dependencies.

use ae_core::{
    CheckKind, Deliverable, Task, TaskId,
    TaskKind::{self, Architecture, Content, Implementation, Operations, Testing},
};

use super::stories::Stories;

/// The check of the criteria that a task serves.
type Serves = fn(&CheckKind) -> bool;
/// Title, text, kind, the positions of the tasks before it, the criteria, and whether a mistake is a security problem.
type Row = (&'static str, &'static str, TaskKind, &'static [u32], Serves, bool);

const PAGE: Serves = |check| matches!(check, CheckKind::Phrases { .. } | CheckKind::NotBuilt);
const PRICE: Serves = |check| matches!(check, CheckKind::Price { .. });
const SHOWN: Serves = |check| PAGE(check) || PRICE(check);
const WORKS: Serves = |check| matches!(check, CheckKind::Behaviour { .. });
const CHECKOUT: Serves = |check| *check == CheckKind::Checkout;
const INTEREST: Serves = |check| *check == CheckKind::Interest;
const PRIVACY: Serves = |check| *check == CheckKind::Privacy;
const ALL: Serves = |_| true;

const LAYOUT: &str = "Decide the pages and what each shows: start, prices, privacy.";
const COPY: &str = "Write name, tagline, audience and one paragraph a feature. Quote no outside text.";
const FUNCTIONS: &str = "Write the functions of every feature, so that each passes its cases.";
const START: &str = "Put the tool first, usable by keyboard and on a phone.";
const LIST: &str = "Show every price with its interval, exactly as in the spec.";
const PAYMENT: &str = "Lead each price to its payment page. No card data and no key on the site.";
const DATA: &str = "Say what is collected, why, for how long, and whom to ask.";
const CHECK: &str = "Run every acceptance criterion against what was built.";
const PUBLISH: &str = "Publish what was checked and check it again at its address.";
const PLANNED_COPY: &str =
    "Write name, tagline, audience and what is planned. Say that nothing is built yet.";
const PLANNED_START: &str = "Show the copy and the planned price, readable on a phone and without scripts.";
const COUNT: &str = "Put in a button that counts one interest and asks for nothing.";

/// The work on a product that is delivered.
const DELIVERED: [Row; 9] = [
    ("Lay out the pages", LAYOUT, Architecture, &[], PAGE, false),
    ("Write the copy", COPY, Content, &[1], PAGE, false),
    ("Build the tool", FUNCTIONS, Implementation, &[1], WORKS, true),
    ("Build the start page", START, Implementation, &[2, 3], PAGE, false),
    ("Build the price list", LIST, Implementation, &[4], PRICE, false),
    ("Connect the checkout", PAYMENT, Implementation, &[5], CHECKOUT, true),
    ("Write the privacy page", DATA, Content, &[1], PRIVACY, true),
    ("Check every criterion", CHECK, Testing, &[3, 4, 5, 6, 7], ALL, false),
    ("Publish", PUBLISH, Operations, &[8], ALL, true),
];

/// The work on a pre-order.
const PLANNED: [Row; 7] = [
    ("Lay out the pages", LAYOUT, Architecture, &[], PAGE, false),
    ("Write the copy", PLANNED_COPY, Content, &[1], PAGE, false),
    ("Build the start page", PLANNED_START, Implementation, &[2], SHOWN, false),
    ("Count interests", COUNT, Implementation, &[3], INTEREST, true),
    ("Write the privacy page", DATA, Content, &[1], PRIVACY, true),
    ("Check every criterion", CHECK, Testing, &[3, 4, 5], ALL, false),
    ("Publish", PUBLISH, Operations, &[6], ALL, true),
];

impl Stories {
    /// The tasks; every criterion is served by one.
    pub(super) fn tasks(&self, deliverable: Deliverable) -> Vec<Task> {
        let rows: &[Row] = if deliverable == Deliverable::PreOrder { &PLANNED } else { &DELIVERED };
        (1..).zip(rows).filter_map(|(number, row)| self.task(number, row)).collect()
    }

    fn task(&self, number: u32, (title, text, kind, before, serves, security): &Row) -> Option<Task> {
        let served = self.criteria.iter().filter(|criterion| serves(&criterion.check));
        let criteria = served.map(|criterion| criterion.id.clone()).collect();
        let before = before.iter().copied().filter_map(task_id).collect();
        let task = Task::new(task_id(number)?, *title, *text, *kind).with_security(*security);
        Some(task.with_depends_on(before).with_criteria(criteria))
    }
}

fn task_id(number: u32) -> Option<TaskId> {
    format!("T-{number:03}").parse().ok()
}
