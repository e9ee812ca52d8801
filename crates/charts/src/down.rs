//! Places from above: rows, labels, channels.

use super::{
    across::{Across, TRACK, whole},
    channels::Channel,
    content::Content,
    edge_routes::EdgeRoutes,
    graph::Graph,
    grid::Grid,
    model::Chart,
};

/// From a box down to the first label.
const STUB: i32 = 10;
/// From the last line of a channel to the boxes below: room for the arrow head.
const ARROW: i32 = 22;
/// From a box, or the labels below it, down to the first line that turns there.
const DROP: i32 = 16;
/// A channel without lines and labels.
const CHANNEL: i32 = 34;

/// The places of everything from above.
pub(super) struct Down {
    pub header: i32,
    /// Of each row, upper side and height.
    pub rows: Vec<(i32, i32)>,
    /// Of each channel, the upper side of its labels.
    pub labels: Vec<i32>,
    /// Of each channel, its first track.
    pub tracks: Vec<i32>,
    pub height: i32,
}

impl Down {
    pub fn of(
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
