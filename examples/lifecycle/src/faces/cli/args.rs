//! The command line.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use ae_core::RunId;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::TABLE;
use crate::service::RunSettings;

/// From an economic intent to a live, purchasable product.
#[derive(Debug, Parser)]
#[command(name = "ae", version, about, max_term_width = 100, after_help = after_help(), propagate_version = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// The options of every command.
    #[command(flatten)]
    pub global: Global,
}

fn after_help() -> String {
    format!(
        "Examples:\n  ae run \"Build a \\$500 MRR CSV tool\" --budget 10 --signals sample --yes\n  ae run \"Invoice reminders for \
         freelancers\" --signals posts.csv.gz\n  ae runs\n  ae serve\n\n{}",
        TABLE
    )
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder for databases, workspaces, published sites and keys [default: `AE_DATA_DIR`, else the platform's data
    /// folder for `autonomous-enterprise`]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print exactly one JSON object on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no progress and no remarks on standard error, only warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a run: from an intent to a product that can be bought, or to a pre-order
    Run(Box<RunArgs>),
    /// Show the coding agents that can build here: their versions, whether a key is there, and the sandbox of this machine
    #[command(after_help = "Example:\n  ae agents --json")]
    Agents,
    /// List the runs, newest first
    Runs(RunsArgs),
    /// Show one run: where it stands, what it found and made, what it earned
    #[command(after_help = "Example:\n  ae status 01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44 --json")]
    Status {
        /// The run's id, or the beginning of it if no other run begins so
        run: String,
    },
    /// Show exactly what the launch of a run will create and spend, or did, with the hash that its approval binds
    #[command(after_help = "Example:\n  ae plan 01933c2e --json")]
    Plan {
        /// The run's id, or the beginning of it
        run: String,
    },
    /// Take a launch back: payment links, prices and product go off sale, then the site is taken down
    #[command(
        after_help = "Examples:\n  ae undo 01933c2e\n  ae undo 01933c2e --yes --json\n\nWhat host or payment provider can't take \
                            back is named, and stays. The command can be repeated."
    )]
    Undo {
        /// The run's id, or the beginning of it
        run: String,
        /// Approve it in advance; recorded as your standing decision
        #[arg(long)]
        yes: bool,
    },
    /// Decide on what a parked run asks, then go on with it to its next stop
    Approve(ApproveArgs),
    /// Go on with a run that was interrupted or parked
    #[command(after_help = "Example:\n  ae resume 01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44 --yes")]
    Resume {
        /// The run's id, or the beginning of it
        run: String,
        /// How it goes on.
        #[command(flatten)]
        go: Go,
    },
    /// End a run for good
    #[command(after_help = "Example:\n  ae cancel 01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44")]
    Cancel {
        /// The run's id, or the beginning of it
        run: String,
    },
    /// Serve the published products, their payment pages and webhooks, and the operator's page
    Serve(ServeArgs),
    /// Record that an order was paid
    #[command(
        after_help = "Examples:\n  ae paid ord_0v5k8h2mq9xdv3w7c1tz4rne6b\n  ae paid ord_0v5k8h2mq9xdv3w7c1tz4rne6b --renewal"
    )]
    Paid(PaidArgs),
    /// Record that an order's money was given back: its licence ends
    #[command(after_help = "Example:\n  ae refund ord_0v5k8h2mq9xdv3w7c1tz4rne6b")]
    Refund(OrderArgs),
    /// Print the licence of a paid order
    #[command(after_help = "Example:\n  ae licence ord_0v5k8h2mq9xdv3w7c1tz4rne6b")]
    Licence(OrderArgs),
    /// Keep the secret that signs a payment provider's webhooks; it is read from standard input
    #[command(
        after_help = "Examples:\n  ae webhook-secret stripe < secret.txt\n  ae webhook-secret polar --test < secret.txt"
    )]
    WebhookSecret(WebhookSecretArgs),
    /// Show what was earned, by currency: gross, refunded, disputed, net, a month, and the customers who came and went
    #[command(after_help = "Examples:\n  ae revenue\n  ae revenue 01933c2e --days 90 --json")]
    Revenue(RevenueArgs),
    /// Say from counted numbers whether to keep, pivot or kill a product, or that it is too early to tell
    #[command(
        after_help = "Example:\n  ae decide 01933c2e\n\nEvery comparison is shown. Nothing is done: the decision is yours."
    )]
    Decide(DecideArgs),
    /// Check the audit log
    #[command(subcommand, after_help = "Example:\n  ae audit verify")]
    Audit(AuditCommand),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  ae completions bash > ~/.local/share/bash-completion/completions/ae")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// `ae run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ae run \"Build a \\$500 MRR CSV tool\" --budget 10 --signals sample --yes
  ae run \"Time tracking for freelancers\" --signals posts.csv.gz --signals more.jsonl --despite-evidence
  ae run \"Unit converter for cooks\" --signals posts.csv.gz --kit kits/units
  ae run \"Build a \\$500 MRR CSV tool\" --budget 10 --agent claude
  ae run \"Build a \\$500 MRR CSV tool\" --deploy vercel --pay stripe --domain csv-tool.example
  zcat posts.csv.gz | ae run \"Meal planning app, \\$300 MRR\" --signals - --yes --json

