//! The formats in which a workflow chart is served: one table, from which come negotiation by `Accept`, the addresses
//! with an extension, and what OpenAPI says of both.

use actix_web::{HttpRequest, web::Bytes};
use serde_json::{Map, Value, json};

use super::chart_document::ChartSheet;
use crate::{
    problem::Problem,
    web::{
        answer::{JSON, PNG, negotiate},
        contract::schema,
        endpoint::Subject,
    },
};

/// Links by their names.
pub type Links = Map<String, Value>;

/// A notation of charts.
pub struct ChartFormat {
    /// Chinese name.
    pub chinese: &'static str,
    /// English name.
    pub english: &'static str,
    /// Description in the contract.
    pub description: &'static str,
    /// The end of the address of an item's chart in it; `None` where there is only negotiation.
    pub extension: Option<&'static str>,
    /// The media types by which it may be asked for, its own first.
    pub media_types: &'static [MediaType],
    /// The schema of what is answered.
    pub schema: fn() -> Value,
    /// Writes a chart.
    pub write: fn(&ChartSheet, &Links) -> Result<Bytes, Problem>,
}

/// A media type of a notation.
#[derive(Clone, Copy)]
pub struct MediaType {
    /// As in `Accept`.
    pub name: &'static str,
    /// As in `Content-Type`.
    pub content_type: &'static str,
    /// Tells its answers from others of one address: part of the entity tag.
    pub variant: &'static str,
}

/// Every notation, the one for who does not say first.
pub const FORMATS: &[ChartFormat] = &[
    ChartFormat {
        chinese: "图数据",
        english: "graph",
        description: "lanes, nodes and edges, with the critical path",
        extension: None,
        media_types: &[MediaType { name: JSON, content_type: JSON, variant: "" }],
        schema: || schema("ChartDocument"),
        write: |sheet, links| Ok(serde_json::to_vec(&sheet.document(links.clone()))?.into()),
    },
    ChartFormat {
        chinese: "图形",
        english: "picture",
        description: "The chart as it hangs at the counter: lanes, decisions, durations, materials in and documents out, the critical \
             path drawn strong. Text is text; there is no script and no reference to elsewhere.",
        extension: Some("svg"),
        media_types: &[MediaType {
            name: "image/svg+xml",
            content_type: "image/svg+xml; charset=utf-8",
            variant: "-svg",
        }],
        schema: || json!({ "type": "string" }),
        write: |sheet, _| Ok(sheet.svg().into()),
    },
    ChartFormat {
        chinese: "位图",
        english: "picture in pixels",
        description: "The same picture for where SVG is not taken, such as word processors and messengers: on white, drawn with a \
             font that is in the software. Characters that neither it nor the server's fonts have stand as 〓. There is none, and 404, \
             of a chart that says more than 40,000 characters with the materials of its item.",
        extension: Some("png"),
        media_types: &[MediaType { name: PNG, content_type: PNG, variant: "-png" }],
        schema: || json!({ "type": "string", "format": "binary" }),
        write: |sheet, _| Ok(sheet.png()?.into()),
    },
    ChartFormat {
        chinese: "Mermaid",
        english: "flowchart",
        description: "A flowchart in Mermaid with a subgraph for each lane and dotted lines for rework. What Mermaid cannot say (times, \
             materials, outcomes, …) stands in comments `%% qingdan: {json}`, so that nothing of the graph is lost.",
        extension: Some("mmd"),
        media_types: &[MediaType {
            name: "text/vnd.mermaid",
            content_type: "text/vnd.mermaid; charset=utf-8",
            variant: "-mermaid",
        }],
        schema: || json!({ "type": "string" }),
        write: |sheet, _| Ok(sheet.mermaid().into()),
    },
    ChartFormat {
        chinese: "BPMN 2.0",
        english: "XML with diagram interchange",
        description: "BPMN 2.0 XML that modelling tools open as it is drawn here: a pool with a lane for each who acts, events, tasks, \
             gateways and sequence flows with their places. What BPMN has no word for stands in `extensionElements` in the \
             namespace `urn:qingdan:chart:1`. There is no registered media type for BPMN; XML's own are served alike.",
        extension: Some("bpmn"),
        media_types: &[
            MediaType { name: "application/bpmn+xml", content_type: "application/bpmn+xml", variant: "-bpmn" },
            MediaType { name: "application/xml", content_type: "application/xml", variant: "-bpmn-xml" },
            MediaType { name: "text/xml", content_type: "text/xml; charset=utf-8", variant: "-bpmn-text" },
        ],
        schema: || json!({ "type": "string" }),
        write: |sheet, _| Ok(sheet.bpmn().into()),
    },
];

impl Subject for ChartFormat {
    fn part(&self) -> &'static str {
        self.extension.unwrap_or_default()
    }
}

impl ChartFormat {
    /// Is drawn in pixels: takes `scale`, and time.
    pub fn is_pixels(&self) -> bool {
        self.media_types.iter().any(|media| media.name == PNG)
    }

    /// Is drawn as SVG, and takes `layout`.
    pub fn is_drawing(&self) -> bool {
        self.extension == Some("svg")
    }

    /// Its own media type.
    pub fn media_type(&self) -> MediaType {
        // Every row has one (a test checks).
        self.media_types.first().copied().unwrap_or(MediaType { name: JSON, content_type: JSON, variant: "" })
    }
}

/// Returns the notations that have an address of their own.
pub fn files() -> impl Iterator<Item = &'static ChartFormat> {
    FORMATS.iter().filter(|format| format.extension.is_some())
}

/// The notation that the client likes best, and the media type under which it likes it.
pub fn negotiated(request: &HttpRequest) -> Result<(&'static ChartFormat, MediaType), Problem> {
    let offered = || FORMATS.iter().flat_map(|format| format.media_types.iter().map(move |media| (format, *media)));
    let names: Vec<_> = offered().map(|(_, media)| media.name).collect();
    let chosen = negotiate(request, &names)?;
    Ok(offered().nth(chosen).unwrap_or((&FORMATS[0], FORMATS[0].media_type())))
}

/// Lists the media types, each with the schema of its answer.
pub fn answers() -> Vec<(&'static str, Value)> {
    let rows = FORMATS.iter().flat_map(|format| format.media_types.iter().map(|media| (media.name, (format.schema)())));
    rows.collect()
}

/// The notations and the media types by which they are asked for, for a description.
pub fn offered() -> String {
    let named = |format: &ChartFormat| {
        let names: Vec<_> = format.media_types.iter().map(|media| format!("`{}`", media.name)).collect();
        format!("{}·{} {}", format.chinese, format.english, names.join(", "))
    };
    FORMATS.iter().map(named).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_has_a_media_type_and_tags_of_its_own() {
        let all: Vec<_> = FORMATS.iter().flat_map(|format| format.media_types).collect();
        assert!(FORMATS.iter().all(|format| !format.media_types.is_empty()));
        for of in [|media: &MediaType| media.name, |media: &MediaType| media.variant] {
            let mut values: Vec<_> = all.iter().map(|media| of(media)).collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), all.len());
        }
    }
}
