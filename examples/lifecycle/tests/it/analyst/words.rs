//! Good answers, made from what was asked.

use serde_json::{Value, json};

/// The data of an order: every line that is an object of JSON.
pub fn data(prompt: &str) -> Vec<Value> {
    prompt.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The ids of the posts that are about CSV.
fn posts(prompt: &str) -> Vec<String> {
    let all = data(prompt);
    let about = all.iter().filter(|one| one.get("source").is_some());
    let about = about.filter(|one| text(one, "title").to_lowercase().contains("csv"));
    about.map(|one| text(one, "id").to_owned()).collect()
}

/// The role that an order is for.
pub fn role(prompt: &str) -> &'static str {
    let roles = [
        ("Propose at most", "niches"),
        ("Specify the product for this niche", "product"),
        ("Name the price of the paid plan", "price"),
        ("Design the product", "design"),
        ("Plan the work on the product", "tasks"),
    ];
    let known = roles.iter().find(|(begins, _)| prompt.starts_with(begins));
    known.unwrap_or_else(|| panic!("an order of no role: {prompt}")).1
}

/// The answer to an order.
pub fn good(prompt: &str) -> Value {
    match role(prompt) {
        "niches" => {
            let posts = posts(prompt);
            json!({ "niches": [{
                "name": "Tables that do not open",
                "description": "Files from banks and shops do not open as they are.",
                "audience": "people who work with tables",
                "value_proposition": "A file that opens at once.",
                "pains": [{ "text": "Files are broken", "evidence": [posts[0]] }],
                "evidence": posts,
            }] })
        }
        "product" => product(prompt),
        "price" => json!({ "amount": "12.00", "why": "Others ask for about as much." }),
        "design" => {
            let all = data(prompt);
            let rules = all
                .iter()
                .flat_map(behaviours)
                .map(|id| json!({ "id": id, "rule": "It does what its cases say." }));
            json!({
                "behaviours": rules.collect::<Vec<_>>(),
                "data": ["The files of a visitor stay in the browser."],
                "limits": ["It does not draw maps."],
                "unclear": ["How large the files of a bank are."],
            })
        }
        _ => tasks(prompt),
    }
}

fn behaviours(feature: &Value) -> Vec<String> {
    let ids = feature["behaviours"].as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn product(prompt: &str) -> Value {
    let (all, posts) = (data(prompt), posts(prompt));
    let features = all.iter().filter(|one| one.get("paid").is_some());
    let mut features: Vec<Value> =
        features.take(3).map(|one| feature(text(one, "title"), "", &posts)).collect();
    let planned = features.is_empty();
    if planned {
        features = vec![feature("Open broken files", "Opens a file that is broken.", &posts)];
    }
    json!({
        "name": "Row Mender",
        "promise": if planned { "Files that open at once" } else { "Repair and merge CSV files in your browser." },
        "audience": "people who work with tables",
        "problem": format!("Files do not open as they are [{}].", posts[0]),
        "features": features,
        "assumptions": ["People do this by hand today."],
        "unclear": ["Whether banks mend their files."],
    })
}

fn feature(title: &str, description: &str, posts: &[String]) -> Value {
    json!({
        "title": title,
        "description": description,
        "wish": "have it done in one place",
        "benefit": "I can go home earlier",
        "priority": "P0",
        "why": "Posts ask for it.",
        "evidence": [posts[0]],
    })
}

fn tasks(prompt: &str) -> Value {
    let all = data(prompt);
    let criteria = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let criteria = all.iter().filter(|one| one.get("check").is_some() && wanted(text(one, "check")));
        criteria.map(|one| text(one, "id").to_owned()).collect()
    };
    let task = |id: &str, title: &str, kind: &str, before: Value, criteria: Vec<String>| {
        json!({
            "id": id, "title": title, "description": "Do it with care.", "kind": kind, "requires_security": false,
            "depends_on": before, "criteria": criteria,
        })
    };
    json!({ "tasks": [
        task("T-001", "Build the tool", "implementation", json!([]), criteria(&|check| check == "behaviour")),
        task("T-002", "Build the pages", "implementation", json!(["T-001"]), criteria(&|check| check != "behaviour")),
        task("T-003", "Publish", "operations", json!(["T-001", "T-002"]), Vec::new()),
    ] })
}
