//! A BPMN document while it is read: its mistakes, its attributes as values, its references.

use std::collections::{HashMap, HashSet};

use roxmltree::{Document, Node};

use super::elements::{child, children, flat, is, quoted};
use crate::{
    bpmn::{NAMESPACE, decoded},
    model::Chart,
    source_positions::{Lines, SourcePositions},
};
use qingdan_base::problem::{Detail, FieldError, SourcePosition, Wrong};

/// So many mistakes tell enough.
pub(super) const MOST_MISTAKES: usize = 100;
pub(super) const MOST_LANES: usize = 20;
pub(super) const MOST_NODES: usize = 80;
pub(super) const MOST_EDGES: usize = 200;
/// Of a document with more than so many times what a chart may have, the rest is not even looked at.
pub(super) const FAR_TOO_MANY: usize = 5;
pub(super) const MOST_DOCUMENTS: usize = 20;
/// Characters of a note.
pub(super) const LONGEST_NOTE: usize = 2000;
/// Characters of the names of lanes within one another, put together: what is longer is refused anyway.
pub(super) const LONGEST_PATH: usize = 200;

pub(super) type Element<'a> = Node<'a, 'a>;

/// A document while it is read, and what was read of it.
pub(super) struct Reader<'a> {
    pub root: Element<'a>,
    pub lines: Lines<'a>,
    pub chart: Chart,
    pub positions: SourcePositions,
    pub mistakes: Vec<FieldError>,
    /// Written by this program, if perhaps edited since: its texts are taken as they are.
    pub own: bool,
    /// The place of each node, by its id in the document.
    pub nodes: HashMap<&'a str, usize>,
    /// Flow nodes that were refused: what leads there is not refused again.
    pub refused: HashSet<&'a str>,
    /// The place of each edge, by its id in the document.
    pub flows: HashMap<&'a str, usize>,
    /// Gateways that this program did not write: they are left out where they only join ways.
    pub foreign_gateways: HashSet<usize>,
    pub node_ids: HashSet<String>,
    pub lane_ids: HashSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn of(text: &'a str, document: &'a Document<'a>) -> Self {
        Self {
            root: document.root_element(),
            lines: Lines::of(text),
            chart: Chart { title: None, lanes: Vec::new(), nodes: Vec::new(), edges: Vec::new() },
            positions: SourcePositions::default(),
            mistakes: Vec::new(),
            own: false,
            nodes: HashMap::new(),
            refused: HashSet::new(),
            flows: HashMap::new(),
            foreign_gateways: HashSet::new(),
            node_ids: HashSet::new(),
            lane_ids: HashSet::new(),
        }
    }

    /// Refuses an element, in Chinese and in English.
    pub(super) fn refuse(&mut self, element: Element<'a>, chinese: impl Into<String>, english: impl Into<String>) {
        self.refuse_at(Some(self.position(element)), Detail::new(chinese, english));
    }

    pub(super) fn refuse_at(&mut self, position: Option<SourcePosition>, said: Detail) {
        if !self.told_enough() {
            self.mistakes.push(FieldError::at("", Wrong::Notation(said)).at_position(position));
        }
    }

    pub(super) fn told_enough(&self) -> bool {
        self.mistakes.len() >= MOST_MISTAKES
    }

    pub(super) fn position(&self, element: Element<'a>) -> SourcePosition {
        self.lines.position(element.range().start)
    }

    pub(super) fn collaborations(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        children(self.root).filter(|element| is(*element, "collaboration"))
    }

    pub(super) fn participant(&self, process: Element<'a>) -> Option<Element<'a>> {
        let id = process.attribute("id")?;
        let mut pools = self.collaborations().flat_map(children).filter(|part| is(*part, "participant"));
        pools.find(|pool| process_of(*pool) == Some(id))
    }

    /// The text, which is refused when it is longer than so many characters.
    pub(super) fn bounded(
        &mut self,
        element: Element<'a>,
        [chinese, english]: [&str; 2],
        text: Option<String>,
        most: usize,
    ) -> Option<String> {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > most {
            let name = quoted(element);
            self.refuse(
                element,
                format!("{name}的{chinese}有 {length} 个字，最多 {most} 个字"),
                format!("the {english} of{name} has {length} characters; it may have {most}"),
            );
        }
        text
    }

    /// A text for people: of our own files as it is, of others in one line.
    pub(super) fn text(&self, element: Element<'a>, attribute: &str) -> Option<String> {
        let text = element.attribute(attribute)?;
        let text = if self.own { text.to_owned() } else { flat(text) };
        (!text.trim().is_empty()).then_some(text)
    }

    pub(super) fn code<T: Copy>(
        &mut self,
        element: Element<'a>,
        attribute: &str,
        of: impl Fn(&str) -> Option<T>,
        all: &[T],
        value: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let text = element.attribute(attribute)?;
        let found = of(text);
        if found.is_none() {
            let words = all.iter().map(|known| value(*known)).collect::<Vec<_>>().join(", ");
            self.refuse(
                element,
                format!("属性 {attribute} 应为：{words}"),
                format!("the attribute {attribute} must be one of: {words}"),
            );
        }
        found
    }

    pub(super) fn number(&mut self, element: Element<'a>, attribute: &str, most: u32) -> Option<u32> {
        let text = element.attribute(attribute)?;
        let found = text.parse().ok().filter(|number| *number <= most);
        if found.is_none() {
            self.refuse(
                element,
                format!("属性 {attribute} 应为 0 至 {most} 的整数"),
                format!("the attribute {attribute} must be a whole number from 0 to {most}"),
            );
        }
        found
    }

    pub(super) fn check_sizes(&mut self) {
        let sizes = [
            ("泳道", "lanes", &self.positions.lanes, MOST_LANES),
            ("节点", "nodes", &self.positions.nodes, MOST_NODES),
            ("连线", "edges", &self.positions.edges, MOST_EDGES),
        ];
        let over =
            sizes.map(|(chinese, english, positions, most)| Some((chinese, english, *positions.get(most)?, most)));
        for (chinese, english, position, most) in over.into_iter().flatten() {
            let said = Detail::new(
                format!("{chinese}超过 {most} 个；请拆成几张图，或者合并环节"),
                format!("there are more than {most} {english}; draw several charts, or merge steps"),
            );
            self.refuse_at(position, said);
        }
    }
}

