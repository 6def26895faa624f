//! The schema of a type, in the part of JSON Schema that every vendor takes.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::OutputSchema;

/// The field that holds a value whose own schema is not an object's, since vendors ask for an object.
pub(super) const WRAPPED: &str = "value";

/// Keys that some vendor refuses. Their meaning goes into the description, and the check of the answer holds them.
const LIMITS: [&str; 14] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "propertyNames",
];
/// Formats that every vendor knows.
const FORMATS: [&str; 8] = ["date-time", "date", "time", "duration", "email", "hostname", "uuid", "ipv4"];

/// The schema of `T`, and whether the value stands in a field of its own.
pub(super) fn of<T: JsonSchema>() -> (OutputSchema, bool) {
    let root = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut root = Value::from(root);
    let mut definitions = None;
    if let Value::Object(map) = &mut root {
        map.remove("$schema");
        definitions = map.remove("$defs");
    }
    narrow(&mut root);
    let is_object = root.get("type").is_some_and(|kind| kind == "object") && root.get("properties").is_some();
    if !is_object {
        root = json!({
            "type": "object",
            "properties": { WRAPPED: root },
            "required": [WRAPPED],
            "additionalProperties": false,
        });
    }
    if let (Value::Object(map), Some(mut definitions)) = (&mut root, definitions) {
        if let Value::Object(each) = &mut definitions {
            each.values_mut().for_each(narrow);
        }
        map.insert("$defs".to_owned(), definitions);
    }
    (OutputSchema::new(name::<T>(), root), !is_object)
}

/// The name of the type in the characters that vendors take.
fn name<T: JsonSchema>() -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = T::schema_name().chars().map(plain).take(60).collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

/// Brings a schema and all within it to the common part: objects are closed and name all of their fields.
fn narrow(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.remove("default");
    map.remove("examples");
    if map.get("format").and_then(Value::as_str).is_some_and(|format| !FORMATS.contains(&format)) {
        map.remove("format");
    }
    if let Some(alternatives) = map.remove("oneOf") {
        map.insert("anyOf".to_owned(), alternatives);
    }
    // One vendor refuses `const` next to nothing else, and all take a list of one.
    if let Some(only) = map.remove("const") {
        map.insert("enum".to_owned(), json!([only]));
    }
    describe_limits(map);
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(narrow);
        let names: Vec<Value> = properties.keys().cloned().map(Value::from).collect();
        map.insert("required".to_owned(), Value::from(names));
        map.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            narrow(inner);
        }
    }
    for key in ["anyOf", "allOf", "prefixItems"] {
        if let Some(Value::Array(inner)) = map.get_mut(key) {
            inner.iter_mut().for_each(narrow);
        }
    }
}

fn describe_limits(map: &mut Map<String, Value>) {
    let mut limits = Vec::new();
    for key in LIMITS {
        if let Some(value) = map.remove(key) {
            limits.push(format!("{key}: {value}"));
        }
    }
    if limits.is_empty() {
        return;
    }
    let before = map.get("description").and_then(Value::as_str).map(|text| format!("{text} "));
    let text = format!("{}({})", before.unwrap_or_default(), limits.join(", "));
    map.insert("description".to_owned(), Value::from(text));
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "its schema is read")]
    struct Order {
        /// The number of pieces.
        pieces: u8,
        note: Option<String>,
        #[serde(default)]
        parts: Vec<Kind>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "its schema is read")]
    enum Kind {
        /// A wheel.
        Wheel,
        Rope {
            metres: f64,
        },
    }

    #[test]
    fn objects_are_closed_and_limits_are_words() {
        let (schema, wrapped) = of::<Order>();
        assert!(!wrapped);
        assert_eq!(schema.name, "Order");
        let schema = schema.schema;
        assert_eq!(schema["required"], json!(["note", "parts", "pieces"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(
            schema["properties"]["pieces"],
            json!({ "type": "integer", "description": "The number of pieces. (minimum: 0, maximum: 255)" })
        );
        assert_eq!(schema["properties"]["note"]["type"], json!(["string", "null"]));
        let text = schema.to_string();
        for refused in ["oneOf", "\"const\"", "\"default\"", "\"format\"", "$schema", "\"minimum\""] {
            assert!(!text.contains(refused), "{refused}: {text}");
        }
        assert_eq!(schema["$defs"]["Kind"]["anyOf"][1]["additionalProperties"], json!(false));
    }

    #[test]
    fn a_list_stands_in_a_field() {
        let (schema, wrapped) = of::<Vec<Kind>>();
        assert!(wrapped);
        assert_eq!(schema.schema["properties"]["value"]["items"]["$ref"], json!("#/$defs/Kind"));
        assert!(schema.schema["$defs"]["Kind"].is_object());
        let (schema, wrapped) = of::<Kind>();
        assert!(wrapped);
        assert_eq!(schema.schema["type"], json!("object"));
    }
}
