//! Whether a chart is well formed (docs/DOMAIN.md §6).

use std::collections::HashSet;

use super::{
    analysis::longest_between,
    graph::{Graph, closure, starts},
    model::{Chart, Node},
    parallel::{check_parallel, node_error},
};
use qingdan_base::{
    problem::{FieldError, Rule, Wrong},
    values::code_lists::{Clock, NodeKind},
};

/// Characters of all texts of a chart at most: what a picture of it takes grows with them.
pub(super) const MOST_CHARACTERS: usize = 20_000;

/// Whether the texts of a chart are too long together, however short each of them is.
pub fn excess(chart: &Chart) -> Option<Wrong> {
    let lanes = chart.lanes.iter().map(|lane| &lane.name);
    let nodes =
        chart.nodes.iter().flat_map(|node| [&node.name].into_iter().chain(&node.documents_out).chain(&node.note));
    let labels = chart.edges.iter().filter_map(|edge| edge.label.as_ref());
    let texts = chart.title.iter().chain(lanes).chain(nodes).chain(labels);
    let characters: usize = texts.map(|text| text.chars().count()).sum();
    (characters > MOST_CHARACTERS).then_some(Wrong::TooLong(MOST_CHARACTERS as u64))
}

/// Every fault of a chart's form, each at the node, edge or attribute at fault. A graph with broken references is not
/// examined as a graph, and one with a cycle not beyond it.
pub fn check(chart: &Chart) -> Vec<FieldError> {
    let mut errors = check_identifiers(chart);
    errors.extend(check_edges(chart));
    let broken = !errors.is_empty();
    errors.extend(check_lanes(chart));
    errors.extend(check_excluded(chart));
    errors.extend(excess(chart).map(|wrong| FieldError::at("/chart", wrong)));
    if !broken {
        errors.extend(check_graph(chart));
    }
    errors
}

/// Whether its ways can be followed: its edges join nodes, and it has no cycle.
pub fn is_graph(chart: &Chart) -> bool {
    check_identifiers(chart).is_empty() && check_edges(chart).is_empty() && !Graph::of(chart).cyclic
}

fn check_identifiers(chart: &Chart) -> Vec<FieldError> {
    let nodes = chart.nodes.iter().map(|node| node.id.as_str());
    let lanes = chart.lanes.iter().map(|lane| lane.id.as_str());
    [duplicates("lanes", lanes), duplicates("nodes", nodes)].concat()
}

fn duplicates<'a>(list: &str, ids: impl Iterator<Item = &'a str>) -> Vec<FieldError> {
    let mut seen = HashSet::new();
    let twice = ids.enumerate().filter(|(_, id)| !seen.insert(*id));
    twice.map(|(at, id)| FieldError::at(format!("/chart/{list}/{at}/id"), Wrong::Duplicate(id.into()))).collect()
}

/// Edges join two different existing nodes, and none twice.
fn check_edges(chart: &Chart) -> Vec<FieldError> {
    let nodes: HashSet<_> = chart.nodes.iter().map(|node| node.id.as_str()).collect();
    let mut seen = HashSet::new();
    let mut errors = Vec::new();
    for (at, edge) in chart.edges.iter().enumerate() {
        let ends = [("from", edge.from.as_str()), ("to", edge.to.as_str())];
        let unknown = ends.iter().filter(|(_, id)| !nodes.contains(id));
        let before = errors.len();
        errors.extend(unknown.map(|(end, _)| {
            edge_error(at, &format!("/{end}"), "连线的一端不是图中的节点", "names no node of the chart")
        }));
        if errors.len() > before {
            continue;
        }
        if edge.from == edge.to {
            errors.push(edge_error(at, "/to", "连线不得指回起点", "leads back to its own node"));
        } else if !seen.insert((edge.from.as_str(), edge.to.as_str())) {
            errors.push(edge_error(at, "", "两个节点之间已有连线", "joins two nodes that are joined already"));
        }
    }
    errors
}

