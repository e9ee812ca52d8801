//! A chart's coordinates: lanes as columns, time downwards, lines that cross no box. All lengths are whole pixels.
//!
//! A chart always has one layout, and a change of one step moves only what is below it.

use super::{
    across::{Across, TRACK, whole},
    channels::{Channel, channels, straighten},
    down::Down,
    drawing::{Drawing, LaneBox, LineLabel, NodeBox, Point, Polyline, Rect},
    edge_routes::{EdgeRoutes, Route},
    graph::Graph,
    grid::Grid,
    model::Chart,
};

/// Between the text of a label and the end of its background.
const LABEL_PADDING: i32 = 3;
/// From the middle of a box's side to the first line that enters there, so that lines to both sides of a gutter differ.
const SIDE: i32 = 5;

/// Lays out any chart, at least `width` pixels wide. Edges that join no two nodes are left out; nodes of unknown
/// lanes stand in a last lane without name.
pub fn lay_out(chart: &Chart, width: i32) -> Drawing {
    let graph = Graph::of(chart);
    let grid = Grid::of(chart, &graph);
    let mut routes = EdgeRoutes::of(chart, &graph, &grid);
    let across = Across::of(chart, &graph, &grid, &routes, width);
    straighten(&graph, &mut routes, &across);
    let channels = channels(&graph, &grid, &mut routes, &across);
    let down = Down::of(chart, &graph, &grid, &routes, &channels, &across);
    Picture { chart, graph, grid, routes, across, channels, down }.draw()
}

/// A chart with all that is known of its layout.
struct Picture<'a> {
    chart: &'a Chart,
    graph: Graph,
    grid: Grid,
    routes: EdgeRoutes,
    across: Across,
    channels: Vec<Channel>,
    down: Down,
}

impl Picture<'_> {
    fn draw(mut self) -> Drawing {
        let arcs = 0..self.graph.arcs.len();
        Drawing {
            lanes: self.lanes(),
            lines: arcs.clone().map(|arc| self.line(arc)).collect(),
            labels: arcs.filter_map(|arc| self.label(arc)).collect(),
            boxes: self.boxes(),
            width: self.across.width,
            height: self.down.height,
        }
    }

    fn lanes(&self) -> Vec<LaneBox> {
        let lanes = self.across.lanes.iter().zip(&self.across.headers).zip(&self.grid.columns);
        let top = self.down.header;
        lanes
            .map(|(((x, width), content), lane)| LaneBox {
                lane: *lane,
                header: Rect { x: *x, y: 0, width: *width, height: top },
                column: Rect { x: *x, y: top, width: *width, height: self.down.height - top },
                content: content.clone(),
            })
            .collect()
    }

    fn boxes(&mut self) -> Vec<NodeBox> {
        (0..self.chart.nodes.len())
            .map(|node| NodeBox {
                node,
                row: self.grid.row[node],
                rect: self.rect(node),
                content: std::mem::take(&mut self.routes.shape[node].content),
            })
            .collect()
    }

    fn rect(&self, node: usize) -> Rect {
        let (top, row) = self.down.rows[self.grid.row[node]];
        let shape = &self.routes.shape[node];
        let (x, y) = (self.across.middle[node] - shape.width / 2, top + (row - shape.height) / 2);
        Rect { x, y, width: shape.width, height: shape.height }
    }

    fn line(&self, index: usize) -> Polyline {
        let arc = self.graph.arcs[index];
        let (source, target) = (self.rect(arc.from), self.rect(arc.to));
        let (leaves, enters) =
            (source.middle().x + self.routes.out[index], target.middle().x + self.routes.into[index]);
        let gutter = self.across.gutter[index];
        let below = self.level(self.grid.row[arc.from] + 1, index);
        let above = self.level(self.grid.row[arc.to], index);
        let start = Point { x: leaves, y: source.bottom() };
        let top = Point { x: enters, y: target.y };
        let points = match self.routes.route[index] {
            Route::Down => vec![start, at(leaves, below), at(enters, below), top],
            Route::Around(_) | Route::BackToTop(_) => {
                vec![start, at(leaves, below), at(gutter, below), at(gutter, above), at(enters, above), top]
            }
            Route::BackToSide(side) => {
                let end = self.side(index, side, target);
                vec![start, at(leaves, below), at(gutter, below), at(gutter, end.y), end]
            }
        };
        Polyline { edge: arc.edge, points: without_bends(points) }
    }

    /// How far down an arc's line runs in a channel.
    fn level(&self, channel: usize, arc: usize) -> i32 {
        let track = self.channels[channel].track(arc).unwrap_or(0);
        self.down.tracks[channel] + whole(track) * TRACK
    }

    /// Finds where a line enters the side of its target: to the left of the gutter below the middle, to the right above.
    fn side(&self, index: usize, gutter: usize, target: Rect) -> Point {
        let before = self.graph.into[self.graph.arcs[index].to].iter().take_while(|arc| **arc != index);
        let place = before.filter(|arc| self.routes.route[**arc] == Route::BackToSide(gutter)).count();
        let offset = SIDE + whole(place) * TRACK;
        if self.across.gutter[index] < target.x {
            at(target.x, target.middle().y + offset)
        } else {
            at(target.right(), target.middle().y - offset)
        }
    }

    fn label(&self, index: usize) -> Option<LineLabel> {
        let content = self.routes.label[index].clone();
        if content.lines.is_empty() {
            return None;
        }
        let arc = self.graph.arcs[index];
        let x = self.across.middle[arc.from] + self.routes.out[index];
        let y = self.down.labels[self.grid.row[arc.from] + 1];
        let width = content.width() + 2 * LABEL_PADDING;
        Some(LineLabel { edge: arc.edge, rect: Rect { x: x - width / 2, y, width, height: content.height() }, content })
    }
}

