//! Which words of an intent carry its topic.

/// Words that say nothing about the topic: grammar, the wish to build, and words for "product".
pub(super) fn is_boilerplate(word: &str) -> bool {
    BOILERPLATE.binary_search(&word).is_ok()
}

/// Words that mean something only beside others: they count less.
pub(super) fn is_weak(word: &str) -> bool {
    WEAK.binary_search(&word).is_ok()
}

/// Whether the words after "for" name people rather than a purpose.
///
/// True when one of them is a word for people or their organisations, or the last one ends like a trade in the plural.
pub(super) fn names_people(words: &[String]) -> bool {
    let listed = |word: &String| PEOPLE.binary_search(&word.as_str()).is_ok();
    let trade = |word: &String| {
        word.len() > 5
            && ["ers", "ors", "ists", "ians", "ants"].iter().any(|ending| word.ends_with(ending))
            && NOT_PEOPLE.binary_search(&word.as_str()).is_err()
    };
    words.iter().any(listed) || words.last().is_some_and(trade)
}

/// Sorted, for binary search.
const BOILERPLATE: &[&str] = &[
    "a", "about", "aim", "all", "also", "an", "and", "any", "app", "application", "applications", "apps", "are", "as", "at",
    "be", "best", "better", "bootstrapped", "budget's", "build", "building", "business", "but", "by", "can", "cheap",
    "company", "could", "create", "creating", "customers", "develop", "do", "easy", "every", "fast", "find", "for", "from",
    "generate", "generates", "get", "give", "good", "great", "have", "help", "helping", "helps", "how", "i", "idea", "in",
    "into", "is", "it", "its", "launch", "let", "lets", "like", "little", "lightweight", "make", "makes", "making", "me",
    "micro", "micro-saas", "microsaas", "minimal", "modern", "month", "monthly", "mrr", "my", "need", "new", "nice", "of",
    "on", "one", "online", "or", "our", "paid", "paying", "people", "per", "plan", "plans", "platform", "platforms",
    "please", "product", "products", "profitable", "project", "quick", "recurring", "revenue", "run", "saas", "sell",
    "service", "services", "ship", "should", "side", "simple", "simpler", "site", "sites", "small", "smart", "software",
    "solution", "solutions", "some", "start", "startup", "subscribers", "suite", "system", "systems", "that", "the",
    "their", "them", "they", "this", "tiny", "to", "tool", "toolkit", "tools", "turn", "us", "use", "users", "using",
    "utility", "want", "wants", "way", "we", "webapp", "website", "which", "who", "will", "with", "without", "would",
    "year", "you", "your",
];

/// Sorted, for binary search.
const WEAK: &[&str] = &[
    "agent", "assistant", "automated", "automatic", "automation", "bot", "builder", "checker", "client", "converter",
    "creator", "dashboard", "data", "directory", "editor", "finder", "free", "generator", "helper", "hub", "kit",
    "library", "local", "maker", "management", "manager", "marketplace", "mobile", "open", "open-source", "organiser",
    "organizer", "personal", "planner", "plug-in", "plugin", "portal", "professional", "provider", "reader", "reminder",
    "search", "secure", "server", "sharing", "shop", "source", "store", "support", "sync", "team", "tracker", "tracking",
    "viewer", "web", "work",
];

/// Sorted, for binary search.
const PEOPLE: &[&str] = &[
    "academics", "accountants", "adults", "agencies", "analysts", "artists", "athletes", "authors", "beginners",
    "bloggers", "brands", "businesses", "carers", "charities", "children", "churches", "clinics", "clubs", "coaches",
    "companies", "consultants", "couples", "creatives", "creators", "dentists", "designers", "developers", "devs",
    "doctors", "drivers", "employees", "employers", "engineers", "enterprises", "entrepreneurs", "everyone", "families",
    "farmers", "fans", "firms", "founders", "freelancers", "gamers", "gardeners", "hobbyists", "homeowners", "hosts",
    "investors", "kids", "landlords", "lawyers", "learners", "makers", "managers", "marketers", "merchants", "mums",
    "musicians", "ngos", "nomads", "nonprofits", "nurses", "organisations", "organizations", "owners", "parents",
    "patients", "people", "photographers", "podcasters", "professionals", "programmers", "publishers", "recruiters",
    "researchers", "restaurants", "retailers", "runners", "schools", "scientists", "sellers", "seniors", "shoppers",
    "shops", "singles", "smes", "startups", "stores", "streamers", "students", "teachers", "teams", "teens", "tenants",
    "therapists", "trainers", "travelers", "travellers", "tutors", "universities", "users", "volunteers", "women",
    "workers", "writers", "youtubers",
];

/// Sorted, for binary search: plurals that end like trades and are things.
const NOT_PEOPLE: &[&str] = &[
    "answers", "calendars", "cameras", "chargers", "colors", "computers", "containers", "drawers", "errors", "filters",
    "flyers", "folders", "hangers", "headers", "letters", "meters", "mirrors", "monitors", "newsletters", "numbers",
    "offers", "orders", "papers", "parameters", "plants", "posters", "power", "powers", "printers", "processors",
    "registers", "reminders", "restaurants", "routers", "scanners", "sensors", "servers", "speakers", "stickers",
    "tensors", "timers", "towers", "trackers", "trailers", "variants", "vectors", "vouchers", "warrants", "weathers",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [BOILERPLATE, WEAK, PEOPLE, NOT_PEOPLE] {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn people_are_told_from_purposes() {
        let people = |text: &str| names_people(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for text in ["small teams", "freelancers", "solo consultants", "dog walkers", "florists", "remote workers"] {
            assert!(people(text), "{text}");
        }
        for text in ["csv files", "meal planning", "tax reminders", "web servers", "invoices"] {
            assert!(!people(text), "{text}");
        }
    }
}
