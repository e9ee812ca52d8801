//! A chart as BPMN 2.0 XML with diagram interchange, in the layout of its picture: one pool, a lane each for who acts.
//! Facts for which BPMN has no word stand in `extensionElements` in a namespace of our own.

use std::collections::{HashMap, HashSet};

use super::{
    drawing::{Drawing, Point, Rect},
    graph::{Arc, Graph},
    layout::lay_out,
    model::{Chart, Edge, Lane, Node},
};
use qingdan_base::values::code_lists::{LaneKind, NodeKind};

/// The namespace of what BPMN has no word for.
pub const NAMESPACE: &str = "urn:qingdan:chart:1";
/// How wide the layout is at least, in pixels.
const WIDTH: i32 = 720;
/// The strip on top of an upright pool in which its name stands.
const POOL_HEAD: i32 = 30;
/// An event is a circle of this diameter.
const EVENT: i32 = 36;
/// A gateway is a diamond of this width.
const GATEWAY: i32 = 50;

/// The BPMN document; the pool has this title.
pub fn bpmn(chart: &Chart, title: &str) -> String {
    Document::of(chart).write(title)
}

struct Document<'a> {
    chart: &'a Chart,
    graph: Graph,
    drawing: Drawing,
    nodes: Vec<String>,
    lanes: Vec<String>,
    text: String,
}

impl<'a> Document<'a> {
    fn of(chart: &'a Chart) -> Self {
        Self {
            graph: Graph::of(chart),
            drawing: lay_out(chart, WIDTH),
            nodes: names("node_", chart.nodes.iter().map(|node| node.id.as_str())),
            lanes: names("lane_", chart.lanes.iter().map(|lane| lane.id.as_str())),
            chart,
            text: String::new(),
        }
    }

    fn add(&mut self, element: &str) {
        self.text.push_str(element);
        self.text.push('\n');
    }

