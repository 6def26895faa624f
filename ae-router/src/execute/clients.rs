//! The clients of a router, and the models that each serves.

use std::{collections::BTreeMap, sync::Arc};

use crate::{ModelAvailability, ModelChoice, ModelClient};

/// Clients by model and by provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Clients {
    models: BTreeMap<String, Arc<dyn ModelClient>>,
    providers: BTreeMap<String, Arc<dyn ModelClient>>,
}

impl Clients {
    /// Adds a client for every model of its provider.
    pub(super) fn add(&mut self, client: Arc<dyn ModelClient>) {
        self.providers.insert(client.info().provider.name, client);
    }

    /// Adds a client for single models.
    pub(super) fn add_for(
        &mut self,
        client: &Arc<dyn ModelClient>,
        models: impl IntoIterator<Item = String>,
    ) {
        self.models.extend(models.into_iter().map(|model| (model, Arc::clone(client))));
    }

    /// The client of a model: the one that was given for it, else that of its provider.
    pub(super) fn of(&self, model: &ModelChoice) -> Option<&Arc<dyn ModelClient>> {
        self.models.get(&model.id).or_else(|| self.providers.get(&model.provider))
    }

    /// The models that may be called.
    pub(super) fn available(&self) -> ModelAvailability {
        let available =
            self.providers.keys().fold(ModelAvailability::none(), |all, name| all.with_provider(name));
        self.models.keys().fold(available, |all, id| all.with_model(id))
    }
}
