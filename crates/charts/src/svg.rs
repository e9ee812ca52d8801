//! A chart as one SVG document that needs nothing else: no script, no font, no reference.
//!
//! Shape and line tell the kinds apart, colour only repeats it: a chart is hung up in black and white.

use std::collections::HashSet;

use super::{
    analysis::heaviest_path,
    content::{Content, pixels},
    drawing::{Drawing, LaneBox, LineLabel, NodeBox, Point, Polyline, Rect},
    graph::Graph,
    layout::lay_out,
    model::{Chart, Node},
    svg_shapes::{ems, escape, head, kind_class, left_text, rect, rounded, shape, style_class, text},
    svg_style::{BY_MEDIUM, STYLE},
    svg_words::{Heading, description, limits, materials, notes},
    text::wrap,
};
use qingdan_base::values::code_lists::{Clock, NodeKind};

/// From the edge of the paper to the chart, in pixels.
pub(super) const MARGIN: i32 = 28;
/// The least width of a chart, in pixels: room for the table of time limits.
pub(super) const WIDTH: i32 = 720;
/// Draws the whole sheet: heading, chart, time limits, materials, notes, legend. Any chart has one, even an ill-formed one.
pub fn svg(chart: &Chart, heading: &Heading) -> String {
    let graph = Graph::of(chart);
    let critical = heaviest_path(chart, &graph, Clock::Running);
    let excluded = heaviest_path(chart, &graph, Clock::Suspended);
    let drawing = lay_out(chart, WIDTH);
    let mut sheet = Sheet::new(&drawing);
    sheet.draw_title(heading);
    sheet.draw_chart(chart, &graph, &drawing, &critical);
    sheet.draw_limits(&limits(chart, heading, &critical, &excluded));
    sheet.draw_list("申请材料", &materials(heading));
    sheet.draw_list("说明", &notes(chart));
    sheet.draw_legend(chart);
    sheet.draw_imprint(heading);
    sheet.finish(heading, &description(chart, &graph, &drawing))
}

/// A sheet that is being written from the top.
pub(super) struct Sheet {
    body: String,
    width: i32,
    /// From the edge of the paper to what is drawn.
    margin: i32,
    /// How far down everything is written.
    pub(super) y: i32,
}

impl Sheet {
    /// One with room for this chart.
    pub(super) fn new(drawing: &Drawing) -> Self {
        Self::wide(drawing.width + 2 * MARGIN, MARGIN)
    }

    /// One of this width in all.
    pub(super) fn wide(width: i32, margin: i32) -> Self {
        Self { body: String::new(), width, margin, y: margin }
    }

    /// The width between the margins.
    pub(super) fn inner(&self) -> i32 {
        self.width - 2 * self.margin
    }

    pub(super) fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub(super) fn draw_title(&mut self, heading: &Heading) {
        for line in wrap(&heading.title, ems(self.inner(), 26)) {
            self.y += 36;
            let y = self.y - 9;
            self.add(&text(self.width / 2, y, "qd-title", &line));
        }
        for line in wrap(&heading.organisation, ems(self.inner(), 16)) {
            self.y += 24;
            let y = self.y - 6;
            self.add(&text(self.width / 2, y, "qd-subtitle", &line));
        }
        self.y += 14;
    }

    pub(super) fn draw_chart(&mut self, chart: &Chart, graph: &Graph, drawing: &Drawing, critical: &[usize]) {
        self.add(&format!("<g transform=\"translate({} {})\">", self.margin, self.y));
        for (place, lane) in drawing.lanes.iter().enumerate() {
            self.draw_lane(lane, place % 2 == 1);
        }
        let steps: HashSet<_> = critical.windows(2).map(|step| (step[0], step[1])).collect();
        let strong: HashSet<_> = graph
            .arcs
            .iter()
            .filter(|arc| !arc.back && steps.contains(&(arc.from, arc.to)))
            .map(|arc| arc.edge)
            .collect();
        // Strong lines last, so that they cross the others and not the others them.
        for wanted in [false, true] {
            for line in drawing.lines.iter().filter(|line| strong.contains(&line.edge) == wanted) {
                self.draw_line(line, wanted, chart.edges[line.edge].rework.is_some());
            }
        }
        for label in &drawing.labels {
            self.draw_label(label);
        }
        for node in &drawing.boxes {
            self.draw_node(&chart.nodes[node.node], node, critical.contains(&node.node));
        }
        let frame = Rect { x: 0, y: 0, width: drawing.width, height: drawing.height };
        self.add(&rect(&frame, 0, "qd-frame"));
        self.add("</g>");
        self.y += drawing.height + 18;
    }