    fn write(mut self, title: &str) -> String {
        let title = escape(title);
        self.add("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.add(&format!(
            "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
             xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" \
             xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" xmlns:qingdan=\"{NAMESPACE}\" id=\"definitions\" \
             targetNamespace=\"{NAMESPACE}\" exporter=\"qingdan\" exporterVersion=\"{}\">",
            env!("CARGO_PKG_VERSION")
        ));
        self.add("<bpmn:collaboration id=\"collaboration\">");
        self.add(&format!("<bpmn:participant id=\"pool\" name=\"{title}\" processRef=\"process\"/>"));
        self.add("</bpmn:collaboration>");
        self.add(&format!("<bpmn:process id=\"process\" name=\"{title}\" isExecutable=\"false\">"));
        let own = attribute("title", self.chart.title.as_deref());
        self.add(&extension(&format!("<qingdan:chart version=\"1\"{own}/>")));
        self.write_lanes();
        let chart = self.chart;
        chart.nodes.iter().enumerate().for_each(|(at, node)| self.write_node(at, node));
        for at in 0..self.graph.arcs.len() {
            self.write_flow(self.graph.arcs[at]);
        }
        self.add("</bpmn:process>");
        self.write_diagram();
        self.add("</bpmn:definitions>");
        self.text
    }

    fn write_lanes(&mut self) {
        let chart = self.chart;
        if chart.lanes.is_empty() {
            return;
        }
        self.add("<bpmn:laneSet id=\"lanes\">");
        let mut seen = HashSet::new();
        for (at, lane) in chart.lanes.iter().enumerate() {
            self.add(&format!("<bpmn:lane id=\"{}\" name=\"{}\">", self.lanes[at], escape(&lane.name)));
            self.add(&about_lane(lane));
            let is_first = seen.insert(lane.id.as_str());
            for node in (0..chart.nodes.len()).filter(|node| is_first && chart.nodes[*node].lane == lane.id) {
                self.add(&format!("<bpmn:flowNodeRef>{}</bpmn:flowNodeRef>", self.nodes[node]));
            }
            self.add("</bpmn:lane>");
        }
        self.add("</bpmn:laneSet>");
    }

    fn write_node(&mut self, at: usize, node: &Node) {
        let tag = tag(self.chart, node);
        let default = self.default_flow(at).map(|edge| format!(" default=\"flow_{edge}\"")).unwrap_or_default();
        self.add(&format!("<bpmn:{tag} id=\"{}\" name=\"{}\"{default}>", self.nodes[at], escape(&node.name)));
        if let Some(note) = &node.note {
            self.add(&format!("<bpmn:documentation>{}</bpmn:documentation>", escape(note)));
        }
        self.add(&about_node(node));
        let flows = |name: &str, arcs: &[usize]| {
            let reference = |arc: &usize| format!("<bpmn:{name}>flow_{}</bpmn:{name}>", self.graph.arcs[*arc].edge);
            arcs.iter().map(reference).collect::<String>()
        };
        let flows = flows("incoming", &self.graph.into[at]) + &flows("outgoing", &self.graph.out[at]);
        self.add(&format!("{flows}</bpmn:{tag}>"));
    }

    /// The branch that BPMN itself can call the default one.
    fn default_flow(&self, node: usize) -> Option<usize> {
        let is_gateway = self.chart.nodes[node].kind == NodeKind::ExclusiveGateway;
        let edges = self.graph.out[node].iter().map(|arc| self.graph.arcs[*arc].edge);
        edges.filter(|_| is_gateway).find(|edge| self.chart.edges[*edge].default == Some(true))
    }

    fn write_flow(&mut self, arc: Arc) {
        let edge = &self.chart.edges[arc.edge];
        let (source, target) = (&self.nodes[arc.from], &self.nodes[arc.to]);
        let name = attribute("name", edge.label.as_deref());
        let said = self.default_flow(arc.from) == Some(arc.edge);
        let about = about_edge(edge, said);
        let flow = format!(
            "<bpmn:sequenceFlow id=\"flow_{}\"{name} sourceRef=\"{source}\" targetRef=\"{target}\">{about}</bpmn:sequenceFlow>",
            arc.edge
        );
        self.add(&flow);
    }

    fn write_diagram(&mut self) {
        self.add("<bpmndi:BPMNDiagram id=\"diagram\"><bpmndi:BPMNPlane id=\"plane\" bpmnElement=\"collaboration\">");
        let whole = Rect { x: 0, y: -POOL_HEAD, width: self.drawing.width, height: self.drawing.height + POOL_HEAD };
        self.add(&shape("pool", " isHorizontal=\"false\"", &whole, None));
        let drawing = self.drawing.clone();
        for lane in &drawing.lanes {
            let Some(at) = lane.lane else { continue };
            let rect = Rect { height: lane.header.height + lane.column.height, ..lane.header };
            self.add(&shape(&self.lanes[at], " isHorizontal=\"false\"", &rect, None));
        }
        for node in &drawing.boxes {
            self.add(&self.node_shape(node.node, &node.rect));
        }
        let boxes: HashMap<_, _> = drawing.boxes.iter().map(|node| (node.node, node.rect)).collect();
        let arcs: HashMap<_, _> = self.graph.arcs.iter().map(|arc| (arc.edge, *arc)).collect();
        for line in &drawing.lines {
            let Some(arc) = arcs.get(&line.edge).copied() else { continue };
            let ends = (boxes.get(&arc.from), boxes.get(&arc.to));
            let (Some(source), Some(target)) = ends else { continue };
            let mut points = self.docked(arc.from, source, line.points.first().copied());
            points.reverse();
            points.extend(&line.points);
            points.extend(self.docked(arc.to, target, line.points.last().copied()));
            points.dedup();
            let label = drawing.labels.iter().find(|label| label.edge == line.edge);
            self.add(&edge(line.edge, &points, label.map(|label| label.rect)));
        }
        self.add("</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>");
    }

    fn node_shape(&self, at: usize, rect: &Rect) -> String {
        let node = &self.chart.nodes[at];
        let inner = inner(node.kind, rect);
        let marker = if node.kind == NodeKind::ExclusiveGateway { " isMarkerVisible=\"true\"" } else { "" };
        let beside = (inner != *rect).then(|| {
            let x = inner.right() + 4;
            Rect { x, y: rect.y, width: (rect.right() - x).max(60), height: rect.height.max(14) }
        });
        shape(&self.nodes[at], marker, &inner, beside)
    }

    /// From where a line touches the box of our picture on to the smaller mark that BPMN draws in it.
    fn docked(&self, node: usize, rect: &Rect, touches: Option<Point>) -> Vec<Point> {
        let inner = inner(self.chart.nodes[node].kind, rect);
        let Some(touches) = touches.filter(|_| inner != *rect) else { return Vec::new() };
        let middle = inner.middle();
        if touches.x <= rect.x {
            return vec![Point { x: touches.x, y: middle.y }, Point { x: inner.x, y: middle.y }];
        }
        if touches.x >= rect.right() {
            return vec![Point { x: touches.x, y: middle.y }, Point { x: inner.right(), y: middle.y }];
        }
        let y = if touches.y <= rect.y { inner.y } else { inner.bottom() };
        vec![Point { x: middle.x, y: touches.y }, Point { x: middle.x, y }]
    }
}

