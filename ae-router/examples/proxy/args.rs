//! The command line.

use std::net::SocketAddr;

use ae_router::core::{Currency, Money};

pub(crate) const HELP: &str = "\
An OpenAI-compatible server in front of routed models, with a budget for each key.

use: proxy (--budget USD | --keys FILE) [options]

Vendors take part by their keys in the environment: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY.

  --budget USD              the most to spend, for all callers together; on the loopback address only
  --keys FILE               the callers' keys and their budgets, as JSON:
                            {\"keys\": [{\"name\": \"ci\", \"sha256\": \"HEX\", \"budget_usd\": \"5.00\",
                              \"models\": [\"gpt-5.2\"], \"tiers\": [\"TIER3\"], \"metrics\": true}]}
                            sha256 is of the key (printf %s KEY | sha256sum); models, tiers and metrics are optional:
                            models limits the models, tiers those that `auto` stands for; with tiers alone no model can be
                            named; metrics lets the key read /metrics
  --spent FILE              keeps what is spent in this file, so that a restart does not forget it; one proxy a file
  --listen ADDRESS          default 127.0.0.1:8080; port 0 for any; other than loopback only with --keys
  --prices FILE             a price file that is laid over the bundled prices
  --policy FILE             the tiers and their models, as JSON; without it those of the crate
  --compatible NAME=URL,MODEL,...
                            a server of OpenAI's Chat Completions and its models, which need a price; its key is
                            NAME_API_KEY in the environment
  --local NAME=URL,MODEL,...
                            the same for models that cost nothing
  --anthropic-url URL, --openai-url URL, --gemini-url URL
                            other addresses of the vendors
  --output-tokens-max N     the limit of an answer whose request sets none; default 4096
  --image-tokens-max N      the most tokens that an image counts in a reservation; default 16384
  --tries N                 the most tries of a call, over all models; default 4
  --body-max BYTES          the largest request; default 33554432
  --connections N           the most connections at a time; default 1024
  --threads N               default: one a core
  --grace SECONDS           the time that open calls have after SIGINT or SIGTERM; default 30
  --help                    this text
";

/// A server of the Chat form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compatible {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) models: Vec<String>,
    pub(crate) free: bool,
}

/// The settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Args {
    pub(crate) budget: Option<Money>,
    pub(crate) keys: Option<String>,
    pub(crate) spent: Option<String>,
    pub(crate) listen: SocketAddr,
    pub(crate) prices: Option<String>,
    pub(crate) policy: Option<String>,
    pub(crate) compatible: Vec<Compatible>,
    pub(crate) anthropic_url: Option<String>,
    pub(crate) openai_url: Option<String>,
    pub(crate) gemini_url: Option<String>,
    pub(crate) output_tokens_max: u64,
    pub(crate) image_tokens_max: u64,
    pub(crate) tries: u32,
    pub(crate) body_max: usize,
    pub(crate) connections: usize,
    pub(crate) threads: Option<usize>,
    pub(crate) grace: u64,
}