    fn draw_lane(&mut self, lane: &LaneBox, is_odd: bool) {
        self.add(&rect(&lane.column, 0, if is_odd { "qd-lane qd-odd" } else { "qd-lane" }));
        self.add(&rect(&lane.header, 0, "qd-head"));
        self.draw_content(&lane.content, lane.header.middle());
    }

    fn draw_line(&mut self, line: &Polyline, is_critical: bool, is_rework: bool) {
        let [.., before, tip] = line.points[..] else { return };
        let class = match (is_critical, is_rework) {
            (true, _) => "qd-line qd-strong",
            (false, true) => "qd-line qd-back",
            (false, false) => "qd-line",
        };
        self.add(&format!("<path class=\"{class}\" d=\"{}\"/>", rounded(&line.points)));
        let class = match (is_critical, is_rework) {
            (true, _) => "qd-tip qd-strong-tip",
            (false, true) => "qd-tip qd-back-tip",
            (false, false) => "qd-tip",
        };
        self.add(&format!("<path class=\"{class}\" d=\"{}\"/>", head(before, tip, if is_critical { 6 } else { 5 })));
    }

    fn draw_label(&mut self, label: &LineLabel) {
        self.add(&rect(&label.rect, 4, "qd-ground"));
        self.draw_content(&label.content, label.rect.middle());
    }

    pub(super) fn draw_node(&mut self, node: &Node, place: &NodeBox, is_critical: bool) {
        let suspended = if node.clock == Clock::Suspended { " qd-suspended" } else { "" };
        let critical = if is_critical { " qd-critical" } else { "" };
        let class = format!("qd-node {}{suspended}{critical}", kind_class(node));
        self.add(&shape(node.kind, &place.rect, &class));
        self.draw_content(&place.content, place.rect.middle());
    }

    /// Lines of text around a point.
    pub(super) fn draw_content(&mut self, content: &Content, middle: Point) {
        if content.lines.is_empty() {
            return;
        }
        let mut y = middle.y - content.height() / 2;
        self.body.push_str("<text>");
        for line in &content.lines {
            let (size, leading) = (line.style.size(), line.style.leading());
            let baseline = y + (leading * 100 + size * 76) / 200;
            let class = style_class(line.style);
            let text = escape(&line.text);
            self.body.push_str(&format!("<tspan class=\"{class}\" x=\"{}\" y=\"{baseline}\">{text}</tspan>", middle.x));
            y += leading;
        }
        self.add("</text>");
    }

    /// A table of one row: what, and how long.
    fn draw_limits(&mut self, limits: &[(&str, String)]) {
        if limits.is_empty() {
            return;
        }
        let count = i32::try_from(limits.len()).unwrap_or(1);
        let wrapped: Vec<_> = limits.iter().map(|(_, value)| wrap(value, ems(self.inner() / count - 20, 17))).collect();
        let lines = wrapped.iter().map(Vec::len).max().and_then(|lines| i32::try_from(lines).ok()).unwrap_or(1);
        let height = 36 + 23 * lines;
        for (place, ((name, _), value)) in (0..).zip(limits.iter().zip(wrapped)) {
            let left = self.margin + self.inner() * place / count;
            let right = self.margin + self.inner() * (place + 1) / count;
            let (y, middle) = (self.y, (left + right) / 2);
            self.add(&rect(&Rect { x: left, y, width: right - left, height }, 0, "qd-cell"));
            self.add(&text(middle, y + 23, "qd-term", name));
            for (line, value) in (0..).zip(&value) {
                self.add(&text(middle, y + 47 + line * 23, "qd-value", value));
            }
        }
        self.y += height + 8;
    }

