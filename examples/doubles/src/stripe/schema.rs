//! Forms against the description of the API: nested names, types, and no parameter that is not there.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::{Map, Value, json};

/// The fault of a request, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Stripe's word for it.
    pub code: &'static str,
    /// The parameter.
    pub param: String,
}

fn description() -> &'static Value {
    static DESCRIPTION: OnceLock<Value> = OnceLock::new();
    DESCRIPTION.get_or_init(|| {
        serde_json::from_str(include_str!("../../data/stripe-min.json")).expect("the file is JSON")
    })
}

/// The operation of a method and a path, for example `POST` and `/v1/prices/price_1`; `None` where it is not described.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let parts: Vec<&str> = path.split('/').collect();
    let matches = |template: &str| {
        let names: Vec<&str> = template.split('/').collect();
        names.len() == parts.len()
            && names.iter().zip(&parts).all(|(name, part)| name.starts_with('{') || name == part)
    };
    let paths = description()["paths"].as_object()?;
    // A path without places goes before one with: `/v1/prices/search` is not a price.
    let exact = paths.get(path).filter(|_| !path.contains('{'));
    exact
        .or_else(|| paths.iter().find(|(template, _)| matches(template)).map(|(_, path)| path))?
        .get(method.to_ascii_lowercase())
}

/// The parameters of a request, decoded and typed, or what is wrong with them.
///
/// # Errors
///
/// The first parameter that is unknown, missing, or of another form. A path that is not described is not checked.
pub fn read(method: &str, path: &str, pairs: &[(String, String)]) -> Result<Value, Wrong> {
    let Some(operation) = operation(method, path) else { return Ok(loose(&tree(pairs))) };
    let schema = if method == "POST" {
        operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"].clone()
    } else {
        let of_query = operation["parameters"].as_array().into_iter().flatten();
        let properties: Map<String, Value> = of_query
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| {
                Some((parameter["name"].as_str()?.to_owned(), parameter["schema"].clone()))
            })
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    };
    coerce(&schema, &Node::Branch(tree(pairs)), "")
}

/// Whether the path is described for the method.
pub fn is_described(method: &str, path: &str) -> bool {
    operation(method, path).is_some()
}

#[derive(Debug, Clone)]
enum Node {
    Leaf(String),
    Branch(BTreeMap<String, Node>),
}

fn tree(pairs: &[(String, String)]) -> BTreeMap<String, Node> {
    let mut root = BTreeMap::new();
    for (name, value) in pairs {
        let (first, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
        let inner = rest.split('[').skip(1).map(|part| part.trim_end_matches(']'));
        put(&mut root, std::iter::once(first).chain(inner), value);
    }
    root
}

fn put<'a>(at: &mut BTreeMap<String, Node>, mut names: impl Iterator<Item = &'a str>, value: &str) {
    let Some(name) = names.next() else { return };
    // `a[]=x&a[]=y` is a list too.
    let name = if name.is_empty() { at.len().to_string() } else { name.to_owned() };
    let mut rest = names.peekable();
    if rest.peek().is_none() {
        at.insert(name, Node::Leaf(value.to_owned()));
        return;
    }
    let next = at.entry(name).or_insert_with(|| Node::Branch(BTreeMap::new()));
    if let Node::Branch(next) = next {
        let names: Vec<&str> = rest.collect();
        put(next, Box::new(names.into_iter()) as Box<dyn Iterator<Item = &str>>, value);
    }
}

fn loose(tree: &BTreeMap<String, Node>) -> Value {
    let value = |node: &Node| match node {
        Node::Leaf(text) => json!(text),
        Node::Branch(inner) => loose(inner),
    };
    tree.iter().map(|(name, node)| (name.clone(), value(node))).collect::<Map<_, _>>().into()
}

fn wrong(code: &'static str, param: &str) -> Wrong {
    Wrong { code, param: param.to_owned() }
}

fn below(param: &str, name: &str) -> String {
    if param.is_empty() { name.to_owned() } else { format!("{param}[{name}]") }
}

