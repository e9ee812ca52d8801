//! A workflow chart as a document of its own: of a published item, or of a draft of one.

use std::sync::LazyLock;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    charts::{Analysis, Chart, Heading, Scale, Undrawn, analyse, bpmn, excess, mermaid, narrow_svg, png, svg},
    fields::Shape,
    model::items::Item,
    problem::{FieldError, Wrong},
    values::Period,
};

/// The shape of a chart by itself.
pub(crate) static CHART: LazyLock<Shape> = LazyLock::new(Shape::of::<Chart>);

/// 流程图数据: a workflow chart with what follows from it.
#[derive(Serialize, ToSchema)]
pub struct ChartDocument {
    /// 事项编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub code: String,
    /// 事项名称
    #[schema(example = "最低生活保障对象审核")]
    pub name: String,
    /// 修订号
    #[schema(example = 2)]
    pub revision: i64,
    /// 承诺办结时限
    pub promised_limit: Option<Period>,
    /// 法定办结时限
    pub legal_limit: Option<Period>,
    /// 流程图
    pub chart: Chart,
    /// 时限分析
    pub analysis: Analysis,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    pub links: Map<String, Value>,
}

/// A chart and what stands beside it. Drawn without the register.
#[derive(Clone, Debug)]
pub struct ChartSheet {
    chart: Chart,
    name: String,
    heading: Heading,
    scale: Option<Scale>,
    layout: Layout,
}

/// For which screen a chart is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// With a column for each who acts: for paper, posters and desktops.
    #[default]
    Wide,
    /// In one column: for telephones.
    Narrow,
}

impl Layout {
    /// Reads `wide` or `narrow`.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        match text {
            "wide" => Ok(Self::Wide),
            "narrow" => Ok(Self::Narrow),
            _ => Err(Wrong::NotInCodeList("wide, narrow".into())),
        }
    }
}

/// The imprint of a sheet: which revision it shows, and of whom.
#[derive(Clone, Debug, Default)]
pub struct Imprint {
    /// Name of the organisation.
    pub organisation: String,
    /// Number of the revision; of a draft the one that it will be.
    pub revision: i64,
    /// Date of publication; empty while there is none.
    pub published: String,
}

impl ChartSheet {
    /// The chart of an item; `None` when it has none.
    pub fn of_item(item: Item, imprint: Imprint) -> Option<Self> {
        let materials = item.materials.into_iter().map(|material| (material.seq, material.name)).collect();
        let heading = Heading {
            promised: item.promised_limit,
            legal: item.legal_limit,
            materials,
            ..heading(&item.chart, &item.name, item.code.to_string(), imprint)
        };
        Some(Self { chart: item.chart?, name: item.name, heading, scale: None, layout: Layout::Wide })
    }

    /// The chart in the body of a draft, in which anything else may lack or be wrong; `None` when it has none. The mistakes
    /// are those of the chart, by their pointers in the body.
    pub fn of_draft(body: &Value, imprint: Imprint) -> Result<Option<Self>, Vec<FieldError>> {
        let Some(given) = body.get("chart").filter(|chart| !chart.is_null()) else { return Ok(None) };
        let below = |error: FieldError| error.below("/chart");
        let chart: Chart = CHART.read(given).map_err(|mistakes| mistakes.into_iter().map(below).collect::<Vec<_>>())?;
        if let Some(excess) = excess(&chart) {
            return Err(vec![FieldError::at("/chart", excess)]);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, chart) = (text("name"), Some(chart));
        let heading = Heading {
            promised: readable(body, "promised_limit"),
            legal: readable(body, "legal_limit"),
            materials: materials(body),
            ..heading(&chart, &name, text("code"), imprint)
        };
        Ok(chart.map(|chart| Self { chart, name, heading, scale: None, layout: Layout::Wide }))
    }

    /// A chart that belongs to no item yet.
    pub fn of_chart(chart: Chart) -> Self {
        let title = chart.title.clone().unwrap_or_else(|| "流程图预览".into());
        let heading = Heading { title, ..Heading::default() };
        Self { chart, name: String::new(), heading, scale: None, layout: Layout::Wide }
    }

    /// Leaves out the organisation and the materials, for a page that names them itself.
    pub fn within_a_page(mut self) -> Self {
        self.heading.organisation.clear();
        self.heading.materials.clear();
        self
    }

