//! The work of a spec, in an order that respects dependencies.

use ae_core::{CheckKind, Deliverable, Task, TaskId, TaskKind};

use super::stories::Stories;

/// The check of the criteria that a task serves.
type Serves = fn(&CheckKind) -> bool;
/// Title, text, kind, the positions of the tasks before it, the criteria, and whether a mistake is a security problem.
type Row<'a> = (&'a str, &'a str, TaskKind, &'a [u32], Serves, bool);

const PAGE: Serves = |check| matches!(check, CheckKind::Phrases { .. } | CheckKind::NotBuilt);
const PRICE: Serves = |check| matches!(check, CheckKind::Price { .. });
const WORKS: Serves = |check| matches!(check, CheckKind::Behaviour { .. });
const CHECKOUT: Serves = |check| *check == CheckKind::Checkout;
const INTEREST: Serves = |check| *check == CheckKind::Interest;
const PRIVACY: Serves = |check| *check == CheckKind::Privacy;
const ALL: Serves = |_| true;

impl Stories {
    /// The tasks; every criterion is served by one.
    pub(super) fn tasks(&self, product_name: &str, deliverable: Deliverable) -> Vec<Task> {
        use TaskKind::{Architecture, Content, Implementation, Operations, Testing};
        let layout =
            format!("Decide the pages of {product_name} and what each shows: start, prices, privacy.");
        let copy = "Write name, tagline, audience and one paragraph a feature. Quote no outside text.";
        let privacy = "Say what is collected, why, for how long, and whom to ask.";
        let check = "Run every acceptance criterion against what was built.";
        let publish = "Publish what was checked and check it again at its address.";
        let prices = "Show every price with its interval, exactly as in the spec.";
        let sold: [Row<'_>; 9] = [
            ("Lay out the pages", &layout, Architecture, &[], PAGE, false),
            ("Write the copy", copy, Content, &[1], PAGE, false),
            (
                "Build the tool",
                "Write the functions of every feature, so that each passes its cases.",
                Implementation,
                &[1],
                WORKS,
                true,
            ),
            (
                "Build the start page",
                "Put the tool first, usable by keyboard and on a phone.",
                Implementation,
                &[2, 3],
                PAGE,
                false,
            ),
            ("Build the price list", prices, Implementation, &[4], PRICE, false),
            (
                "Connect the checkout",
                "Lead each price to its payment page. No card data and no key on the site.",
                Implementation,
                &[5],
                CHECKOUT,
                true,
            ),
            ("Write the privacy page", privacy, Content, &[1], PRIVACY, true),
            ("Check every criterion", check, Testing, &[3, 4, 5, 6, 7], ALL, false),
            ("Publish", publish, Operations, &[8], ALL, true),
        ];
        let planned: [Row<'_>; 7] = [
            ("Lay out the pages", &layout, Architecture, &[], PAGE, false),
            (
                "Write the copy",
                "Write name, tagline, audience and what is planned. Say that nothing is built yet.",
                Content,
                &[1],
                PAGE,
                false,
            ),
            (
                "Build the start page",
                "Show the copy and the planned price, readable on a phone and without scripts.",
                Implementation,
                &[2],
                |check| PAGE(check) || PRICE(check),
                false,
            ),
            (
                "Count interests",
                "Put in a button that counts one interest and asks for nothing.",
                Implementation,
                &[3],
                INTEREST,
                true,
            ),
            ("Write the privacy page", privacy, Content, &[1], PRIVACY, true),
            ("Check every criterion", check, Testing, &[3, 4, 5], ALL, false),
            ("Publish", publish, Operations, &[6], ALL, true),
        ];
        let rows: &[Row<'_>] = if deliverable == Deliverable::PreOrder { &planned } else { &sold };
        (1..).zip(rows).filter_map(|(number, row)| self.task(number, row)).collect()
    }

    fn task(&self, number: u32, (title, text, kind, before, serves, security): &Row<'_>) -> Option<Task> {
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
