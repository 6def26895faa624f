//! The vendors that take part, and the models that they serve.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ae_router::{
    Budget, CallLimits, Completion, CompletionRequest, CompletionStream, ModelClient, ModelClientInfo,
    ModelFacts, PriceTable, Rate, Rates, Router, VendorClient,
    core::{BackendError, IdempotencyKey, Secret, Timestamp},
};
use async_trait::async_trait;
use rust_decimal::Decimal;

use super::{args::Args, wire::Seal};

/// A router with its vendors' clients.
#[derive(Debug)]
pub(crate) struct Vendors {
    pub(crate) router: Router,
    pub(crate) prices: Arc<PriceTable>,
    /// Providers whose models of the price table can all be called.
    pub(crate) providers: BTreeSet<&'static str>,
    /// Models of other servers, and the names of those.
    models: BTreeMap<String, String>,
    pub(crate) seal: Seal,
}

impl Vendors {
    /// Makes the clients. `env` gives a variable of the environment.
    pub(crate) fn new(
        args: &Args,
        prices: PriceTable,
        budget: impl Budget,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let failed = |error: BackendError| error.to_string();
        let nothing = Rate::per_million(Decimal::ZERO).map_err(|error| error.to_string())?;
        let nothing = Rates::new(nothing, nothing).with_cache(nothing, Some(nothing), Some(nothing));
        let free = args.compatible.iter().filter(|server| server.free);
        let free = free.flat_map(|server| server.models.iter().map(move |model| (model, &server.name)));
        let prices = free
            .fold(prices, |prices, (model, name)| prices.with_model(ModelFacts::new(model, name, nothing)));
        let limits = CallLimits::default()
            .with_output_tokens_max(Some(args.output_tokens_max))
            .with_image_tokens_max(args.image_tokens_max)
            .with_tries_max(args.tries);
        let mut router = Router::new(budget).with_prices(prices.clone()).with_limits(limits);
        let mut providers = BTreeSet::new();
        let mut secrets = Vec::new();
        for (variable, provider, url) in [
            ("ANTHROPIC_API_KEY", "anthropic", &args.anthropic_url),
            ("OPENAI_API_KEY", "openai", &args.openai_url),
            ("GEMINI_API_KEY", "google", &args.gemini_url),
        ] {
            let Some(key) = env(variable).filter(|key| !key.is_empty()) else { continue };
            let client = |client: Result<VendorClient, BackendError>| {
                let client = client.map_err(|error| format!("{variable}: {error}"))?;
                url.iter().try_fold(client, |client, url| client.with_base_url(url)).map_err(failed)
            };
            let secret = || Secret::new(key.clone());
            router = match provider {
                "anthropic" => router.with_client(client(VendorClient::anthropic(secret()))?),
                "openai" => router.with_client(OpenAi {
                    responses: client(VendorClient::openai(secret()))?,
                    chat: client(VendorClient::openai_chat(secret()))?,
                }),
                _ => router.with_client(client(VendorClient::gemini(secret()))?),
            };
            providers.insert(provider);
            secrets.push(key);
        }
        let mut models = BTreeMap::new();
        for server in &args.compatible {
            let variable = format!("{}_API_KEY", server.name.to_ascii_uppercase().replace('-', "_"));
            let key = env(&variable).filter(|key| !key.is_empty());
            secrets.extend(key.clone());
            let client = VendorClient::compatible(&server.name, &server.url, key.map(Secret::new));
            router = router.with_client_for(client.map_err(failed)?, &server.models);
            for model in &server.models {
                prices.model(model).map_err(|error| format!("{}: {error}", server.name))?;
                models.insert(model.clone(), server.name.clone());
            }
        }
        if providers.is_empty() && models.is_empty() {
            return Err(
                "no vendor: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY in the environment, or \
                        --compatible or --local"
                    .to_owned(),
            );
        }
        let seal = Seal::new(secrets.iter().map(String::as_str));
        Ok(Self { router, prices: Arc::new(prices), providers, models, seal })
    }

    /// The vendor of a model that a caller names; `None` when no client serves it.
    pub(crate) fn serves(&self, model: &str) -> Option<&str> {
        if let Some(server) = self.models.get(model) {
            return Some(server);
        }
        let facts = self.prices.model(model).ok()?;
        self.providers.get(facts.provider.as_str()).copied()
    }

    /// Every model that can be called at `now`, with its vendor.
    pub(crate) fn list(&self, now: Timestamp) -> BTreeMap<&str, &str> {
        let listed = self.prices.models().filter(|facts| !facts.is_retired(now));
        let listed = listed.map(|facts| facts.id.as_str());
        let all = listed.chain(self.models.keys().map(String::as_str));
        all.filter_map(|id| Some((id, self.serves(id)?))).collect()
    }
}

/// OpenAI by Responses, and by Chat Completions for the requests that Responses has no place for.
#[derive(Debug)]
struct OpenAi {
    responses: VendorClient,
    chat: VendorClient,
}

impl OpenAi {
    fn client(&self, request: &CompletionRequest) -> &VendorClient {
        let only_chat = !request.sampling.stop.is_empty() || request.sampling.seed.is_some();
        if only_chat { &self.chat } else { &self.responses }
    }
}

#[async_trait]
impl ModelClient for OpenAi {
    fn info(&self) -> ModelClientInfo {
        self.responses.info()
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        self.client(request).complete(key, request).await
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        self.client(request).stream(key, request).await
    }
}
