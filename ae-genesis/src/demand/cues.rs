//! The words that show demand, by what they mean.

/// What a group of words shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Asks for something: "is there a", "alternative to".
    Request,
    /// Offers money.
    Pay,
    /// Asks which one: "what is the best", "do you use".
    Choice,
    /// Asks how others get something done: "how do you manage".
    Handle,
    /// Says that something is bad.
    Complaint,
    /// Names something that can be sold.
    Product,
    /// Asks for advice, opinions or careers rather than for a product.
    Advice,
    /// Holds a verb or a pronoun, so it is a sentence.
    Verb,
    /// Announces a product.
    Launch,
    /// Tells of an own way to do it.
    Workaround,
}

/// A set of cues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CueSet(u16);

impl CueSet {
    pub(super) const fn has(self, cue: Cue) -> bool {
        self.0 & (1 << cue as u16) != 0
    }

    fn add(&mut self, cue: Cue) {
        self.0 |= 1 << cue as u16;
    }
}

/// Reads the cues of a title given as folded words without apostrophes (`don't` is `don t`).
pub(super) fn read(words: &[String]) -> CueSet {
    let mut cues = CueSet::default();
    for (cue, phrases) in PHRASES {
        if phrases.iter().any(|phrase| holds(words, phrase)) {
            cues.add(*cue);
        }
    }
    for (cue, list) in WORDS {
        if words.iter().any(|word| list.binary_search(&word.as_str()).is_ok()) {
            cues.add(*cue);
        }
    }
    cues
}

/// Whether the title opens with a request or a first-person wish.
pub(super) fn leads(words: &[String]) -> bool {
    LEADING.iter().any(|phrase| {
        let parts = || phrase.split(' ');
        parts().count() <= words.len() && parts().zip(words).all(|(part, word)| part == word)
    })
}

/// Whether the words of `phrase` stand together in `words`.
fn holds(words: &[String], phrase: &str) -> bool {
    let length = phrase.split(' ').count();
    words.windows(length).any(|window| window.iter().zip(phrase.split(' ')).all(|(word, part)| word == part))
}

const LEADING: &[&str] = &[
    "looking for", "in search of", "searching for", "need a", "need an", "i need", "we need", "i want", "wanted", "i wish",
    "wish there", "i d pay", "i would pay", "would pay", "willing to pay", "feature request", "seeking", "is there a",
    "is there an", "is there any", "are there any", "anyone know", "does anyone know", "can anyone recommend", "recommend",
    "please recommend", "why is there no", "why isn t there", "i hate", "i m tired of", "tired of", "sick of", "fed up",
    "help me find", "alternatives to", "alternative to", "someone should build", "someone please build", "app that",
    "tool that", "tool for", "app for", "any good", "any tool", "any app",
];