    /// A heading and entries, in two columns where none is long.
    pub(super) fn draw_list(&mut self, name: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.y += 24;
        let y = self.y;
        self.add(&left_text(self.margin, y, "qd-term qd-left", name));
        let half = (self.inner() - 24) / 2;
        let is_short = entries.iter().all(|entry| pixels(entry, 14) <= half);
        let (columns, width) = if is_short { (2, half) } else { (1, self.inner()) };
        for row in entries.chunks(columns) {
            let texts: Vec<_> = row.iter().map(|entry| wrap(entry, ems(width, 14))).collect();
            for (column, lines) in (0..).zip(&texts) {
                for (line, entry) in (1..).zip(lines) {
                    self.add(&left_text(self.margin + column * (half + 24), y_of(self.y, line), "qd-entry", entry));
                }
            }
            let lines = texts.iter().map(Vec::len).max().and_then(|lines| i32::try_from(lines).ok()).unwrap_or(1);
            self.y = y_of(self.y, lines);
        }
        self.y += 4;
    }

    /// Draws the meaning of shapes and lines, as far as the chart has them.
    pub(super) fn draw_legend(&mut self, chart: &Chart) {
        let (mut x, mut y) = (self.margin, self.y + 30);
        for (symbol, meaning) in legend(chart) {
            let width = 40 + pixels(meaning, 13) + 20;
            if x > self.margin && x + width > self.width - self.margin {
                (x, y) = (self.margin, y + 26);
            }
            self.draw_symbol(symbol, Rect { x, y: y - 14, width: 32, height: 18 });
            self.add(&left_text(x + 40, y, "qd-legend", meaning));
            x += width;
        }
        self.y = y + 8;
    }

    fn draw_symbol(&mut self, symbol: Symbol, place: Rect) {
        let (left, right, y) = (place.x, place.right(), place.middle().y);
        match symbol {
            Symbol::Node(kind, class) => self.add(&shape(kind, &place, &format!("qd-node {class}"))),
            Symbol::Line(class) => self.add(&format!("<path class=\"qd-line {class}\" d=\"M{left} {y}H{right}\"/>")),
        }
    }

    pub(super) fn draw_imprint(&mut self, heading: &Heading) {
        let published = match heading.published.as_str() {
            "" => "草稿，尚未公布".to_owned(),
            date => format!("{date}发布"),
        };
        let imprint = match heading.code.as_str() {
            "" if heading.revision == 0 => "预览，未存入草稿".to_owned(),
            code => format!("编码 {code}　第{}版　{published}", heading.revision),
        };
        self.y += 10;
        let (left, right, y) = (self.margin, self.width - self.margin, self.y);
        self.add(&format!("<path class=\"qd-rule\" d=\"M{left} {y}H{right}\"/>"));
        for line in wrap(&imprint, ems(self.inner(), 13)) {
            self.y += 22;
            let y = self.y;
            self.add(&left_text(self.margin, y, "qd-legend", &line));
        }
        self.y += self.margin - 6;
    }

    pub(super) fn finish(self, heading: &Heading, description: &str) -> String {
        let (width, height) = (self.width, self.y);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"qd-chart\" role=\"img\" lang=\"zh-CN\" width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{STYLE}{BY_MEDIUM}</style>\n\
             <rect class=\"qd-paper\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            escape(&heading.title),
            escape(description),
            self.body
        )
    }
}

/// A sign of the legend.
#[derive(Clone, Copy)]
enum Symbol {
    Node(NodeKind, &'static str),
    Line(&'static str),
}

fn legend(chart: &Chart) -> Vec<(Symbol, &'static str)> {
    let has = |kind| chart.nodes.iter().any(|node| node.kind == kind);
    let has_suspended = chart.nodes.iter().any(|node| node.clock == Clock::Suspended);
    let has_rework = chart.edges.iter().any(|edge| edge.rework.is_some());
    let rows = [
        (true, Symbol::Node(NodeKind::Start, "qd-start"), "开始"),
        (has(NodeKind::Task), Symbol::Node(NodeKind::Task, "qd-task"), "办理环节"),
        (has(NodeKind::ExclusiveGateway), Symbol::Node(NodeKind::ExclusiveGateway, "qd-exclusive"), "判断"),
        (has(NodeKind::ParallelGateway), Symbol::Node(NodeKind::ParallelGateway, "qd-parallel"), "同步开展、汇合"),
        (has_suspended, Symbol::Node(NodeKind::Task, "qd-task qd-suspended"), "不计入时限"),
        (has(NodeKind::End), Symbol::Node(NodeKind::End, "qd-end qd-done"), "结束"),
        (true, Symbol::Line("qd-strong"), "关键路径（用时最长）"),
        (has_rework, Symbol::Line("qd-back"), "退回补正"),
    ];
    rows.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, symbol, meaning)| (symbol, meaning)).collect()
}

