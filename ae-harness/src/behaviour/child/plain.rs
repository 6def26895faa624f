//! From a value in the engine to JSON text, without running the module's code.
//!
//! Everything is asked of the engine itself or of functions that were taken before the module ran. Whatever is not plain
//! data is refused by name and place: an object that answers through getters or a proxy is not what a page could use.

use rquickjs::{Function, Object, String as JsString, Value, atom::PredefinedAtom, object::Filter};

/// The deepest nesting.
const DEPTH_MAX: usize = 64;

/// The built-in objects and functions that a walk needs, as the prelude took them.
#[derive(Debug)]
pub(super) struct Taken<'js> {
    /// `Object.getOwnPropertyDescriptor`.
    pub(super) descriptor: Function<'js>,
    object: Value<'js>,
    array: Value<'js>,
    /// Whether an object is of a built-in kind, such as a `Map`.
    special: Function<'js>,
}

impl<'js> Taken<'js> {
    pub(super) fn new(prelude: &Object<'js>) -> rquickjs::Result<Self> {
        Ok(Self {
            descriptor: prelude.get(0)?,
            object: prelude.get(1)?,
            array: prelude.get(2)?,
            special: prelude.get(3)?,
        })
    }

    /// The value of an own property that is not an accessor; `None` for an accessor or a missing property.
    pub(super) fn own<K>(&self, object: &Object<'js>, key: K) -> rquickjs::Result<Option<Value<'js>>>
    where
        K: rquickjs::IntoJs<'js>,
    {
        let descriptor: Value<'js> = self.descriptor.call((object.clone(), key))?;
        let Some(descriptor) = descriptor.as_object() else { return Ok(None) };
        // Without a prototype there is no `Object.prototype.value` to be mistaken for its own.
        descriptor.set_prototype(None)?;
        if !descriptor.contains_key(PredefinedAtom::Value)? {
            return Ok(None);
        }
        descriptor.get(PredefinedAtom::Value).map(Some)
    }
}

/// The reason why a value has no JSON text.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The engine failed on the way: out of time, memory or stack.
    Engine(rquickjs::Error),
    /// The value, or a part of it, is not data: (place, what it is).
    NotData(String, String),
}

impl From<rquickjs::Error> for Refusal {
    fn from(error: rquickjs::Error) -> Self {
        Self::Engine(error)
    }
}

fn refused<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::NotData(String::new(), what.into()))
}

/// Adds a step to the place of a refusal.
fn within(refusal: Refusal, step: &str) -> Refusal {
    match refusal {
        Refusal::NotData(place, what) => {
            Refusal::NotData(format!("/{}{place}", step.replace('~', "~0").replace('/', "~1")), what)
        }
        engine @ Refusal::Engine(_) => engine,
    }
}

/// Writes the JSON text of a value.
#[derive(Debug)]
pub(super) struct Walk<'a, 'js> {
    taken: &'a Taken<'js>,
    values_left: usize,
    bytes_max: usize,
    out: Vec<u8>,
}

impl<'a, 'js> Walk<'a, 'js> {
    pub(super) const fn new(taken: &'a Taken<'js>, values: usize, bytes: usize, out: Vec<u8>) -> Self {
        Self { taken, values_left: values, bytes_max: bytes, out }
    }

    pub(super) fn text(mut self, value: &Value<'js>) -> Result<Vec<u8>, Refusal> {
        self.value(value, 0)?;
        Ok(self.out)
    }

