//! Checks that a spec fits together.

use std::{collections::BTreeSet, fmt};

use ae_core::{BillingInterval, CheckKind, ProductSpec};

/// An inconsistency in a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The place: a field and the position or id of the entry, for example `user_stories[US-002].evidence`.
    pub at: String,
    /// The inconsistency.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// The inconsistencies of `spec`; empty when there are none.
///
/// Checked: the schema version; ids are unique; every evidence id that is cited is in the spec; every story has a criterion and
/// every criterion's story exists; task dependencies exist and come earlier in the list, so there is no circle; tasks serve
/// existing criteria and each criterion is served; the slug is a label; prices are above zero and in one currency; the revenue
/// arithmetic is right; texts that must be there are not empty. A delivered product names its offer, and each of its features
/// has a behaviour that a criterion checks, 150 cases at most in all. A pre-order has no behaviour, no tier of a feature and no
/// checkout, and its page is checked for "not built" and for the count of interests.
pub fn verify_spec(spec: &ProductSpec) -> Vec<Problem> {
    let mut check = Check { spec, problems: Vec::new() };
    check.texts();
    check.evidence();
    check.stories();
    check.tasks();
    check.prices();
    check.promise();
    check.problems
}

pub(super) struct Check<'a> {
    pub(super) spec: &'a ProductSpec,
    problems: Vec<Problem>,
}

impl Check<'_> {
    pub(super) fn expect(&mut self, holds: bool, at: impl Into<String>, what: impl Into<String>) {
        if !holds {
            self.problems.push(Problem { at: at.into(), what: what.into() });
        }
    }

    /// The ids of a list, each of which may stand there once.
    pub(super) fn ids<'b>(&mut self, list: &str, ids: impl Iterator<Item = &'b str>) -> BTreeSet<&'b str> {
        let mut known = BTreeSet::new();
        for id in ids {
            self.expect(known.insert(id), format!("{list}[{id}]"), "the id is used twice");
        }
        known
    }

    fn texts(&mut self) {
        let spec = self.spec;
        let version = spec.schema_version;
        self.expect(
            version == ProductSpec::SCHEMA_VERSION,
            "schema_version",
            format!("{version} is not known here"),
        );
        let texts = [
            ("product_name", &spec.product_name),
            ("tagline", &spec.tagline),
            ("problem_statement", &spec.problem_statement),
            ("analyst", &spec.analyst),
        ];
        for (field, text) in texts {
            self.expect(!text.trim().is_empty(), field, "is empty");
        }
        self.expect(
            is_slug(&spec.slug),
            "slug",
            "is not lower-case letters, digits and single hyphens, 1 to 48 characters",
        );
        self.expect(!spec.target_users.is_empty(), "target_users", "is empty");
        self.expect(!spec.core_features.is_empty(), "core_features", "is empty");
    }

    fn evidence(&mut self) {
        let spec = self.spec;
        let known = self.ids("evidence", spec.evidence.iter().map(|item| item.id.as_str()));
        let features =
            spec.core_features.iter().map(|f| (format!("core_features[{}]", f.title), &f.evidence));
        let stories = spec.user_stories.iter().map(|s| (format!("user_stories[{}]", s.id), &s.evidence));
        for (at, ids) in features.chain(stories) {
            for id in ids.iter().filter(|id| !known.contains(id.as_str())) {
                self.expect(false, format!("{at}.evidence"), format!("{id:?} is not in the evidence"));
            }
        }
        // The statement cites as `[id]`.
        for cited in spec.problem_statement.split('[').skip(1).filter_map(|rest| rest.split_once(']')) {
            let id = cited.0;
            self.expect(known.contains(id), "problem_statement", format!("{id:?} is not in the evidence"));
        }
    }

    fn stories(&mut self) {
        let spec = self.spec;
        let stories = self.ids("user_stories", spec.user_stories.iter().map(|story| story.id.as_str()));
        self.ids("acceptance_criteria", spec.acceptance_criteria.iter().map(|c| c.id.as_str()));
        for story in &spec.user_stories {
            let checked =
                spec.acceptance_criteria.iter().any(|c| c.story.as_deref() == Some(story.id.as_str()));
            self.expect(checked, format!("user_stories[{}]", story.id), "no criterion checks it");
        }
        for criterion in &spec.acceptance_criteria {
            let at = format!("acceptance_criteria[{}]", criterion.id);
            self.expect(!criterion.text.trim().is_empty(), at.clone(), "is empty");
            if let CheckKind::Price { tier } = &criterion.check {
                let exists = spec.pricing.iter().any(|known| known.id == *tier);
                self.expect(exists, at.clone(), format!("tier {tier:?} does not exist"));
            }
            if let Some(story) = &criterion.story {
                self.expect(stories.contains(story.as_str()), at, format!("story {story:?} does not exist"));
            }
        }
    }

    fn tasks(&mut self) {
        let spec = self.spec;
        let criteria: BTreeSet<&str> = spec.acceptance_criteria.iter().map(|c| c.id.as_str()).collect();
        let all = self.ids("tasks", spec.tasks.iter().map(|task| task.id.as_str()));
        let (mut done, mut served) = (BTreeSet::new(), BTreeSet::new());
        for task in &spec.tasks {
            let at = format!("tasks[{}]", task.id);
            for needed in task.depends_on.iter().map(ae_core::TaskId::as_str) {
                let what = if all.contains(needed) {
                    format!("depends on {needed}, which does not come before it")
                } else {
                    format!("depends on {needed}, which does not exist")
                };
                self.expect(done.contains(needed), at.clone(), what);
            }
            for id in &task.criteria {
                let exists = criteria.contains(id.as_str());
                self.expect(exists, at.as_str(), format!("criterion {id:?} does not exist"));
                served.insert(id.as_str());
            }
            done.insert(task.id.as_str());
        }
        for id in criteria.difference(&served) {
            self.expect(false, format!("acceptance_criteria[{id}]"), "no task serves it");
        }
    }

    fn prices(&mut self) {
        let spec = self.spec;
        self.ids("pricing", spec.pricing.iter().map(|tier| tier.id.as_str()));
        let currency = spec.pricing.first().map(|tier| tier.price.currency());
        for tier in &spec.pricing {
            let at = format!("pricing[{}]", tier.id);
            self.expect(tier.price.pico() > 0, at.clone(), "the price is not above zero");
            let same = Some(tier.price.currency()) == currency;
            self.expect(same, at, "the currency differs from the first price's");
        }
        self.expect(!spec.pricing.is_empty(), "pricing", "is empty");
        let Some(mrr) = &spec.mrr else { return };
        let same = mrr.target.currency() == mrr.price.currency();
        let reached = mrr.price.checked_mul(mrr.customers).is_ok_and(|sum| sum.pico() >= mrr.target.pico());
        let fewer = mrr.customers.checked_sub(1).is_some_and(|fewer| {
            mrr.price.checked_mul(fewer).is_ok_and(|sum| sum.pico() < mrr.target.pico())
        });
        self.expect(same && reached && fewer, "mrr", "customers is not target ÷ price, rounded up");
        let listed =
            spec.pricing.iter().any(|t| t.interval == BillingInterval::MONTH && t.price == mrr.price);
        self.expect(listed, "mrr.price", "is not a monthly price of the price list");
    }
}

/// Lower-case letters, digits and single hyphens, 1 to 48 characters.
fn is_slug(text: &str) -> bool {
    (1..=48).contains(&text.len())
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
