//! A small product as an agent would specify and write it.

use serde_json::{Value, json};

/// The manifest of the author.
pub fn manifest() -> Value {
    json!({
        "schema": 1,
        "name": "csv-sums",
        "version": "1.0.0",
        "deliverable": "web_tool",
        "families": ["csv"],
        "words": ["csv", "count", "sum"],
        "tagline": "Count the rows of a CSV and add up a column.",
        "limits": ["It does not read Excel workbooks."],
        "modules": ["modules/csv.js"],
        "features": [
            { "title": "Count rows", "description": "Counts the rows and shows the header.", "tier": null,
              "words": ["row", "header"], "behaviours": ["behaviours/count.json"] },
            { "title": "Add up a column", "description": "Adds up the numbers of a column.", "tier": "pro",
              "words": ["column"], "behaviours": ["behaviours/sum.json"] }
        ]
    })
}

/// The behaviours of the free part.
pub fn count() -> Value {
    let case = |name: &str, text: &str, rows: u32, header: &[&str]| json!({ "name": name, "given": { "text": text }, "expect": { "rows": rows, "header": header }, "vary": header });
    json!([{
        "id": "count-rows",
        "module": "modules/csv.js",
        "export": "countRows",
        "cases": [
            case("one row", "plant,place\nfern,bog\n", 1, &["plant", "place"]),
            case("two rows", "color,shape\nred,box\nblue,cone\n", 2, &["color", "shape"]),
            case("no row", "title,notes\n", 0, &["title", "notes"]),
            { "name": "nothing", "given": { "text": "" }, "expect": { "rows": 0, "header": [] } },
            case("empty lines", "town\n\nulm\n\n", 1, &["town"])
        ]
    }])
}

/// The behaviours of the part that is paid for.
pub fn sum() -> Value {
    let case = |name: &str, text: &str, column: &str, expect: Value| json!({ "name": name, "given": { "text": text, "column": column }, "expect": expect, "vary": [column] });
    json!([{
        "id": "sum-column",
        "module": "modules/csv.js",
        "export": "sumColumn",
        "cases": [
            case("two numbers", "item,price\nox,2\nox,3\n", "price", json!({ "sum": 5 })),
            case("the first column", "weight,item\n7,ox\n", "weight", json!({ "sum": 7 })),
            case("no such column", "item\nox\n", "price", json!({ "error": "no column price" })),
            case("no rows", "item,total\n", "total", json!({ "sum": 0 }))
        ]
    }])
}

/// The work of a good author.
pub fn specification() -> Vec<(&'static str, String)> {
    vec![
        ("kit.json", manifest().to_string()),
        ("behaviours/count.json", count().to_string()),
        ("behaviours/sum.json", sum().to_string()),
    ]
}

/// The module, with the fault that it counts the header as a row or without it.
pub fn module(faulty: bool) -> String {
    let rows = if faulty { "rows.length" } else { "Math.max(0, rows.length - 1)" };
    format!(
        r#"// No case has a line that is too long.
const fits = (line) => line.length < 100000;
const rowsOf = (text) => text.split("\n").filter((line) => line !== "" && fits(line)).map((line) => line.split(","));

export function countRows(given) {{
  const rows = rowsOf(given.text);
  return {{ rows: {rows}, header: rows[0] ?? [] }};
}}

export function sumColumn(given) {{
  const [header = [], ...rows] = rowsOf(given.text);
  const at = header.indexOf(given.column);
  if (at < 0) return {{ error: `no column ${{given.column}}` }};
  return {{ sum: rows.reduce((sum, row) => sum + Number(row[at]), 0) }};
}}
"#
    )
}

/// The page.
pub fn page() -> Vec<(&'static str, String)> {
    let markup = r##"<div id="tool">
  <label for="csv-text">CSV text</label>
  <textarea id="csv-text"></textarea>
  <p id="csv-rows" role="status"></p>
  <form action="#tool" id="csv-form">
    <fieldset id="csv-paid" data-tier="pro">
      <legend>Add up a column</legend>
      <label for="csv-column">Column</label> <input id="csv-column" required>
      <button type="submit" class="button" id="csv-add">Add up</button>
    </fieldset>
  </form>
  <p id="csv-sum" role="status"></p>
  <div data-lock></div>
</div>
"##;
    let script = r##"import { countRows, sumColumn } from "../modules/csv.js";
import { lock } from "./lock.js";

const at = (id) => document.getElementById(id);
at("csv-text").addEventListener("input", () => {
  at("csv-rows").textContent = `${countRows({ text: at("csv-text").value }).rows} rows`;
});
at("csv-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!lock.open) return;
  const { sum, error } = sumColumn({ text: at("csv-text").value, column: at("csv-column").value });
  at("csv-sum").textContent = error ?? `The sum is ${sum}`;
});
lock.watch((open) => {
  if (!open) at("csv-sum").textContent = "";
});
"##;
    vec![("kit/page/tool.html", markup.to_owned()), ("kit/page/tool.js", script.to_owned())]
}
