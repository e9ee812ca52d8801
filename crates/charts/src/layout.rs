//! A chart's coordinates: lanes as columns, time downwards, lines that cross no box. All lengths are whole pixels.
//!
//! The same chart always has the same layout, and a change of one step moves only what is below it.

use super::{
    content::{self, Content},
    edge_routes::{EdgeRoutes, Route},
    edge_tracks::{EdgeTracks, Net, Turn, assign_tracks},
    graph::{Arc, Graph},
    grid::Grid,
    model::Chart,
};

/// From one line to its neighbour in a channel or gutter.
const TRACK: i32 = 14;
/// Between the side of a lane and what stands in it.
const LANE_PADDING: i32 = 20;
/// Between two boxes of a cell.
const BOX_GAP: i32 = 20;
/// From a box down to the first label.
const STUB: i32 = 10;
/// From the last line of a channel to the boxes below: room for the arrow head.
const ARROW: i32 = 22;
/// From a box, or the labels below it, down to the first line that turns there.
const DROP: i32 = 16;
/// A channel without lines and labels.
const CHANNEL: i32 = 34;
/// Between the text of a label and the end of its background.
const LABEL_PADDING: i32 = 3;
/// From the middle of a box's side to the first line that enters there, so that lines to both sides of a gutter differ.
const SIDE: i32 = 5;
/// How far a line moves along its box to come off another.
const NUDGE: i32 = 10;
/// How near to a corner a moved line may come.
const CORNER: i32 = 22;
/// Lines are moved at most so far to become straight.
const STRAIGHTEN: i32 = 80;

/// A point: pixels from the left and from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// An upright rectangle, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left side.
    pub x: i32,
    /// Upper side.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Rect {
    /// The right side.
    pub const fn right(&self) -> i32 {
        self.x + self.width
    }

    /// The lower side.
    pub const fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// The middle.
    pub const fn middle(&self) -> Point {
        Point { x: self.x + self.width / 2, y: self.y + self.height / 2 }
    }

    /// They have more than a side in common.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A chart with a place for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The lanes, from the left.
    pub lanes: Vec<LaneBox>,
    /// The nodes, in the chart's order.
    pub boxes: Vec<NodeBox>,
    /// The edges that join two nodes, in the chart's order.
    pub lines: Vec<Polyline>,
    /// What stands on the edges.
    pub labels: Vec<LineLabel>,
    /// Width of the whole.
    pub width: i32,
    /// Height of the whole.
    pub height: i32,
}

/// A lane: its header and below it, to the bottom, its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneBox {
    /// Its place in the chart's list; none for the nodes whose lane does not exist.
    pub lane: Option<usize>,
    /// The header.
    pub header: Rect,
    /// The column below the header.
    pub column: Rect,
    /// The lane's name.
    pub content: Content,
}

/// The box of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeBox {
    /// Its place in the chart's list.
    pub node: usize,
    /// Its row, from above.
    pub row: usize,
    /// Where it stands.
    pub rect: Rect,
    /// What stands in it.
    pub content: Content,
}

/// The line of an edge: upright and level pieces from its source to the tip of its arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polyline {
    /// Its place in the chart's list.
    pub edge: usize,
    /// The corners, from the source to the target.
    pub points: Vec<Point>,
}

/// What stands on an edge, on a ground of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineLabel {
    /// The edge's place in the chart's list.
    pub edge: usize,
    /// The ground.
    pub rect: Rect,
    /// What it says.
    pub content: Content,
}

/// The layout of any chart, at least `width` pixels wide. Edges that join no two nodes are left out; nodes of unknown
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

/// Where everything is from left to right.
struct Across {
    /// Of each column, left side and width.
    lanes: Vec<(i32, i32)>,
    /// Of each column, what its header says.
    headers: Vec<Content>,
    /// Of each node, its middle.
    middle: Vec<i32>,
    /// Of each arc that runs in a gutter, where.
    gutter: Vec<i32>,
    width: i32,
}

impl Across {
    fn of(chart: &Chart, graph: &Graph, grid: &Grid, routes: &EdgeRoutes, least: i32) -> Self {
        let columns = grid.columns.len();
        let (track, counts) = gutter_tracks(graph, grid, routes);
        let gutters: Vec<_> =
            counts.iter().map(|count| if *count == 0 { 0 } else { whole(*count) * TRACK + 6 }).collect();
        let inner: Vec<_> = (0..columns).map(|column| inner_width(grid, routes, column)).collect();
        let needed: i32 = gutters.iter().sum::<i32>() + inner.iter().map(|inner| inner + 2 * LANE_PADDING).sum::<i32>();
        let spare = (least - needed).max(0) / whole(columns.max(1));
        let mut across = Self {
            lanes: Vec::with_capacity(columns),
            headers: Vec::with_capacity(columns),
            middle: vec![0; chart.nodes.len()],
            gutter: vec![0; graph.arcs.len()],
            width: 0,
        };
        let mut gutter_left = Vec::with_capacity(columns + 1);
        for column in 0..columns {
            let left = across.width;
            gutter_left.push(left);
            let begins = left + gutters[column];
            let width = inner[column] + 2 * LANE_PADDING + spare;
            across.place_column(grid, routes, column, begins + width / 2);
            let last = if column + 1 == columns { gutters[columns] } else { 0 };
            across.lanes.push((left, gutters[column] + width + last));
            let name = grid.columns[column].map_or("", |lane| chart.lanes[lane].name.as_str());
            across.headers.push(content::of_lane(name, width - 2 * LANE_PADDING));
            across.width = begins + width;
        }
        gutter_left.push(across.width);
        across.width += gutters.last().copied().unwrap_or(0);
        for (arc, route) in routes.route.iter().enumerate() {
            if let Some(gutter) = route.gutter() {
                across.gutter[arc] = gutter_left[gutter] + TRACK + whole(track[arc]) * TRACK - 2;
            }
        }
        across
    }