const PHRASES: &[(Cue, &[&str])] = &[
    (Cue::Request, &[
        "looking for", "in search of", "searching for", "alternative to", "alternatives to", "alternative for",
        "alternatives for", "replacement for", "replacements for", "replace", "substitute for", "is there a", "is there an",
        "is there any", "are there any", "are there good", "are there only", "is there some", "is there such", "is there no",
        "why is there no", "why isn t there", "why are there no", "does anyone know of", "does anybody know of",
        "anyone know of", "anyone know a", "anyone know any", "do you know any", "do you know of", "know a good",
        "know of any", "know any good", "can you recommend", "can anyone recommend", "could you recommend",
        "would you recommend", "do you recommend", "recommend a", "recommend an", "recommend me", "any recommendations",
        "recommendations for", "recommendation for", "recommended", "suggestions for", "suggest a", "suggest an", "i wish",
        "wish there was", "wish there were", "i need a", "i need an", "need a", "need an", "we need a", "in need of",
        "where can i find", "where can i get", "where can i buy", "where to find", "where to buy", "where do i find",
        "where do you buy", "help me find", "feature request", "what happened to", "self hosted alternative",
        "open source alternative", "app that", "tool that", "service that", "software that", "site that", "tool to",
        "app to", "software to", "service to", "tools to", "tools for", "app for", "apps for", "tool for", "software for",
        "service for", "services for", "should be automated", "someone should build", "someone please build", "any good",
        "any decent", "any tool", "any tools", "any app", "any apps", "any service", "any services", "any software",
        "something like", "anything like", "something better than", "equivalent of", "equivalent for", "instead of",
    ]),
    (Cue::Pay, &[
        "would pay", "d pay", "willing to pay", "happy to pay", "gladly pay", "pay for a", "pay for an", "pay someone",
        "take my money", "worth paying", "paid alternative", "paid version", "shut up and take",
    ]),
    (Cue::Choice, &[
        "do you use", "are you using", "you use for", "you use to", "does your team use", "does your company use",
        "do you guys use", "to use for", "should i use", "which one", "what is the best", "what s the best", "whats the best",
        "what are the best", "what are some good", "what are good", "what is a good", "what s a good", "whats a good",
        "which is the best", "best way to", "best place to", "best tool", "best tools", "best app", "best apps",
        "best software", "best service", "best free", "best cheap", "your favorite", "your favourite", "favorite tool",
        "good tool", "good tools", "good app", "what tools", "which tools", "what tool", "which tool", "what software",
        "which software", "what service", "which service", "what app", "which app", "what services", "which services",
        "easiest way to", "cheapest way to", "simplest way to", "preferred", "what do you use", "best",
    ]),
    (Cue::Handle, &[
        "how do you manage", "how do you track", "how do you keep", "how do you organize", "how do you organise",
        "how do you handle", "how do you deal", "how do you store", "how do you back", "how do you backup",
        "how do you monitor", "how do you share", "how do you sync", "how do you test", "how do you bill",
        "how do you invoice", "how do you schedule", "how do you find", "how do you collect", "how do you automate",
        "how do you deploy", "how do you save", "how do you clean", "how do you search", "how do you version",
        "how do you do", "how do i find", "how do i keep", "how do i track", "how do i get rid", "how do i export",
        "how do i back", "how do i migrate", "how to search", "how to find a", "how to manage", "how to track",
        "how to organize", "how to share", "how to sync", "how to backup", "how to keep track", "how to get rid",
        "how can i track", "how can i keep", "how can i find", "how can i share", "how can i search", "how can i export",
        "what s your workflow", "your workflow for", "your process for", "your setup for", "your solution for",
        "how are you managing", "how are you handling", "how are you tracking", "keep track of", "sharing a",
    ]),
    (Cue::Complaint, &[
        "doesn t work", "does not work", "don t work", "not working", "stopped working", "won t load", "won t let",
        "can t export", "can t cancel", "can t log", "no way to", "no longer works", "no longer supports", "still no",
        "still doesn t", "still can t", "is still", "are still", "still published", "still not", "keeps crashing",
        "keeps losing", "locked out", "locked me", "blocked my", "banned my", "deleted my", "lost my", "lost all",
        "fed up", "tired of", "sick of", "rip off", "ripped off", "too expensive", "too slow", "too complicated",
        "too hard", "so bad", "so slow", "so hard", "so complicated", "so expensive", "so difficult", "is broken",
        "are broken", "is down", "drives me", "driving me", "pain in", "biggest pain", "pain point", "pain points",
        "wastes my", "waste of", "forced to use", "why can t", "why does it take", "why is it so", "why are we still",
        "why do we still", "beware of", "avoid using", "stay away from", "customer service is", "no support", "still blocking",
    ]),
    (Cue::Advice, &[
        "should i learn", "should i quit", "should i leave", "should i accept", "should i study", "should i join",
        "should i move", "how do i become", "how to become", "how to get into", "how to get a job", "get a job",
        "get hired", "who is hiring", "who s hiring", "wants to be hired", "hire me", "what do you think", "your opinion",
        "your thoughts", "thoughts on", "your experience", "how did you", "what did you", "have you ever", "do you ever",
        "are you happy", "do you feel", "how do you feel", "why do people", "why do you", "what is your biggest",
        "what are you working", "side project", "side projects", "review my", "feedback on", "rate my", "roast my",
        "would you read", "would you use", "would you pay", "do you want", "is it worth", "worth it", "is it okay",
        "is it ok", "is it possible", "is it just me", "what would you", "how much do", "how much should", "how many",
        "how long", "how old", "what makes", "what happens if", "when will", "what will", "when did", "what if", "next big thing",
        "this site", "on hn", "hacker news", "hn comments", "front page", "good books", "best books", "must read",
        "best book", "moving to", "how to learn", "way to learn", "best way to learn", "to learn", "learn to", "learning to",
        "how do you learn", "how do you stay", "stay motivated", "work life", "burn out", "days of", "first job",
        "new job", "job offer", "what languages", "which language", "what language", "programming language",
        "how to start", "how to launch", "how to price", "how to sell", "how to market", "how to promote", "get users",
        "first customers", "first users", "get customers", "raise money", "raise funding", "equity", "how do you hire",
        "how do you find clients", "how do you find customers", "find a cofounder", "how to handle", "interested in",
    ]),
    (Cue::Launch, &[
        "introducing", "announcing", "launches", "launched", "now available", "goes open source", "is now open source",
        "released", "releases", "we built", "i built", "i made", "just launched", "in beta", "public beta",
    ]),
    (Cue::Workaround, &[
        "how i", "how we", "my own", "our own", "work around", "workaround", "instead of using", "with a script",
        "shell script", "using only", "from scratch", "replaced our", "replacing our", "hack to", "without using",
    ]),
];

