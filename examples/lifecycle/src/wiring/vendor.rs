//! The vendors of models, with their keys and addresses.

use ae_core::Secret;
use ae_harness::wire::Api;

use super::env::setting;

/// A vendor of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wiring) enum Vendor {
    Anthropic,
    OpenAi,
    Google,
}

impl Vendor {
    pub(in crate::wiring) const ALL: [Self; 3] = [Self::Anthropic, Self::OpenAi, Self::Google];

    /// Its name in the router's price table.
    pub(in crate::wiring) const fn provider(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Google => "google",
        }
    }

    /// The variable that holds its key.
    pub(in crate::wiring) const fn key(self) -> &'static str {
        match self {
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Google => "GEMINI_API_KEY",
        }
    }

    /// The key, if it is set. For Google its other usual name counts too.
    pub(in crate::wiring) fn secret(self) -> Option<Secret<String>> {
        let other = (self == Self::Google).then_some("GOOGLE_API_KEY");
        std::iter::once(self.key()).chain(other).find_map(setting).map(Secret::new)
    }

    /// Its address, or another one that the environment names.
    pub(in crate::wiring) fn base_url(self) -> String {
        let (own, name) = match self {
            Self::Anthropic => ("https://api.anthropic.com", "AE_ANTHROPIC_BASE_URL"),
            Self::OpenAi => ("https://api.openai.com", "AE_OPENAI_BASE_URL"),
            Self::Google => ("https://generativelanguage.googleapis.com", "AE_GEMINI_BASE_URL"),
        };
        setting(name).map_or_else(|| own.to_owned(), |url| url.trim_end_matches('/').to_owned())
    }

    /// The forms of its calls.
    pub(in crate::wiring) const fn apis(self) -> &'static [Api] {
        match self {
            Self::Anthropic => &[Api::AnthropicMessages],
            Self::OpenAi => &[Api::OpenAiResponses, Api::OpenAiChat],
            Self::Google => &[Api::Gemini],
        }
    }

    /// The variables by which its own programs learn another address, with a placeholder for it.
    pub(in crate::wiring) const fn address(self) -> (&'static str, &'static str) {
        match self {
            Self::Anthropic => ("ANTHROPIC_BASE_URL", "{base_url}"),
            Self::OpenAi => ("OPENAI_BASE_URL", "{base_url}/v1"),
            Self::Google => ("GOOGLE_GEMINI_BASE_URL", "{base_url}"),
        }
    }
}
