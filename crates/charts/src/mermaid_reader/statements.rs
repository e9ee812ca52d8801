//! The notation of Mermaid flowcharts, statement by statement, as it is written: what it means in a chart is read elsewhere.

use serde_json::{Map, Value};

use super::{
    arrows::Arrow,
    cursor::{Cursor, Mistake, mistake},
    words::{short, unescaped},
};
use qingdan_base::{
    problem::{Detail, SourcePosition},
    values::code_lists::NodeKind,
};

/// A statement as it is written.
pub(super) enum Statement {
    /// The text is at its end.
    Finished,
    /// Styles, directions, comments: nothing that a chart has.
    Aside,
    /// `%% qingdan: {json}`
    Comment(Map<String, Value>),
    Subgraph {
        name: String,
        title: String,
    },
    End,
    /// `a & b --> c --> d`: one arrow fewer than groups.
    Chain {
        groups: Vec<Vec<Mention>>,
        arrows: Vec<Arrow>,
    },
}

/// A node where it is mentioned, with what is said of it there.
pub(super) struct Mention {
    pub name: String,
    pub label: Option<String>,
    pub shape: Option<Shape>,
    pub position: SourcePosition,
}

/// The shape in which a node is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Box,
    Rounded,
    Diamond,
    Hexagon,
}

impl Shape {
    /// Whether a node of this kind may be drawn so.
    pub fn may_be(self, kind: NodeKind) -> bool {
        match kind {
            NodeKind::Start | NodeKind::End => self == Self::Rounded,
            NodeKind::Task => matches!(self, Self::Box | Self::Rounded),
            NodeKind::ExclusiveGateway => self == Self::Diamond,
            NodeKind::ParallelGateway => self == Self::Hexagon,
        }
    }

    /// Reads the names of `@{ shape: … }`.
    fn named(name: &str) -> Self {
        match name {
            "diamond" | "diam" | "decision" | "question" => Self::Diamond,
            "hex" | "hexagon" | "prepare" | "fork" | "join" => Self::Hexagon,
            "circle" | "circ" | "dbl-circ" | "double-circle" | "sm-circ" | "small-circle" | "start" | "fr-circ"
            | "framed-circle" | "stop" | "stadium" | "pill" | "terminal" | "rounded" | "event" => Self::Rounded,
            _ => Self::Box,
        }
    }
}

/// How a shape opens, how it may close, and what it is; the longer before what they begin with.
const SHAPES: [(&str, &[&str], Shape); 12] = [
    ("(((", &[")))"], Shape::Rounded),
    ("((", &["))"], Shape::Rounded),
    ("([", &["])"], Shape::Rounded),
    ("(", &[")"], Shape::Rounded),
    ("[[", &["]]"], Shape::Box),
    ("[(", &[")]"], Shape::Box),
    ("[/", &["/]", "\\]"], Shape::Box),
    ("[\\", &["\\]", "/]"], Shape::Box),
    ("[", &["]"], Shape::Box),
    ("{{", &["}}"], Shape::Hexagon),
    ("{", &["}"], Shape::Diamond),
    (">", &["]"], Shape::Box),
];
/// Statements that say how it looks.
const ASIDE: [&str; 6] = ["direction", "classDef", "class", "style", "linkStyle", "click"];
/// Members of `@{ … }` that links have and nodes have not.
const OF_LINKS: [&str; 3] = ["animate", "animation", "curve"];
const DIAGRAMS: [&str; 14] = [
    "sequenceDiagram",
    "classDiagram",
    "stateDiagram",
    "erDiagram",
    "journey",
    "gantt",
    "pie",
    "quadrantChart",
    "requirementDiagram",
    "gitGraph",
    "mindmap",
    "timeline",
    "block",
    "swimlane",
];