impl Args {
    /// Reads the settings; `None` when the help was asked for.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut args = Self {
            budget: None,
            keys: None,
            spent: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            prices: None,
            policy: None,
            compatible: Vec::new(),
            anthropic_url: None,
            openai_url: None,
            gemini_url: None,
            output_tokens_max: 4_096,
            image_tokens_max: 16_384,
            tries: 4,
            body_max: 32 << 20,
            connections: 1_024,
            threads: None,
            grace: 30,
        };
        while let Some(option) = words.next() {
            if option == "--help" || option == "-h" {
                return Ok(None);
            }
            let value =
                words.next().ok_or_else(|| format!("{option} needs a value; --help lists the options"))?;
            args.set(&option, value)?;
        }
        args.check()?;
        Ok(Some(args))
    }

    fn set(&mut self, option: &str, value: String) -> Result<(), String> {
        match option {
            "--budget" => self.budget = Some(usd(&value).map_err(|error| format!("{option}: {error}"))?),
            "--keys" => self.keys = Some(value),
            "--spent" => self.spent = Some(value),
            "--listen" => self.listen = number(option, &value)?,
            "--policy" => self.policy = Some(value),
            "--prices" => self.prices = Some(value),
            "--compatible" => self.compatible.push(compatible(option, &value, false)?),
            "--local" => self.compatible.push(compatible(option, &value, true)?),
            "--anthropic-url" => self.anthropic_url = Some(value),
            "--openai-url" => self.openai_url = Some(value),
            "--gemini-url" => self.gemini_url = Some(value),
            "--output-tokens-max" => self.output_tokens_max = number(option, &value)?,
            "--image-tokens-max" => self.image_tokens_max = number(option, &value)?,
            "--tries" => self.tries = number(option, &value)?,
            "--body-max" => self.body_max = number(option, &value)?,
            "--connections" => self.connections = number(option, &value)?,
            "--threads" => self.threads = Some(number(option, &value)?),
            "--grace" => self.grace = number(option, &value)?,
            _ => return Err(format!("{option} is not an option; --help lists them")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        match (&self.budget, &self.keys) {
            (None, None) => Err("no budget: set --budget, or --keys with a budget for each key".to_owned()),
            (Some(_), Some(_)) => Err("--budget and --keys: with keys, each has its own budget".to_owned()),
            (Some(_), None) if !self.listen.ip().is_loopback() => {
                let address = self.listen;
                Err(format!("{address} is open to other machines: set --keys, or listen on 127.0.0.1"))
            }
            _ if self.output_tokens_max == 0 || self.threads == Some(0) || self.connections == 0 => {
                Err("--output-tokens-max, --threads and --connections must be at least 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// An amount of dollars, 0 or more.
pub(crate) fn usd(text: &str) -> Result<Money, String> {
    let money = Money::parse(text, Currency::USD).map_err(|error| error.to_string())?;
    if money.is_negative() { Err(format!("{text} is below zero")) } else { Ok(money) }
}

fn number<T: std::str::FromStr>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{option}: {value:?} can't be read; --help shows the form"))
}

fn compatible(option: &str, value: &str, free: bool) -> Result<Compatible, String> {
    let wrong = || format!("{option}: {value:?} is not NAME=URL,MODEL,...");
    let (name, rest) = value.split_once('=').ok_or_else(wrong)?;
    let mut words = rest.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
    let url = words.next().ok_or_else(wrong)?;
    let models: Vec<_> = words.collect();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) || models.is_empty() {
        return Err(wrong());
    }
    Ok(Compatible { name: name.to_owned(), url, models, free })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Option<Args>, String> {
        Args::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_budget_and_a_safe_address_are_needed() {
        assert!(read(&[]).unwrap_err().contains("no budget"));
        assert!(read(&["--budget", "1", "--keys", "k"]).is_err());
        assert!(read(&["--budget", "1", "--listen", "0.0.0.0:80"]).unwrap_err().contains("--keys"));
        assert!(read(&["--budget", "-1"]).is_err());
        assert!(read(&["--keys", "k", "--listen", "0.0.0.0:80"]).unwrap().is_some());
        assert_eq!(read(&["--help"]).unwrap(), None);
        assert!(read(&["--budget"]).is_err());
        assert!(read(&["--what", "1"]).is_err());
    }

    #[test]
    fn a_server_has_a_name_an_address_and_models() {
        let args = read(&["--budget", "1", "--local", "lab=http://127.0.0.1:1/v1,a,b/c"]).unwrap().unwrap();
        let [lab] = args.compatible.as_slice() else { panic!("{args:?}") };
        assert_eq!((lab.url.as_str(), lab.free), ("http://127.0.0.1:1/v1", true));
        assert_eq!(lab.models, ["a", "b/c"]);
        for wrong in ["lab", "lab=", "lab=http://x", "=http://x,a", "l b=http://x,a"] {
            assert!(read(&["--budget", "1", "--compatible", wrong]).is_err(), "{wrong}");
        }
    }
}