    fn value(&mut self, value: &Value<'js>, depth: usize) -> Result<(), Refusal> {
        if depth > DEPTH_MAX {
            return refused(format!("nested more than {DEPTH_MAX} deep"));
        }
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => return refused("one value more than allowed"),
        }
        if value.is_null() {
            self.put(b"null")
        } else if let Some(truth) = value.as_bool() {
            self.put(if truth { b"true" } else { b"false" })
        } else if let Some(number) = value.as_number() {
            self.number(number)
        } else if let Some(text) = value.as_string() {
            self.string(text)
        } else if value.is_proxy() {
            // Before anything else is asked of it: a proxy answers with the module's code.
            refused("a proxy")
        } else if value.is_function() || value.is_promise() || value.is_error() {
            refused(format!("a value of type {}", value.type_name()))
        } else if let Some(object) = value.as_object() {
            let prototype = object.get_prototype().map(Object::into_value);
            let own = if value.is_array() { &self.taken.array } else { &self.taken.object };
            if prototype.as_ref() != Some(own) {
                return refused("neither a plain object nor an array: its prototype is another one");
            }
            if count(object, Filter::new().symbol().private())? > 0 {
                return refused("an object with a symbol as a key");
            }
            if value.is_array() { self.array(object, depth) } else { self.object(object, depth) }
        } else {
            refused(format!("a value of type {}", value.type_name()))
        }
    }

    fn number(&mut self, number: f64) -> Result<(), Refusal> {
        if !number.is_finite() || (number == 0.0 && number.is_sign_negative()) {
            return refused(format!("the number {number:?}"));
        }
        // 3 rather than 3.0, as people and JavaScript write it.
        if number.fract() == 0.0 && number.abs() < 1e15 {
            return self.put(number.to_string().as_bytes());
        }
        self.json(&number)
    }

    fn string(&mut self, text: &JsString<'js>) -> Result<(), Refusal> {
        match text.to_string() {
            Ok(text) => self.json(&text),
            Err(rquickjs::Error::Utf8(_)) => refused("a text with half of a surrogate pair"),
            Err(error) => Err(error.into()),
        }
    }

    fn array(&mut self, array: &Object<'js>, depth: usize) -> Result<(), Refusal> {
        let length = array.as_value().as_array().map_or(0, rquickjs::Array::len);
        let all = count(array, Filter::new().string())?;
        let shown = count(array, Filter::new().string().enum_only())?;
        // Every element is an own property and `length` is the only other one: no holes, no names, nothing hidden.
        if shown != length || all != length + 1 {
            return refused("an array with holes, hidden elements or named properties");
        }
        self.put(b"[")?;
        for index in 0..length {
            if index > 0 {
                self.put(b",")?;
            }
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let element = self.taken.own(array, number)?;
            let step = |refusal| within(refusal, &index.to_string());
            match element {
                Some(element) => self.value(&element, depth + 1).map_err(step)?,
                None => return refused("a getter").map_err(step),
            }
        }
        self.put(b"]")
    }

    fn object(&mut self, object: &Object<'js>, depth: usize) -> Result<(), Refusal> {
        if self.taken.special.call::<_, bool>((object.clone(),))? {
            return refused("an object of a built-in kind, such as a Map, behind another prototype");
        }
        let keys = object.own_keys::<JsString<'js>>(Filter::new().string());
        if keys.len() != count(object, Filter::new().string().enum_only())? {
            return refused("an object with hidden properties");
        }
        self.put(b"{")?;
        for (at, key) in keys.enumerate() {
            if at > 0 {
                self.put(b",")?;
            }
            let key = key?;
            self.string(&key)?;
            self.put(b":")?;
            let value = self.taken.own(object, key.clone())?;
            let step = |refusal| within(refusal, &key.to_string().unwrap_or_default());
            match value {
                Some(value) => self.value(&value, depth + 1).map_err(step)?,
                None => return refused("a getter").map_err(step),
            }
        }
        self.put(b"}")
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.out.extend_from_slice(bytes);
        if self.out.len() > self.bytes_max { refused("larger than allowed") } else { Ok(()) }
    }

    fn json<T: serde::Serialize>(&mut self, value: &T) -> Result<(), Refusal> {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.put(&bytes),
            Err(error) => refused(error.to_string()),
        }
    }
}

/// The number of own keys. Without memory for the list it is an error, not zero.
fn count(object: &Object<'_>, filter: Filter) -> rquickjs::Result<usize> {
    let mut keys = object.own_keys::<rquickjs::Atom<'_>>(filter);
    match keys.len() {
        0 => keys.next().transpose().map(|_| 0),
        some => Ok(some),
    }
}
