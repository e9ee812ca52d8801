//! The words of a sheet beside the drawing: time limits, materials, notes, and the chart in sentences.

use super::{
    content::{self, circled},
    drawing::Drawing,
    edge_routes::has_note,
    graph::{Arc, Graph},
    model::Chart,
};
use qingdan_base::values::{Period, Unit, code_lists::Clock};

/// The words of a sheet beside the chart itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// 图名
    pub title: String,
    /// 实施主体
    pub organisation: String,
    /// 实施编码
    pub code: String,
    /// 版本: of the item.
    pub revision: i64,
    /// 发布日期: as written, such as `2016-12-20`; empty while it is a draft.
    pub published: String,
    /// 承诺时限
    pub promised: Option<Period>,
    /// 法定时限
    pub legal: Option<Period>,
    /// 申请材料: number and name.
    pub materials: Vec<(u32, String)>,
}

/// Lists the time limits beside the time that the chart takes.
pub(super) fn limits(
    chart: &Chart,
    heading: &Heading,
    critical: &[usize],
    excluded: &[usize],
) -> Vec<(&'static str, String)> {
    let rows = [
        ("法定时限", heading.legal.map(Period::chinese)),
        ("承诺时限", heading.promised.map(Period::chinese)),
        ("关键路径合计", total(chart, critical, Clock::Running)),
        ("特殊环节另计", total(chart, excluded, Clock::Suspended)),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The time of a path in the units in which its steps say it: seven days do not become five working days.
fn total(chart: &Chart, path: &[usize], clock: Clock) -> Option<String> {
    let steps = || path.iter().map(|node| &chart.nodes[*node]).filter(|node| node.clock == clock);
    let sum = |unit| {
        let values = steps().filter_map(|node| node.duration).filter(|duration| duration.unit == unit);
        let value = values.map(|duration| duration.value).fold(0, u32::saturating_add);
        (value > 0).then(|| Period { value, unit }.chinese())
    };
    let parts: Vec<_> =
        [Unit::Month, Unit::WorkingDay, Unit::CalendarDay, Unit::Hour].into_iter().filter_map(sum).collect();
    (!parts.is_empty()).then(|| parts.join("＋"))
}

pub(super) fn materials(heading: &Heading) -> Vec<String> {
    heading.materials.iter().map(|(number, name)| format!("{} {name}", circled(*number))).collect()
}

pub(super) fn notes(chart: &Chart) -> Vec<String> {
    let with_note = chart.nodes.iter().filter(|node| has_note(node));
    (1..)
        .zip(with_note)
        .map(|(number, node)| format!("注{number} {}", node.note.as_deref().unwrap_or_default()))
        .collect()
}

/// The chart in sentences, from the top, for those who cannot see it.
pub(super) fn description(chart: &Chart, graph: &Graph, drawing: &Drawing) -> String {
    let mut steps: Vec<_> = drawing.boxes.iter().collect();
    steps.sort_by_key(|node| (node.row, node.rect.x));
    let mut said = format!("共{}个节点。", steps.len());
    for (number, step) in (1..).zip(&steps) {
        said.push_str(&format!("{number}．{}", sentence(chart, graph, drawing, step.node)));
    }
    said
}

fn sentence(chart: &Chart, graph: &Graph, drawing: &Drawing, index: usize) -> String {
    let node = &chart.nodes[index];
    let lane = chart.lanes.iter().find(|lane| lane.id == node.lane).map(|lane| lane.name.clone());
    let outcome = node.outcome.map(|outcome| outcome.label().to_owned());
    let facts: Vec<_> = [lane, content::time(node), outcome].into_iter().flatten().collect();
    let mut sentence = format!("{}（{}）", node.name, facts.join("，"));
    let next: Vec<_> = drawing_order(graph, drawing, index)
        .map(|arc| {
            let edge = &chart.edges[arc.edge];
            let condition = edge.label.as_deref().map(|label| format!("{label}，")).unwrap_or_default();
            let rounds = edge.rework.as_ref().map(|rework| format!("（至多{}次）", rework.max_rounds));
            let verb = if rounds.is_some() { "退回" } else { "转" };
            format!("{condition}{verb}“{}”{}", chart.nodes[arc.to].name, rounds.unwrap_or_default())
        })
        .collect();
    if !next.is_empty() {
        sentence.push_str(&format!("：{}", next.join("；")));
    }
    sentence.push('。');
    sentence
}

fn drawing_order<'a>(graph: &'a Graph, drawing: &'a Drawing, node: usize) -> impl Iterator<Item = Arc> + 'a {
    let mut arcs: Vec<_> = graph.out[node].iter().map(|arc| graph.arcs[*arc]).collect();
    arcs.sort_by_key(|arc| (arc.back, drawing.boxes[arc.to].row, arc.edge));
    arcs.into_iter()
}
