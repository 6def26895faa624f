//! Stories, criteria and tasks of a spec.

use ae_core::{
    AcceptanceCriterion, CheckKind, Feature, PriceTier, Priority, Task, TaskId, TaskKind, UserStory,
};

use super::pricing;

/// What stories and criteria are made from.
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
            "Nobody buys what they do not understand",
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
            "Whoever pays hands over data, and the law asks for it",
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
        self.stories.push(UserStory {
            id: format!("US-{:03}", self.stories.len() + 1),
            title: title.to_owned(),
            description: description.to_owned(),
            priority,
            why_this_priority: why.to_owned(),
            evidence,
        });
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
        let all: Vec<String> = self.criteria.iter().map(|criterion| criterion.id.clone()).collect();
        let page = with(|check| matches!(check, CheckKind::Phrases { .. }));
        [
            (
                "T-001",
                "Lay out the pages",
                format!("Decide the pages of {product_name} and what each shows: start, prices, privacy."),
                TaskKind::Architecture,
                false,
                &[][..],
                page.clone(),
            ),
            (
                "T-002",
                "Write the copy",
                "Write name, tagline, audience and one paragraph a feature. Quote no outside text."
                    .to_owned(),
                TaskKind::Content,
                false,
                &["T-001"][..],
                page.clone(),
            ),
            (
                "T-003",
                "Build the start page",
                "Show the copy, readable on a phone and without scripts.".to_owned(),
                TaskKind::Implementation,
                false,
                &["T-001", "T-002"][..],
                page,
            ),
            (
                "T-004",
                "Build the price list",
                "Show every price with its interval, exactly as in the spec.".to_owned(),
                TaskKind::Implementation,
                false,
                &["T-003"][..],
                with(|check| matches!(check, CheckKind::Price { .. })),
            ),
            (
                "T-005",
                "Connect the checkout",
                "Lead each price to its payment page. No card data and no key on the site.".to_owned(),
                TaskKind::Implementation,
                true,
                &["T-004"][..],
                with(|check| *check == CheckKind::Checkout),
            ),
            (
                "T-006",
                "Write the privacy page",
                "Say what is collected, why, for how long, and whom to ask.".to_owned(),
                TaskKind::Content,
                true,
                &["T-001"][..],
                with(|check| *check == CheckKind::Privacy),
            ),
            (
                "T-007",
                "Check every criterion",
                "Run every acceptance criterion against the built pages.".to_owned(),
                TaskKind::Testing,
                false,
                &["T-003", "T-004", "T-005", "T-006"][..],
                all.clone(),
            ),
            (
                "T-008",
                "Publish",
                "Publish the checked pages and check them again at their address.".to_owned(),
                TaskKind::Operations,
                true,
                &["T-007"][..],
                all,
            ),
        ]
        .into_iter()
        .filter_map(|(id, title, description, kind, requires_security, depends_on, criteria)| {
            Some(Task {
                id: task_id(id)?,
                title: title.to_owned(),
                description,
                kind,
                requires_security,
                depends_on: depends_on.iter().filter_map(|id| task_id(id)).collect(),
                criteria,
            })
        })
        .collect()
    }
}

fn task_id(text: &str) -> Option<TaskId> {
    text.parse().ok()
}

fn first_lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