impl<'a> Cursor<'a> {
    /// `flowchart TD`
    pub fn header(&mut self) -> Result<(), Mistake> {
        loop {
            self.next_statement();
            if !self.rest().starts_with("%%") {
                break;
            }
            self.comment()?;
        }
        let position = self.position();
        let word = self.skip_while(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !["flowchart", "graph", "flowchart-elk", "flowchart-v2"].contains(&word) {
            return Err((position, no_flowchart(word, self.rest().is_empty())));
        }
        self.skip_blanks();
        let position = self.position();
        let direction = self.skip_while(|c| !c.is_whitespace() && c != ';');
        match direction {
            "" | "TD" | "TB" | "BT" | "LR" | "RL" | ">" | "<" | "^" | "v" => Ok(()),
            _ => Err(mistake(
                position,
                format!("方向“{}”无法识别；应为 TD、TB、BT、LR 或 RL", short(direction)),
                format!("the direction “{}” is not known; write TD, TB, BT, LR or RL", short(direction)),
            )),
        }
    }

    pub fn statement(&mut self) -> Result<Statement, Mistake> {
        if self.rest().is_empty() {
            return Ok(Statement::Finished);
        }
        if self.rest().starts_with("%%") {
            return self.comment();
        }
        let rest = self.rest();
        let word = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        let after = rest[word.len()..].chars().next();
        let alone = after.is_none_or(|c| c.is_whitespace() || c == ';');
        match word {
            "subgraph" if alone => self.subgraph(),
            "end" if alone => {
                self.at += word.len();
                Ok(Statement::End)
            }
            "accDescr" if rest[word.len()..].trim_start().starts_with('{') => {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                self.at += end;
                Ok(Statement::Aside)
            }
            "accTitle" | "accDescr" if alone || after == Some(':') => {
                self.skip_line();
                Ok(Statement::Aside)
            }
            _ if ASIDE.contains(&word) && alone => {
                self.skip_statement();
                Ok(Statement::Aside)
            }
            _ => self.chain(),
        }
    }

    /// `%%{ directives }%%`, and comments: ours are read.
    fn comment(&mut self) -> Result<Statement, Mistake> {
        let position = self.position();
        if self.rest().starts_with("%%{") {
            let end = self.rest().find("}%%");
            self.at += end.map_or(self.rest().len(), |end| end + 3);
            return Ok(Statement::Aside);
        }
        self.at += 2;
        let line = self.rest().split('\n').next().unwrap_or_default();
        self.at += line.len();
        let Some(json) = line.trim().strip_prefix("qingdan:") else { return Ok(Statement::Aside) };
        serde_json::from_str(json).map(Statement::Comment).map_err(|error| {
            mistake(
                position,
                format!("注释“qingdan:”后面不是一行 JSON 对象：{error}；请改正，或者删去这一行"),
                format!("what follows `qingdan:` is no JSON object on one line: {error}; mend it, or remove the line"),
            )
        })
    }

    fn subgraph(&mut self) -> Result<Statement, Mistake> {
        self.at += "subgraph".len();
        self.skip_blanks();
        let position = self.position();
        if self.peek() == Some('"') {
            let title = self.quoted()?;
            return Ok(Statement::Subgraph { name: title.clone(), title });
        }
        let line = self.rest().split(['\n', ';', '[']).next().unwrap_or_default();
        let name = line.trim();
        if name.is_empty() {
            return Err(mistake(
                position,
                "子图没有名称；请写 subgraph 加上由谁办理",
                "the subgraph has no name; write who acts after `subgraph`",
            ));
        }
        self.at += line.len();
        let title = if self.takes("[") { self.inner(position, &["]"])? } else { unescaped(name) };
        self.must_end()?;
        Ok(Statement::Subgraph { name: name.to_owned(), title })
    }

    fn chain(&mut self) -> Result<Statement, Mistake> {
        if self.is_about_link()? {
            return Ok(Statement::Aside);
        }
        let mut groups = vec![self.group()?];
        let mut arrows = Vec::new();
        loop {
            self.skip_blanks();
            if self.at_end_of_statement() || self.mentions_too_many() {
                return Ok(Statement::Chain { groups, arrows });
            }
            arrows.push(self.arrow()?);
            self.skip_blanks();
            if self.at_end_of_statement() {
                return Err(mistake(
                    self.position(),
                    "连线没有终点；请在同一行写上它通向的节点",
                    "the link leads nowhere; write the node that it leads to on the same line",
                ));
            }
            groups.push(self.group()?);
        }
    }

    /// `e1@{ animate: true }`: passes over what is said of the looks of a link, by its id or by words that are said of links only.
    fn is_about_link(&mut self) -> Result<bool, Mistake> {
        let (begin, position) = (self.at, self.position());
        let name = self.name();
        let mut is_about = self.takes("@{");
        if is_about {
            let mut mention = Mention { name: name.to_owned(), label: None, shape: None, position };
            let keys = self.described(&mut mention)?;
            is_about = self.links.contains(name) || !keys.is_empty() && keys.iter().all(|key| OF_LINKS.contains(key));
        }
        if is_about {
            self.must_end()?;
        } else {
            self.at = begin;
        }
        Ok(is_about)
    }

    fn group(&mut self) -> Result<Vec<Mention>, Mistake> {
        let mut group = vec![self.mention()?];
        loop {
            self.skip_blanks();
            if self.mentions_too_many() || !self.takes("&") {
                return Ok(group);
            }
            self.skip_blanks();
            group.push(self.mention()?);
        }
    }

    fn mention(&mut self) -> Result<Mention, Mistake> {
        self.mentions += 1;
        let position = self.position();
        let name = self.name();
        if name.is_empty() {
            return Err(mistake(
                position,
                format!("这里应为节点的标识，而不是“{}”；标识用字母、汉字、数字和下划线", short(self.rest())),
                format!("“{}” is no id of a node; ids are of letters, digits and underscores", short(self.rest())),
            ));
        }
        if name == "end" {
            return Err(mistake(
                position,
                "end 是保留字，不能作节点标识；请改写为 End",
                "`end` is a keyword and no id; write `End`",
            ));
        }
        let mut mention = Mention { name: name.to_owned(), label: None, shape: None, position };
        if self.takes("@{") {
            self.described(&mut mention)?;
        } else if let Some((open, closes, shape)) = SHAPES.iter().find(|(open, ..)| self.rest().starts_with(open)) {
            let position = self.position();
            self.at += open.len();
            mention.label = Some(self.inner(position, closes)?);
            mention.shape = Some(*shape);
        }
        while self.takes(":::") {
            self.skip_while(|c| c.is_alphanumeric() || c == '_' || c == '-');
        }
        Ok(mention)
    }

    /// An id: a hyphen or a dot is part of it where more of it follows, else it begins a link.
    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let mut end = 0;
        let mut characters = rest.char_indices().peekable();
        while let Some((_, c)) = characters.next() {
            let goes_on = characters.peek().is_some_and(|(_, next)| next.is_alphanumeric() || *next == '_');
            match c {
                _ if c.is_alphanumeric() || c == '_' => {}
                '-' | '.' if goes_on && end > 0 => {}
                _ => break,
            }
            end += c.len_utf8();
        }
        self.at += end;
        &rest[..end]
    }

