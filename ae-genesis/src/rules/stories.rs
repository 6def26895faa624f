//! Stories, criteria and tasks of a spec.

use ae_core::{
    AcceptanceCriterion, CheckKind, Feature, PriceTier, Priority, Task, TaskId, TaskKind, UserStory,
};

use super::pricing;

/// The material of stories and criteria.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) product_name: &'a str,
    pub(super) tagline: &'a str,
    pub(super) audience: &'a str,
    pub(super) features: &'a [Feature],
    pub(super) tiers: &'a [PriceTier],
    /// The ids of all evidence that shows demand.
    pub(super) demand: &'a [String],
}

/// Stories with the criteria that check them.
#[derive(Debug, Default)]
pub(super) struct Stories {
    pub(super) stories: Vec<UserStory>,
    pub(super) criteria: Vec<AcceptanceCriterion>,
}

impl Stories {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let mut all = Self::default();
        let who = outline.audience;
        all.story(
            "See what it is",
            &format!(
                "As a user ({who}), I want to see at once what {} does, so that I know whether it is for me",
                outline.product_name
            ),
            Priority::P0,
            "Customers do not buy what they do not understand",
            outline.demand.to_vec(),
        );
        all.shown(Priority::P0, "The page names the product", outline.product_name);
        all.shown(Priority::P0, "The page shows the tagline", outline.tagline);
        all.shown(Priority::P1, "The page says it is for", who);
        for (position, feature) in outline.features.iter().enumerate() {
            let (priority, why) = match position {
                0..=2 => (Priority::P0, "It is among the three that the product stands on"),
                3 => (Priority::P1, "It makes the first three worth paying for"),
                _ => (Priority::P2, "The product is useful without it"),
            };
            let why = if feature.evidence.is_empty() {
                format!("{why}; an assumption, no post asks for it")
            } else {
                format!("{why}; posts speak of it: {}", feature.evidence.join(", "))
            };
            let wish = first_lower(&feature.title);
            all.story(
                &feature.title,
                &format!("As a user ({who}), I want this: {wish}, so that I no longer do it by hand"),
                priority,
                &why,
                feature.evidence.clone(),
            );
            all.shown(Priority::P0, "The page explains the feature", &feature.title);
        }
        all.story(
            "Know the price and buy",
            &format!("As a user ({who}), I want to see what it costs and pay, so that I can start today"),
            Priority::P0,
            "Without a price and a way to pay there is no revenue",
            Vec::new(),
        );
        for tier in outline.tiers {
            let text = format!("The price list shows \"{}\"", pricing::shown(tier));
            all.criterion(Priority::P0, text, CheckKind::Price { tier: tier.id.clone() });
        }
        let text = "A checkout button leads to the payment page".to_owned();
        all.criterion(Priority::P0, text, CheckKind::Checkout);
        all.story(
            "Know what happens to my data",
            &format!("As a user ({who}), I want to read what is collected, so that I can decide whether to trust it"),
            Priority::P1,
            "Customers hand over data, and the law asks for it",
            Vec::new(),
        );
        let text = "A privacy page says what is collected".to_owned();
        all.criterion(Priority::P0, text, CheckKind::Privacy);
        all
    }

    fn story(
        &mut self,
        title: &str,
        description: &str,
        priority: Priority,
        why: &str,
        evidence: Vec<String>,
    ) {
        let id = format!("US-{:03}", self.stories.len() + 1);
        let story = UserStory::new(id, title, description, priority);
        self.stories.push(story.with_reason(why).with_evidence(evidence));
    }

    /// A criterion of the last story: visitors see the phrase.
    fn shown(&mut self, priority: Priority, text: &str, phrase: &str) {
        let check = CheckKind::Phrases { phrases: vec![phrase.to_owned()] };
        self.criterion(priority, format!("{text} \"{phrase}\""), check);
    }

    /// A criterion of the last story.
    fn criterion(&mut self, priority: Priority, text: String, check: CheckKind) {
        let id = format!("AC-{:03}", self.criteria.len() + 1);
        let mut criterion = AcceptanceCriterion::new(id, text, priority).with_check(check);
        criterion.story = self.stories.last().map(|story| story.id.clone());
        self.criteria.push(criterion);
    }

    /// The work, in an order that respects dependencies; every criterion is served by a task.
    pub(super) fn tasks(&self, product_name: &str) -> Vec<Task> {
        let with = |wanted: fn(&CheckKind) -> bool| -> Vec<String> {
            let proven = self.criteria.iter().filter(|criterion| wanted(&criterion.check));
            proven.map(|criterion| criterion.id.clone()).collect()
        };
        let all = with(|_| true);
        let page = with(|check| matches!(check, CheckKind::Phrases { .. }));
        let listed = with(|check| matches!(check, CheckKind::Price { .. }));
        let task = |number: u32, title: &str, text: &str, kind, before: &[u32], criteria: &[String]| {
            let before = before.iter().copied().filter_map(task_id).collect();
            let task = Task::new(task_id(number)?, title, text, kind);
            Some(task.with_depends_on(before).with_criteria(criteria.to_vec()))
        };
        let layout =
            format!("Decide the pages of {product_name} and what each shows: start, prices, privacy.");
        let copy = "Write name, tagline, audience and one paragraph a feature. Quote no outside text.";
        let start = "Show the copy, readable on a phone and without scripts.";
        let prices = "Show every price with its interval, exactly as in the spec.";
        let checkout = "Lead each price to its payment page. No card data and no key on the site.";
        let privacy = "Say what is collected, why, for how long, and whom to ask.";
        let check = "Run every acceptance criterion against the built pages.";
        let publish = "Publish the checked pages and check them again at their address.";
        let secure = |task: Option<Task>| task.map(|task| task.with_security(true));
        [
            task(1, "Lay out the pages", &layout, TaskKind::Architecture, &[], &page),
            task(2, "Write the copy", copy, TaskKind::Content, &[1], &page),
            task(3, "Build the start page", start, TaskKind::Implementation, &[1, 2], &page),
            task(4, "Build the price list", prices, TaskKind::Implementation, &[3], &listed),
            secure(task(
                5,
                "Connect the checkout",
                checkout,
                TaskKind::Implementation,
                &[4],
                &with(|check| *check == CheckKind::Checkout),
            )),
            secure(task(
                6,
                "Write the privacy page",
                privacy,
                TaskKind::Content,
                &[1],
                &with(|check| *check == CheckKind::Privacy),
            )),
            task(7, "Check every criterion", check, TaskKind::Testing, &[3, 4, 5, 6], &all),
            secure(task(8, "Publish", publish, TaskKind::Operations, &[7], &all)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn task_id(number: u32) -> Option<TaskId> {
    format!("T-{number:03}").parse().ok()
}

fn first_lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