/// Each list sorted, for binary search.
const WORDS: &[(Cue, &[&str])] = &[
    (Cue::Request, &["alternative", "alternatives", "recommendation", "recommendations", "seeking"]),
    (Cue::Complaint, &[
        "abysmal", "annoying", "annoys", "awful", "bloated", "broken", "buggy", "clunky", "crap", "crappy", "crashes",
        "crashing", "cumbersome", "disappointed", "disappointing", "frustrated", "frustrating", "frustration", "hate",
        "horrible", "miserable", "nightmare", "outrageous", "overpriced", "painful", "ridiculous", "sucks", "terrible",
        "ugly", "unacceptable", "unreliable", "unresponsive", "unusable", "useless", "worst",
    ]),
    (Cue::Product, &[
        "accountant", "addon", "analytics", "api", "apis", "app", "application", "applications", "apps", "attorney",
        "backup", "bank", "blog", "board", "boards", "bookkeeping", "browser", "builder", "calendar", "camera", "card",
        "cdn", "chat", "checkout", "client", "cloud", "cms", "computer", "crm", "dashboard", "database", "databases",
        "desk", "device", "directory", "distribution", "distro", "distros", "docs", "documentation", "domain", "drive",
        "editor", "email", "engine", "extension", "feed", "feeds", "firewall", "font", "form", "forms", "forum",
        "framework", "frameworks", "gadget", "gateway", "generator", "headphones", "helpdesk", "host", "hosting", "ide",
        "infrastructure", "insurance", "integration", "inventory", "invoice", "invoices", "invoicing", "keyboard", "kit",
        "laptop", "laptops", "lawyer", "ledger", "library", "license", "list", "manager", "marketplace", "messenger",
        "monitor", "monitoring", "newsletter", "notebook", "os", "password", "payment", "payments", "payroll", "pdf",
        "pdfs", "phone", "planner", "platform", "platforms", "player", "plugin", "plugins", "portal", "printer",
        "processor", "product", "products", "program", "programs", "provider", "providers", "reader", "registrar",
        "resource", "resources", "router", "scanner", "scheduler", "sdk", "search", "server", "servers", "service",
        "services", "site", "sites", "software", "solution", "solutions", "spreadsheet", "spreadsheets", "stack",
        "storage", "store", "subscription", "suite", "support", "survey", "system", "systems", "template", "templates",
        "tool", "toolkit", "tools", "tracker", "tracking", "translator", "video", "vpn", "vps", "wallet", "webapp",
        "website", "websites", "widget", "wiki",
    ]),
    (Cue::Advice, &[
        "advice", "bootcamp", "career", "careers", "college", "colleagues", "cv", "degree", "dropout", "election",
        "employee", "employer", "ethical", "founders", "hire", "hired", "hiring", "internship", "interview", "interviews",
        "job", "jobs", "manager's", "masters", "mba", "meetup", "motivation", "motivated", "phd", "politics", "predictions",
        "promotion", "quit", "recruiter", "resignation", "salaries", "salary", "startups", "university", "visa", "ycombinator",
    ]),
    (Cue::Verb, &[
        "am", "are", "can", "could", "d", "did", "do", "does", "had", "has", "have", "how", "i", "if", "is", "ll", "m",
        "my", "our", "re", "s", "should", "they", "ve", "was", "we", "were", "what", "when", "where", "who", "why", "will",
        "would", "you", "your",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_folded() {
        for (cue, list) in WORDS {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1], "{cue:?}: {} before {}", pair[0], pair[1]);
            }
        }
        for (cue, phrases) in PHRASES {
            for phrase in *phrases {
                assert!(!phrase.contains('\'') && **phrase == phrase.to_lowercase(), "{cue:?}: {phrase}");
            }
        }
    }
}