/// Events and gateways are small marks in the middle of the box that our picture gives them.
fn inner(kind: NodeKind, rect: &Rect) -> Rect {
    let size = match kind {
        NodeKind::Task => return *rect,
        NodeKind::Start | NodeKind::End => EVENT,
        NodeKind::ExclusiveGateway | NodeKind::ParallelGateway => GATEWAY,
    };
    let middle = rect.middle();
    let size = size.min(rect.width).min(rect.height);
    Rect { x: middle.x - size / 2, y: middle.y - size / 2, width: size, height: size }
}

fn tag(chart: &Chart, node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Start => "startEvent",
        NodeKind::End => "endEvent",
        NodeKind::ExclusiveGateway => "exclusiveGateway",
        NodeKind::ParallelGateway => "parallelGateway",
        NodeKind::Task => {
            let lane = chart.lanes.iter().find(|lane| lane.id == node.lane);
            // No system of ours knows of a step of the applicant.
            if lane.is_some_and(|lane| lane.kind == LaneKind::Applicant) { "manualTask" } else { "userTask" }
        }
    }
}

fn about_lane(lane: &Lane) -> String {
    let organisation = attribute("organisation", lane.organisation.as_ref().map(|code| code.as_str()));
    extension(&format!("<qingdan:lane kind=\"{}\"{organisation}/>", lane.kind.value()))
}

fn about_node(node: &Node) -> String {
    let duration = node
        .duration
        .map(|duration| format!(" durationValue=\"{}\" durationUnit=\"{}\"", duration.value, duration.unit.value()));
    let mut about = format!("<qingdan:node clock=\"{}\"", node.clock.value());
    about += &duration.unwrap_or_default();
    about += &attribute("stage", node.stage.map(|stage| stage.value()));
    about += &attribute("excluded", node.excluded.map(|kind| kind.value()));
    about += &attribute("outcome", node.outcome.map(|outcome| outcome.value()));
    about.push('>');
    for seq in &node.materials_in {
        about += &format!("<qingdan:materialIn seq=\"{seq}\"/>");
    }
    for document in &node.documents_out {
        about += &format!("<qingdan:documentOut name=\"{}\"/>", escape(document));
    }
    extension(&(about + "</qingdan:node>"))
}

/// `said`: BPMN's own attribute says that it is the default.
fn about_edge(edge: &Edge, said: bool) -> String {
    let default = edge.default.filter(|_| !said).map(|default| default.to_string());
    let rounds = edge.rework.as_ref().map(|rework| rework.max_rounds.to_string());
    if default.is_none() && rounds.is_none() {
        return String::new();
    }
    let attributes = attribute("default", default.as_deref()) + &attribute("maxRounds", rounds.as_deref());
    extension(&format!("<qingdan:edge{attributes}/>"))
}

fn extension(element: &str) -> String {
    format!("<bpmn:extensionElements>{element}</bpmn:extensionElements>")
}

fn attribute(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!(" {name}=\"{}\"", escape(value))).unwrap_or_default()
}

fn shape(element: &str, more: &str, rect: &Rect, label: Option<Rect>) -> String {
    let label = label.map(|rect| format!("<bpmndi:BPMNLabel>{}</bpmndi:BPMNLabel>", bounds(&rect))).unwrap_or_default();
    let bounds = bounds(rect);
    format!(
        "<bpmndi:BPMNShape id=\"shape_{element}\" bpmnElement=\"{element}\"{more}>{bounds}{label}</bpmndi:BPMNShape>"
    )
}

fn edge(at: usize, points: &[Point], label: Option<Rect>) -> String {
    let points: String = points.iter().map(|Point { x, y }| format!("<di:waypoint x=\"{x}\" y=\"{y}\"/>")).collect();
    let label = label.map(|rect| format!("<bpmndi:BPMNLabel>{}</bpmndi:BPMNLabel>", bounds(&rect))).unwrap_or_default();
    format!("<bpmndi:BPMNEdge id=\"edge_{at}\" bpmnElement=\"flow_{at}\">{points}{label}</bpmndi:BPMNEdge>")
}

fn bounds(Rect { x, y, width, height }: &Rect) -> String {
    format!("<dc:Bounds x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")
}

/// Ids as XML wants them (NCName), each once. What may not stand in one is written by its number, `_x20_`, and so is the
/// `_` that would look like the beginning of such a number: the id can be read back.
fn names<'a>(prefix: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    ids.enumerate()
        .map(|(at, id)| {
            let mut name = prefix.to_owned();
            for (place, c) in id.char_indices() {
                let looks_escaped = c == '_' && id[place..].starts_with("_x");
                match c {
                    _ if looks_escaped => name += "_x5f_",
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '\u{4e00}'..='\u{9fa5}' => name.push(c),
                    _ => name += &format!("_x{:x}_", u32::from(c)),
                }
            }
            if !taken.insert(name.clone()) {
                name += &format!("_again_{at}");
                taken.insert(name.clone());
            }
            name
        })
        .collect()
}

