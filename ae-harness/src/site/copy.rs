//! The words of the site, taken from the spec: cleaned, cut to sane lengths, nothing added. Evidence is for the approver
//! of the spec and stays out of it.

use ae_core::{CheckKind, Deliverable, Digest, Feature, PriceTier, ProductSpec, Timestamp};

use crate::{
    context::SiteContext,
    kit::Kit,
    text::{folded, query_value, shown, tier_name},
};

const TITLE_CHARS: usize = 300;
const TEXT_CHARS: usize = 2_000;
const ITEMS_MAX: usize = 24;
/// The beginning of a link to the checkout in the markup of a kit, which does not know where its host has it.
const CHECKOUT: &str = "href=\"checkout?";

/// The words of the site.
#[derive(Debug)]
pub(super) struct SiteCopy {
    pub(super) name: String,
    pub(super) tagline: String,
    /// The problem of today; empty where the spec speaks of its evidence.
    pub(super) problem: String,
    /// The assumptions that a criterion wants on the page.
    pub(super) notices: Vec<String>,
    pub(super) audience: Option<String>,
    pub(super) features: Vec<FeatureCopy>,
    pub(super) tiers: Vec<TierCopy>,
    /// The limits of the product.
    pub(super) limits: Vec<String>,
    pub(super) sample: bool,
    /// Whether the product is not built yet.
    pub(super) is_planned: bool,
    /// Whether some features are free and some are not.
    pub(super) has_paid: bool,
    /// The parts of a product that works.
    pub(super) tool: Option<ToolCopy>,
    /// Whether the site itself asks the payment provider about a purchase.
    pub(super) renews: bool,
    /// The address of the form that counts an interest.
    pub(super) interest: String,
    pub(super) contact: Option<String>,
    pub(super) base_url: String,
    /// The path of the address, with which pages at any depth find their files.
    pub(super) base_path: String,
    pub(super) date: String,
    /// Selects one of the palettes.
    pub(super) palette: u8,
}

#[derive(Debug)]
pub(super) struct FeatureCopy {
    pub(super) title: String,
    pub(super) description: String,
    /// Whether a paid tier includes it, where some do.
    pub(super) is_paid: bool,
}

#[derive(Debug)]
pub(super) struct TierCopy {
    pub(super) name: String,
    pub(super) price: String,
    pub(super) includes: Vec<String>,
    pub(super) checkout: String,
}

impl SiteCopy {
    /// The words of `spec`, with the parts of the kit that it is made from.
    pub(super) fn of(spec: &ProductSpec, site: &SiteContext, kit: Option<&Kit>) -> Self {
        let name = first_of(&[&spec.product_name, &spec.slug], "This product");
        let audience = lines(&spec.target_users);
        let is_planned = spec.deliverable == Deliverable::PreOrder;
        let digest = Digest::of_bytes("palette", spec.slug.as_bytes());
        Self {
            tagline: first_of(&[&spec.tagline], &name),
            problem: problem(spec),
            notices: notices(spec),
            audience: (!audience.is_empty()).then(|| {
                format!("{} for {}", if is_planned { "Planned" } else { "Made" }, audience.join(", "))
            }),
            features: spec.core_features.iter().take(ITEMS_MAX).filter_map(feature).collect(),
            tiers: spec.pricing.iter().take(ITEMS_MAX).map(|t| tier(t, site)).collect(),
            // Assumptions and open points are for the approver of the spec: they speak of the business.
            limits: lines(&spec.out_of_scope),
            sample: spec.sample,
            is_planned,
            has_paid: spec.core_features.iter().any(|feature| feature.tier.is_some()) && !is_planned,
            tool: kit.filter(|_| !is_planned).map(|kit| ToolCopy::of(kit, site)),
            renews: site.licence_path.is_some(),
            interest: site.interest_path.clone(),
            contact: site.contact.clone(),
            base_url: site.base_url.clone(),
            base_path: base_path(&site.base_url),
            date: day(site.generated_on),
            palette: digest.as_bytes().first().copied().unwrap_or_default(),
            name,
        }
    }

    /// One sentence for search results and previews.
    pub(super) fn summary(&self) -> String {
        let text = if self.problem.is_empty() { &self.tagline } else { &self.problem };
        if self.is_planned { format!("Not built yet. {}", shown(text, 180)) } else { shown(text, 200) }
    }

    /// A text about the product, which says so where it does not exist yet.
    pub(super) fn promised(&self, text: &str) -> String {
        if self.is_planned { planned(text) } else { text.to_owned() }
    }

    /// The question that the limits answer.
    pub(super) fn limits_title(&self) -> &'static str {
        if self.is_planned { "What will it not do?" } else { "What does it not do?" }
    }
}

/// The parts of a kit that stand in the front page.
#[derive(Debug)]
pub(super) struct ToolCopy {
    /// The markup of the tool, an element with the id `tool`, which the kit's loader has checked.
    pub(super) markup: String,
    pub(super) script: String,
    pub(super) styles: Vec<String>,
}

