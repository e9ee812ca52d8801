//! Describes the operations that only items have.

use std::iter;

use serde_json::{Value, json};

use super::{
    chart_comparison::SVG,
    chart_format::{self, ChartFormat},
};
use crate::{
    model::items::KIND,
    problem::Code,
    web::{
        answer,
        contract::{Operation, path_parameter, query_parameter, schema},
        endpoint::Subject,
        parameters::{as_of_parameter, compared_parameters},
    },
};

fn item_key() -> Value {
    path_parameter("key", "编码 · Code of the item.", KIND.example)
}

/// `scale`, which only pictures in pixels take.
pub(crate) fn scale_parameter() -> Value {
    let schema = json!({ "type": "number", "minimum": 0.5, "maximum": 4, "multipleOf": 0.25, "default": 2 });
    let description = "放大倍数，仅用于 PNG · How many pixels a pixel of the SVG becomes on each side, in steps of 0.25; for PNG only. \
                       Without it 2, or what is left of it where the picture would have more than 32 million pixels; a scale that \
                       makes more is refused, and the answer says the largest.";
    query_parameter("scale", description, schema, "1.5")
}

/// `layout`, which only drawings take.
fn layout_parameter() -> Value {
    let schema = json!({ "type": "string", "enum": ["wide", "narrow"], "default": "wide" });
    let description = "版式，仅用于 SVG：wide 按泳道分栏，narrow 为手机竖版 · For SVG only: a column for each who acts, or one column for \
                       telephones, 328 pixels wide.";
    query_parameter("layout", description, schema, "narrow")
}

/// Describes the chart, by negotiation.
pub fn chart(path: &str) -> Operation {
    Operation {
        answers: chart_format::answers(),
        ..Operation::json("get_chart", "items", path, json!({}))
    }
    .says(
        "流程图 · Workflow chart",
        format!(
            "The graph with its lanes, nodes and edges, and its critical path; by `Accept` in another notation: {}. Times of the \
             analysis are in 1/56 working day, in which working days (56), calendar days (40), hours (7) and months (1200) are whole.",
            chart_format::offered()
        ),
    )
    .takes([item_key(), scale_parameter(), layout_parameter(), as_of_parameter()])
    .refuses(&[Code::NotFound, Code::Gone])
    .shown_by(format!("/v1/items/{}/chart", KIND.example))
}

/// Describes the chart in one notation.
pub fn file(format: &'static ChartFormat, path: &str) -> Operation {
    let extension = format.part();
    let summary = format!("流程图（{}）· Workflow chart: {}, .{extension}", format.chinese, format.english);
    Operation {
        answers: vec![(format.media_type().name, (format.schema)())],
        ..Operation::json(format!("get_chart_{extension}"), "items", path, json!({}))
    }
    .says(summary, format.description)
    .takes(
        iter::once(item_key())
            .chain(format.is_pixels().then(scale_parameter))
            .chain(format.is_drawing().then(layout_parameter)),
    )
    .takes([as_of_parameter()])
    .refuses(&[Code::NotFound, Code::Gone])
    .shown_by(format!("/v1/items/{}/chart.{extension}", KIND.example))
}

/// Describes the drawing of two revisions of a chart.
pub fn comparison(path: &str) -> Operation {
    Operation {
        answers: vec![(SVG, json!({ "type": "string" }))],
        ..Operation::json("compare_charts", "items", path, json!({}))
    }
    .says(
        "流程图比较 · Compare the charts of two revisions",
        "The nodes and edges of both charts in one drawing: what is new, what is gone and what changed is marked by the kind of its \
         line, by a sign and by a word, with a legend, and told as a list below. Without parameters: the last revision and the one \
         before.",
    )
    .takes([item_key()])
    .takes(compared_parameters())
    .takes([as_of_parameter()])
    .refuses(&[Code::NotFound, Code::Gone])
    .shown_by(format!("/v1/items/{}/compare.svg", KIND.example))
}

/// Describes the fee quotation.
pub fn fee_quote(path: &str) -> Operation {
    Operation {
        answers: vec![(answer::JSON, schema("FeeQuote")), ("text/html", json!({ "type": "string" }))],
        ..Operation::json("get_fee_quote", "items", path, json!({}))
    }
    .says(
        "收费试算 · Fee quotation",
        "What the item costs in given circumstances: for each fee its lines with the arithmetic spelled out, the exact and the rounded \
         amount, the tier, limit and range that were applied, the legal basis; who set the price, who collects, where the money goes. \
         Each line is exact until its end and then rounded half-up to 0.01 yuan; the total is the sum of the lines. Call it \
         without circumstances to learn what it depends on: what cannot be decided is never guessed but asked for, 422 \
         `fee-parameter-missing` with `missing: [{ parameter, label, type, unit, values, min, max, fees }]`, only what is needed for \
         certain; give these and ask again. A value that is none is 400, with the parameter. A fee that is not in force on the day \
         says so and costs nothing; an item that is free of charge has the total 0.00. By `Accept: text/html` a page with a form.",
    )
    .takes(fee_quote_parameters())
    .refuses(&[Code::NotFound, Code::Gone, Code::FeeParameterMissing, Code::StateConflict])
    .shown_by("/v1/items/12350121488101808K5352011009000/fee-quote?months=13&low_income=false&on=2026-11-24")
}

fn fee_quote_parameters() -> [Value; 6] {
    let on =
        "计算日期 · Day whose fees are asked for; today in China when absent, or with `as_of` the day of that moment.";
    let fee = "收费项目 · Code of the one fee to quote; all fees of the item when absent.";
    let languages = json!({ "type": "string", "enum": ["zh-CN", "en"] });
    [
        item_key(),
        query_parameter("on", on, json!({ "type": "string", "format": "date" }), "2026-11-24"),
        query_parameter("fee", fee, json!({ "type": "string" }), "fee-columbarium"),
        query_parameter("lang", "页面语言 · Language of the page; JSON has both.", languages, "en"),
        as_of_parameter(),
        json!({
            "name": "circumstances", "in": "query", "required": false, "style": "form", "explode": true,
            "schema": { "type": "object", "additionalProperties": { "type": "string" } },
            "description": "情况 · One query parameter for each figure that the item's fees depend on, by its name: `parameters` of the fee, such as \
                            `months=13&low_income=false`. Figures are plain decimals, a boolean is `true` or `false`, a choice one of its values. \
                            What several fees call by one name but mean differently is asked as `fee_code.name`.",
        }),
    ]
}