Signals are CSV with the header id,title,url,num_points,num_comments,created_at (more columns
are ignored), JSON Lines with the same names, or .gz of both, of any size. Without --signals,
Hacker News is searched (no key needed).

A run ends with a tool that works in the browser where a kit covers the intent, else with a
pre-order: a page that says that the product is not built yet, and sells nothing. A coding agent
makes the kit itself: it specifies what the product does, which is sealed and approved, and then
builds it. Its key is ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY (or GOOGLE_API_KEY),
as for the models of the analyst; AE_ANTHROPIC_BASE_URL, AE_OPENAI_BASE_URL and AE_GEMINI_BASE_URL name another address of the
vendor.")]
pub struct RunArgs {
    /// The product to build, in a sentence
    pub intent: String,
    /// The most that may be spent, in USD; 0 means nothing
    #[arg(long, value_name = "USD", default_value = "10", allow_hyphen_values = true)]
    pub budget: String,
    /// Where demand signals come from: a file, - for standard input, or sample; may be given several times
    #[arg(long, value_name = "FILE|-|sample")]
    pub signals: Vec<String>,
    /// Who builds: site, the built-in builder, free of charge; claude, codex, gemini or acp:COMMAND, a coding agent that
    /// specifies and builds the product in a sandbox and is paid from the budget; auto, the first of these that can work here
    #[arg(long, value_name = "AGENT", default_value = "site")]
    pub agent: Agent,
    /// Who writes niches, spec and tasks: rules, free of charge and without a model; model, models that a router chooses, paid
    /// from the budget; auto, models if a key of a vendor is set and there is money to spend, else rules
    #[arg(long, value_enum, value_name = "ANALYST", default_value_t = AnalystName::Auto)]
    pub analyst: AnalystName,
    /// The model that the coding agent uses, by the vendor's name, or `routed`: for each attempt at a task of the build one of
    /// its vendor, which the router chooses [default: one for each agent, see `ae agents`]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Also make products from the kit in this folder; may be given several times. A run whose kit has changed does not go
    /// on
    #[arg(long, value_name = "DIR")]
    pub kit: Vec<PathBuf>,
    /// Use this id for the run, so that a script can repeat the command safely [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub run_id: Option<RunId>,
    /// How it goes on.
    #[command(flatten)]
    pub go: Go,
    /// Where the product is served, below a name of its own: `http://PRODUCT.localhost:PORT/`
    #[arg(long, value_name = "IP:PORT", default_value = DEFAULT_ADDR)]
    pub addr: SocketAddr,
    /// Whom visitors can ask about the product: an e-mail address, or the address of a page
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// Where it goes live, and who takes the money.
    #[command(flatten)]
    pub live: GoingLive,
    /// The operator's side of it.
    #[command(flatten)]
    pub selling: Selling,
}

/// Where a product goes live, and who takes the money.
#[derive(Debug, Clone, Args)]
pub struct GoingLive {
    /// Where the product is published: local, served by `ae serve` on this machine; vercel (`VERCEL_TOKEN`,
    /// `VERCEL_TEAM_ID`) or cloudflare (`CLOUDFLARE_API_TOKEN`, `CLOUDFLARE_ACCOUNT_ID`)
    #[arg(long, value_name = "HOST", default_value = RunSettings::LOCAL)]
    pub deploy: String,
    /// Who takes the money: ledger, orders that you mark as paid; stripe (`STRIPE_API_KEY`), polar (`POLAR_ACCESS_TOKEN`)
    /// or paddle (`PADDLE_API_KEY`, `PADDLE_CHECKOUT_PAGE`), in their test mode unless --live says otherwise
    #[arg(long, value_name = "PROVIDER", default_value = RunSettings::LEDGER)]
    pub pay: String,
    /// Take real money: the payment provider is used in its live mode, and its key has to be a live one
    #[arg(long)]
    pub live: bool,
    /// Attach this domain to the site; what the DNS must say for it is printed, nothing is bought
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// Have the payment provider send its events here: the address, on the web, of
    /// `/api/v1/billing/webhooks/PROVIDER` of your `ae serve`
    #[arg(long, value_name = "URL")]
    pub webhook_url: Option<String>,
}

/// The address that is served when none is given.
pub const DEFAULT_ADDR: &str = "127.0.0.1:4180";

