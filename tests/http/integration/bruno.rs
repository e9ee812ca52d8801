//! The Bruno collection of the staff API, `openapi/bruno/`: made of the OpenAPI document, and equal to what is committed.
//!
//! [Bruno](https://www.usebruno.com) keeps a request in a text file of its own: blocks of `name: value` lines, or of indented text.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use qingdan::app::server;
use serde_json::{Map, Value, json};

/// Requests that begin without a token.
const WITHOUT_TOKEN: [&str; 3] = ["session_create", "session_refresh", "token_create"];
/// What the collection asks of every answer: the token, and the draft, import and version that the next request is about.
const AFTER_EVERY_ANSWER: &str = "\
const version = res.getHeader('etag');
if (version) bru.setVar('version', version);
const told = res.getBody();
if (told && told.access_token) bru.setVar('token', told.access_token);
if (told && told.refresh_token) bru.setVar('refresh', told.refresh_token);
if (told && told.id && told.state && told.action) bru.setVar('draft', told.id);
if (told && told.id && told.counts) bru.setVar('import', told.id);";
const HOW: &str = "\
右上角选环境，填好用户名和密码（密码只存在本机）。先发“登录”，令牌自动记下；以后每看一份草稿、每传一个文件，它的号码和版本也自动记下，
供下一个请求使用。请求中带“~”的参数没有启用，需要时勾上。怎么办理，见 docs/手册-工作人员.md。";

#[test]
fn the_bruno_collection_is_what_openapi_says() {
    let files = collection(&server::openapi(&server::examples()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/bruno");
    if env::var_os("UPDATE").is_some() {
        replace(&folder, &files);
        return;
    }
    let committed = committed(&folder, &folder);
    let stale = "run `UPDATE=1 ./test openapi` and look at the difference";
    for (name, text) in &files {
        assert!(committed.get(name) == Some(text), "openapi/bruno/{name} is stale: {stale}");
    }
    assert_eq!(committed.len(), files.len(), "openapi/bruno has files of requests that are no more: {stale}");
}

#[test]
fn the_bruno_collection_made_of_openapi_has_every_staff_request_in_blocks() {
    let document = server::openapi(&server::examples());
    let files = collection(&document);
    let requests = files.values().filter(|text| text.contains("\n  type: http\n")).count();
    assert_eq!(requests, staff_operations(&document).len());
    assert!(requests > 60, "{requests} requests");
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".bru")) {
        let mut inside = false;
        for line in text.lines().filter(|line| !line.is_empty()) {
            let opens = line.ends_with(" {") || line.ends_with(" [");
            match (inside, line.starts_with("  ")) {
                (true, true) => {}
                (true, false) if ["}", "]"].contains(&line) => inside = false,
                (false, false) if opens => inside = true,
                _ => panic!("{name}: {line:?}"),
            }
        }
        assert!(!inside, "{name} ends within a block");
    }
    let submit = &files["drafts/draft_submit.bru"];
    for line in
        ["  name: 提交审查", "  url: {{register}}/v1/drafts/:id/submit", "  id: {{draft}}", "  If-Match: {{version}}"]
    {
        assert!(submit.lines().any(|own| own == line), "{line} in {submit}");
    }
}

fn replace(folder: &Path, files: &BTreeMap<String, String>) {
    let _ = fs::remove_dir_all(folder);
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().expect("a folder");
        fs::create_dir_all(parent).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
}

/// The files below a folder by their paths in `root`.
fn committed(root: &Path, folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path: PathBuf = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(committed(root, &path));
        } else {
            let name = path.strip_prefix(root).expect("it is inside").to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).expect("it can be read"));
        }
    }
    files
}

/// Verb, path and operation of each request of staff, in the order of the document.
fn staff_operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let verbs = item.as_object().expect("verbs").iter();
        verbs.map(move |(verb, operation)| (verb.as_str(), path.as_str(), operation))
    });
    operations.filter(|(_, _, operation)| operation.get("security").is_some() || is_open(operation)).collect()
}

/// Whether a request begins without a token.
fn is_open(operation: &Value) -> bool {
    operation["operationId"].as_str().is_some_and(|id| WITHOUT_TOKEN.contains(&id))
}

/// The Chinese half of `中文 · English`.
fn chinese(text: &str) -> &str {
    text.split(" · ").next().unwrap_or(text)
}

/// All files of the collection by their paths.
fn collection(document: &Value) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let manifest =
        json!({ "version": "1", "name": "清单·工作人员", "type": "collection", "ignore": ["node_modules", ".git"] });
    files.insert("bruno.json".into(), format!("{}\n", serde_json::to_string_pretty(&manifest).expect("JSON")));
    let whole = [
        pairs("auth", &[("mode", "bearer".into())]),
        pairs("auth:bearer", &[("token", "{{token}}".into())]),
        text("script:post-response", AFTER_EVERY_ANSWER),
        text("docs", HOW),
    ];
    files.insert("collection.bru".into(), whole.join("\n"));
    for (name, register) in [("本机演示", "http://127.0.0.1:8080"), ("单位", "https://qingdan.example")] {
        let open = pairs("vars", &[("register", register.into()), ("username", "editor".into())]);
        files.insert(format!("environments/{name}.bru"), format!("{open}vars:secret [\n  password\n]\n"));
    }
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (verb, path, operation) in staff_operations(document) {
        let tag = operation["tags"][0].as_str().expect("a tag");
        let number = numbers.entry(tag).or_default();
        *number += 1;
        let id = operation["operationId"].as_str().expect("an id");
        files.insert(format!("{tag}/{id}.bru"), request(document, verb, path, operation, *number));
        files.entry(format!("{tag}/folder.bru")).or_insert_with(|| {
            let tags = document["tags"].as_array().expect("tags");
            let described =
                tags.iter().find(|known| known["name"] == tag).and_then(|known| known["description"].as_str());
            pairs("meta", &[("name", chinese(described.unwrap_or(tag)).to_owned())])
        });
    }
    files
}

