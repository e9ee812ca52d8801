//! The difference between two charts, drawn: one chart of all nodes and edges of both, the changed ones marked by line, sign
//! and word, and only then by colour.

use super::{
    drawing::{Drawing, NodeBox, Point, Polyline, Rect},
    graph::Graph,
    layout::lay_out,
    model::{Chart, Edge, Node},
    svg::{MARGIN, Sheet, WIDTH},
    svg_shapes::{left_text, rect, rounded, text},
    svg_words::{Heading, description},
};

/// The change of a node or an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Changed,
}

impl Mark {
    const ALL: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    fn word(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "删去",
            Self::Changed => "修改",
        }
    }

    /// The word with a sign that is told from the others at a glance.
    fn sign(self) -> &'static str {
        match self {
            Self::Added => "＋新增",
            Self::Removed => "－删去",
            Self::Changed => "≠修改",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Added => "qd-added",
            Self::Removed => "qd-removed",
            Self::Changed => "qd-changed",
        }
    }
}

/// Both charts as one, and what became of its nodes and edges.
struct Union {
    chart: Chart,
    nodes: Vec<Option<Mark>>,
    edges: Vec<Option<Mark>>,
    told: Vec<String>,
}

/// The sheet of what differs between two charts, of which one may be none; `None` when both are. `heading.organisation`
/// says which two they are.
pub fn difference_svg(from: Option<&Chart>, to: Option<&Chart>, heading: &Heading) -> Option<String> {
    let union = match (from, to) {
        (None, None) => return None,
        (Some(from), Some(to)) => Union::of(from, to),
        (None, Some(to)) => Union::of(&Chart { nodes: Vec::new(), edges: Vec::new(), ..to.clone() }, to),
        (Some(from), None) => Union::of(from, &Chart { nodes: Vec::new(), edges: Vec::new(), ..from.clone() }),
    };
    let chart = &union.chart;
    let graph = Graph::of(chart);
    let drawing = lay_out(chart, WIDTH);
    let mut sheet = Sheet::new(&drawing);
    sheet.add(STYLE);
    sheet.draw_title(heading);
    let top = sheet.y;
    sheet.draw_chart(chart, &graph, &drawing, &[]);
    sheet.add(&format!("<g transform=\"translate({MARGIN} {top})\">"));
    union.mark(&mut sheet, &drawing);
    sheet.add("</g>");
    let same = ["两版流程图相同。".to_owned()];
    sheet.draw_list("流程图的变化", if union.told.is_empty() { &same } else { &union.told });
    draw_signs(&mut sheet);
    sheet.draw_imprint(heading);
    let told = if union.told.is_empty() { same[0].clone() } else { union.told.join("；") };
    Some(sheet.finish(heading, &format!("{told}。{}", description(chart, &graph, &drawing))))
}

impl Union {
    fn of(from: &Chart, to: &Chart) -> Self {
        let mut chart = to.clone();
        let (mut nodes, mut edges, mut told) = (Vec::new(), Vec::new(), Vec::new());
        let lost = |node: &&Node| !to.nodes.iter().any(|other| other.id == node.id);
        for node in &to.nodes {
            let old = from.nodes.iter().find(|old| old.id == node.id);
            let mark = mark(old, node);
            told.extend(mark.map(|mark| node_told(mark, old, node)));
            nodes.push(mark);
        }
        for node in from.nodes.iter().filter(lost) {
            if !chart.lanes.iter().any(|lane| lane.id == node.lane) {
                chart.lanes.extend(from.lanes.iter().find(|lane| lane.id == node.lane).cloned());
            }
            told.push(node_told(Mark::Removed, None, node));
            chart.nodes.push(node.clone());
            nodes.push(Some(Mark::Removed));
        }
        let is_same = |one: &Edge, other: &Edge| one.from == other.from && one.to == other.to;
        for edge in &to.edges {
            let old = from.edges.iter().find(|old| is_same(old, edge));
            let mark = mark(old, edge);
            told.extend(mark.map(|mark| edge_told(mark, old, edge, &chart)));
            edges.push(mark);
        }
        for edge in from.edges.iter().filter(|edge| !to.edges.iter().any(|other| is_same(edge, other))) {
            told.push(edge_told(Mark::Removed, None, edge, &chart));
            chart.edges.push(edge.clone());
            edges.push(Some(Mark::Removed));
        }
        Self { chart, nodes, edges, told }
    }

    fn mark(&self, sheet: &mut Sheet, drawing: &Drawing) {
        for line in &drawing.lines {
            if let Some(mark) = self.edges.get(line.edge).copied().flatten() {
                mark_line(sheet, mark, line);
            }
        }
        for place in &drawing.boxes {
            if let Some(mark) = self.nodes.get(place.node).copied().flatten() {
                mark_node(sheet, mark, place);
            }
        }
    }
}

fn mark<T: PartialEq>(old: Option<&T>, new: &T) -> Option<Mark> {
    match old {
        None => Some(Mark::Added),
        Some(old) if old == new => None,
        Some(_) => Some(Mark::Changed),
    }
}

