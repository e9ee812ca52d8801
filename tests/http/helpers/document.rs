//! The OpenAPI document, read as clients read it: its operations by path, their responses by status, and the schemas of these.

use std::{collections::HashMap, sync::OnceLock};

use boon::{Compiler, SchemaIndex, Schemas};
use qingdan::app::server;
use serde_json::Value;

/// The document, with every schema compiled.
pub struct Document {
    routes: Vec<Route>,
    schemas: Schemas,
}

/// A path, and what it answers.
pub struct Route {
    /// With `{parameters}`.
    pub path: String,
    /// Operations by method, in lower case.
    pub operations: HashMap<String, Operation>,
}

/// The responses of an operation, by status.
pub type Operation = HashMap<String, Response>;

/// One response that the document declares.
pub struct Response {
    /// Media types, and the schema of those that are JSON.
    pub content: Vec<(String, Option<SchemaIndex>)>,
    /// The headers that it always has.
    pub headers: Vec<String>,
    /// The codes that its problem may have; none where any may.
    pub codes: Vec<String>,
}

/// Where the compiler finds the document.
const ADDRESS: &str = "https://register.example/openapi.json";

/// Before the code of a problem, whose response is a component.
const RESPONSES: &str = "#/components/responses/";

impl Document {
    /// The document that the servers of this build give out.
    pub fn get() -> &'static Self {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| Self::of(server::openapi(&server::examples())))
    }

    fn of(document: Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(ADDRESS, document.clone()).expect("an address");
        let mut reader = Reader { document: &document, compiler, schemas: Schemas::new() };
        let paths = document["paths"].as_object().expect("paths");
        let routes = paths.iter().map(|(path, item)| reader.route(path, item)).collect();
        Self { routes, schemas: reader.schemas }
    }

    /// The route of a path: of those that fit the one with most parts that are no parameters, as OpenAPI has it.
    pub fn route(&self, path: &str) -> Option<&Route> {
        let fitting = self.routes.iter().filter(|route| fits(&route.path, path));
        fitting.max_by_key(|route| route.path.split('/').filter(|part| !part.contains('{')).count())
    }

    /// Says what is wrong with a value: each place, and what the schema says of it.
    pub fn check(&self, value: &Value, schema: SchemaIndex) -> Result<(), String> {
        self.schemas.validate(value, schema).map_err(|error| format!("{error:#}"))
    }

    /// How many responses are declared.
    pub fn declared(&self) -> usize {
        self.routes.iter().flat_map(|route| route.operations.values()).map(HashMap::len).sum()
    }
}

/// Reads the responses of a document and compiles their schemas.
struct Reader<'a> {
    document: &'a Value,
    compiler: Compiler,
    schemas: Schemas,
}

impl<'a> Reader<'a> {
    fn route(&mut self, path: &str, item: &'a Value) -> Route {
        let operations = item.as_object().expect("operations").iter().map(|(verb, operation)| {
            let place = format!("/paths/{}/{verb}/responses", escaped(path));
            let responses = operation["responses"].as_object().expect("responses");
            let read =
                |(status, response)| (String::clone(status), self.response(&format!("{place}/{status}"), response));
            (verb.clone(), responses.iter().map(read).collect())
        });
        Route { path: path.to_owned(), operations: operations.collect() }
    }

    fn response(&mut self, place: &str, response: &'a Value) -> Response {
        let referred = response["$ref"].as_str().and_then(|reference| reference.strip_prefix(RESPONSES));
        let (place, response) = self.target(place, response);
        let listed = response["content"]["application/problem+json"]["examples"].as_object().into_iter().flatten();
        let codes = match referred {
            Some(code) => vec![code.to_owned()],
            None => listed.filter_map(|(_, example)| example["value"]["code"].as_str()).map(str::to_owned).collect(),
        };
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers = headers.filter(|(_, header)| self.target("", header).1["required"] == true);
        let headers = headers.map(|(name, _)| name.clone()).collect();
        let content = response["content"].as_object().into_iter().flatten().map(|(media_type, body)| {
            let schema = is_json(media_type).then(|| format!("{place}/content/{}/schema", escaped(media_type)));
            assert!(body["schema"].is_object(), "a schema of {media_type} at {place}");
            (media_type.clone(), schema.map(|schema| self.compile(&schema)))
        });
        Response { content: content.collect(), headers, codes }
    }

    /// Where a reference leads, or else the value itself.
    fn target(&self, place: &str, value: &'a Value) -> (String, &'a Value) {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(target) => (target.to_owned(), self.document.pointer(target).expect("references lead somewhere")),
            None => (place.to_owned(), value),
        }
    }

    fn compile(&mut self, place: &str) -> SchemaIndex {
        // As a fragment of an address.
        let fragment = place.replace('{', "%7B").replace('}', "%7D");
        let compiled = self.compiler.compile(&format!("{ADDRESS}#{fragment}"), &mut self.schemas);
        compiled.unwrap_or_else(|error| panic!("the schema at {place}: {error:#}"))
    }
}

/// A member's name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether a media type is of JSON, which a schema can describe.
fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json" || essence.ends_with("+json")
}

/// A media type without its parameters.
pub fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or(media_type).trim()
}

/// Whether a path fits a template. A tile's index has several parts (`x001/234`, c2sp.org/tlog-tiles), which OpenAPI cannot say.
fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for expected in template.split('/') {
        let Some(part) = parts.next() else { return false };
        if expected == "{index}" && !part.is_empty() {
            return true;
        }
        if !part_fits(expected, part) {
            return false;
        }
    }
    parts.next().is_none()
}

fn part_fits(template: &str, part: &str) -> bool {
    match (template.split_once('{'), template.split_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            let rest = part.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|rest| !rest.is_empty())
        }
        _ => template == part,
    }
}