fn coerce(schema: &Value, node: &Node, param: &str) -> Result<Value, Wrong> {
    if let Some(any) = schema["anyOf"].as_array() {
        let mut last = wrong("parameter_invalid", param);
        for one in any {
            match coerce(one, node, param) {
                Ok(value) => return Ok(value),
                // The deepest fault says most.
                Err(fault) if fault.param.len() >= last.param.len() => last = fault,
                Err(_) => {}
            }
        }
        return Err(last);
    }
    match (schema["type"].as_str().unwrap_or_default(), node) {
        ("object", Node::Branch(inner)) => object(schema, inner, param),
        ("array", Node::Branch(inner)) => {
            let mut items: Vec<(usize, &Node)> = Vec::new();
            for (name, node) in inner {
                let index = name.parse().map_err(|_| wrong("parameter_invalid", &below(param, name)))?;
                items.push((index, node));
            }
            items.sort_by_key(|(index, _)| *index);
            let items = items
                .iter()
                .map(|(index, node)| coerce(&schema["items"], node, &below(param, &index.to_string())));
            items.collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        (kind, Node::Leaf(text)) => leaf(schema, kind, text, param),
        _ => Err(wrong("parameter_invalid", param)),
    }
}

fn object(schema: &Value, inner: &BTreeMap<String, Node>, param: &str) -> Result<Value, Wrong> {
    let mut object = Map::new();
    for (name, node) in inner {
        let at = below(param, name);
        let schema = match schema["properties"].get(name) {
            Some(schema) => schema,
            None if schema["additionalProperties"].is_object() => &schema["additionalProperties"],
            None => return Err(wrong("parameter_unknown", &at)),
        };
        object.insert(name.clone(), coerce(schema, node, &at)?);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            return Err(wrong("parameter_missing", &below(param, name)));
        }
    }
    Ok(object.into())
}

fn leaf(schema: &Value, kind: &str, text: &str, param: &str) -> Result<Value, Wrong> {
    let value = match kind {
        "integer" => {
            text.parse::<i64>().map(Value::from).map_err(|_| wrong("parameter_invalid_integer", param))?
        }
        "boolean" => match text {
            "true" => json!(true),
            "false" => json!(false),
            _ => return Err(wrong("parameter_invalid", param)),
        },
        "number" if is_decimal(text) => json!(text),
        "string" => json!(text),
        _ => return Err(wrong("parameter_invalid", param)),
    };
    let is_among = schema["enum"].as_array().is_none_or(|names| names.contains(&value));
    let is_short = schema["maxLength"].as_u64().is_none_or(|most| text.chars().count() as u64 <= most);
    // The one pattern of the description.
    let is_formed = schema.get("pattern").is_none() || is_decimal(text);
    if is_among && is_short && is_formed { Ok(value) } else { Err(wrong("parameter_invalid", param)) }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(whole) && is_number(places) && places.len() <= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    #[test]
    fn good_forms_are_read_with_their_types() {
        let read = |path, text| super::read("POST", path, &pairs(text)).unwrap();
        assert_eq!(
            read(
                "/v1/prices",
                "product=p&currency=usd&unit_amount=10&active=true&expand[]=tiers&metadata[a]=1"
            ),
            json!({ "product": "p", "currency": "usd", "unit_amount": 10, "active": true, "expand": ["tiers"],
                "metadata": { "a": "1" } })
        );
        assert_eq!(
            read(
                "/v1/prices",
                "currency=usd&tiers[1][up_to]=inf&tiers[0][up_to]=10&tiers[0][unit_amount_decimal]=0.5"
            ),
            json!({ "currency": "usd", "tiers": [{ "up_to": 10, "unit_amount_decimal": "0.5" }, { "up_to": "inf" }] })
        );
    }

    #[test]
    fn spoilt_forms_are_refused_where_they_are_spoilt() {
        for (path, text, code, param) in [
            ("/v1/products", "name=a&colour=b", "parameter_unknown", "colour"),
            ("/v1/products", "description=a", "parameter_missing", "name"),
            ("/v1/prices", "currency=usd&unit_amount=1.5", "parameter_invalid_integer", "unit_amount"),
            (
                "/v1/prices",
                "currency=usd&recurring[interval]=hour",
                "parameter_invalid",
                "recurring[interval]",
            ),
            (
                "/v1/prices",
                "currency=usd&recurring[interval]=day&recurring[x]=1",
                "parameter_unknown",
                "recurring[x]",
            ),
            ("/v1/payment_links", "line_items[0][price]=p", "parameter_missing", "line_items[0][quantity]"),
            ("/v1/payment_links", "line_items=p", "parameter_invalid", "line_items"),
            ("/v1/refunds", "amount=1&metadata[a][b]=c", "parameter_invalid", "metadata[a]"),
        ] {
            assert_eq!(
                read("POST", path, &pairs(text)),
                Err(Wrong { code, param: param.to_owned() }),
                "{text}"
            );
        }
        assert!(read("GET", "/v1/products", &pairs("limit=2&colour=b")).is_err());
        assert!(read("GET", "/v1/prices", &pairs("lookup_keys[0]=a&created[gte]=1")).is_ok());
    }
}
