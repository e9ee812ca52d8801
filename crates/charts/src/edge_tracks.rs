//! In which order the lines that share a channel run, and so on how many tracks.

/// Lines nearer than this would look like one, in pixels.
const APART: i32 = 9;
/// The cost of two lines that lie upon each other, in crossings.
const OVERLAP: u32 = 1000;

/// One end of a line in a channel: from here it goes on vertically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Pixels from the left.
    pub x: i32,
    /// It goes on upwards, else downwards.
    pub up: bool,
}

/// A line through a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    /// Whose line.
    pub arc: usize,
    /// Both ends, the nearer to the source first.
    pub ends: [Turn; 2],
}

impl Net {
    fn span(&self) -> (i32, i32) {
        let [a, b] = self.ends;
        (a.x.min(b.x), a.x.max(b.x))
    }

    /// Runs straight through, and so needs no track.
    pub fn is_straight(&self) -> bool {
        self.ends[0].x == self.ends[1].x
    }

    fn crosses(&self, x: i32) -> bool {
        let (left, right) = self.span();
        left < x && x < right
    }
}

/// The track of each net, from above, and two nets that could not be kept apart on any (the place of the upper one).
pub(super) struct EdgeTracks {
    /// Of each net, its track.
    pub track: Vec<usize>,
    /// How many tracks.
    pub count: usize,
    /// The nets, by place, whose downward end lies upon the upward end of another.
    pub overlapping: Vec<usize>,
}

/// Orders the nets of a channel so that few cross and none lie upon each other, then packs them.
pub(super) fn assign_tracks(nets: &[Net]) -> EdgeTracks {
    let order = order(nets);
    let mut track = vec![0; nets.len()];
    let mut overlapping = Vec::new();
    for (place, net) in order.iter().enumerate() {
        let above = order[..place].iter().filter(|above| meets(&nets[**above], &nets[*net]));
        track[*net] = above.map(|above| track[*above] + 1).max().unwrap_or(0);
        overlapping.extend(order[..place].iter().filter(|above| cost(&nets[**above], &nets[*net]) >= OVERLAP));
    }
    let count = order.iter().map(|net| track[*net] + 1).max().unwrap_or(0);
    EdgeTracks { track, count, overlapping }
}

/// Cannot share a track.
fn meets(a: &Net, b: &Net) -> bool {
    let ((a_left, a_right), (b_left, b_right)) = (a.span(), b.span());
    a_left < b_right + APART && b_left < a_right + APART
}

/// The crossings when `upper` runs above `lower`.
fn cost(upper: &Net, lower: &Net) -> u32 {
    let down = upper.ends.iter().filter(|end| !end.up);
    let up = lower.ends.iter().filter(|end| end.up);
    let crossings =
        down.clone().filter(|end| lower.crosses(end.x)).count() + up.clone().filter(|end| upper.crosses(end.x)).count();
    let overlaps = down.filter(|down| up.clone().any(|up| (up.x - down.x).abs() < APART)).count();
    u32::try_from(crossings).unwrap_or(OVERLAP) + OVERLAP * u32::try_from(overlaps).unwrap_or(1)
}

/// The nets that need a track, from above: each is put where it costs least, until nothing moves any more.
fn order(nets: &[Net]) -> Vec<usize> {
    let bent: Vec<_> = (0..nets.len()).filter(|net| !nets[*net].is_straight()).collect();
    let mut order = Vec::with_capacity(bent.len());
    for net in &bent {
        order.insert(best_place(nets, &order, *net), *net);
    }
    for _ in 0..4 {
        let before = order.clone();
        for net in &bent {
            order.retain(|other| other != net);
            order.insert(best_place(nets, &order, *net), *net);
        }
        if order == before {
            break;
        }
    }
    order
}

/// Finds the place in `order` at which a net costs least; the lowest such place.
fn best_place(nets: &[Net], order: &[usize], net: usize) -> usize {
    let above = |other: &usize| cost(&nets[*other], &nets[net]);
    let below = |other: &usize| cost(&nets[net], &nets[*other]);
    let mut here: u32 = order.iter().map(below).sum();
    let (mut best, mut least) = (0, here);
    for (place, other) in order.iter().enumerate() {
        here = here + above(other) - below(other);
        if here <= least {
            (best, least) = (place + 1, here);
        }
    }
    best
}
