//! The schemas that OpenAI can hold a model to.

use serde_json::Value;

/// The words of a schema that the vendor's strict mode knows.
const WORDS: [&str; 18] = [
    "$ref",
    "$schema",
    "additionalProperties",
    "const",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "pattern",
    "required",
    "title",
    "type",
];

/// Whether the vendor's strict mode takes the schema: closed objects with required fields only, and known words. Other
/// schemas are refused there, so they are sent as a wish, and the answer is checked by the caller.
pub(in super::super) fn is_strict(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object") && schema.get("anyOf").is_none() && holds(schema)
}

/// The parser or the caller bounds the depth.
fn holds(schema: &Value) -> bool {
    let Value::Object(fields) = schema else { return false };
    fields.iter().all(|(word, value)| match word.as_str() {
        "anyOf" => value.as_array().is_some_and(|schemas| schemas.iter().all(holds)),
        "items" => holds(value),
        "$defs" | "definitions" | "properties" => {
            value.as_object().is_some_and(|schemas| schemas.values().all(holds))
        }
        word => WORDS.contains(&word),
    }) && (fields.get("type").is_none_or(|kind| !may_be_object(kind)) || is_closed(schema))
}

fn may_be_object(kind: &Value) -> bool {
    kind == "object" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
}

fn is_closed(schema: &Value) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|known| known == name));
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        && schema.get("properties").and_then(Value::as_object).is_some_and(|all| all.keys().all(is_required))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_closed_schemas_of_known_words_are_strict() {
        let of = |field: Value| {
            json!({ "type": "object", "properties": { "a": field }, "required": ["a"],
                "additionalProperties": false, "$defs": { "B": { "type": "string", "enum": ["x"] } } })
        };
        for field in [
            json!({ "type": "integer", "minimum": 0 }),
            json!({ "anyOf": [{ "$ref": "#/$defs/B" }, { "type": "null" }] }),
            json!({ "type": "array", "items": of(json!({ "type": ["string", "null"] })) }),
        ] {
            assert!(is_strict(&of(field.clone())), "{field}");
        }
        for field in [
            json!({ "type": "object" }),
            json!({ "type": ["object", "null"] }),
            json!({ "type": "array", "items": true }),
            json!({ "type": "string", "default": "x" }),
            json!({ "allOf": [{ "type": "string" }] }),
            json!({ "type": "object", "properties": {}, "additionalProperties": true }),
        ] {
            assert!(!is_strict(&of(field.clone())), "{field}");
        }
        assert!(!is_strict(&json!({ "type": "array", "items": { "type": "string" } })));
        let mut optional = of(json!({ "type": "string" }));
        optional["required"] = json!([]);
        assert!(!is_strict(&optional));
    }
}
