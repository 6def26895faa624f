//! A state that is known only as JSON.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Error, Map, Value};

use super::{State, reduce::JsonFold};

/// The state of any graph, as a JSON object: for hosts that drive runs of many graphs, and to read a thread whose
/// types are gone. It is folded as the typed state is, by [`Reducers`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonState {
    fields: Map<String, Value>,
    #[serde(skip)]
    reducers: Reducers,
    #[serde(skip)]
    problem: Option<String>,
}

/// How the fields of a [`JsonState`] are folded. A field without a reducer holds the last value.
#[derive(Clone, Default)]
pub struct Reducers(Arc<BTreeMap<String, Fold>>);

#[derive(Clone)]
enum Fold {
    Append,
    Merge,
    Max,
    Nested(Reducers),
    /// Known only to the program that has the state.
    Foreign,
    /// A typed reducer, and what is inside a nested state.
    Typed(JsonFold, Option<Reducers>),
}

impl JsonState {
    /// The state with these fields.
    #[must_use]
    pub fn new(fields: Map<String, Value>, reducers: Reducers) -> Self {
        Self { fields, reducers, problem: None }
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Says how fields are folded from now on. They do not travel with the JSON.
    pub fn set_reducers(&mut self, reducers: Reducers) {
        self.reducers = reducers;
    }

    /// The problem with an update that could not be folded. The field kept its value then, and the state is of no use.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

impl Reducers {
    /// Those of the state `S`.
    #[must_use]
    pub fn of<S: State>() -> Self {
        Self::typed(S::reducers())
    }

    /// Built-in reducers by their names, `field` or `field.inner` for nested ones. What is not built in is a
    /// [problem](JsonState::problem) once it is to be folded.
    ///
    /// They fold JSON as the typed reducers do: the derive calls a reducer built in only for types where that is so.
    pub(crate) fn from_names(names: &BTreeMap<String, String>) -> Self {
        let mut folds = BTreeMap::new();
        for (field, name) in names.iter().filter(|(field, _)| !field.contains('.')) {
            let fold = match name.as_str() {
                "append" => Fold::Append,
                "merge" => Fold::Merge,
                "max" => Fold::Max,
                "nested" => {
                    let prefix = format!("{field}.");
                    let inner = names.iter().filter_map(|(name, reducer)| {
                        Some((name.strip_prefix(&prefix)?.to_owned(), reducer.clone()))
                    });
                    Fold::Nested(Self::from_names(&inner.collect()))
                }
                _ => Fold::Foreign,
            };
            folds.insert(field.clone(), fold);
        }
        Self(Arc::new(folds))
    }

    /// Whether only the program with its state can fold what this reducer does.
    pub(crate) fn is_foreign(name: &str) -> bool {
        !matches!(name, "append" | "merge" | "max" | "nested")
    }

    /// The names that [`from_names`](Self::from_names) reads.
    pub(crate) fn names<S: State>() -> BTreeMap<String, String> {
        fn add(prefix: &str, reducers: &[super::reduce::FieldReducer], names: &mut BTreeMap<String, String>) {
            for reducer in reducers {
                let field = format!("{prefix}{}", reducer.field);
                add(&format!("{field}."), &reducer.nested, names);
                names.insert(field, reducer.name.to_owned());
            }
        }
        let mut names = BTreeMap::new();
        add("", &S::reducers(), &mut names);
        names
    }

    fn typed(reducers: Vec<super::reduce::FieldReducer>) -> Self {
        let folds = reducers.into_iter().map(|reducer| {
            let inner = (reducer.name == "nested").then(|| Self::typed(reducer.nested));
            (reducer.field.to_owned(), Fold::Typed(reducer.fold, inner))
        });
        Self(Arc::new(folds.collect()))
    }

    fn fold(&self, fields: &mut Map<String, Value>, update: Map<String, Value>) -> Result<(), Error> {
        for (field, new) in update {
            match (self.0.get(&field), fields.get_mut(&field)) {
                (Some(Fold::Foreign), _) => {
                    return Err(Error::custom(format!("the reducer of the field {field:?} is not known")));
                }
                (Some(fold), Some(have)) => fold.apply(have, new)?,
                _ => {
                    fields.insert(field, new);
                }
            }
        }
        Ok(())
    }

    /// The names of the fields in `update` that only one task may write.
    fn last_values(&self, prefix: &str, update: &Map<String, Value>, writes: &mut dyn FnMut(&str)) {
        for (field, value) in update {
            let name = format!("{prefix}{field}");
            match self.0.get(field) {
                None => writes(&name),
                Some(Fold::Nested(inner) | Fold::Typed(_, Some(inner))) => {
                    if value.get("replace").is_some() {
                        writes(&name);
                    }
                    let updates =
                        value.get("updates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                    if !updates.is_empty() {
                        writes(&format!("{name}."));
                    }
                    for update in updates.iter().filter_map(Value::as_object) {
                        inner.last_values(&format!("{name}."), update, writes);
                    }
                }
                Some(_) => {}
            }
        }
    }
}

impl Fold {
    fn apply(&self, have: &mut Value, new: Value) -> Result<(), Error> {
        match (self, have, new) {
            (Self::Typed(fold, _), have, new) => fold(have, new),
            (Self::Append | Self::Merge, Value::Array(have), Value::Array(new)) => {
                have.extend(new);
                Ok(())
            }
            (Self::Append | Self::Merge, Value::Object(have), Value::Object(new)) => {
                have.extend(new);
                Ok(())
            }
            (Self::Max, have, new) => {
                if greater(&new, have) {
                    *have = new;
                }
                Ok(())
            }
            (Self::Nested(reducers), Value::Object(have), Value::Object(mut patch)) => {
                if let Some(Value::Object(whole)) = patch.remove("replace") {
                    *have = whole;
                }
                let updates = patch.remove("updates").unwrap_or_default();
                for update in updates.as_array().into_iter().flatten().filter_map(Value::as_object) {
                    reducers.fold(have, update.clone())?;
                }
                Ok(())
            }
            _ => Err(Error::custom("the values have other types than their reducer folds")),
        }
    }
}

/// Whether `new` is more than `have`, for numbers and text.
fn greater(new: &Value, have: &Value) -> bool {
    match (new, have) {
        (Value::String(new), Value::String(have)) => new > have,
        (Value::Number(new), Value::Number(have)) => match (new.as_i128(), have.as_i128()) {
            (Some(new), Some(have)) => new > have,
            _ => new.as_f64() > have.as_f64(),
        },
        _ => false,
    }
}

impl State for JsonState {
    type Update = Map<String, Value>;

    const VERSION: u32 = 0;

    fn last_value_writes(&self, update: &Self::Update, writes: &mut dyn FnMut(&str)) {
        self.reducers.last_values("", update, writes);
    }

    fn apply(&mut self, update: Self::Update) {
        let reducers = self.reducers.clone();
        if let Err(error) = reducers.fold(&mut self.fields, update) {
            self.problem.get_or_insert_with(|| error.to_string());
        }
    }
}

impl fmt::Debug for Reducers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