/// How a run goes on.
#[derive(Debug, Clone, Copy, Args)]
pub struct Go {
    /// Approve spec and launch in advance; recorded as your standing decision
    #[arg(long)]
    pub yes: bool,
    /// Go on although the evidence is too weak to say that anyone wants it; recorded as your decision, which `--yes` never
    /// means. Spec and page then say that demand was not validated
    #[arg(long)]
    pub despite_evidence: bool,
    /// Return when the run ends or parks, even in a terminal; `ae serve` then answers at the printed URLs
    #[arg(long)]
    pub no_serve: bool,
}

/// The builder that is asked for: `site`, `auto`, `claude`, `codex`, `gemini` or `acp:COMMAND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent(pub String);

impl FromStr for Agent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ["site", "auto", "claude", "codex", "gemini"].contains(&text)
            || text.strip_prefix("acp:").is_some_and(|command| !command.trim().is_empty());
        if known { Ok(Self(text.to_owned())) } else { Err(AGENTS.to_owned()) }
    }
}

/// The analyst that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnalystName {
    /// Models if a key is set and there is money to spend, else rules
    Auto,
    /// Rules, without a model
    Rules,
    /// Models
    Model,
}

impl AnalystName {
    /// Its name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => RunSettings::AUTO,
            Self::Rules => RunSettings::RULES,
            Self::Model => RunSettings::MODEL,
        }
    }
}

/// The names of the builders.
const AGENTS: &str = "expected site, auto, claude, codex, gemini or acp:COMMAND";

/// `ae runs`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ae runs --limit 5 --json\n  ae runs --page 2")]
pub struct RunsArgs {
    /// The most runs of a page
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Which page, from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub page: u32,
}

/// `ae approve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ae approve 01933c2e --digest 5f0c7f1b2a44
  ae approve 01933c2e --stage launch
  ae approve 01933c2e --stage spec --reject --reason \"the price is too low\"

Without a terminal, --digest or --stage says which question is meant. A question is open for 30 days; after that the
command asks again instead, and shows the new question.")]
pub struct ApproveArgs {
    /// The run's id, or the beginning of it
    pub run: String,
    /// Reject; the run ends as blocked
    #[arg(long, conflicts_with = "yes")]
    pub reject: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Decide only if this is the digest that the run asks for (8 or more of its hex digits)
    #[arg(long, value_name = "HEX")]
    pub digest: Option<String>,
    /// Decide only if the run asks about this
    #[arg(long, value_enum)]
    pub stage: Option<AskedStage>,
    /// How it goes on.
    #[command(flatten)]
    pub go: Go,
}

/// The questions of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AskedStage {
    /// Whether it goes on although the evidence is weak
    Evidence,
    /// The spec, the planned spend and the sealed checks
    Spec,
    /// The exact release, and product, prices and payment link where something is sold
    Launch,
}

/// `ae paid`
#[derive(Debug, Args)]
pub struct PaidArgs {
    /// The order's reference, which its buyer gives with the payment
    pub order: String,
    /// Record the payment of another period of an order that is paid for the present
    #[arg(long)]
    pub renewal: bool,
}

/// `ae refund`, `ae licence`
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// The order's reference
    pub order: String,
}

/// `ae webhook-secret`
#[derive(Debug, Args)]
pub struct WebhookSecretArgs {
    /// The payment provider: stripe, polar or paddle
    pub vendor: String,
    /// The secret is of the provider's test mode: its events are never booked as real money
    #[arg(long)]
    pub test: bool,
}

/// `ae revenue`
#[derive(Debug, Args)]
pub struct RevenueArgs {
    /// The run's id, or the beginning of it [default: every run that sells]
    pub run: Option<String>,
    /// Compare subscriptions with those of this many days ago
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

/// `ae decide`
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The run's id, or the beginning of it
    pub run: String,
}

/// The options of a command that serves.
#[derive(Debug, Clone, Args)]
pub struct Selling {
    /// Where the operator's page listens [default: 127.0.0.1 and the port after the one of --addr]
    #[arg(long, value_name = "IP:PORT")]
    pub operator_addr: Option<SocketAddr>,
    /// Show this text to buyers on the page of their order; it is kept in the data directory until another is given
    #[arg(long, value_name = "FILE")]
    pub pay_instructions: Option<PathBuf>,
}

/// `ae serve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ae serve --addr 127.0.0.1:4180 --pay-instructions how-to-pay.txt
  ae serve --host shop.example")]
pub struct ServeArgs {
    /// Where to listen; loopback unless you say otherwise
    #[arg(long, value_name = "IP:PORT", default_value = DEFAULT_ADDR)]
    pub addr: SocketAddr,
    /// Answer to this name and, for products, to the names below it, for example behind a proxy; may be given several
    /// times [default: the address, localhost]
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Post a signed message to this address when an order becomes entitled and when that ends; the secret is in
    /// `keys/notify`
    #[arg(long, value_name = "URL")]
    pub notify: Option<String>,
    /// The operator's side of it.
    #[command(flatten)]
    pub selling: Selling,
}

/// `ae audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Read the whole audit log and check its hash chain
    #[command(after_help = "Example:\n  ae audit verify --json")]
    Verify,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
