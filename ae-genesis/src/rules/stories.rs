//! Stories and criteria of a spec.

use ae_core::{
    AcceptanceCriterion, Behaviour, CheckKind, Deliverable, Feature, PriceTier, Priority, UserStory,
};

use super::{outline::FeatureOutline, pricing};
use crate::SpecBrief;

/// The material of stories and criteria.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) product_name: &'a str,
    pub(super) tagline: &'a str,
    pub(super) audience: &'a str,
    pub(super) deliverable: Deliverable,
    pub(super) features: &'a [Feature],
    /// An analyst's words for them.
    pub(super) words: &'a [FeatureOutline],
    pub(super) tiers: &'a [PriceTier],
    /// The ids of all evidence that shows demand.
    pub(super) demand: &'a [String],
    /// Whether the niche validated.
    pub(super) validated: bool,
}

impl<'a> Outline<'a> {
    /// The analyst's story of a feature, if there is one.
    fn told(&self, feature: &Feature) -> Option<&'a FeatureOutline> {
        let words = self.words.iter().find(|words| words.title == feature.title)?;
        (!words.wish.is_empty() && !words.benefit.is_empty()).then_some(words)
    }
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
        all.introduction(outline);
        if outline.deliverable == Deliverable::PreOrder {
            all.planned(outline);
        } else {
            all.delivered(outline);
        }
        all.privacy(outline.audience);
        all
    }

    fn introduction(&mut self, outline: &Outline<'_>) {
        let who = outline.audience;
        self.story(
            "See what it is",
            &format!(
                "As a user ({who}), I want to see at once what {} is, so that I know whether it is for me",
                outline.product_name
            ),
            Priority::P0,
            "Customers do not buy what they do not understand",
            outline.demand.to_vec(),
        );
        self.shown(Priority::P0, "The page names the product", outline.product_name);
        self.shown(Priority::P0, "The page shows the tagline", outline.tagline);
        self.shown(Priority::P1, "The page says it is for", who);
        if !outline.validated {
            self.shown(Priority::P0, "The page says", SpecBrief::NOT_VALIDATED);
        }
    }

    /// A product that works: a proof for each feature, then price and checkout.
    fn delivered(&mut self, outline: &Outline<'_>) {
        let who = outline.audience;
        for (position, feature) in outline.features.iter().enumerate() {
            let (priority, why) = match position {
                0..=2 => (Priority::P0, "It is among the three that the product stands on"),
                3 => (Priority::P1, "It makes the first three worth paying for"),
                _ => (Priority::P2, "The product is useful without it"),
            };
            let why = match feature.evidence.as_slice() {
                [] => format!("{why}; no post asks for it"),
                posts => format!("{why}; posts speak of it: {}", posts.join(", ")),
            };
            let wish = first_lower(&feature.title);
            let rule = format!("As a user ({who}), I want this: {wish}, so that I no longer do it by hand");
            self.feature_story(feature, outline, rule, priority, &why);
            self.shown(Priority::P0, "The page names the feature", &feature.title);
            for behaviour in &feature.behaviours {
                self.criterion(
                    Priority::P0,
                    works(behaviour),
                    CheckKind::Behaviour { id: behaviour.id.clone() },
                );
            }
        }
        self.story(
            "Know the price and buy",
            &format!("As a user ({who}), I want to see what it costs and pay, so that I can start today"),
            Priority::P0,
            "Without a price and a way to pay there is no revenue",
            Vec::new(),
        );
        self.prices(outline.tiers, "The price list shows");
        self.criterion(
            Priority::P0,
            "A checkout button leads to the payment page".to_owned(),
            CheckKind::Checkout,
        );
    }

    /// A product that is not built: it says so, and nothing is charged.
    fn planned(&mut self, outline: &Outline<'_>) {
        let who = outline.audience;
        let demand = outline.features.iter().flat_map(|feature| feature.evidence.clone()).collect::<Vec<_>>();
        let cited = demand.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        self.story(
            "Know what is planned",
            &format!("As a visitor ({who}), I want to read that it is not built yet and what is planned, so that I am not misled"),
            Priority::P0,
            "A promise that is taken for a product has to be paid back",
            cited,
        );
        self.criterion(
            Priority::P0,
            "The page says that the product is not built yet".to_owned(),
            CheckKind::NotBuilt,
        );
        let (told, others): (Vec<_>, Vec<_>) =
            outline.features.iter().partition(|feature| outline.told(feature).is_some());
        for feature in others {
            self.shown(Priority::P1, "The page names as planned", &feature.title);
        }
        self.prices(outline.tiers, "The page shows the planned price");
        for feature in told {
            self.feature_story(feature, outline, String::new(), Priority::P1, "It is planned, not built");
            self.shown(Priority::P1, "The page names as planned", &feature.title);
        }
        self.story(
            "Say that I am interested",
            &format!("As a visitor ({who}), I want to say that I would use it, without giving anything away"),
            Priority::P0,
            "The count decides whether it is built",
            Vec::new(),
        );
        let text = "A button counts an interest and asks for nothing".to_owned();
        self.criterion(Priority::P0, text, CheckKind::Interest);
    }

    fn privacy(&mut self, who: &str) {
        self.story(
            "Know what happens to my data",
            &format!("As a user ({who}), I want to read what is collected, so that I can decide whether to trust it"),
            Priority::P1,
            "The law asks for it",
            Vec::new(),
        );
        let text = "A privacy page says what is collected".to_owned();
        self.criterion(Priority::P0, text, CheckKind::Privacy);
    }

    /// The story of a feature, in the analyst's words where it has some.
    fn feature_story(
        &mut self,
        feature: &Feature,
        outline: &Outline<'_>,
        rule: String,
        priority: Priority,
        why: &str,
    ) {
        let words = outline.words.iter().find(|words| words.title == feature.title);
        let description = outline.told(feature).map_or(rule, |words| {
            let (who, wish, benefit) = (outline.audience, &words.wish, &words.benefit);
            format!("As a user ({who}), I want to {wish}, so that {benefit}")
        });
        let priority = words.and_then(|words| words.priority).unwrap_or(priority);
        let why = words.map(|words| words.why.as_str()).filter(|own| !own.is_empty()).unwrap_or(why);
        self.story(&feature.title, &description, priority, why, feature.evidence.clone());
    }

    fn prices(&mut self, tiers: &[PriceTier], text: &str) {
        for tier in tiers {
            let text = format!("{text} \"{}\"", pricing::shown(tier));
            self.criterion(Priority::P0, text, CheckKind::Price { tier: tier.id.clone() });
        }
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
}

/// The criterion of a behaviour, for people.
fn works(behaviour: &Behaviour) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    };
    let cases = count(behaviour.cases.len(), "case");
    match behaviour.properties.len() {
        0 => format!("It works: \"{}\" does what its {cases} say", behaviour.id),
        n => format!("It works: \"{}\" does what its {cases} and {} say", behaviour.id, count(n, "law")),
    }
}

pub(super) fn first_lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