impl ToolCopy {
    fn of(kit: &Kit, site: &SiteContext) -> Self {
        let markup = kit.markup().replace(CHECKOUT, &format!("href=\"{}?", site.checkout_path));
        Self { markup, script: kit.script(), styles: kit.styles() }
    }
}

fn planned(text: &str) -> String {
    if folded(text).starts_with("planned:") { text.to_owned() } else { format!("Planned: {text}") }
}

/// The path of an absolute address.
fn base_path(base_url: &str) -> String {
    let after_scheme = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/").to_owned()
}

fn first_of(texts: &[&String], fallback: &str) -> String {
    let shown = texts.iter().map(|text| shown(text, TITLE_CHARS)).find(|text| !text.is_empty());
    shown.unwrap_or_else(|| fallback.to_owned())
}

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().take(ITEMS_MAX).map(|text| shown(text, TEXT_CHARS)).filter(|text| !text.is_empty()).collect()
}

fn feature(feature: &Feature) -> Option<FeatureCopy> {
    let title = shown(&feature.title, TITLE_CHARS);
    let description = shown(&feature.description, TEXT_CHARS);
    let is_paid = feature.tier.is_some();
    (!title.is_empty()).then_some(FeatureCopy { title, description, is_paid })
}

fn tier(tier: &PriceTier, site: &SiteContext) -> TierCopy {
    TierCopy {
        name: tier_name(tier),
        price: format!("{} {}", tier.price, tier.interval.words()),
        includes: lines(&tier.includes),
        checkout: format!("{}?tier={}", site.checkout_path, query_value(&tier.id)),
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// The address when it is `http` or `https`, without user, and made of characters that URLs may hold; anything else is
/// not linked.
pub(super) fn safe_address(address: &str) -> Option<&str> {
    let url = url::Url::parse(address).ok()?;
    let web = address.starts_with("https://") || address.starts_with("http://");
    let plain = address.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>`\\^{}|[]".contains(&b));
    let anonymous = url.username().is_empty() && url.password().is_none();
    (web && plain && anonymous && address.len() <= 2_000).then_some(address)
}

/// The problem, unless the text is about posts: that is for the approver, and no reason to buy.
fn problem(spec: &ProductSpec) -> String {
    let text = shown(&spec.problem_statement, TEXT_CHARS);
    let cites = spec.evidence.iter().any(|item| text.contains(&format!("[{}]", item.id)));
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    let counts = words.any(|word| ["post", "posts"].iter().any(|known| word.eq_ignore_ascii_case(known)));
    if cites || counts { String::new() } else { text }
}

/// The assumptions stay out of the page but for those that a criterion names word for word.
fn notices(spec: &ProductSpec) -> Vec<String> {
    let wanted: Vec<String> =
        spec.acceptance_criteria
            .iter()
            .filter_map(|criterion| {
                if let CheckKind::Phrases { phrases } = &criterion.check { Some(phrases) } else { None }
            })
            .flatten()
            .map(|phrase| folded(phrase))
            .collect();
    lines(&spec.assumptions).into_iter().filter(|text| wanted.contains(&folded(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_for_the_approver_and_not_for_the_page() {
        use ae_core::{Evidence, NicheId, Origin, Untrusted};
        let title = Untrusted::new(Origin::Signals("test".to_owned()), String::new());
        let mut spec = ProductSpec::new(NicheId::from_digest(&Digest::of_bytes("t", b"n")), "A", "a", "B");
        spec.evidence = vec![Evidence::new("s1", "test", title, Timestamp::UNIX_EPOCH)];
        for (text, wanted) in [
            ("Rows break. Keys [x] stay.", "Rows break. Keys [x] stay."),
            ("Rows break [s1].", ""),
            ("9 posts were found on this topic.", ""),
        ] {
            spec.problem_statement = text.to_owned();
            assert_eq!(problem(&spec), wanted);
        }
    }

    #[test]
    fn nothing_is_planned_twice() {
        assert_eq!(planned("a shop"), "Planned: a shop");
        assert_eq!(planned("Planned: a shop"), "Planned: a shop");
    }

    #[test]
    fn the_path_of_an_address_begins_after_its_host() {
        assert_eq!(base_path("http://127.0.0.1:8787/p/x/"), "/p/x/");
        assert_eq!(base_path("http://h"), "/");
    }

    #[test]
    fn only_plain_addresses_are_linked() {
        for good in
            ["https://news.ycombinator.com/item?id=1", "http://127.0.0.1:8787/p/x/", "https://a.b/%20#c"]
        {
            assert!(safe_address(good).is_some(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "https://",
            "https://a b/",
            "https://u@h/",
            "//h/",
            "https://h/\"x",
            "https://h:x/",
            "ftp://h/",
            "https://h/[",
        ] {
            assert!(safe_address(bad).is_none(), "{bad}");
        }
    }
}
