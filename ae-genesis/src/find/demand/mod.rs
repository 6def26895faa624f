//! Reads demand out of a title: a request, a complaint, or an offer to pay.

mod cues;
mod shape;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::find::text;
use cues::Cue;
use shape::Shape;

/// The demand that a title shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignalKind {
    /// An author who would pay.
    WillingnessToPay,
    /// A request for a tool, a service or an alternative.
    Request,
    /// A complaint about an existing product, or a report that it fails its users.
    Complaint,
    /// A way to get by without a product.
    Workaround,
    /// A product launch: competition, and a sign of a market.
    Launch,
    /// Talk about the topic.
    Topic,
}

impl SignalKind {
    /// Reads a title.
    ///
    /// ```
    /// use ae_genesis::SignalKind;
    /// assert_eq!(SignalKind::of_title("Ask HN: Is there a tool to merge CSV files?"), SignalKind::Request);
    /// assert_eq!(SignalKind::of_title("Show HN: A CSV viewer"), SignalKind::Launch);
    /// assert_eq!(SignalKind::of_title("A history of the CSV format"), SignalKind::Topic);
    /// ```
    pub fn of_title(title: &str) -> Self {
        let reading = Reading::of(title);
        if reading.form == Form::Show || (reading.form == Form::Plain && reading.has(Cue::Launch)) {
            return Self::Launch;
        }
        let opportunity = reading.is_opportunity();
        if opportunity && reading.has(Cue::Pay) {
            Self::WillingnessToPay
        } else if opportunity && reading.has(Cue::Complaint) && !reading.has(Cue::Request) {
            Self::Complaint
        } else if opportunity {
            Self::Request
        } else if reading.has(Cue::Workaround) {
            Self::Workaround
        } else if reading.form == Form::Tell && reading.has(Cue::Grievance) || reading.is_own_trouble() {
            Self::Complaint
        } else {
            Self::Topic
        }
    }

    /// Whether it shows demand that is not met: a request, a complaint, or a willingness to pay.
    #[must_use]
    pub const fn is_demand(self) -> bool {
        matches!(self, Self::WillingnessToPay | Self::Request | Self::Complaint)
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WillingnessToPay => "willingness to pay",
            Self::Request => "request",
            Self::Complaint => "complaint",
            Self::Workaround => "work-around",
            Self::Launch => "launch",
            Self::Topic => "topic",
        })
    }
}

/// Whether a title shows an unmet need: asks for a tool, service or product, seeks an alternative, complains about a
/// product, or states a pain that a product could solve.
///
/// A sum of cues against a threshold, no model. News, launches, career and opinion questions and how-to are not one.
pub fn opportunity(title: &str) -> bool {
    Reading::of(title).is_opportunity()
}

/// The demand of a title, 0 to 1.
pub(crate) fn prior(title: &str) -> f64 {
    let reading = Reading::of(title);
    match reading.form {
        Form::Ask | Form::Tell if reading.is_opportunity() => 1.0,
        Form::Ask => 0.8,
        Form::Show => 0.5,
        _ if reading.is_opportunity() => 0.7,
        Form::Tell => 0.4,
        Form::Question => 0.3,
        Form::Plain
            if reading.has(Cue::Request) || reading.has(Cue::Choice) || reading.has(Cue::Grievance) =>
        {
            0.3
        }
        Form::Plain => 0.0,
    }
}

/// The way in which a title addresses its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Ask,
    Tell,
    Show,
    Question,
    Plain,
}

/// A title, read once.
struct Reading {
    form: Form,
    /// Whether it ends like a question.
    question: bool,
    /// Whether the author speaks of himself.
    first_person: bool,
    cues: Vec<Cue>,
    shape: Shape,
}

/// The least sum of an opportunity.
const THRESHOLD: i32 = 30;

impl Reading {
    fn of(title: &str) -> Self {
        let words = text::words(title);
        let pair: Vec<&str> = words.iter().take(2).map(String::as_str).collect();
        let question = title.trim_end().ends_with('?');
        let form = match pair.as_slice() {
            ["ask", "hn" | "reddit" | "ih"] | ["tell", "ask"] => Form::Ask,
            ["tell", "hn"] => Form::Tell,
            ["show" | "apply" | "launch", "hn" | "ih"] => Form::Show,
            _ if question => Form::Question,
            _ => Form::Plain,
        };
        let named = matches!(form, Form::Ask | Form::Tell | Form::Show);
        let rest = words.get(if named { 2 } else { 0 }..).unwrap_or_default();
        let own = |word: &String| ["i", "my", "me", "we", "our", "us", "myself"].contains(&word.as_str());
        Self {
            form,
            question,
            first_person: rest.iter().any(own),
            cues: cues::read(rest),
            shape: Shape::of(rest),
        }
    }