const fn at(x: i32, y: i32) -> Point {
    Point { x, y }
}

/// Leaves out the points at which a line does not turn.
fn without_bends(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for point in points {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = kept[..]
            && (a.x == b.x && b.x == point.x || a.y == b.y && b.y == point.y)
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use qingdan_base::values::{Period, Unit, code_lists::NodeKind};

    use crate::{content::pixels, samples};

    /// Everything that must hold of every picture.
    fn assert_legible(chart: &Chart) {
        let drawing = lay_out(chart, 720);
        let boxes: Vec<_> = drawing.boxes.iter().map(|node| node.rect).collect();
        let labels: Vec<_> = drawing.labels.iter().map(|label| label.rect).collect();
        assert_eq!(boxes.len(), chart.nodes.len());
        assert_apart(&[boxes.clone(), labels.clone()].concat());
        for line in &drawing.lines {
            for piece in line.points.windows(2) {
                assert!(piece[0].x == piece[1].x || piece[0].y == piece[1].y, "aslant: {piece:?}");
                for node in &boxes {
                    assert!(!runs_through(piece, node), "edge {} runs through {node:?}: {:?}", line.edge, line.points);
                }
                for label in drawing.labels.iter().filter(|label| label.edge != line.edge) {
                    assert!(!runs_through(piece, &label.rect), "edge {} runs through a label", line.edge);
                }
            }
        }
        assert_text_fits(&drawing);
        let whole = Rect { x: 0, y: 0, width: drawing.width, height: drawing.height };
        for rect in boxes.iter().chain(&labels) {
            assert!(rect.x >= 0 && rect.y >= 0 && rect.right() <= whole.right() && rect.bottom() <= whole.bottom());
        }
        for point in drawing.lines.iter().flat_map(|line| &line.points) {
            assert!((0..=whole.right()).contains(&point.x) && (0..=whole.bottom()).contains(&point.y), "{point:?}");
        }
        assert_eq!(drawing, lay_out(chart, 720));
    }

    fn assert_apart(rects: &[Rect]) {
        for (place, a) in rects.iter().enumerate() {
            for b in &rects[place + 1..] {
                assert!(!a.overlaps(b), "{a:?} overlaps {b:?}");
            }
        }
    }

    fn runs_through(piece: &[Point], rect: &Rect) -> bool {
        let (left, right) = (piece[0].x.min(piece[1].x), piece[0].x.max(piece[1].x));
        let (top, bottom) = (piece[0].y.min(piece[1].y), piece[0].y.max(piece[1].y));
        left < rect.right() && rect.x < right && top < rect.bottom() && rect.y < bottom
            || left == right && rect.x < left && left < rect.right() && top < rect.bottom() && rect.y < bottom
            || top == bottom && rect.y < top && top < rect.bottom() && left < rect.right() && rect.x < right
    }

    fn assert_text_fits(drawing: &Drawing) {
        let boxes = drawing.boxes.iter().map(|node| (&node.content, node.rect, 8));
        let labels = drawing.labels.iter().map(|label| (&label.content, label.rect, 0));
        let headers = drawing.lanes.iter().map(|lane| (&lane.content, lane.header, 0));
        for (content, rect, margin) in boxes.chain(labels).chain(headers) {
            let widest = content.lines.iter().map(|line| pixels(&line.text, line.style.size())).max().unwrap_or(0);
            assert!(widest + 2 * margin <= rect.width, "{content:?} is wider than {rect:?}");
            assert!(content.height() <= rect.height, "{content:?} is higher than {rect:?}");
        }
    }

    /// Upright or level pieces of different edges that lie upon each other.
    fn overlaps(drawing: &Drawing) -> usize {
        let pieces: Vec<_> =
            drawing.lines.iter().flat_map(|line| line.points.windows(2).map(|piece| (line.edge, piece))).collect();
        let mut count = 0;
        for (place, (edge, a)) in pieces.iter().enumerate() {
            for (other, b) in &pieces[place + 1..] {
                let span = |piece: &[Point], of: fn(&Point) -> i32| {
                    (of(&piece[0]).min(of(&piece[1])), of(&piece[0]).max(of(&piece[1])))
                };
                let (ax, ay, bx, by) = (span(a, |p| p.x), span(a, |p| p.y), span(b, |p| p.x), span(b, |p| p.y));
                let upright = ax.0 == ax.1 && bx.0 == bx.1 && ax.0 == bx.0 && ay.0 < by.1 && by.0 < ay.1;
                let level = ay.0 == ay.1 && by.0 == by.1 && ay.0 == by.0 && ax.0 < bx.1 && bx.0 < ax.1;
                count += usize::from(edge != other && (upright || level));
            }
        }
        count
    }

    #[test]
    fn every_chart_of_the_demonstration_is_legible() {
        for (code, chart) in samples::demo() {
            assert_legible(&chart);
            assert_eq!(overlaps(&lay_out(&chart, 720)), 0, "{code}");
        }
    }

    #[test]
    fn a_new_last_step_moves_nothing_above_it() {
        let chart = samples::worked_example();
        let mut longer = chart.clone();
        longer.nodes[6].kind = NodeKind::Task;
        longer.nodes.push(chart.nodes[6].clone());
        longer.nodes[9].id = "archive".into();
        longer.edges.push(crate::Edge { from: "end".into(), to: "archive".into(), ..chart.edges[0].clone() });
        let (before, after) = (lay_out(&chart, 720), lay_out(&longer, 720));
        assert_eq!(before.boxes[..6], after.boxes[..6]);
    }

    /// For each row of a cell its nodes from the left, by their ids.
    fn cells(chart: &Chart, drawing: &Drawing) -> std::collections::BTreeMap<(usize, String), Vec<String>> {
        let mut boxes: Vec<_> = drawing.boxes.iter().collect();
        boxes.sort_by_key(|node| node.rect.x);
        let mut cells = std::collections::BTreeMap::<_, Vec<_>>::new();
        for found in boxes {
            let node = &chart.nodes[found.node];
            cells.entry((found.row, node.lane.clone())).or_default().push(node.id.clone());
        }
        cells
    }

    fn lanes(drawing: &Drawing) -> Vec<Option<usize>> {
        drawing.lanes.iter().map(|lane| lane.lane).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn the_largest_charts_are_legible(seed in any::<u64>()) {
            let chart = samples::large(seed);
            assert_legible(&chart);
            prop_assert_eq!(overlaps(&lay_out(&chart, 720)), 0);
        }

        #[test]
        fn other_words_of_the_same_length_move_nothing(seed in any::<u64>(), size in 2_usize..60) {
            let chart = samples::valid(seed, size);
            let mut renamed = chart.clone();
            for node in &mut renamed.nodes {
                node.name = node.name.chars().map(|c| if ('一'..='龥').contains(&c) { '甲' } else { c }).collect();
            }
            let (before, after) = (lay_out(&chart, 720), lay_out(&renamed, 720));
            prop_assert_eq!(&before.lines, &after.lines);
            for (before, after) in before.boxes.iter().zip(&after.boxes) {
                prop_assert_eq!(before.rect, after.rect);
            }
        }

        #[test]
        fn another_time_of_a_step_moves_only_what_is_below_it(seed in any::<u64>(), size in 4_usize..60) {
            let chart = samples::valid(seed, size);
            let steps: Vec<_> = (0..chart.nodes.len()).filter(|node| chart.nodes[*node].kind == NodeKind::Task).collect();
            prop_assume!(!steps.is_empty());
            let step = steps[usize::try_from(seed % steps.len() as u64).unwrap()];
            let mut timed = chart.clone();
            let untimed = chart.nodes[step].duration.is_none();
            timed.nodes[step].duration = untimed.then_some(Period { value: 3, unit: Unit::WorkingDay });
            let (before, after) = (lay_out(&chart, 720), lay_out(&timed, 720));
            prop_assert_eq!(&before.lanes.iter().map(|lane| lane.header).collect::<Vec<_>>(), &after.lanes.iter().map(|lane| lane.header).collect::<Vec<_>>());
            for (old, new) in before.boxes.iter().zip(&after.boxes) {
                prop_assert_eq!((old.rect.x, old.row), (new.rect.x, new.row));
                if old.row < before.boxes[step].row {
                    prop_assert_eq!(old.rect, new.rect);
                }
            }
        }

        #[test]
        fn a_new_step_keeps_the_order_of_all_others(seed in any::<u64>(), size in 4_usize..60) {
            let chart = samples::valid(seed, size);
            let at = usize::try_from(seed % chart.edges.len() as u64).unwrap();
            prop_assume!(chart.edges[at].rework.is_none());
            let mut longer = chart.clone();
            let source = chart.nodes.iter().position(|node| node.id == chart.edges[at].from).unwrap();
            let mut new = samples::node("new", NodeKind::Task, None);
            new.lane.clone_from(&chart.nodes[source].lane);
            longer.nodes.push(new);
            longer.edges[at].to = "new".into();
            longer.edges.push(samples::edge("new", &chart.edges[at].to));
            let (before, after) = (lay_out(&chart, 720), lay_out(&longer, 720));
            prop_assert_eq!(lanes(&before), lanes(&after));
            let row = before.boxes[source].row;
            for (old, new) in before.boxes.iter().zip(&after.boxes) {
                let moved = new.row - old.row;
                prop_assert!(moved == 0 || moved == 1 && old.row > row, "{old:?} {new:?}");
            }
            let above = |chart: &Chart, drawing: &Drawing| {
                cells(chart, drawing).into_iter().filter(|((at, _), _)| *at <= row).collect::<Vec<_>>()
            };
            prop_assert_eq!(above(&chart, &before), above(&longer, &after));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn every_valid_chart_is_legible(seed in any::<u64>(), size in 2_usize..60) {
            let chart = samples::valid(seed, size);
            assert_legible(&chart);
            prop_assert_eq!(overlaps(&lay_out(&chart, 720)), 0);
        }

        #[test]
        fn even_junk_has_a_picture(seed in any::<u64>()) {
            assert_legible(&samples::junk(seed));
        }
    }
}