fn edge_error(at: usize, member: &str, chinese: &'static str, english: &'static str) -> FieldError {
    FieldError::at(format!("/chart/edges/{at}{member}"), Wrong::Chart(Rule::ChartEdgeUnknown, chinese, english))
}

fn check_lanes(chart: &Chart) -> Vec<FieldError> {
    let lanes: HashSet<_> = chart.lanes.iter().map(|lane| lane.id.as_str()).collect();
    let astray = chart.nodes.iter().enumerate().filter(|(_, node)| !lanes.contains(node.lane.as_str()));
    let wrong = Wrong::Chart(Rule::ChartLaneUnknown, "节点所在的泳道不存在", "names no lane of the chart");
    let mut errors: Vec<_> = astray.map(|(at, _)| node_error(at, "/lane", wrong.clone())).collect();
    let used: HashSet<_> = chart.nodes.iter().map(|node| node.lane.as_str()).collect();
    let idle = chart.lanes.iter().enumerate().filter(|(_, lane)| !used.contains(lane.id.as_str()));
    errors.extend(idle.map(|(at, _)| FieldError::broken(format!("/chart/lanes/{at}"), Rule::ChartLaneUnused, [])));
    errors
}

fn check_excluded(chart: &Chart) -> Vec<FieldError> {
    const RULE: Rule = Rule::ChartExcludedWithoutKind;
    let wrong = |node: &Node| match (node.clock, node.excluded) {
        (Clock::Suspended, None) => {
            Some(Wrong::Chart(RULE, "不计入时限的环节应说明属于何种特殊环节", "is required where time does not count"))
        }
        (Clock::Running, Some(_)) => {
            Some(Wrong::Chart(RULE, "计时的环节不是特殊环节", "must be absent where time counts"))
        }
        _ => None,
    };
    let found = chart.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, wrong(node)?)));
    found.map(|(at, wrong)| node_error(at, "/excluded", wrong)).collect()
}

/// Materials that nodes name and that are not among `materials`, the `seq` of those of the item.
pub fn check_materials(chart: &Chart, materials: &[u32]) -> Vec<FieldError> {
    let known: HashSet<_> = materials.iter().collect();
    let wrong = Wrong::Chart(Rule::ChartMaterialUnknown, "事项没有这个序号的材料", "is the number of no material");
    let mut errors = Vec::new();
    for (at, node) in chart.nodes.iter().enumerate() {
        let unknown = node.materials_in.iter().enumerate().filter(|(_, seq)| !known.contains(seq));
        errors.extend(unknown.map(|(place, _)| node_error(at, &format!("/materials_in/{place}"), wrong.clone())));
    }
    errors
}

/// The rules of a graph whose edges all join nodes.
fn check_graph(chart: &Chart) -> Vec<FieldError> {
    let graph = Graph::of(chart);
    let mut errors = check_start(chart, &graph);
    errors.extend(check_ends(chart, &graph));
    errors.extend(check_ways_out(chart, &graph));
    errors.extend(check_rounds(chart));
    if graph.cyclic {
        let wrong = Wrong::Chart(Rule::ChartCycle, "流程形成循环，且没有标明补正", "form a cycle without rework");
        errors.push(FieldError::at("/chart/edges", wrong));
        return errors;
    }
    errors.extend(check_rework(chart, &graph));
    errors.extend(check_reachable(chart, &graph));
    errors.extend(check_parallel(chart, &graph));
    errors
}

fn check_start(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    const RULE: Rule = Rule::ChartStart;
    let starts = starts(chart);
    let Some((first, others)) = starts.split_first() else {
        let wrong = Wrong::Chart(RULE, "流程图应有一个开始节点", "must have one start");
        return vec![FieldError::at("/chart/nodes", wrong)];
    };
    let again = Wrong::Chart(RULE, "开始节点只能有一个", "is a second start");
    let mut errors: Vec<_> = others.iter().map(|node| node_error(*node, "", again.clone())).collect();
    if !graph.into[*first].is_empty() {
        errors.push(node_error(*first, "", Wrong::Chart(RULE, "连线不得进入开始节点", "is a start that edges enter")));
    }
    errors
}

