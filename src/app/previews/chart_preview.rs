//! A chart that is in no draft yet, in whatever notation it was drawn.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    charts::{
        self, Analysis, Chart, SourcePositions, analyse, check, read_bpmn_with_positions, read_mermaid_with_positions,
    },
    problem::{Code, FieldDocument, FieldError, Language, Problem, Wrong},
    public::items::chart_document::CHART,
    staff::requests::Request,
    web::answer::JSON,
};

/// 流程图预览: a chart as it was understood, with what follows from it and what is wrong with it.
#[derive(Serialize, ToSchema)]
pub struct ChartPreview {
    /// 流程图: as it would stand in the item's `chart`.
    pub chart: Chart,
    /// 时限分析
    pub analysis: Analysis,
    /// 不符合规则之处: what would be refused in a draft. `pointer` leads into this answer; `line` and `column` say where the
    /// part stands in what was sent, when that was Mermaid or BPMN.
    pub findings: Vec<FieldDocument>,
}

/// A chart as it was sent.
pub struct Given {
    /// The chart.
    pub chart: Chart,
    /// Its faults by the rules for charts.
    pub faults: Vec<FieldError>,
}

/// The media types in which a chart is taken.
pub const TAKEN: [&str; 6] =
    [JSON, "text/vnd.mermaid", "text/plain", "application/bpmn+xml", "application/xml", "text/xml"];

/// The notations that are texts, some with an example.
pub const EXAMPLES: [(&str, Option<&str>); 5] = [
    (TAKEN[1], Some(MERMAID)),
    (TAKEN[2], Some(MERMAID)),
    (TAKEN[3], Some(BPMN)),
    (TAKEN[4], Some(BPMN)),
    (TAKEN[5], None),
];
const MERMAID: &str = "flowchart TD\n  subgraph hall[便民服务中心]\n    start([申请]) --> check{材料齐全？}\n    \
    check -->|齐全| review[审核] --> done([办结])\n    check -.->|补正| start\n  end\n";
const BPMN: &str = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" targetNamespace=\"urn:example\">\
    <process id=\"p\" name=\"便民服务\"><startEvent id=\"a\" name=\"申请\"/><task id=\"b\" name=\"审核\"/>\
    <endEvent id=\"c\" name=\"办结\"/><sequenceFlow id=\"f\" sourceRef=\"a\" targetRef=\"b\"/>\
    <sequenceFlow id=\"g\" sourceRef=\"b\" targetRef=\"c\"/></process></definitions>";

/// Reads a chart that was sent as one of [`TAKEN`], where that may take its time: 415 for others, 422 with every mistake in it.
pub async fn read(request: &Request) -> Result<Given, Problem> {
    let body = request.body.clone();
    match request.must_be(&TAKEN)? {
        JSON => {
            let graph = request.json().await?;
            request.work(move || given(CHART.read(&graph).map(|chart| (chart, SourcePositions::default())))).await?
        }
        "text/vnd.mermaid" | "text/plain" => {
            request.work(move || given(read_mermaid_with_positions(text(&body)?))).await?
        }
        _ => request.work(move || given(read_bpmn_with_positions(text(&body)?))).await?,
    }
}

fn given(read: Result<(Chart, SourcePositions), Vec<FieldError>>) -> Result<Given, Problem> {
    let (chart, positions) = read.map_err(Problem::invalid_body)?;
    let excess = excess(&chart)?;
    match excess.is_empty() {
        true => Ok(Given { faults: positions.locate(check(&chart)).into_iter().map(called).collect(), chart }),
        false => Err(Problem::invalid_body(positions.locate(excess))),
    }
}

/// Adds the term of its field to a fault.
fn called(fault: FieldError) -> FieldError {
    let pointer = fault.pointer();
    let term = CHART.term(pointer.strip_prefix("/chart").unwrap_or(pointer));
    fault.called(term)
}

/// Finds what the schema of charts refuses as too long or too many: notations have no such limits of their own.
fn excess(chart: &Chart) -> Result<Vec<FieldError>, Problem> {
    let mistakes = CHART.read::<Chart>(&serde_json::to_value(chart)?).err().unwrap_or_default();
    let is_excess = |mistake: &FieldError| matches!(mistake.wrong, Wrong::TooLong(_) | Wrong::TooMany(_));
    let whole = charts::excess(chart).map(|wrong| FieldError::at("", wrong));
    Ok(mistakes.into_iter().filter(is_excess).chain(whole).collect())
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|error| {
        let line = body[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::with_detail(
            Code::UnreadableBody,
            format!("第 {line} 行不是 UTF-8 文字；请以 UTF-8 编码保存。"),
            format!("Line {line} is not UTF-8; save the file in that encoding."),
        )
    })
}

impl Given {
    /// Measures and checks the chart that was sent.
    pub fn preview(&self, language: Language) -> ChartPreview {
        ChartPreview {
            chart: self.chart.clone(),
            analysis: analyse(&self.chart),
            findings: self.faults.iter().map(|fault| fault.document(language)).collect(),
        }
    }
}
