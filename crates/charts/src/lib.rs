//! 流程图: what a workflow chart is, whether it is well formed, how long its ways take, and its picture.
//!
//! The picture is made in steps that know nothing of one another: `content` says what stands in a box, `grid` puts the
//! nodes into lanes and rows, `edge_routes` decides by which channels and gutters each edge goes and where it touches its
//! nodes, `edge_tracks` orders the edges that share a channel, `across` and `down` find places in both directions, `layout` turns all this into
//! a `drawing`, `svg` draws it, `narrow` draws the same for a telephone, `outlines`
//! puts the glyphs of `fonts` in the place of texts, and `png` paints what `svg` drew.

#[cfg(test)]
#[path = "../../../tests/http/helpers/effort.rs"]
mod effort;
mod model;
#[cfg(test)]
mod samples;
mod graph;
mod analysis;
mod parallel;
mod check;
mod text;
mod content;
mod grid;
mod edge_routes;
mod edge_tracks;
mod drawing;
mod across;
mod channels;
mod down;
mod layout;
mod svg_style;
mod svg_shapes;
mod svg_words;
mod svg;
mod narrow;
mod difference;
mod mermaid;
mod bpmn;
mod source_positions;
mod xml;
mod bpmn_reader;
mod mermaid_reader;
mod fonts;
mod outlines;
mod png;

pub use analysis::{Analysis, analyse};
pub use bpmn::bpmn;
pub use bpmn_reader::{read_bpmn, read_bpmn_with_positions};
pub use check::{check, check_materials, excess, is_graph};
pub use content::{Content, Style, TextLine};
pub use difference::difference_svg;
pub use drawing::{Drawing, LaneBox, LineLabel, NodeBox, Point, Polyline, Rect};
pub use fonts::{glyphs_of_this_machine, outside_our_font};
pub use layout::lay_out;
pub use mermaid::mermaid;
pub use mermaid_reader::{read_mermaid, read_mermaid_with_positions};
pub use model::*;
pub use narrow::narrow_svg;
pub use png::{Scale, Undrawn, png};
pub use source_positions::SourcePositions;
pub use svg::svg;
pub use svg_words::Heading;
pub use text::{EM, measure, wrap};