const fn y_of(y: i32, line: i32) -> i32 {
    y + 22 * line
}

#[cfg(test)]
mod tests {
    use qingdan_base::values::{Period, Unit};

    use super::*;
    use crate::{effort::times, samples};

    fn heading(item: &serde_json::Value) -> Heading {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let material = |material: &serde_json::Value| {
            (u32::try_from(material["seq"].as_u64().unwrap()).unwrap(), material["name"].as_str().unwrap().to_owned())
        };
        Heading {
            title: item["chart"]["title"].as_str().unwrap().into(),
            organisation: "闽侯县洋里乡人民政府".into(),
            code: text("code"),
            revision: 3,
            published: "2016-12-20".into(),
            promised: serde_json::from_value(item["promised_limit"].clone()).ok(),
            legal: serde_json::from_value(item["legal_limit"].clone()).ok(),
            materials: item["materials"].as_array().unwrap().iter().map(material).collect(),
        }
    }

    fn demo(code: &str) -> String {
        let items = samples::demo_items();
        let (item, chart) = items.iter().find(|(item, _)| item["code"] == code).unwrap();
        svg(chart, &heading(item))
    }

    #[test]
    fn a_permit_with_rework() {
        insta::assert_snapshot!(demo("11350121003619116B5000105001000"));
    }

    #[test]
    fn a_permit_with_parallel_checks() {
        insta::assert_snapshot!(demo("11350121003619116B5000117001001"));
    }

    #[test]
    fn whatever_the_names_are_the_document_is_well_formed() {
        let mut chart = samples::worked_example();
        chart.nodes[1].name = "<b>&\"'\u{1}\u{b}受理".into();
        chart.nodes[1].note = Some("</svg><script>".into());
        let document = svg(&chart, &Heading { title: "<&>".into(), ..Heading::default() });

        assert!(document.contains("<title>&lt;&amp;&gt;</title>"));
        assert!(document.contains("&lt;b&gt;&amp;&quot;'受理"));
        assert!(!document.contains("<script") && !document.contains('\u{1}') && !document.contains('\u{b}'));
        assert_eq!(document.matches("<text").count(), document.matches("</text>").count());
        assert_eq!(document.matches("<tspan").count(), document.matches("</tspan>").count());
    }

    #[test]
    fn times_are_added_in_their_own_units() {
        let mut chart = samples::worked_example();
        chart.nodes[2].duration = Some(Period { value: 7, unit: Unit::CalendarDay });
        let document = svg(&chart, &Heading::default());

        assert!(document.contains(">4个工作日＋7日<"), "not 9个工作日");
        assert!(document.contains("公示7个工作日，不计入时限"));
    }

    #[test]
    fn who_cannot_see_the_chart_is_told_its_steps() {
        let document = svg(&samples::worked_example(), &Heading::default());

        assert!(document.contains("<desc>共9个节点。1．start（申请人）：转“accept”。2．accept（申请人，1个工作日）："));
        assert!(document.contains("4．split（申请人）：转“check”；转“notice”。"));
        assert!(document.contains("9．end（申请人，办结）。</desc>"));
    }

    #[test]
    fn even_junk_has_a_sheet() {
        for seed in 0..times("JUNK_CHARTS", 100) as u64 {
            let document = svg(&samples::junk(seed), &Heading::default());
            assert!(document.starts_with("<svg ") && document.ends_with("</svg>\n"));
        }
    }
}