/// Reads back an id that [`names`] wrote, behind its prefix.
pub(super) fn decoded(name: &str) -> String {
    let mut id = String::new();
    let mut rest = name;
    while let Some(place) = rest.find("_x") {
        let (before, escaped) = rest.split_at(place);
        id += before;
        let number = escaped[2..].split_once('_');
        let c =
            number.and_then(|(digits, after)| Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, after)));
        let (c, after) = c.filter(|(c, _)| !c.is_control()).unwrap_or(('_', &escaped[1..]));
        id.push(c);
        rest = after;
    }
    id + rest
}

/// Text as XML 1.0 can carry it, line breaks in attributes too.
fn escape(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => written += "&amp;",
            '<' => written += "&lt;",
            '>' => written += "&gt;",
            '"' => written += "&quot;",
            '\n' | '\t' | '\r' => written += &format!("&#{};", u32::from(c)),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => written.push('\u{fffd}'),
            _ => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Write,
        path::{Path, PathBuf},
        process::Command,
    };

    use super::*;
    use crate::samples;

    #[test]
    fn ids_are_names_of_xml_and_each_stands_once() {
        let ids = ["start", "a b", "a_x20_b", "受理", "start"];
        assert_eq!(
            names("node_", ids.into_iter()),
            ["node_start", "node_a_x20_b", "node_a_x5f_x20_b", "node_受理", "node_start_again_4"]
        );
        let odd = ["a b", "a_x20_b", "受理", "_ _x_x5f_", "x", "__x", "_", "a.b/c", "😀_x1f600_", ""];
        for (id, name) in odd.iter().zip(names("", odd.into_iter())) {
            assert_eq!(decoded(&name), *id, "{name}");
        }
        assert_eq!(["_x", "_xz_", "_x0_", "_xd800_", "a_xé"].map(decoded), ["_x", "_xz_", "_x0_", "_xd800_", "a_xé"]);
    }

    /// The OMG schemas: those below `STANDARDS`, or those that stand beside this project where it has its surroundings.
    fn schemas() -> Option<PathBuf> {
        if let Some(named) = std::env::var_os("STANDARDS") {
            return Some(Path::new(&named).join("bpmn"));
        }
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/standards/bpmn");
        if !beside.is_dir() {
            // Past the capture of what passing tests print: nobody shall believe that it was validated.
            let mut said = std::io::stderr();
            writeln!(said, "== BPMN is not validated: there is no {}; set STANDARDS", beside.display()).expect("told");
            return None;
        }
        Some(beside)
    }

    /// Returns the faults that xmllint finds in these documents; nothing when it accepts all of them.
    fn faults(schemas: &Path, documents: &[(String, String)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |(name, text): &(String, String)| {
            let file = folder.path().join(format!("{name}.bpmn"));
            fs::write(&file, text).expect("a file");
            file
        };
        let files: Vec<_> = documents.iter().map(write).collect();
        let checked = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(schemas.join("BPMN20.xsd"))
            .args(&files)
            .output()
            .expect("xmllint is missing: apt-get install libxml2-utils");
        let said = String::from_utf8_lossy(&checked.stderr);
        let (accepted, faults): (Vec<_>, Vec<_>) = said.lines().partition(|line| line.ends_with(" validates"));
        assert_eq!(checked.status.success(), accepted.len() == files.len(), "{said}");
        faults.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_chart_keeps_to_the_schemas_of_omg() {
        let Some(schemas) = schemas() else { return };
        let mut charts = samples::demo();
        charts.extend((0..200).map(|seed| (format!("random{seed}"), samples::valid(seed, 30))));
        charts.extend((0..60).map(|seed| (format!("junk{seed}"), samples::junk(seed))));
        let written = |(name, chart): (String, Chart)| (name, bpmn(&chart, "流程图 <\"&\n>"));
        let documents: Vec<_> = charts.into_iter().map(written).collect();
        assert_eq!(faults(&schemas, &documents), [""; 0]);
    }

    #[test]
    fn the_schemas_of_omg_reject_what_is_not_bpmn() {
        let Some(schemas) = schemas() else { return };
        let right = bpmn(&samples::worked_example(), "流程图");
        for (part, other) in [
            (" sourceRef=", " source="),
            ("<bpmndi:BPMNEdge ", "<bpmndi:BPMNArrow/><bpmndi:BPMNEdge "),
            (" isExecutable=\"false\"", " isExecutable=\"perhaps\""),
        ] {
            let wrong = right.replacen(part, other, 1);
            assert_ne!(wrong, right, "{part}");
            assert_ne!(faults(&schemas, &[("wrong".to_owned(), wrong)]), [""; 0], "{part}");
        }
    }
}