pub(super) fn twice(id: &str) -> Detail {
    let id: String = id.chars().take(64).collect();
    Detail::new(format!("标识 {id} 重复"), format!("the id {id} is given twice"))
}

/// Our own element of this name that an element is extended by.
pub(super) fn own<'a>(element: Element<'a>, name: &str) -> Option<Element<'a>> {
    child(element, "extensionElements")?.children().find(|inner| inner.has_tag_name((NAMESPACE, name)))
}

pub(super) fn name_of(element: Element<'_>) -> Option<String> {
    element.attribute("name").map(flat).filter(|name| !name.is_empty())
}

pub(super) fn process_of<'a>(pool: Element<'a>) -> Option<&'a str> {
    pool.attribute("processRef").map(unprefixed)
}

/// A qualified name without its prefix.
pub(super) fn unprefixed(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name).trim()
}

pub(super) fn reference<'a>(element: Element<'a>, name: &str) -> Option<&'a str> {
    child(element, name)?.text().map(str::trim)
}

/// The id in the chart of what has this id in the document: no longer than a chart's may be, and none twice.
pub(super) fn fresh(taken: &mut HashSet<String>, own: bool, prefix: &str, id: Option<&str>, other: &str) -> String {
    let id = id.map(str::trim).filter(|id| !id.is_empty()).unwrap_or(other);
    let id = id.strip_prefix(prefix).filter(|id| own && !id.is_empty()).map_or_else(|| id.to_owned(), decoded);
    let cut = |most| id.chars().take(most).collect::<String>();
    let tried = (2..).map(|number| format!("{}_{number}", cut(56)));
    let fresh = [cut(64)].into_iter().chain(tried).find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(fresh.clone());
    fresh
}