fn node_told(mark: Mark, old: Option<&Node>, node: &Node) -> String {
    let mut told = format!("{}环节“{}”", mark.word(), node.name);
    let Some(old) = old.filter(|_| mark == Mark::Changed) else { return told };
    let period = |node: &Node| node.duration.map_or("无时限".to_owned(), |period| period.chinese());
    let parts = [
        (old.name != node.name).then(|| format!("原名“{}”", old.name)),
        (old.duration != node.duration).then(|| format!("时限由{}改为{}", period(old), period(node))),
        (old.lane != node.lane).then(|| "换了承办方".to_owned()),
        (old.materials_in != node.materials_in).then(|| "提交材料有变化".to_owned()),
        (old.documents_out != node.documents_out).then(|| "出具文书有变化".to_owned()),
        (old.note != node.note).then(|| "说明有变化".to_owned()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        told.push_str(&format!("：{}", parts.join("，")));
    }
    told
}

fn edge_told(mark: Mark, old: Option<&Edge>, edge: &Edge, chart: &Chart) -> String {
    let name = |id: &str| chart.nodes.iter().find(|node| node.id == id).map_or(id, |node| &node.name).to_owned();
    let mut told = format!("{}连线“{}”→“{}”", mark.word(), name(&edge.from), name(&edge.to));
    if let Some(old) = old.filter(|old| mark == Mark::Changed && old.label != edge.label) {
        let said = |edge: &Edge| edge.label.clone().unwrap_or_else(|| "（无）".into());
        told.push_str(&format!("：条件由“{}”改为“{}”", said(old), said(edge)));
    }
    told
}

fn mark_node(sheet: &mut Sheet, mark: Mark, place: &NodeBox) {
    let Rect { x, y, width, height } = place.rect;
    let around = Rect { x: x - 5, y: y - 5, width: width + 10, height: height + 10 };
    sheet.add(&rect(&around, 5, &format!("qd-mark {}", mark.class())));
    if mark == Mark::Removed {
        let (right, bottom) = (x + width, y + height);
        sheet.add(&format!(
            "<path class=\"qd-mark qd-strike\" d=\"M{x} {y}L{right} {bottom}M{x} {bottom}L{right} {y}\"/>"
        ));
    }
    draw_sign(sheet, mark, Point { x: x + 22, y: y - 6 });
}

fn mark_line(sheet: &mut Sheet, mark: Mark, line: &Polyline) {
    sheet.add(&format!("<path class=\"qd-mark {}\" d=\"{}\"/>", mark.class(), rounded(&line.points)));
    let length = |pair: &[Point]| (pair[0].x - pair[1].x).abs() + (pair[0].y - pair[1].y).abs();
    if let Some([a, b]) = line.points.windows(2).max_by_key(|pair| length(pair)) {
        draw_sign(sheet, mark, Point { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    }
}

/// A word on a ground of its own, around a point.
fn draw_sign(sheet: &mut Sheet, mark: Mark, at: Point) {
    let ground = Rect { x: at.x - 25, y: at.y - 9, width: 50, height: 18 };
    sheet.add(&rect(&ground, 3, &format!("qd-sign {}", mark.class())));
    sheet.add(&text(at.x, at.y + 5, "qd-word", mark.sign()));
}

/// Explains the marks.
fn draw_signs(sheet: &mut Sheet) {
    sheet.y += 30;
    for (place, mark) in (0..).zip(Mark::ALL) {
        let (x, y) = (MARGIN + place * 200, sheet.y);
        sheet.add(&rect(&Rect { x, y: y - 14, width: 34, height: 18 }, 3, &format!("qd-mark {}", mark.class())));
        let meaning = match mark {
            Mark::Added => "实线框、＋：新增",
            Mark::Removed => "虚线框、叉、－：删去",
            Mark::Changed => "点线框、≠：修改",
        };
        sheet.add(&left_text(x + 42, y, "qd-legend", meaning));
    }
    sheet.y += 8;
}

const STYLE: &str = "<style>.qd-mark{fill:none;stroke-width:3}.qd-added{stroke:#1e7d4b}.qd-removed{stroke:#c0392b;stroke-dasharray:9 5}\
                     .qd-changed{stroke:#b26a00;stroke-dasharray:2 4}.qd-strike{stroke:#c0392b;stroke-width:1.5}\
                     .qd-sign{fill:#fff;stroke-width:1.5;stroke-dasharray:none}.qd-word{font-size:12px;font-weight:700;fill:#1a2430;text-anchor:middle}</style>";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn heading() -> Heading {
        Heading { title: "流程图".into(), ..Heading::default() }
    }

    #[test]
    fn what_is_new_gone_and_otherwise_is_marked_by_word() {
        let from = samples::worked_example();
        let mut to = from.clone();
        let gone = to.nodes.remove(1);
        to.edges.retain(|edge| edge.from != gone.id && edge.to != gone.id);
        to.nodes[1].name = "新名称".into();
        to.nodes.push(Node { id: "more".into(), name: "新环节".into(), ..gone.clone() });

        let svg = difference_svg(Some(&from), Some(&to), &heading()).expect("a chart");

        for told in ["新增环节“新环节”", "修改环节“新名称”：原名“", &format!("删去环节“{}”", gone.name), "删去连线"]
        {
            assert!(svg.contains(told), "{told}");
        }
        assert!(roxmltree::Document::parse(&svg).is_ok());
        assert_eq!(svg.matches("＋新增</text>").count(), 1);
    }

    #[test]
    fn two_equal_charts_have_no_mark_and_no_chart_has_no_picture() {
        let chart = samples::worked_example();
        let svg = difference_svg(Some(&chart), Some(&chart), &heading()).expect("a chart");
        assert!(svg.contains("两版流程图相同") && !svg.contains("qd-word\" x"));
        assert!(difference_svg(None, Some(&chart), &heading()).expect("a chart").contains("＋新增</text>"));
        assert!(difference_svg(None, None, &heading()).is_none());
    }
}
