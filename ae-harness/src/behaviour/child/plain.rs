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
    /// The stack of an error, as text.
    pub(super) stack: Function<'js>,
}

impl<'js> Taken<'js> {
    pub(super) fn new(prelude: &Object<'js>) -> rquickjs::Result<Self> {
        Ok(Self {
            descriptor: prelude.get(0)?,
            object: prelude.get(1)?,
            array: prelude.get(2)?,
            special: prelude.get(3)?,
            stack: prelude.get(4)?,
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

/// An array or object whose parts are being written.
#[derive(Debug)]
struct Open<'js> {
    object: Object<'js>,
    parts: Parts<'js>,
    /// The number of parts that were begun.
    begun: usize,
}

#[derive(Debug)]
enum Parts<'js> {
    /// The elements of an array of this length.
    Elements(usize),
    /// The properties with these names.
    Properties(Vec<JsString<'js>>),
}

/// Writes the JSON text of a value. It keeps its own stack: that of the engine is small, and belongs to the module.
#[derive(Debug)]
pub(super) struct Walk<'a, 'js> {
    taken: &'a Taken<'js>,
    values_left: usize,
    bytes_max: usize,
    out: Vec<u8>,
    open: Vec<Open<'js>>,
}

impl<'a, 'js> Walk<'a, 'js> {
    pub(super) const fn new(taken: &'a Taken<'js>, values: usize, bytes: usize, out: Vec<u8>) -> Self {
        Self { taken, values_left: values, bytes_max: bytes, out, open: Vec::new() }
    }

    pub(super) fn text(mut self, value: &Value<'js>) -> Result<Vec<u8>, Refusal> {
        match self.write(value.clone()) {
            Ok(()) => Ok(self.out),
            Err(Refusal::NotData(_, what)) => Err(Refusal::NotData(self.place(), what)),
            Err(engine) => Err(engine),
        }
    }

    fn write(&mut self, value: Value<'js>) -> Result<(), Refusal> {
        self.begin(&value)?;
        while !self.open.is_empty() {
            match self.next_part()? {
                Some(part) => self.begin(&part)?,
                None => drop(self.open.pop()),
            }
        }
        Ok(())
    }

    /// Where the walk is, as a JSON pointer.
    fn place(&self) -> String {
        let step = |open: &Open<'js>| {
            let at = open.begun.checked_sub(1)?;
            match &open.parts {
                Parts::Elements(_) => Some(format!("/{at}")),
                Parts::Properties(names) => {
                    let name = names.get(at)?.to_string().unwrap_or_default();
                    Some(format!("/{}", name.replace('~', "~0").replace('/', "~1")))
                }
            }
        };
        self.open.iter().filter_map(step).collect()
    }

    /// Writes a value, or the beginning of it.
    fn begin(&mut self, value: &Value<'js>) -> Result<(), Refusal> {
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
            self.begin_parts(object)
        } else {
            refused(format!("a value of type {}", value.type_name()))
        }
    }

    fn begin_parts(&mut self, object: &Object<'js>) -> Result<(), Refusal> {
        if self.open.len() >= DEPTH_MAX {
            return refused(format!("nested more than {DEPTH_MAX} deep"));
        }
        let prototype = object.get_prototype().map(Object::into_value);
        let own = if object.is_array() { &self.taken.array } else { &self.taken.object };
        if prototype.as_ref() != Some(own) {
            return refused("neither a plain object nor an array: its prototype is another one");
        }
        if count(object, Filter::new().symbol().private())? > 0 {
            return refused("an object with a symbol as a key");
        }
        let parts = if object.is_array() { self.elements(object)? } else { self.properties(object)? };
        self.put(if object.is_array() { b"[" } else { b"{" })?;
        self.open.push(Open { object: object.clone(), parts, begun: 0 });
        Ok(())
    }

    fn elements(&self, array: &Object<'js>) -> Result<Parts<'js>, Refusal> {
        let length = count(array, Filter::new().string().enum_only())?;
        let all = count(array, Filter::new().string())?;
        let declared = self.taken.own(array, "length")?.and_then(|length| length.as_number());
        // Every element is an own property and `length` is the only other one: no holes, no names, nothing hidden.
        if all != length + 1 || declared != u32::try_from(length).ok().map(f64::from) {
            return refused("an array with holes, hidden elements or named properties");
        }
        Ok(Parts::Elements(length))
    }

    fn properties(&self, object: &Object<'js>) -> Result<Parts<'js>, Refusal> {
        if self.taken.special.call::<_, bool>((object.clone(),))? {
            return refused("an object of a built-in kind, such as a Map, behind another prototype");
        }
        let names = object.own_keys(Filter::new().string()).collect::<Result<Vec<_>, _>>()?;
        if names.len() != count(object, Filter::new().string().enum_only())? {
            return refused("an object with hidden properties");
        }
        Ok(Parts::Properties(names))
    }

    /// The next part of the innermost array or object; `None` when it is complete.
    fn next_part(&mut self) -> Result<Option<Value<'js>>, Refusal> {
        let Some(open) = self.open.last_mut() else { return Ok(None) };
        let at = open.begun;
        let (more, end): (bool, &[u8]) = match &open.parts {
            Parts::Elements(length) => (at < *length, b"]"),
            Parts::Properties(names) => (at < names.len(), b"}"),
        };
        if !more {
            return self.put(end).map(|()| None);
        }
        open.begun += 1;
        let object = open.object.clone();
        let name = match &open.parts {
            Parts::Elements(_) => None,
            Parts::Properties(names) => names.get(at).cloned(),
        };
        if at > 0 {
            self.put(b",")?;
        }
        let part = match name {
            Some(name) => {
                self.string(&name)?;
                self.put(b":")?;
                self.taken.own(&object, name)?
            }
            None => self.taken.own(&object, u32::try_from(at).unwrap_or(u32::MAX))?,
        };
        match part {
            Some(part) => Ok(Some(part)),
            None => refused("a getter"),
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
