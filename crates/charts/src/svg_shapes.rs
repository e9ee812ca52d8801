//! Elements of an SVG document: shapes, lines, texts.

use super::{
    content::Style,
    drawing::{Point, Rect},
    model::Node,
    text::EM,
};
use qingdan_base::values::code_lists::{NodeKind, Outcome};

/// How long an arrow head is, in pixels.
const HEAD: i32 = 10;
/// How round the corners of lines are, in pixels.
const BEND: i32 = 7;

pub(super) fn kind_class(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Start => "qd-start",
        NodeKind::Task => "qd-task",
        NodeKind::ExclusiveGateway => "qd-exclusive",
        NodeKind::ParallelGateway => "qd-parallel",
        NodeKind::End => match node.outcome {
            Some(Outcome::Refused | Outcome::NotAccepted | Outcome::Withdrawn) => "qd-end qd-refused",
            Some(Outcome::Granted | Outcome::Closed | Outcome::Completed | Outcome::Transferred) | None => {
                "qd-end qd-done"
            }
        },
    }
}

pub(super) const fn style_class(style: Style) -> &'static str {
    match style {
        Style::Name => "qd-name",
        Style::Detail => "qd-detail",
        Style::Label => "qd-label",
        Style::Header => "qd-header",
    }
}

/// The outline of a node of this kind: pills begin and end, rounded boxes are steps, boxes with cut corners decide, and
/// the parallel lines of ISO 5807 stand for parallel ways.
pub(super) fn shape(kind: NodeKind, place: &Rect, class: &str) -> String {
    let Rect { x, y, width, height } = *place;
    match kind {
        NodeKind::Start | NodeKind::End => rect(place, height.min(44) / 2, class),
        NodeKind::Task => rect(place, 6, class),
        NodeKind::ExclusiveGateway => {
            let cut = (width / 5).min(16);
            let (right, bottom) = (x + width, y + height);
            let tip = height / 2 - (height / 2 - 6).clamp(0, 12);
            format!(
                "<path class=\"{class}\" d=\"M{} {y}H{}L{right} {}V{}L{} {bottom}H{}L{x} {}V{}Z\"/>",
                x + cut,
                right - cut,
                y + tip,
                bottom - tip,
                right - cut,
                x + cut,
                bottom - tip,
                y + tip
            )
        }
        NodeKind::ParallelGateway => {
            let bars = format!("M{x} {}h{width}M{x} {}h{width}", y + 4, y + height - 4);
            format!("{}<path class=\"qd-bars\" d=\"{bars}\"/>", rect(place, 0, class))
        }
    }
}

pub(super) fn rect(place: &Rect, radius: i32, class: &str) -> String {
    let Rect { x, y, width, height } = place;
    let round = if radius == 0 { String::new() } else { format!(" rx=\"{radius}\"") };
    format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{round}/>")
}

pub(super) fn text(x: i32, y: i32, class: &str, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text))
}

pub(super) fn left_text(x: i32, y: i32, class: &str, text: &str) -> String {
    format!("<text class=\"qd-left {class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text))
}

/// Draws the way of a line with rounded corners, up to where its arrow head begins.
pub(super) fn rounded(points: &[Point]) -> String {
    let Some((first, rest)) = points.split_first() else { return String::new() };
    let mut path = format!("M{} {}", first.x, first.y);
    let mut before = *first;
    for (place, corner) in rest.iter().enumerate() {
        match rest.get(place + 1) {
            Some(next) => {
                let radius = BEND.min(distance(before, *corner) / 2).min(distance(*corner, *next) / 2);
                let (enter, leave) = (towards(*corner, before, radius), towards(*corner, *next, radius));
                path.push_str(&format!("L{} {}Q{} {} {} {}", enter.x, enter.y, corner.x, corner.y, leave.x, leave.y));
            }
            None => {
                let end = towards(*corner, before, HEAD - 2);
                path.push_str(&format!("L{} {}", end.x, end.y));
            }
        }
        before = *corner;
    }
    path
}

/// How far apart two points of an upright or level piece are.
fn distance(a: Point, b: Point) -> i32 {
    (a.x - b.x).abs() + (a.y - b.y).abs()
}

/// The point so far from one point towards another.
fn towards(from: Point, to: Point, by: i32) -> Point {
    Point { x: from.x + (to.x - from.x).signum() * by, y: from.y + (to.y - from.y).signum() * by }
}

pub(super) fn head(before: Point, tip: Point, half: i32) -> String {
    let base = towards(tip, before, HEAD);
    let (across, along) = if base.x == tip.x { (half, 0) } else { (0, half) };
    format!("M{} {}L{} {}L{} {}Z", tip.x, tip.y, base.x - across, base.y - along, base.x + across, base.y + along)
}

/// How much text of this size fits in this width, in thousandths of an em.
pub(super) fn ems(width: i32, size: u32) -> u32 {
    u32::try_from(width).unwrap_or(0) * EM / size
}

/// Writes text as XML allows it: without the characters that it does not know.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(c),
        }
    }
    escaped
}