    fn has(&self, cue: Cue) -> bool {
        self.cues.contains(&cue)
    }

    fn is_opportunity(&self) -> bool {
        self.form != Form::Show && self.sum() >= THRESHOLD
    }

    /// Whether the author has a trouble of his own; a headline about the troubles of others is news.
    fn is_own_trouble(&self) -> bool {
        let trouble = self.has(Cue::Grievance) || self.has(Cue::Complaint);
        self.form == Form::Plain && trouble && self.first_person
    }

    /// Tenths of a point; set by judgement from what the words mean, then checked, not fitted.
    fn sum(&self) -> i32 {
        let mut sum = match self.form {
            Form::Ask => 10,
            Form::Tell => 8,
            // "Is there a moon?" asks for no product.
            Form::Question if self.has(Cue::Product) => 5,
            Form::Question => 0,
            Form::Plain if self.has(Cue::Leading) => 5,
            Form::Plain | Form::Show => -10,
        };
        for (cue, tenths) in [
            (Cue::Request, 25),
            (Cue::Pay, 25),
            (Cue::Pick, 20),
            (Cue::Choice, if self.has(Cue::Pick) { 0 } else { 13 }),
            (Cue::Handle, if self.shape == Shape::Job { 0 } else { 15 }),
            (Cue::Complaint, 15),
            (Cue::Product, 12),
            (Cue::Advice, -25),
        ] {
            sum += if self.has(cue) { tenths } else { 0 };
        }
        if self.question || self.form == Form::Ask {
            sum += match self.shape {
                Shape::Best if self.has(Cue::Pick) => 0,
                Shape::Best => 20 - if self.has(Cue::Choice) { 13 } else { 0 },
                Shape::Job if self.has(Cue::Handle) => 20,
                Shape::Job => 15,
                Shape::Which => 8,
                Shape::Other => 0,
            };
        }
        // "Ask HN: affordable build server", "Ask HN: CI server with reports?": a bare noun phrase is a request for the thing.
        if self.form == Form::Ask && !self.has(Cue::Verb) && (!self.question || self.shape == Shape::Other) {
            sum += 10;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_complaints_and_offers_are_opportunities() {
        for (title, kind) in [
            ("Ask HN: Is there an invoicing app that works offline?", SignalKind::Request),
            ("Ask HN: Alternatives to QuickBooks?", SignalKind::Request),
            ("Looking for a tool to label photos in bulk", SignalKind::Request),
            ("Ask HN: Which time tracker do you use?", SignalKind::Request),
            ("Ask HN: Best password manager for a family?", SignalKind::Request),
            ("Ask HN: Cheapest transcription for long recordings?", SignalKind::Request),
            ("Ask HN: Easiest bookkeeping for a two-person shop?", SignalKind::Request),
            ("Ask HN: Any tips on finding a translator?", SignalKind::Request),
            ("Ask HN: Where do you host your static sites?", SignalKind::Request),
            ("Ask HN: How do you handle customer refunds?", SignalKind::Request),
            ("Ask HN: What do you use for note taking?", SignalKind::Request),
            ("I would pay for a calendar app that syncs", SignalKind::WillingnessToPay),
            ("Tell HN: My bank's export tool is broken again", SignalKind::Complaint),
        ] {
            assert!(opportunity(title), "{title}");
            assert_eq!(SignalKind::of_title(title), kind, "{title}");
        }
    }

    #[test]
    fn own_trouble_is_a_complaint_and_a_headline_is_not() {
        let title = "Chasing unpaid invoices is the worst part of my small business";
        assert_eq!(SignalKind::of_title(title), SignalKind::Complaint);
        for title in ["Spreadsheets blamed for wrong results", "Example Mail is now charging for exports"] {
            assert_eq!(SignalKind::of_title(title), SignalKind::Topic, "{title}");
            assert!(!opportunity(title), "{title}");
        }
    }

    #[test]
    fn news_launches_and_career_questions_are_not() {
        for title in [
            "Show HN: An invoicing app that works offline",
            "QuickBooks raises prices",
            "Ask HN: Should I quit my job?",
            "Ask HN: How do I become a better programmer?",
            "Ask HN: How do you handle stress at work?",
            "Ask HN: Best city to live in?",
            "Ask HN: Where do you see yourself in five years?",
            "Best movies of the year?",
            "A tool for looking at stars",
            "",
        ] {
            assert!(!opportunity(title), "{title}");
        }
    }
}