fn check_ends(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    const RULE: Rule = Rule::ChartEnd;
    let mut errors = Vec::new();
    let mut none = true;
    for (at, node) in chart.nodes.iter().enumerate().filter(|(_, node)| node.kind == NodeKind::End) {
        none = false;
        if node.outcome.is_none() {
            let wrong = Wrong::Chart(RULE, "结束节点应写明办理结局", "is required of an end");
            errors.push(node_error(at, "/outcome", wrong));
        }
        if !graph.out[at].is_empty() {
            errors.push(node_error(at, "", Wrong::Chart(RULE, "结束节点不得有出线", "is an end that edges leave")));
        }
    }
    if none {
        let wrong = Wrong::Chart(RULE, "流程图至少有一个结束节点", "must have an end");
        errors.push(FieldError::at("/chart/nodes", wrong));
    }
    errors
}

/// How many edges leave a node and what they say. A node that none leaves is a dead end and nothing else.
fn check_ways_out(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (at, node) in chart.nodes.iter().enumerate().filter(|(at, _)| !graph.out[*at].is_empty()) {
        let ways = graph.out[at].len();
        match node.kind {
            NodeKind::Task if ways != 1 => {
                let wrong = Wrong::Chart(Rule::ChartGateway, "环节应只有一条出线", "is a task with several ways out");
                errors.push(node_error(at, "", wrong));
            }
            NodeKind::ExclusiveGateway => errors.extend(check_branches(chart, graph, at)),
            NodeKind::Start | NodeKind::Task | NodeKind::ParallelGateway | NodeKind::End => {}
        }
    }
    errors
}

fn check_branches(chart: &Chart, graph: &Graph, gateway: usize) -> Vec<FieldError> {
    let branches: Vec<_> = graph.out[gateway].iter().map(|arc| graph.arcs[*arc].edge).collect();
    let mut errors = Vec::new();
    if branches.len() < 2 {
        let wrong = Wrong::Chart(Rule::ChartGateway, "判断至少有两条出线", "is a decision with one way out");
        errors.push(node_error(gateway, "", wrong));
    }
    let blank = |label: &Option<String>| label.as_ref().is_none_or(|label| label.trim().is_empty());
    let unlabelled = Wrong::Chart(Rule::ChartBranchUnlabelled, "判断的每条出线应写明条件", "is required of a branch");
    for edge in branches.iter().filter(|edge| blank(&chart.edges[**edge].label)) {
        errors.push(FieldError::at(format!("/chart/edges/{edge}/label"), unlabelled.clone()));
    }
    if branches.iter().filter(|edge| chart.edges[**edge].default == Some(true)).count() > 1 {
        let wrong = Wrong::Chart(Rule::ChartGateway, "默认分支至多一条", "is a decision with two defaults");
        errors.push(node_error(gateway, "", wrong));
    }
    errors
}

fn check_rounds(chart: &Chart) -> Vec<FieldError> {
    let rounds = chart.edges.iter().enumerate().filter_map(|(at, edge)| Some((at, edge.rework.as_ref()?.max_rounds)));
    let wrong = Wrong::Chart(Rule::ChartReworkUnbounded, "补正次数应为 1 至 3", "must be 1 to 3");
    let outside = rounds.filter(|(_, rounds)| !(1..=3).contains(rounds));
    outside.map(|(at, _)| FieldError::at(format!("/chart/edges/{at}/rework/max_rounds"), wrong.clone())).collect()
}

/// Rework goes back to a node from which its source is reached.
fn check_rework(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    let rework = graph.arcs.iter().filter(|arc| chart.edges[arc.edge].rework.is_some());
    let onward = rework.filter(|arc| longest_between(chart, graph, arc.to, arc.from).is_none());
    let wrong = Wrong::Chart(Rule::ChartReworkUnbounded, "补正连线应回到此前的环节", "does not go back");
    onward.map(|arc| FieldError::at(format!("/chart/edges/{}/rework", arc.edge), wrong.clone())).collect()
}

