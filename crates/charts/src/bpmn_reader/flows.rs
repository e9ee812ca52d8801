//! Sequence flows, and what they lead by: data objects and annotations become documents and notes.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    elements::{child, children, flat, is, quoted},
    source::{
        Element, FAR_TOO_MANY, LONGEST_NOTE, MOST_DOCUMENTS, MOST_EDGES, Reader, name_of, own, reference, twice,
        unprefixed,
    },
};
use crate::{
    graph::Graph,
    model::{Edge, Rework},
    xml::content,
};
use qingdan_base::problem::Detail;

impl<'a> Reader<'a> {
    pub(super) fn read_flows(&mut self, process: Element<'a>) {
        for flow in children(process).filter(|element| is(*element, "sequenceFlow")) {
            if self.chart.edges.len() > MOST_EDGES * FAR_TOO_MANY || self.told_enough() {
                return;
            }
            let ends = [self.end(flow, "sourceRef"), self.end(flow, "targetRef")];
            let [Some(from), Some(to)] = ends else { continue };
            let place = self.chart.edges.len();
            if let Some(id) = flow.attribute("id")
                && self.flows.insert(id, place).is_some()
            {
                self.refuse_at(Some(self.position(flow)), twice(id));
            }
            let label = self.text(flow, "name").or_else(|| condition(flow));
            let label = self.bounded(flow, ["条件", "label"], label, 60);
            let [from, to] = [from, to].map(|node| self.chart.nodes[node].id.clone());
            let mut edge = Edge { from, to, label, default: None, rework: None };
            if let Some(about) = own(flow, "edge") {
                edge.default =
                    self.code(about, "default", boolean, &[true, false], |is| if is { "true" } else { "false" });
                edge.rework = self.number(about, "maxRounds", 99).map(|max_rounds| Rework { max_rounds });
            }
            self.positions.edges.push(Some(self.position(flow)));
            self.chart.edges.push(edge);
        }
    }

    /// The node at an end of a flow. One that was refused is not refused again.
    fn end(&mut self, flow: Element<'a>, attribute: &str) -> Option<usize> {
        let id = flow.attribute(attribute).map(str::trim).unwrap_or_default();
        let found = self.nodes.get(id).copied();
        if found.is_none() && !self.refused.contains(id) {
            let (name, id) = (quoted(flow), id.chars().take(64).collect::<String>());
            let said = match id.is_empty() {
                true => Detail::new(
                    format!("连线{name}缺少 {attribute}；请把它连到节点上"),
                    format!("the flow{name} has no {attribute}; join it to a node"),
                ),
                false => Detail::new(
                    format!("连线{name}的 {attribute}（{id}）不是流程中的节点"),
                    format!("the {attribute} of the flow{name}, {id}, is no node of the process"),
                ),
            };
            self.refuse_at(Some(self.position(flow)), said);
        }
        found
    }

    pub(super) fn read_defaults(&mut self, process: Element<'a>) {
        let gateways = children(process).filter(|element| is(*element, "exclusiveGateway"));
        for gateway in gateways {
            let Some(flow) = gateway.attribute("default") else { continue };
            let Some(place) = self.flows.get(flow).copied() else { continue };
            let edge = &mut self.chart.edges[place];
            let is_its_own = gateway.attribute("id").and_then(|id| self.nodes.get(id));
            if is_its_own.is_some_and(|node| self.chart.nodes[*node].id == edge.from) {
                edge.default.get_or_insert(true);
                edge.label.get_or_insert_with(|| "其他情形".into());
            }
        }
    }

    /// Data objects: one that a node writes is a document it issues; one that a node only reads is told in its note,
    /// because a chart names materials by their numbers in the item.
    pub(super) fn read_data(&mut self, process: Element<'a>) {
        let objects = children(process).filter(|part| is(*part, "dataObjectReference") || is(*part, "dataObject"));
        let named: HashMap<_, _> =
            objects.filter_map(|object| Some((object.attribute("id")?, name_of(object)?))).collect();
        let mut written = HashSet::new();
        let mut read = Vec::new();
        for element in children(process) {
            let Some(node) = element.attribute("id").and_then(|id| self.nodes.get(id)).copied() else { continue };
            for part in children(element) {
                if is(part, "dataOutputAssociation")
                    && let Some(name) = reference(part, "targetRef").and_then(|id| named.get(id))
                {
                    written.insert(name);
                    let documents = &mut self.chart.nodes[node].documents_out;
                    if documents.len() <= MOST_DOCUMENTS && !documents.contains(name) {
                        documents.push(name.clone());
                    }
                }
                if is(part, "dataInputAssociation")
                    && let Some(name) = reference(part, "sourceRef").and_then(|id| named.get(id))
                {
                    read.push((node, name));
                }
            }
        }
        for (node, name) in read.into_iter().filter(|(_, name)| !written.contains(name)) {
            if self.told_enough() {
                return;
            }
            self.add_note(node, &format!("所需材料：{name}"));
        }
    }