    /// Puts the boxes of each cell of a column side by side around its middle.
    fn place_column(&mut self, grid: &Grid, routes: &EdgeRoutes, column: usize, middle: i32) {
        for row in 0..grid.rows {
            let cell = grid.cell(row, column);
            let mut x = middle - cell_reach(grid, routes, cell).0;
            for node in cell {
                let half = routes.shape[*node].half;
                self.middle[*node] = x + half;
                x += 2 * half + BOX_GAP;
            }
        }
    }
}

fn inner_width(grid: &Grid, routes: &EdgeRoutes, column: usize) -> i32 {
    let reach = (0..grid.rows).map(|row| cell_reach(grid, routes, grid.cell(row, column)));
    2 * reach.map(|(left, right)| left.max(right)).max().unwrap_or(0)
}

/// How far the boxes of a cell reach to the left and to the right of the middle of their lane.
fn cell_reach(grid: &Grid, routes: &EdgeRoutes, cell: &[usize]) -> (i32, i32) {
    let widths = |nodes: &[usize]| nodes.iter().map(|node| 2 * routes.shape[*node].half + BOX_GAP).sum::<i32>();
    match cell.iter().position(|node| grid.is_central[*node]) {
        Some(place) => {
            let half = routes.shape[cell[place]].half;
            (widths(&cell[..place]) + half, half + widths(&cell[place + 1..]))
        }
        None => {
            let all = (widths(cell) - BOX_GAP).max(0);
            (all / 2, all - all / 2)
        }
    }
}

/// Gives the lines of each gutter tracks on which none lie upon each other: of each arc the track, of each gutter how
/// many there are.
fn gutter_tracks(graph: &Graph, grid: &Grid, routes: &EdgeRoutes) -> (Vec<usize>, Vec<usize>) {
    let mut track = vec![0; graph.arcs.len()];
    let mut counts = vec![0; grid.columns.len() + 1];
    for (gutter, count) in counts.iter_mut().enumerate() {
        let mut lines: Vec<_> = (0..graph.arcs.len())
            .filter(|arc| routes.route[*arc].gutter() == Some(gutter))
            .map(|arc| (upright(grid, graph.arcs[arc], routes.route[arc]), arc))
            .collect();
        // Short lines first: they stay near their boxes, and long ones go around them.
        lines.sort_by_key(|((top, bottom), arc)| (bottom - top, *top, *arc));
        let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
        for ((top, bottom), arc) in lines {
            let is_free = |spans: &Vec<(usize, usize)>| spans.iter().all(|(t, b)| bottom < *t || *b < top);
            let free = taken.iter().position(is_free).unwrap_or(taken.len());
            if free == taken.len() {
                taken.push(Vec::new());
            }
            taken[free].push((top, bottom));
            track[arc] = free;
        }
        *count = taken.len();
    }
    (track, counts)
}

/// From where to where a line runs in its gutter: channel `n` is `2n`, row `n` is `2n + 1`.
fn upright(grid: &Grid, arc: Arc, route: Route) -> (usize, usize) {
    let (source, target) = (2 * grid.row[arc.from] + 2, 2 * grid.row[arc.to]);
    match route {
        Route::Down | Route::Around(_) => (source, target),
        Route::BackToSide(_) => (target + 1, source),
        Route::BackToTop(_) => (target, source),
    }
}

/// Moves lines along their boxes where that makes them straight.
fn straighten(graph: &Graph, routes: &mut EdgeRoutes, across: &Across) {
    for (index, arc) in graph.arcs.iter().enumerate() {
        if routes.route[index] != Route::Down {
            continue;
        }
        let (source, target) = (across.middle[arc.from], across.middle[arc.to]);
        let (leaves, enters) = (source + routes.out[index], target + routes.into[index]);
        if leaves == enters || (leaves - enters).abs() > STRAIGHTEN {
            continue;
        }
        let others_enter = graph.into[arc.to].len() > 1;
        let others_leave = graph.out[arc.from].len() > 1 || !routes.label[index].lines.is_empty();
        if !others_leave && is_on(routes, arc.from, enters - source) {
            routes.out[index] = enters - source;
        } else if !others_enter && is_on(routes, arc.to, leaves - target) {
            routes.into[index] = leaves - target;
        }
    }
}