/// A block of names and values.
fn pairs(name: &str, pairs: &[(&str, String)]) -> String {
    let mut block = format!("{name} {{\n");
    for (name, value) in pairs {
        writeln!(block, "  {name}: {}", value.replace('\n', " ")).expect("a string");
    }
    block + "}\n"
}

/// A block of text.
fn text(name: &str, text: &str) -> String {
    let mut block = format!("{name} {{\n");
    for line in text.lines() {
        let line = if line.is_empty() { String::new() } else { format!("  {line}") };
        writeln!(block, "{}", line.trim_end()).expect("a string");
    }
    block + "}\n"
}

fn request(document: &Value, verb: &str, path: &str, operation: &Value, number: usize) -> String {
    let name = chinese(operation["summary"].as_str().expect("a summary"));
    let url = format!("{{{{register}}}}{}", path.replace('{', ":").replace('}', ""));
    let (mode, body) = body(operation);
    let auth = if is_open(operation) { "none" } else { "inherit" };
    let mut blocks = vec![
        pairs("meta", &[("name", name.to_owned()), ("type", "http".into()), ("seq", number.to_string())]),
        pairs(verb, &[("url", url), ("body", mode.into()), ("auth", auth.into())]),
    ];
    let parameters: Vec<&Value> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| resolved(document, parameter))
        .collect();
    for (place, block) in [("query", "params:query"), ("path", "params:path"), ("header", "headers")] {
        let here = parameters.iter().filter(|parameter| parameter["in"] == place);
        let values: Vec<_> = here.map(|parameter| value_of(path, parameter)).collect();
        if !values.is_empty() {
            blocks.push(pairs(
                block,
                &values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>(),
            ));
        }
    }
    blocks.extend(body);
    blocks.push(text("docs", operation["description"].as_str().unwrap_or_default()));
    blocks.join("\n")
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target =
        value.get("$ref").and_then(Value::as_str).and_then(|target| document.pointer(target.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// The name of a parameter, after a `~` where it is not sent unless it is switched on, and its value.
fn value_of(path: &str, parameter: &Value) -> (String, String) {
    let name = parameter["name"].as_str().expect("a name");
    let is_sent = parameter["required"] == true;
    let example = parameter.get("example").or_else(|| parameter["schema"].get("example"));
    let example = match example {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let value = match name {
        "If-Match" => "{{version}}".to_owned(),
        "id" if path.starts_with("/v1/drafts/") => "{{draft}}".into(),
        "id" if path.starts_with("/v1/imports/") => "{{import}}".into(),
        "Accept-Language" => "zh".into(),
        _ => example,
    };
    (format!("{}{name}", if is_sent { "" } else { "~" }), value)
}

/// The mode of a body, and its block.
fn body(operation: &Value) -> (&'static str, Option<String>) {
    let Some(content) = operation.pointer("/requestBody/content").and_then(Value::as_object) else {
        return ("none", None);
    };
    if content.contains_key("multipart/form-data") {
        return ("multipartForm", Some(pairs("body:multipart-form", &[("file", "@file(文件.xlsx)".into())])));
    }
    if content.contains_key("application/x-www-form-urlencoded") {
        let fields = ["grant_type", "client_id", "client_secret"];
        let values = ["client_credentials", "{{client_id}}", "{{client_secret}}"];
        let fields: Vec<_> = fields.into_iter().zip(values.map(String::from)).collect();
        return ("formUrlEncoded", Some(pairs("body:form-urlencoded", &fields)));
    }
    let example = content.values().find_map(|body| body.get("example")).cloned().unwrap_or_else(|| json!({}));
    let sent = serde_json::to_string_pretty(&with_variables(operation, example)).expect("JSON");
    ("json", Some(text("body:json", &sent)))
}

/// An example about what the requests before were about.
fn with_variables(operation: &Value, example: Value) -> Value {
    match operation["operationId"].as_str() {
        Some("session_create") => return json!({ "username": "{{username}}", "password": "{{password}}" }),
        Some("session_refresh") => return json!({ "refresh_token": "{{refresh}}" }),
        _ => {}
    }
    let Value::Object(mut members) = example else { return example };
    let put = |members: &mut Map<String, Value>, name: &str, value: Value| {
        if let Some(member) = members.get_mut(name) {
            *member = value;
        }
    };
    put(&mut members, "import", json!("{{import}}"));
    put(&mut members, "drafts", json!(["{{draft}}"]));
    Value::Object(members)
}