    fn add_note(&mut self, node: usize, text: &str) {
        let note = self.chart.nodes[node].note.get_or_insert_default();
        if note.chars().count() + text.chars().take(LONGEST_NOTE).count() >= LONGEST_NOTE {
            let said = Detail::new(
                format!("“{}”的说明和注释合计超过 2000 个字", self.chart.nodes[node].name),
                format!(
                    "documentation and annotations of “{}” have more than 2000 characters",
                    self.chart.nodes[node].name
                ),
            );
            return self.refuse_at(self.positions.nodes[node], said);
        }
        if !note.is_empty() {
            note.push('\n');
        }
        note.push_str(text);
    }

    /// Annotations are notes of the nodes that they are tied to.
    pub(super) fn read_annotations(&mut self, process: Element<'a>) {
        let parts: Vec<_> = [process].into_iter().chain(self.collaborations()).flat_map(children).collect();
        let mut tied: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for association in parts.iter().filter(|part| is(**part, "association")) {
            let ends = ["sourceRef", "targetRef"].map(|end| association.attribute(end).map(unprefixed));
            let [Some(one), Some(other)] = ends else { continue };
            for (node, annotation) in [(one, other), (other, one)] {
                tied.entry(annotation).or_default().extend(self.nodes.get(node));
            }
        }
        for annotation in parts.into_iter().filter(|part| is(*part, "textAnnotation")) {
            if self.told_enough() {
                return;
            }
            let text = child(annotation, "text").map(content).unwrap_or_default();
            let nodes = annotation.attribute("id").and_then(|id| tied.get(id)).filter(|nodes| !nodes.is_empty());
            match nodes {
                _ if text.trim().is_empty() => {}
                Some(nodes) => nodes.iter().for_each(|node| self.add_note(*node, text.trim())),
                None => {
                    let begin: String = flat(&text).chars().take(20).collect();
                    self.refuse(annotation, format!("注释“{begin}”没有连到节点；请用关联线连到所说明的节点，或者删去"),
                        format!(
                            "the annotation “{begin}” is tied to no node; tie it to the one that it explains, or remove it"
                        ));
                }
            }
        }
    }

    /// In a chart ways come together at any node: a gateway with one way out says nothing.
    pub(super) fn leave_out_joins(&mut self) {
        let graph = Graph::of(&self.chart);
        let joins = |node: &usize| graph.out[*node].len() == 1 && !graph.into[*node].is_empty();
        let onward: HashMap<_, _> = self
            .foreign_gateways
            .iter()
            .copied()
            .filter(joins)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|node| (node, graph.arcs[graph.out[node][0]]))
            .collect();
        let mut left_out = HashSet::new();
        for arc in &graph.arcs {
            if onward.contains_key(&arc.from) {
                continue;
            }
            let mut to = arc.to;
            let mut passed = Vec::new();
            while let Some(next) = onward.get(&to).filter(|_| passed.len() <= onward.len()) {
                passed.push((to, next.edge));
                to = next.to;
            }
            if onward.contains_key(&to) {
                // They lead round and round: let the rules of a graph say so.
                return;
            }
            let labels: Vec<_> = passed.iter().filter_map(|(_, edge)| self.chart.edges[*edge].label.clone()).collect();
            let target = self.chart.nodes[to].id.clone();
            let edge = &mut self.chart.edges[arc.edge];
            edge.to = target;
            edge.label = edge.label.take().or_else(|| labels.into_iter().next());
            left_out.extend(passed);
        }
        let (nodes, edges): (HashSet<_>, HashSet<_>) = left_out.into_iter().unzip();
        retain(&mut self.chart.nodes, |place| !nodes.contains(&place));
        retain(&mut self.positions.nodes, |place| !nodes.contains(&place));
        retain(&mut self.chart.edges, |place| !edges.contains(&place));
        retain(&mut self.positions.edges, |place| !edges.contains(&place));
    }

    /// BPMN has no word for rework: what leads back is it, and one is told once what is missing.
    pub(super) fn mark_rework(&mut self) {
        for arc in Graph::of(&self.chart).arcs.iter().filter(|arc| arc.back) {
            self.chart.edges[arc.edge].rework.get_or_insert(Rework { max_rounds: 1 });
        }
    }
}

fn retain<T>(list: &mut Vec<T>, keeps: impl Fn(usize) -> bool) {
    let mut place = 0;
    list.retain(|_| {
        place += 1;
        keeps(place - 1)
    });
}

fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// The condition of a flow that has no name, without the marks of an expression.
fn condition(flow: Element<'_>) -> Option<String> {
    let text = flat(&content(child(flow, "conditionExpression")?));
    let bare = ["${", "#{"].iter().find_map(|open| text.strip_prefix(open)?.strip_suffix('}'));
    let bare = bare.or_else(|| text.strip_prefix('=')).unwrap_or(&text).trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}