    /// `@{ shape: diamond, label: "…" }`; returns the names of what is said.
    fn described(&mut self, mention: &mut Mention) -> Result<Vec<&'a str>, Mistake> {
        let position = self.position();
        let mut keys = Vec::new();
        loop {
            self.skip_while(|c| c.is_whitespace() || c == ',');
            if self.takes("}") {
                return Ok(keys);
            }
            let key = self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            self.skip_blanks();
            if key.is_empty() || !self.takes(":") {
                return Err(mistake(
                    position,
                    "@{ … } 里应为“名称: 值”，以 } 结束",
                    "between @{ and } stand `name: value` pairs; it is not so here, or not closed",
                ));
            }
            self.skip_blanks();
            let value = match self.peek() {
                Some('"') => self.quoted()?,
                _ => self.skip_while(|c| c != ',' && c != '}' && c != '\n').trim().to_owned(),
            };
            keys.push(key);
            match key {
                "shape" => mention.shape = Some(Shape::named(&value)),
                "label" => mention.label = Some(value),
                _ => {}
            }
        }
    }
}

fn no_flowchart(word: &str, nothing_follows: bool) -> Detail {
    match DIAGRAMS.iter().find(|diagram| word.starts_with(**diagram)) {
        Some(diagram) => Detail::new(
            format!("这是 Mermaid 的 {diagram}；请改画 flowchart"),
            format!("this is a {diagram} of Mermaid; draw a `flowchart` instead"),
        ),
        None if word.is_empty() && nothing_follows => {
            Detail::new("没有内容；第一行应为 flowchart TD", "this is empty; the first line must be `flowchart TD`")
        }
        None => Detail::new("第一行应为 flowchart TD", "the first line must be `flowchart TD`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrows of a chain, each by its words and whether it is dotted.
    fn arrows(text: &str) -> Vec<(Option<String>, bool)> {
        let Ok(Statement::Chain { arrows, groups }) = Cursor::of(text).statement() else { panic!("{text}") };
        assert_eq!(groups.len(), arrows.len() + 1);
        arrows.into_iter().map(|arrow| (arrow.label, arrow.dotted)).collect()
    }
    #[test]
    fn links_are_drawn_in_many_ways() {
        for plain in
            ["a-->b", "a --- b", "a ==> b", "a ====> b", "a --x b", "a---ob", "a-b-->c.d", "e[x]--->f", "a e1@--> b"]
        {
            assert_eq!(arrows(plain), [(None, false)], "{plain}");
        }
        for worded in ["a -->|是| b", "a-- 是 -->b", "a == 是 ==> b", "a --是--- b", "a -->|\"是\"|b"] {
            assert_eq!(arrows(worded), [(Some("是".into()), false)], "{worded}");
        }
        for (dotted, words) in
            [("a-.->b", None), ("a -..- b", None), ("a -. 是 .-> b", Some("是")), ("a -.->|是| b", Some("是"))]
        {
            assert_eq!(arrows(dotted), [(words.map(str::to_owned), true)], "{dotted}");
        }
        assert_eq!(arrows("a & b --> c -.-> d & e ==> f").len(), 3);
    }
}
