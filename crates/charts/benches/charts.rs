//! How long it takes to lay out and draw a chart of 60 nodes. `cargo bench --bench charts`.

use std::hint::black_box;

use divan::Bencher;
use qingdan_base::values::{
    Period, Unit,
    code_lists::{Clock, LaneKind, NodeKind},
};
use qingdan_charts::{Chart, Edge, Heading, Lane, Node, Rework, Scale, lay_out, png, svg};

fn main() {
    divan::main();
}

/// Twelve rounds of: a step, a decision with rework, two branches, a step that joins them; in five lanes.
fn chart() -> Chart {
    let mut chart = Chart { title: None, lanes: (0..5).map(lane).collect(), nodes: Vec::new(), edges: Vec::new() };
    for round in 0..12 {
        let first = round * 5;
        for (step, kind) in [NodeKind::Task, NodeKind::ExclusiveGateway, NodeKind::Task, NodeKind::Task, NodeKind::Task]
            .into_iter()
            .enumerate()
        {
            chart.nodes.push(node(first + step, kind));
        }
        let inner = [(0, 1, None), (1, 2, Some("符合条件")), (1, 3, Some("不符合条件")), (2, 4, None), (3, 4, None)];
        chart.edges.extend(inner.map(|(from, to, label)| edge(first + from, first + to, label)));
        let rework = Some(Rework { max_rounds: 1 });
        chart.edges.push(Edge { rework, ..edge(first + 1, first, Some("需补正（一次性告知）")) });
        if round > 0 {
            chart.edges.push(edge(first - 1, first, None));
        }
    }
    chart.nodes[0].kind = NodeKind::Start;
    chart.nodes[59].kind = NodeKind::End;
    chart
}

fn lane(number: usize) -> Lane {
    Lane {
        id: format!("l{number}"), name: "便民服务中心窗口".into(), kind: LaneKind::Office, organisation: None
    }
}

fn node(number: usize, kind: NodeKind) -> Node {
    Node {
        id: format!("n{number}"),
        kind,
        name: format!("核对申请材料是否齐全并符合法定形式（第{number}步）"),
        lane: format!("l{}", number * 7 % 5),
        stage: None,
        duration: Some(Period { value: 2, unit: Unit::WorkingDay }),
        clock: Clock::Running,
        excluded: None,
        materials_in: (1..=5).collect(),
        documents_out: vec!["受理通知书".into()],
        outcome: None,
        note: None,
    }
}

fn edge(from: usize, to: usize, label: Option<&str>) -> Edge {
    Edge { from: format!("n{from}"), to: format!("n{to}"), label: label.map(Into::into), default: None, rework: None }
}

#[divan::bench]
fn layout(bencher: Bencher<'_, '_>) {
    let chart = chart();
    assert_eq!(chart.nodes.len(), 60);
    bencher.bench_local(|| lay_out(black_box(&chart), 720));
}

#[divan::bench]
fn layout_and_svg(bencher: Bencher<'_, '_>) {
    let chart = chart();
    bencher.bench_local(|| svg(black_box(&chart), &Heading::default()));
}

/// At twice the size this chart would have too many pixels.
#[divan::bench(args = [0.5, 1.0], sample_count = 20)]
fn svg_to_png(bencher: Bencher<'_, '_>, scale: f64) {
    let sheet = svg(&chart(), &Heading::default());
    bencher.bench_local(|| png(black_box(&sheet), Scale::new(scale)).expect("it fits").len());
}
