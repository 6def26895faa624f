//! Bodies of several parts.

/// A part: its name, its type (empty for a field), its content.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) content: Vec<u8>,
}

/// The parts of a body, `None` when it is not one of several parts.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?.trim_matches('"');
    let line = format!("--{boundary}");
    let mut found = Vec::new();
    let mut rest = find(body, line.as_bytes()).and_then(|at| body.get(at + line.len()..))?;
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, format!("\r\n{line}").as_bytes())?;
        found.push(one(part.get(..end)?)?);
        rest = part.get(end + 2 + line.len()..)?;
    }
    Some(found)
}

fn one(part: &[u8]) -> Option<Part> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(part.get(..end)?).ok()?;
    let (mut name, mut content_type) = (None, String::new());
    for line in head.split("\r\n") {
        let (header, value) = line.split_once(':')?;
        match header.to_ascii_lowercase().as_str() {
            "content-disposition" => {
                let rest = value.split_once("; name=\"")?.1;
                name = rest.split_once('"').map(|(name, _)| name.to_owned());
            }
            "content-type" => value.trim().clone_into(&mut content_type),
            _ => {}
        }
    }
    Some(Part { name: name?, content_type, content: part.get(end + 4..)?.to_vec() })
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
