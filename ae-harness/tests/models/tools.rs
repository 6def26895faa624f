//! The tools of the agent that do what the script wants.

use serde_json::{Map, Value, json};

use super::{Act, Asked, Tool};

/// A call of a tool as it stands in an answer.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub id: String,
    pub name: String,
    /// A text for a tool that takes free text, else an object.
    pub input: Value,
}

const WRITERS: [&str; 4] = ["Write", "write_file", "write", "create_file"];
const SHELLS: [&str; 7] =
    ["Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "container.exec"];

/// The calls for these acts; an agent without a tool to write a file gets a command line.
pub(super) fn calls(acts: &[Act], asked: &Asked) -> Vec<Called> {
    let number = asked.number;
    acts.iter()
        .enumerate()
        .map(|(place, act)| {
            let (name, input) = call(act, asked);
            Called { id: format!("call_{number}_{place}"), name, input }
        })
        .collect()
}

fn call(act: &Act, asked: &Asked) -> (String, Value) {
    match act {
        Act::Call { name, input } => (name.clone(), input.clone()),
        Act::Shell(command) => shell(command, asked),
        Act::Write { path, content } => write(path, content, asked),
    }
}

fn find<'a>(asked: &'a Asked, names: &[&str]) -> Option<&'a Tool> {
    names.iter().find_map(|name| asked.tools.iter().find(|tool| tool.name == *name))
}

fn write(path: &str, content: &str, asked: &Asked) -> (String, Value) {
    if let Some(tool) = find(asked, &WRITERS) {
        let fields = &tool.schema["properties"];
        let named = |names: [&'static str; 3]| names.into_iter().find(|name| fields.get(name).is_some());
        let file = named(["file_path", "filePath", "path"]).expect("a writer takes a path");
        let text = named(["content", "contents", "text"]).expect("a writer takes a text");
        return (
            tool.name.clone(),
            filled(tool, [(file, json!(absolute(path, asked))), (text, json!(content))]),
        );
    }
    // A patch ends each line.
    if content.ends_with('\n') {
        let lines: String = content.lines().map(|line| format!("+{line}\n")).collect();
        let patch = format!("*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n");
        if find(asked, &["apply_patch"]).is_some() {
            return ("apply_patch".to_owned(), json!(patch));
        }
        if code(asked) {
            return ("exec".to_owned(), json!(format!("text(await tools.apply_patch({}));", json!(patch))));
        }
    }
    let file = quoted(path);
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    shell(&format!("mkdir -p {} && printf %s {} > {file}", quoted(folder), quoted(content)), asked)
}

/// The agent's tools are called from JavaScript, by a tool that runs it.
fn code(asked: &Asked) -> bool {
    asked.tools.iter().any(|tool| tool.name == "exec" && tool.schema.is_null())
}

fn shell(command: &str, asked: &Asked) -> (String, Value) {
    if code(asked) {
        let input = json!({"cmd": command, "yield_time_ms": 30_000});
        let script = format!(
            "const done = await tools.exec_command({input});\ntext(done.output + \"\\nexit code \" + done.exit_code);"
        );
        return ("exec".to_owned(), json!(script));
    }
    let Some(tool) = find(asked, &SHELLS) else {
        // As a model does that makes a tool up: the agent has to cope with it.
        return ("shell".to_owned(), json!({"command": command}));
    };
    let fields = &tool.schema["properties"];
    let field = if fields.get("cmd").is_some() { "cmd" } else { "command" };
    let line = match fields[field]["type"].as_str() {
        Some("array") => json!(["bash", "-lc", command]),
        _ => json!(command),
    };
    (tool.name.clone(), filled(tool, [(field, line)]))
}

/// The input with the texts that the tool demands in addition, such as a description.
fn filled<const N: usize>(tool: &Tool, given: [(&str, Value); N]) -> Value {
    let mut input: Map<String, Value> =
        given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for name in tool.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if tool.schema["properties"][name]["type"] == "string" {
            input.entry(name).or_insert_with(|| json!("A step of the task."));
        }
    }
    input.into()
}

/// Writers of files want absolute paths; agents say which folder they work in.
fn absolute(path: &str, asked: &Asked) -> String {
    match asked.folder() {
        Some(folder) if !path.starts_with('/') => format!("{}/{path}", folder.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
