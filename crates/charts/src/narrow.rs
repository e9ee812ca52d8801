//! A chart as it is read on a telephone: one step below the other, in one column, at the width of the screen.
//!
//! An arrow leads to the step below; every other way is said in words where it begins and where it ends, so that no line crosses another.

use super::{
    analysis::heaviest_path,
    content::{self, Content, Style, TextLine},
    drawing::{NodeBox, Point, Rect},
    edge_routes::has_note,
    graph::{Arc, Graph},
    layout::lay_out,
    model::{Chart, Edge},
    svg::{Sheet, WIDTH},
    svg_shapes::{ems, head, left_text, rect, rounded},
    svg_words::{Heading, description, limits, materials, notes},
    text::wrap,
};
use qingdan_base::values::code_lists::Clock;

/// The width of the sheet: a screen of 360 pixels less the margins of the page.
const NARROW: i32 = 328;
/// From the edge of the sheet to what is drawn.
const MARGIN: i32 = 10;
/// Between the side of a box and its text.
const PADDING: i32 = 20;
/// From a box down to the next where an arrow leads there.
const ARROW: i32 = 30;
/// From a box down to the next where none does.
const GAP: i32 = 16;

/// Draws the whole sheet for a narrow screen, with the same parts as the wide one. Any chart has one.
pub fn narrow_svg(chart: &Chart, heading: &Heading) -> String {
    let graph = Graph::of(chart);
    let critical = heaviest_path(chart, &graph, Clock::Running);
    let excluded = heaviest_path(chart, &graph, Clock::Suspended);
    let mut sheet = Sheet::wide(NARROW, MARGIN);
    sheet.draw_title(heading);
    for step in steps(chart, &graph, sheet.inner()) {
        draw(&mut sheet, chart, &step, &critical);
    }
    let times = limits(chart, heading, &critical, &excluded);
    sheet.draw_list("时限", &times.iter().map(|(name, time)| format!("{name}：{time}")).collect::<Vec<_>>());
    sheet.draw_list("申请材料", &materials(heading));
    sheet.draw_list("说明", &notes(chart));
    sheet.draw_legend(chart);
    sheet.draw_imprint(heading);
    sheet.finish(heading, &description(chart, &graph, &lay_out(chart, WIDTH)))
}

/// A step as it stands in the column.
struct Step {
    node: usize,
    /// The text in its box, who acts first.
    content: Content,
    /// Where one comes from that does not stand above it, in lines.
    entries: Vec<String>,
    /// Where one goes that does not stand below it, in lines.
    exits: Vec<String>,
    /// The way to the step below, and its condition in lines.
    onward: Option<(usize, Vec<String>)>,
}

/// The steps from the top: the first way of each branch is followed to its end before the next.
fn steps(chart: &Chart, graph: &Graph, width: i32) -> Vec<Step> {
    let lines = |text: String| wrap(&text, ems(width - 16, Style::Label.size().unsigned_abs()));
    let noted: Vec<_> = (0..chart.nodes.len()).filter(|node| has_note(&chart.nodes[*node])).collect();
    let step = |(place, node): (usize, &usize)| {
        let (above, below) =
            (place.checked_sub(1).map(|above| graph.order[above]), graph.order.get(place + 1).copied());
        let arcs = |places: &[usize]| places.iter().map(|arc| graph.arcs[*arc]).collect::<Vec<_>>();
        let (entering, leaving) = (arcs(&graph.into[*node]), arcs(&graph.out[*node]));
        let leads_down = |arc: &Arc, above: usize, below: usize| !arc.back && arc.from == above && arc.to == below;
        let is_drawn_in = |arc: &Arc| above.is_some_and(|above| leads_down(arc, above, *node));
        let onward = below.and_then(|below| leaving.iter().copied().find(|arc| leads_down(arc, *node, below)));
        let elsewhere = leaving.iter().filter(|arc| onward.is_none_or(|onward| onward.edge != arc.edge));
        let note = noted.iter().position(|noted| noted == node).map(|place| place + 1);
        let has_way_in = entering.iter().any(is_drawn_in);
        let entries = entering.iter().filter(|arc| !has_way_in && !arc.back);
        Step {
            node: *node,
            content: content(chart, *node, note, width - 2 * PADDING),
            entries: entries.flat_map(|arc| lines(entry(chart, *arc))).collect(),
            exits: elsewhere.flat_map(|arc| lines(exit(chart, *arc))).collect(),
            onward: onward.map(|arc| {
                let label = chart.edges[arc.edge].label.clone().unwrap_or_default();
                (arc.to, wrap(&label, ems(width / 2 - 16, Style::Label.size().unsigned_abs())))
            }),
        }
    };
    graph.order.iter().enumerate().map(step).collect()
}

/// Who acts, and what stands in the box of the wide chart, too.
fn content(chart: &Chart, node: usize, note: Option<usize>, width: i32) -> Content {
    let node = &chart.nodes[node];
    let lane = chart.lanes.iter().find(|lane| lane.id == node.lane).map_or("", |lane| lane.name.as_str());
    let who = wrap(lane, ems(width, Style::Detail.size().unsigned_abs()));
    let mut lines: Vec<_> = who.into_iter().map(|text| TextLine { text, style: Style::Detail }).collect();
    lines.extend(content::of_node(node, note, width).lines);
    Content { lines }
}