    /// Its picture.
    pub fn svg(&self) -> String {
        match self.layout {
            Layout::Wide => svg(&self.chart, &self.heading),
            Layout::Narrow => narrow_svg(&self.chart, &self.heading),
        }
    }

    /// As a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        mermaid(&self.chart, &self.heading.title)
    }

    /// As BPMN 2.0 XML with diagram interchange.
    pub fn bpmn(&self) -> String {
        bpmn(&self.chart, &self.heading.title)
    }

    /// Sets the scale at which it is drawn in pixels.
    pub fn scaled(self, scale: Option<Scale>) -> Self {
        Self { scale, ..self }
    }

    /// Sets for which screen it is drawn.
    pub fn laid_out(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Its picture in pixels; takes some hundred milliseconds.
    pub fn png(&self) -> Result<Vec<u8>, Undrawn> {
        png(&self.svg(), self.scale)
    }

    /// The graph and what follows from it.
    pub fn document(&self, links: Map<String, Value>) -> ChartDocument {
        ChartDocument {
            code: self.heading.code.clone(),
            name: self.name.clone(),
            revision: self.heading.revision,
            promised_limit: self.heading.promised,
            legal_limit: self.heading.legal,
            analysis: analyse(&self.chart),
            chart: self.chart.clone(),
            links,
        }
    }
}

fn heading(chart: &Option<Chart>, name: &str, code: String, imprint: Imprint) -> Heading {
    let title = chart.as_ref().and_then(|chart| chart.title.clone());
    Heading {
        title: title.unwrap_or_else(|| name.to_owned()),
        organisation: imprint.organisation,
        code,
        revision: imprint.revision,
        published: imprint.published,
        ..Heading::default()
    }
}

fn readable<T: DeserializeOwned>(body: &Value, name: &str) -> Option<T> {
    body.get(name).and_then(|value| T::deserialize(value).ok())
}

fn materials(body: &Value) -> Vec<(u32, String)> {
    let material = |material: &Value| {
        let name = material.get("name")?.as_str()?;
        Some((u32::try_from(material.get("seq")?.as_u64()?).ok()?, name.to_owned()))
    };
    body.get("materials").and_then(Value::as_array).into_iter().flatten().filter_map(material).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chart() -> Value {
        json!({
            "lanes": [{ "id": "w", "name": "窗口", "kind": "office" }],
            "nodes": [
                { "id": "a", "kind": "start", "name": "申请", "lane": "w", "clock": "not_started" },
                { "id": "b", "kind": "end", "name": "办结", "lane": "w", "clock": "stopped", "outcome": "granted" },
            ],
            "edges": [{ "from": "a", "to": "b" }],
        })
    }

    #[test]
    fn a_draft_is_drawn_however_little_else_it_has() {
        let imprint = || Imprint { revision: 3, ..Imprint::default() };
        let bare =
            ChartSheet::of_draft(&json!({ "chart": chart() }), imprint()).expect("it is right").expect("a chart");
        assert!(bare.svg().starts_with("<svg") && bare.svg().contains("尚未公布"));

        let body = json!({
            "chart": chart(), "name": "临时救助", "code": "X", "promised_limit": { "value": 5, "unit": "working_day" },
            "legal_limit": "soon", "materials": [{ "seq": 1, "name": "申请表" }, { "seq": "2" }, 3],
        });
        let sheet = ChartSheet::of_draft(&body, imprint()).expect("it is right").expect("a chart");
        assert!(sheet.svg().contains("临时救助") && sheet.svg().contains("申请表"));
        let document = sheet.document(Map::new());
        assert_eq!((document.name.as_str(), document.revision, document.legal_limit), ("临时救助", 3, None));
        assert_eq!(document.promised_limit.map(|limit| limit.value), Some(5));
        assert_eq!(document.analysis.critical_path, ["a", "b"]);
    }

    #[test]
    fn a_draft_without_a_chart_has_none_and_a_wrong_one_is_told() {
        for body in [json!({}), json!({ "chart": null })] {
            assert!(ChartSheet::of_draft(&body, Imprint::default()).expect("nothing is wrong").is_none());
        }
        let mut body = json!({ "chart": chart() });
        body["chart"]["nodes"][0]["kind"] = "start up".into();
        let mistakes = ChartSheet::of_draft(&body, Imprint::default()).expect_err("it is wrong");
        assert_eq!(mistakes[0].place.to_string(), "/chart/nodes/0/kind");
    }
}
