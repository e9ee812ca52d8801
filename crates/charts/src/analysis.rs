//! How long the ways through a chart take (docs/DOMAIN.md §6).

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    graph::{Graph, starts},
    model::{Chart, Node},
};
use qingdan_base::values::code_lists::{Clock, NodeKind};

/// 流程图时限分析: how long the ways through a chart take. All figures are in 1/56 of a working day, in which every
/// unit of time is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ChartAnalysis)]
pub struct Analysis {
    /// 关键路径: the nodes, from start to end, of the way whose counted time is longest. Empty when no end is reached.
    #[schema(example = json!(["start", "accept", "review", "decide", "end"]))]
    pub critical_path: Vec<String>,
    /// 关键路径合计（1/56 个工作日）: its counted time, to be compared with 承诺时限.
    #[schema(example = 392)]
    pub critical: u64,
    /// 特殊环节合计（1/56 个工作日）: the longest time that does not count, shown apart.
    #[schema(example = 392)]
    pub excluded: u64,
    /// 最长办理时间（1/56 个工作日，含补正）: with every round of rework used up, to be compared with 法定时限.
    #[schema(example = 448)]
    pub worst_case: u64,
}

/// Measures how long the ways through any chart take, even an ill-formed one: edges that lead nowhere and those that close a
/// cycle are left out, and of several nodes with one id the first counts.
pub fn analyse(chart: &Chart) -> Analysis {
    let graph = Graph::of(chart);
    let path = heaviest_path(chart, &graph, Clock::Running);
    let critical = weight(chart, &path, Clock::Running);
    let rework = graph.arcs.iter().filter_map(|arc| {
        let rounds = chart.edges[arc.edge].rework.as_ref()?.max_rounds;
        Some(longest_between(chart, &graph, arc.to, arc.from)?.saturating_mul(u64::from(rounds)))
    });
    Analysis {
        critical_path: path.iter().map(|node| chart.nodes[*node].id.clone()).collect(),
        critical,
        excluded: weight(chart, &heaviest_path(chart, &graph, Clock::Suspended), Clock::Suspended),
        worst_case: rework.fold(critical, u64::saturating_add),
    }
}

/// The nodes, from the first start to an end, on which the time with this clock is longest. Of equally long ways the one
/// whose edges come first.
pub(super) fn heaviest_path(chart: &Chart, graph: &Graph, clock: Clock) -> Vec<usize> {
    let mut best: Vec<Option<(u64, Option<usize>)>> = vec![None; chart.nodes.len()];
    for node in graph.order.iter().rev().copied() {
        let mut onward = (chart.nodes[node].kind == NodeKind::End).then_some((0, None));
        for arc in graph.leaving(node) {
            if let Some((rest, _)) = best[arc.to]
                && onward.is_none_or(|(most, _)| rest > most)
            {
                onward = Some((rest, Some(arc.to)));
            }
        }
        best[node] = onward.map(|(rest, next)| (rest.saturating_add(time(&chart.nodes[node], clock)), next));
    }
    let start = starts(chart).first().copied();
    let mut next = start.filter(|start| best[*start].is_some());
    let mut path = Vec::new();
    while let Some(node) = next {
        path.push(node);
        next = best[node].and_then(|(_, next)| next);
    }
    path
}

/// The time of `nodes` that runs on this clock, in 1/56 of a working day.
fn weight(chart: &Chart, nodes: &[usize], clock: Clock) -> u64 {
    nodes.iter().map(|node| time(&chart.nodes[*node], clock)).fold(0, u64::saturating_add)
}

pub(super) fn time(node: &Node, clock: Clock) -> u64 {
    node.duration.filter(|_| node.clock == clock).map_or(0, |duration| duration.units())
}

/// The longest counted time from one node to another, both included; none when no way leads there.
pub(super) fn longest_between(chart: &Chart, graph: &Graph, from: usize, to: usize) -> Option<u64> {
    let mut best = vec![None; chart.nodes.len()];
    best[from] = Some(0);
    for node in &graph.order {
        let Some(before): Option<u64> = best[*node] else { continue };
        let through = before.saturating_add(time(&chart.nodes[*node], Clock::Running));
        best[*node] = Some(through);
        for arc in graph.leaving(*node) {
            best[arc.to] = best[arc.to].max(Some(through));
        }
    }
    best[to]
}