fn entry(chart: &Chart, arc: Arc) -> String {
    let label = chart.edges[arc.edge].label.as_deref().map(|label| format!("，{label}")).unwrap_or_default();
    format!("↓ 从“{}”转来{label}", chart.nodes[arc.from].name)
}

fn exit(chart: &Chart, arc: Arc) -> String {
    let Edge { label, rework, .. } = &chart.edges[arc.edge];
    let label = label.as_deref().map(|label| format!("{label} ")).unwrap_or_default();
    let rounds = rework.as_ref().map(|rework| format!("（至多{}次）", rework.max_rounds)).unwrap_or_default();
    format!("{label}→ {}“{}”{rounds}", if arc.back { "退回" } else { "转" }, chart.nodes[arc.to].name)
}

fn draw(sheet: &mut Sheet, chart: &Chart, step: &Step, critical: &[usize]) {
    draw_lines(sheet, &step.entries, false);
    let is_critical = critical.contains(&step.node);
    let height = step.content.height() + 2 * 10;
    let place = Rect { x: MARGIN, y: sheet.y, width: sheet.inner(), height };
    let found = NodeBox { node: step.node, row: 0, rect: place, content: step.content.clone() };
    sheet.draw_node(&chart.nodes[step.node], &found, is_critical);
    sheet.y += height;
    draw_lines(sheet, &step.exits, true);
    match &step.onward {
        Some((next, label)) => draw_arrow(sheet, label, is_critical && critical.contains(next)),
        None => sheet.y += GAP,
    }
}

/// Ways in words: before a box, or after it on a ground of their own.
fn draw_lines(sheet: &mut Sheet, lines: &[String], has_ground: bool) {
    if lines.is_empty() {
        return;
    }
    let (leading, top) = (Style::Label.leading(), sheet.y);
    let height = leading * i32::try_from(lines.len()).unwrap_or(0) + 8;
    if has_ground {
        let ground = Rect { x: MARGIN + 8, y: top + 4, width: sheet.inner() - 8, height };
        sheet.add(&rect(&ground, 4, "qd-ground"));
    }
    for (line, text) in (1..).zip(lines) {
        sheet.add(&left_text(MARGIN + 14, top + 4 + leading * line, "qd-label", text));
    }
    sheet.y += height + 4;
}

/// The arrow to the step below, its condition beside it.
fn draw_arrow(sheet: &mut Sheet, label: &[String], is_strong: bool) {
    let leading = Style::Label.leading();
    let length = ARROW.max(leading * i32::try_from(label.len()).unwrap_or(0) + 14);
    let x = MARGIN + sheet.inner() / 2;
    let (from, to) = (Point { x, y: sheet.y }, Point { x, y: sheet.y + length });
    let (line, tip) = if is_strong { ("qd-line qd-strong", "qd-tip qd-strong-tip") } else { ("qd-line", "qd-tip") };
    sheet.add(&format!("<path class=\"{line}\" d=\"{}\"/>", rounded(&[from, to])));
    sheet.add(&format!("<path class=\"{tip}\" d=\"{}\"/>", head(from, to, if is_strong { 6 } else { 5 })));
    for (number, text) in (1..).zip(label) {
        sheet.add(&left_text(x + 12, sheet.y + leading * number, "qd-label", text));
    }
    sheet.y += length;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{content::pixels, effort::times, samples};

    /// Every text fits the screen, and every way is told: by an arrow, or in words where it begins.
    fn assert_readable(chart: &Chart) {
        let graph = Graph::of(chart);
        let inner = NARROW - 2 * MARGIN;
        let steps = steps(chart, &graph, inner);
        assert_eq!(steps.len(), chart.nodes.len());
        let mut ways = 0;
        for step in &steps {
            assert!(step.content.width() + 2 * PADDING <= inner, "{:?}", step.content);
            let words = step.entries.iter().chain(&step.exits);
            assert!(words.map(|line| pixels(line, Style::Label.size())).all(|width| width <= inner - 14));
            ways += usize::from(step.onward.is_some()) + step.exits.iter().filter(|line| line.contains('→')).count();
        }
        assert_eq!(ways, graph.arcs.len());
    }

    #[test]
    fn every_chart_of_the_demonstration_is_readable_on_a_telephone() {
        for (_, chart) in samples::demo() {
            assert_readable(&chart);
            let drawn = narrow_svg(&chart, &Heading::default());
            assert!(drawn.contains("width=\"328\""));
            assert!(chart.lanes.iter().all(|lane| drawn.contains(lane.name.as_str())));
        }
    }

    #[test]
    fn the_longest_way_is_strong_and_other_ways_are_told_in_words() {
        let chart = samples::worked_example();
        let drawn = narrow_svg(&chart, &Heading { title: "<&>".into(), ..Heading::default() });
        assert!(drawn.contains("<title>&lt;&amp;&gt;</title>") && drawn.contains("qd-line qd-strong"));
        assert!(drawn.contains("→ 转“notice”") && drawn.contains("↓ 从“split”转来"));
    }

    #[test]
    fn even_junk_has_a_narrow_sheet() {
        for seed in 0..times("JUNK_CHARTS", 100) as u64 {
            let drawn = narrow_svg(&samples::junk(seed), &Heading::default());
            assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
        }
    }
}
