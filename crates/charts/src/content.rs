//! The texts in the boxes of a chart and on its edges, in lines. Lengths are in pixels.

use super::{
    model::{Edge, Node},
    text::{EM, measure, wrap},
};
use qingdan_base::values::code_lists::{Clock, NodeKind};

/// How a line is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The name of a step.
    Name,
    /// Time, materials and documents of a step.
    Detail,
    /// The condition of a branch.
    Label,
    /// The name of a lane.
    Header,
}

impl Style {
    /// The size of the type, in pixels.
    pub const fn size(self) -> i32 {
        match self {
            Self::Name | Self::Header => 16,
            Self::Detail | Self::Label => 13,
        }
    }

    /// From one line to the next, in pixels.
    pub const fn leading(self) -> i32 {
        match self {
            Self::Name | Self::Header => 21,
            Self::Detail | Self::Label => 18,
        }
    }
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLine {
    /// Its text.
    pub text: String,
    /// How it is set.
    pub style: Style,
}

/// Lines that stand together, centred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// From the top.
    pub lines: Vec<TextLine>,
}

impl Content {
    /// The width of the widest line.
    pub fn width(&self) -> i32 {
        self.lines.iter().map(|line| pixels(&line.text, line.style.size())).max().unwrap_or(0)
    }

    /// The height of all lines.
    pub fn height(&self) -> i32 {
        self.lines.iter().map(|line| line.style.leading()).sum()
    }

    fn add(&mut self, text: &str, style: Style, width: i32) {
        let ems = u32::try_from(width).unwrap_or(0) * EM / style.size().unsigned_abs();
        self.lines.extend(wrap(text, ems).into_iter().map(|text| TextLine { text, style }));
    }
}

/// The width of a text in type of this size, rounded up.
pub fn pixels(text: &str, size: i32) -> i32 {
    let thousandths = u64::from(measure(text)) * u64::from(size.unsigned_abs());
    i32::try_from(thousandths.div_ceil(u64::from(EM))).unwrap_or(i32::MAX)
}

/// Writes the text in a node's box of this inner width. `note` is the number of its note below the chart.
pub fn of_node(node: &Node, note: Option<usize>, width: i32) -> Content {
    let mut content = Content::default();
    content.add(&node.name, Style::Name, width);
    let details = [time(node), materials(node), documents(node), outcome(node), note.map(|note| format!("见注{note}"))];
    for detail in details.into_iter().flatten() {
        content.add(&detail, Style::Detail, width);
    }
    content
}

/// Writes the text on an edge: its condition and how often rework may go this way.
pub fn of_edge(edge: &Edge) -> Content {
    let mut content = Content::default();
    let condition = edge.label.as_deref().unwrap_or_default();
    // Short conditions in short lines: the narrower the labels, the closer the branches.
    let ems = if condition.chars().count() > 21 { 10 } else { 7 };
    content.add(condition, Style::Label, ems * Style::Label.size());
    if let Some(rework) = &edge.rework {
        content.add(&format!("至多{}次", rework.max_rounds), Style::Label, ems * Style::Label.size());
    }
    content
}

/// The name of a lane.
pub fn of_lane(name: &str, width: i32) -> Content {
    let mut content = Content::default();
    content.add(name, Style::Header, width);
    content
}

/// How long the step takes, and whether that counts; as said under its name.
pub fn time(node: &Node) -> Option<String> {
    let duration = node.duration.map(|duration| duration.chinese());
    match node.clock {
        Clock::Running => duration,
        Clock::NotStarted => duration.map(|duration| format!("{duration}（受理前）")),
        Clock::Stopped => duration.map(|duration| format!("{duration}（决定后）")),
        Clock::Suspended => {
            let kind = node.excluded.map_or("", |kind| kind.label());
            let what = format!("{kind}{}", duration.unwrap_or_default());
            Some(if what.is_empty() { "不计入时限".into() } else { format!("{what}，不计入时限") })
        }
    }
}

fn materials(node: &Node) -> Option<String> {
    let numbers: String = node.materials_in.iter().map(|seq| circled(*seq)).collect();
    (!numbers.is_empty()).then(|| format!("材料{numbers}"))
}

/// A number in a circle; from 51 on, which has none, in brackets.
pub fn circled(number: u32) -> String {
    let base = match number {
        1..=20 => 0x2460 - 1,
        21..=35 => 0x3251 - 21,
        36..=50 => 0x32b1 - 36,
        _ => return format!("({number})"),
    };
    char::from_u32(base + number).map_or_else(|| format!("({number})"), String::from)
}

fn documents(node: &Node) -> Option<String> {
    (!node.documents_out.is_empty()).then(|| format!("产出：{}", node.documents_out.join("、")))
}

fn outcome(node: &Node) -> Option<String> {
    let outcome = node.outcome.filter(|_| node.kind == NodeKind::End)?;
    Some(format!("结果：{}", outcome.label()))
}