/// A line this far from the middle still touches the node, away from its corners.
fn is_on(routes: &EdgeRoutes, node: usize, offset: i32) -> bool {
    offset.abs() <= routes.shape[node].width / 2 - CORNER
}

/// The lines of a channel and their tracks.
struct Channel {
    nets: Vec<Net>,
    tracks: EdgeTracks,
}

impl Channel {
    /// The track of an arc's line here; none when it runs straight through.
    fn track(&self, arc: usize) -> Option<usize> {
        let place = self.nets.iter().position(|net| net.arc == arc)?;
        (!self.nets[place].is_straight()).then(|| self.tracks.track[place])
    }
}

/// All channels. Lines that would lie upon each other in any order are moved along their targets.
fn channels(graph: &Graph, grid: &Grid, routes: &mut EdgeRoutes, across: &Across) -> Vec<Channel> {
    let mut found = Vec::with_capacity(grid.rows + 1);
    for channel in 0..=grid.rows {
        let mut nets = nets(graph, grid, routes, across, channel);
        let mut here = assign_tracks(&nets);
        for step in [NUDGE, -2 * NUDGE] {
            if here.overlapping.is_empty() {
                break;
            }
            for net in &here.overlapping {
                nudge(graph, routes, nets[*net].arc, step);
            }
            nets = self::nets(graph, grid, routes, across, channel);
            here = assign_tracks(&nets);
        }
        found.push(Channel { nets, tracks: here });
    }
    found
}

fn nudge(graph: &Graph, routes: &mut EdgeRoutes, arc: usize, step: i32) {
    let moved = routes.into[arc] + step;
    if is_on(routes, graph.arcs[arc].to, moved) {
        routes.into[arc] = moved;
    }
}

/// The lines that run in a channel.
fn nets(graph: &Graph, grid: &Grid, routes: &EdgeRoutes, across: &Across, channel: usize) -> Vec<Net> {
    let mut nets = Vec::new();
    for (index, arc) in graph.arcs.iter().enumerate() {
        let source = Turn { x: across.middle[arc.from] + routes.out[index], up: true };
        let target = Turn { x: across.middle[arc.to] + routes.into[index], up: false };
        let gutter = |up| Turn { x: across.gutter[index], up };
        let below_source = grid.row[arc.from] + 1 == channel;
        let above_target = grid.row[arc.to] == channel;
        let ends = match routes.route[index] {
            Route::Down if below_source => [source, target],
            Route::Around(_) if below_source => [source, gutter(false)],
            Route::Around(_) if above_target => [gutter(true), target],
            Route::BackToSide(_) | Route::BackToTop(_) if below_source => [source, gutter(true)],
            Route::BackToTop(_) if above_target => [gutter(false), target],
            Route::Down | Route::Around(_) | Route::BackToSide(_) | Route::BackToTop(_) => continue,
        };
        nets.push(Net { arc: index, ends });
    }
    nets
}

/// Where everything is from above.
struct Down {
    header: i32,
    /// Of each row, upper side and height.
    rows: Vec<(i32, i32)>,
    /// Of each channel, the upper side of its labels.
    labels: Vec<i32>,
    /// Of each channel, its first track.
    tracks: Vec<i32>,
    height: i32,
}

impl Down {
    fn of(
        chart: &Chart,
        graph: &Graph,
        grid: &Grid,
        routes: &EdgeRoutes,
        channels: &[Channel],
        across: &Across,
    ) -> Self {
        let header = across.headers.iter().map(Content::height).max().unwrap_or(0) + 18;
        let mut heights = vec![0; grid.rows];
        for node in 0..chart.nodes.len() {
            let row = grid.row[node];
            heights[row] = heights[row].max(routes.shape[node].height);
        }
        let mut bands = vec![0; grid.rows + 1];
        for (index, arc) in graph.arcs.iter().enumerate() {
            let channel = grid.row[arc.from] + 1;
            bands[channel] = bands[channel].max(routes.label[index].height());
        }
        let mut down = Self { header, rows: Vec::new(), labels: Vec::new(), tracks: Vec::new(), height: header };
        for (place, channel) in channels.iter().enumerate() {
            down.add_channel(bands[place], channel.tracks.count, place == grid.rows);
            if let Some(height) = heights.get(place) {
                down.rows.push((down.height, *height));
                down.height += height;
            }
        }
        down
    }

    fn add_channel(&mut self, band: i32, tracks: usize, is_last: bool) {
        self.labels.push(self.height + STUB);
        let band = if band == 0 { 0 } else { STUB + band };
        self.tracks.push(self.height + band + DROP);
        self.height += match (band, tracks) {
            (0, 0) if self.rows.is_empty() || is_last => ARROW,
            (0, 0) => CHANNEL,
            (band, 0) => band + ARROW,
            (band, tracks) => band + DROP + whole(tracks - 1) * TRACK + ARROW,
        };
    }
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

    /// Where a line enters the side of its target: to the left of the gutter below the middle, to the right above.
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

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1024)
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