/// Every node is reached from the start, and reaches an end. Rework counts as a way.
fn check_reachable(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    let ends: Vec<_> = (0..chart.nodes.len()).filter(|node| chart.nodes[*node].kind == NodeKind::End).collect();
    let starts = starts(chart);
    let reached = closure(starts.clone(), |node| graph.out[node].iter().map(|arc| graph.arcs[*arc].to).collect());
    let ending = closure(ends.clone(), |node| graph.into[node].iter().map(|arc| graph.arcs[*arc].from).collect());
    let unreachable = Wrong::Chart(Rule::ChartUnreachable, "从开始节点到不了这里", "is not reached from the start");
    let dead_end = Wrong::Chart(Rule::ChartDeadEnd, "从这里到不了任何结束节点", "leads to no end");
    let mut errors = Vec::new();
    for at in 0..chart.nodes.len() {
        // Without any start nothing is reached and chart-start says why; likewise without any end.
        if !starts.is_empty() && !reached.contains(&at) {
            errors.push(node_error(at, "", unreachable.clone()));
        }
        let stuck = graph.out[at].is_empty() && chart.nodes[at].kind != NodeKind::End;
        if stuck || !ends.is_empty() && !ending.contains(&at) {
            errors.push(node_error(at, "", dead_end.clone()));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use qingdan_base::{problem::Language, values::code_lists::SpecialProcedureKind};

    use crate::{
        Edge, Rework,
        analysis::{analyse, time},
        samples,
    };

    /// The errors of a chart as `pointer code`.
    fn errors(chart: &Chart) -> Vec<String> {
        let found = [check(chart), check_materials(chart, &[1, 2])].concat();
        assert!(found.iter().all(|error| !error.wrong.text(Language::Chinese).is_empty()));
        found.iter().map(|error| format!("{} {}", error.place, error.wrong.code())).collect()
    }

    /// The worked example, changed.
    fn changed(change: impl FnOnce(&mut Chart)) -> Chart {
        let mut chart = samples::worked_example();
        change(&mut chart);
        chart
    }

    /// A decision between two ends: start → ask → yes or no.
    fn decision() -> Chart {
        use NodeKind::{End, ExclusiveGateway, Start, Task};
        let kinds = [("start", Start), ("do", Task), ("ask", ExclusiveGateway), ("yes", End), ("no", End)];
        let labelled = |from: &str, to: &str| Edge { label: Some(to.into()), ..samples::edge(from, to) };
        Chart {
            nodes: kinds.into_iter().map(|(id, kind)| samples::node(id, kind, None)).collect(),
            edges: vec![
                samples::edge("start", "do"),
                samples::edge("do", "ask"),
                labelled("ask", "yes"),
                labelled("ask", "no"),
            ],
            ..samples::worked_example()
        }
    }

    #[test]
    fn the_worked_example_takes_seven_days_and_seven_apart() {
        let analysis = analyse(&samples::worked_example());

        assert_eq!(errors(&samples::worked_example()), [""; 0]);
        assert_eq!(analysis.critical, 7 * 56);
        assert_eq!(analysis.excluded, 7 * 56);
        assert_eq!(analysis.worst_case, 7 * 56);
        assert_eq!(analysis.critical_path, ["start", "accept", "review", "split", "check", "join", "decide", "end"]);
    }

    #[test]
    fn every_round_of_rework_adds_to_the_worst_case() {
        let mut chart = decision();
        let day = |value| Some(qingdan_base::values::Period { value, unit: qingdan_base::values::Unit::WorkingDay });
        chart.nodes[1].duration = day(2);
        chart.nodes[2].duration = day(1);
        chart.edges.push(Edge {
            label: Some("补正".into()),
            rework: Some(Rework { max_rounds: 2 }),
            ..samples::edge("ask", "do")
        });

        assert_eq!(errors(&chart), [""; 0]);
        assert_eq!(analyse(&chart).critical, 3 * 56);
        assert_eq!(analyse(&chart).worst_case, (3 + 2 * 3) * 56);
    }

    #[test]
    fn each_rule_names_the_place_at_fault() {
        let cases: [(&str, Chart); 21] = [
            ("/chart/nodes/1/id duplicate", changed(|chart| chart.nodes[1].id = "start".into())),
            ("/chart/edges/8/to chart-edge-unknown", changed(|chart| chart.edges[8].to = "nowhere".into())),
            ("/chart/edges/9 chart-edge-unknown", changed(|chart| chart.edges.push(chart.edges[0].clone()))),
            ("/chart/edges/0/to chart-edge-unknown", changed(|chart| chart.edges[0].to = "start".into())),
            ("/chart/nodes/2/lane chart-lane-unknown", changed(|chart| chart.nodes[2].lane = "no".into())),
            ("/chart/nodes/5/excluded chart-excluded-without-kind", changed(|chart| chart.nodes[5].excluded = None)),
            (
                "/chart/nodes/1/excluded chart-excluded-without-kind",
                changed(|chart| chart.nodes[1].excluded = Some(SpecialProcedureKind::Hearing)),
            ),
            (
                "/chart/nodes/1/materials_in/1 chart-material-unknown",
                changed(|chart| chart.nodes[1].materials_in = vec![1, 3, 2]),
            ),
            ("/chart/nodes/1 chart-start", changed(|chart| chart.nodes[1].kind = NodeKind::Start)),
            ("/chart/nodes chart-start", changed(|chart| chart.nodes[0].kind = NodeKind::Task)),
            ("/chart/nodes/6/outcome chart-end", changed(|chart| chart.nodes[6].outcome = None)),
            ("/chart/nodes/6 chart-end", changed(|chart| chart.edges.push(samples::edge("end", "decide")))),
            ("/chart/nodes chart-end", changed(|chart| chart.nodes[6].kind = NodeKind::Task)),
            (
                "/chart/nodes/9 chart-unreachable",
                changed(|chart| {
                    chart.nodes.push(samples::node("alone", NodeKind::Task, None));
                    chart.edges.push(samples::edge("alone", "decide"));
                }),
            ),
            (
                "/chart/nodes/5 chart-dead-end",
                changed(|chart| {
                    chart.edges.remove(6);
                }),
            ),
            ("/chart/nodes/2 chart-gateway", changed(|chart| chart.edges.push(samples::edge("review", "decide")))),
            ("/chart/edges/2/label chart-branch-unlabelled", {
                let mut chart = decision();
                chart.edges[2].label = Some(" ".into());
                chart
            }),
            ("/chart/nodes/2 chart-gateway", {
                let mut chart = decision();
                chart.edges[2].default = Some(true);
                chart.edges[3].default = Some(true);
                chart
            }),
            ("/chart/nodes/3 chart-parallel-unbalanced", changed(|chart| chart.nodes[7].kind = NodeKind::Task)),
            ("/chart/edges chart-cycle", {
                let mut chart = decision();
                chart.edges.push(Edge { label: Some("又".into()), ..samples::edge("ask", "do") });
                chart
            }),
            ("/chart/edges/4/rework/max_rounds chart-rework-unbounded", {
                let mut chart = decision();
                let rework = Some(Rework { max_rounds: 4 });
                chart.edges.push(Edge { label: Some("补正".into()), rework, ..samples::edge("ask", "do") });
                chart
            }),
        ];
        for (expected, chart) in cases {
            let found = errors(&chart);
            assert!(found.iter().any(|error| error == expected), "expected {expected}, found {found:?}");
        }
    }

    #[test]
    fn rework_that_leads_on_is_not_rework() {
        let mut chart = decision();
        chart.edges[3].rework = Some(Rework { max_rounds: 1 });
        assert_eq!(errors(&chart), ["/chart/edges/3/rework chart-rework-unbounded"]);
    }

    #[test]
    fn a_node_without_any_way_out_is_a_dead_end_alone() {
        let mut chart = decision();
        chart.nodes[4].kind = NodeKind::ExclusiveGateway;
        assert_eq!(errors(&chart), ["/chart/nodes/4 chart-dead-end"]);
    }

    #[test]
    fn a_task_that_only_goes_back_is_no_dead_end() {
        let mut chart = decision();
        chart.nodes[4] = samples::node("no", NodeKind::Task, None);
        chart.edges.push(Edge { rework: Some(Rework { max_rounds: 1 }), ..samples::edge("no", "do") });
        assert_eq!(errors(&chart), [""; 0]);
    }

    #[test]
    fn the_texts_of_a_chart_have_a_limit_together() {
        let rest = "注".repeat(MOST_CHARACTERS);
        assert_eq!(errors(&changed(|chart| chart.nodes[1].note = Some(rest))), ["/chart too-long"]);
        let documents =
            |number: usize| changed(|chart| chart.nodes[1].documents_out = vec!["文书".repeat(500); number]);
        assert_eq!((excess(&documents(10)), errors(&documents(20)).len()), (None, 1));
    }

    #[test]
    fn crossing_splits_and_joins_do_not_nest() {
        let ids = ["s", "a", "b", "p", "x", "y", "j", "k", "e"];
        let kind = |id: &str| match id {
            "s" => NodeKind::Start,
            "a" | "b" | "j" | "k" => NodeKind::ParallelGateway,
            "e" => NodeKind::End,
            _ => NodeKind::Task,
        };
        // a splits into p and b, b into x and y; but p and x join before y.
        let edges = ["sa", "ap", "ab", "bx", "by", "pj", "xj", "jk", "yk", "ke"];
        let chart = Chart {
            nodes: ids.iter().map(|id| samples::node(id, kind(id), None)).collect(),
            edges: edges.iter().map(|edge| samples::edge(&edge[..1], &edge[1..])).collect(),
            ..samples::worked_example()
        };
        assert_eq!(errors(&chart), ["/chart/nodes/2 chart-parallel-unbalanced"]);
    }

    #[test]
    fn the_charts_of_the_demonstration_are_well_formed() {
        for (code, chart) in samples::demo() {
            let materials: Vec<_> = (1..=20).collect();
            assert_eq!([check(&chart), check_materials(&chart, &materials)].concat(), [], "{code}");
            assert!(!analyse(&chart).critical_path.is_empty(), "{code}");
        }
    }

    proptest! {
        #[test]
        fn random_valid_charts_are_well_formed(seed in any::<u64>(), size in 2_usize..60) {
            let chart = samples::valid(seed, size);
            let materials: Vec<_> = (1..=20).collect();
            let found = [check(&chart), check_materials(&chart, &materials)].concat();
            // A random chart may have a lane too many, which is only a warning.
            prop_assert!(found.iter().all(|found| found.wrong.rule() == Some(Rule::ChartLaneUnused)), "{:?}", found);

            let analysis = analyse(&chart);
            prop_assert!(analysis.worst_case >= analysis.critical);
            let node = |id: &String| chart.nodes.iter().find(|node| node.id == *id).unwrap();
            let path: Vec<_> = analysis.critical_path.iter().map(node).collect();
            prop_assert_eq!(path.iter().map(|node| time(node, Clock::Running)).sum::<u64>(), analysis.critical);
            prop_assert_eq!(path.first().map(|node| node.kind), Some(NodeKind::Start));
            prop_assert_eq!(path.last().map(|node| node.kind), Some(NodeKind::End));
        }

        #[test]
        fn junk_is_refused_without_panic(seed in any::<u64>()) {
            let chart = samples::junk(seed);
            check(&chart);
            let analysis = analyse(&chart);
            prop_assert!(analysis.worst_case >= analysis.critical);
        }
    }
}
