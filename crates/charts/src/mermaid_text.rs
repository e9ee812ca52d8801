//! The notation of Mermaid flowcharts, statement by statement: what is written, not what it is in a chart.

use serde_json::{Map, Value};

use super::source_positions::Lines;
use qingdan_base::problem::{Detail, SourcePosition};

/// What is wrong, and where.
pub(super) type Mistake = (SourcePosition, Detail);

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

pub(super) struct Arrow {
    pub label: Option<String>,
    pub dotted: bool,
    /// `~~~`: keeps two nodes apart and says nothing.
    pub invisible: bool,
    pub position: SourcePosition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Box,
    Rounded,
    Diamond,
    Hexagon,
}

impl Shape {
    /// Whether a node of this kind may be drawn so.
    pub fn may_be(self, kind: qingdan_base::values::code_lists::NodeKind) -> bool {
        use qingdan_base::values::code_lists::NodeKind;
        match kind {
            NodeKind::Start | NodeKind::End => self == Self::Rounded,
            NodeKind::Task => matches!(self, Self::Box | Self::Rounded),
            NodeKind::ExclusiveGateway => self == Self::Diamond,
            NodeKind::ParallelGateway => self == Self::Hexagon,
        }
    }

    /// By the names of `@{ shape: … }`.
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
/// So often nodes are mentioned at most: a chart with all the links that it may have mentions fewer than half as many.
pub(super) const MOST_MENTIONS: usize = 1000;
/// Bytes in which words on a drawing have to end: so many times what they may have that nobody writes them.
const LONGEST_WORDS: usize = 4096;
/// Statements that say how it looks.
const ASIDE: [&str; 8] = ["direction", "classDef", "class", "style", "linkStyle", "click", "accTitle", "accDescr"];
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

/// The title in the front matter.
pub(super) fn title_of(text: &str) -> Option<String> {
    let (matter, _) = front_matter(text)?;
    let title = matter.lines().find_map(|line| line.strip_prefix("title:"))?.trim();
    let quoted = serde_json::from_str(title).ok();
    let plain = || title.trim_matches(|c| c == '"' || c == '\'').to_owned();
    Some(quoted.unwrap_or_else(plain)).filter(|title| !title.trim().is_empty())
}

/// The front matter, and where it ends.
fn front_matter(text: &str) -> Option<(&str, usize)> {
    let text = text.trim_start_matches('\u{feff}');
    let begin = text.find("---").filter(|begin| text[..*begin].trim().is_empty())?;
    let body = begin + text.get(begin..)?.find('\n')? + 1;
    let mut at = body;
    for line in text.get(body..)?.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&text[body..at], at + line.len()));
        }
        at += line.len();
    }
    None
}

pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    lines: Lines<'a>,
    mentions: usize,
}

impl<'a> Cursor<'a> {
    pub fn of(text: &'a str) -> Self {
        let marked = text.len() - text.trim_start_matches('\u{feff}').len();
        let at = marked + front_matter(text).map_or(0, |(_, end)| end);
        Self { text, at, lines: Lines::of(text), mentions: 0 }
    }

    /// Whether nodes were mentioned more often than is read: the statement that did it ends there.
    pub fn mentions_too_many(&self) -> bool {
        self.mentions > MOST_MENTIONS
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn position(&self) -> SourcePosition {
        self.lines.position(self.at)
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, skips: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !skips(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_blanks(&mut self) {
        self.skip_while(|c| c != '\n' && c.is_whitespace());
    }

    /// Passes over what comes next, if it is this.
    fn takes(&mut self, word: &str) -> bool {
        let takes = self.rest().starts_with(word);
        self.at += if takes { word.len() } else { 0 };
        takes
    }

    /// To the end of the line.
    pub fn skip_line(&mut self) {
        self.skip_while(|c| c != '\n');
    }

    /// Returns the rest of the line, as far as words may reach.
    fn words_of_line(&self) -> &'a str {
        let rest = self.rest();
        let near = &rest[..rest.floor_char_boundary(LONGEST_WORDS)];
        near.split('\n').next().unwrap_or_default()
    }

    /// What stands before this word, both passed over; `None` when it is not found on the line.
    fn before(&mut self, word: &str) -> Option<&'a str> {
        let line = self.words_of_line();
        let end = line.find(word)?;
        self.at += end + word.len();
        Some(&line[..end])
    }

    /// To the next statement, and where that is.
    pub fn next_statement(&mut self) -> SourcePosition {
        self.skip_while(|c| c.is_whitespace() || c == ';');
        self.position()
    }

    fn at_end_of_statement(&self) -> bool {
        matches!(self.peek(), None | Some('\n' | ';')) || self.rest().starts_with("%%")
    }

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
            _ => Err((
                position,
                Detail::new(
                    format!("方向“{}”无法识别；应为 TD、TB、BT、LR 或 RL", short(direction)),
                    format!("the direction “{}” is not known; write TD, TB, BT, LR or RL", short(direction)),
                ),
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
            _ if ASIDE.contains(&word) && (alone || after == Some(':')) => {
                self.skip_line();
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
            let said = Detail::new(
                format!("注释“qingdan:”后面不是一行 JSON 对象：{error}；请改正，或者删去这一行"),
                format!("what follows `qingdan:` is no JSON object on one line: {error}; mend it, or remove the line"),
            );
            (position, said)
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
            let said = Detail::new(
                "子图没有名称；请写 subgraph 加上由谁办理",
                "the subgraph has no name; write who acts after `subgraph`",
            );
            return Err((position, said));
        }
        self.at += line.len();
        let title = if self.takes("[") { self.inner(position, &["]"])? } else { unescaped(name) };
        self.must_end()?;
        Ok(Statement::Subgraph { name: name.to_owned(), title })
    }

    fn must_end(&mut self) -> Result<(), Mistake> {
        self.skip_blanks();
        if self.at_end_of_statement() {
            return Ok(());
        }
        let said = Detail::new(
            format!("这里的“{}”无法识别；一行写一句，句末换行", short(self.rest())),
            format!("“{}” is not understood here; end the statement with the line", short(self.rest())),
        );
        Err((self.position(), said))
    }

    fn chain(&mut self) -> Result<Statement, Mistake> {
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
                let said = Detail::new(
                    "连线没有终点；请在同一行写上它通向的节点",
                    "the link leads nowhere; write the node that it leads to on the same line",
                );
                return Err((self.position(), said));
            }
            groups.push(self.group()?);
        }
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
            let said = Detail::new(
                format!("这里应为节点的标识，而不是“{}”；标识用字母、汉字、数字和下划线", short(self.rest())),
                format!("“{}” is no id of a node; ids are of letters, digits and underscores", short(self.rest())),
            );
            return Err((position, said));
        }
        if name == "end" {
            let said =
                Detail::new("end 是保留字，不能作节点标识；请改写为 End", "`end` is a keyword and no id; write `End`");
            return Err((position, said));
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
        if self.takes(":::") {
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

    /// The words in a shape up to its end.
    fn inner(&mut self, position: SourcePosition, closes: &[&str]) -> Result<String, Mistake> {
        self.skip_blanks();
        let not_closed = || {
            let close = closes.first().copied().unwrap_or_default();
            let said = Detail::new(
                format!("括号没有闭合；请以 {close} 结束，文字里有括号时用双引号括起"),
                format!("this is not closed; end it with {close}, and put words with brackets in quotes"),
            );
            (position, said)
        };
        if self.peek() == Some('"') {
            let label = self.quoted()?;
            self.skip_while(char::is_whitespace);
            return match closes.iter().any(|close| self.takes(close)) {
                true => Ok(label),
                false => Err(not_closed()),
            };
        }
        let line = self.words_of_line();
        let found = closes.iter().filter_map(|close| Some((line.find(close)?, close.len()))).min();
        let (end, close) = found.ok_or_else(not_closed)?;
        self.at += end + close;
        Ok(unescaped(line[..end].trim()))
    }

    /// Words in quotes, over several lines where need be.
    fn quoted(&mut self) -> Result<String, Mistake> {
        let position = self.position();
        self.at += 1;
        let rest = self.rest();
        let Some(end) = rest.find('"') else {
            return Err((position, Detail::new("引号没有闭合", "the quotes are not closed")));
        };
        self.at += end + 1;
        let words = &rest[..end];
        let markdown = words.trim().strip_prefix('`').and_then(|words| words.strip_suffix('`'));
        Ok(unescaped(markdown.unwrap_or(words)))
    }

    /// `@{ shape: diamond, label: "…" }`
    fn described(&mut self, mention: &mut Mention) -> Result<(), Mistake> {
        let position = self.position();
        loop {
            self.skip_while(|c| c.is_whitespace() || c == ',');
            if self.takes("}") {
                return Ok(());
            }
            let key = self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            self.skip_blanks();
            if key.is_empty() || !self.takes(":") {
                let said = Detail::new(
                    "@{ … } 里应为“名称: 值”，以 } 结束",
                    "between @{ and } stand `name: value` pairs; it is not so here, or not closed",
                );
                return Err((position, said));
            }
            self.skip_blanks();
            let value = match self.peek() {
                Some('"') => self.quoted()?,
                _ => self.skip_while(|c| c != ',' && c != '}' && c != '\n').trim().to_owned(),
            };
            match key {
                "shape" => mention.shape = Some(Shape::named(&value)),
                "label" => mention.label = Some(value),
                _ => {}
            }
        }
    }

    fn arrow(&mut self) -> Result<Arrow, Mistake> {
        let position = self.position();
        self.skip_id_of_link();
        let tail = ["<", "x", "o"].into_iter().find(|tail| {
            let after = self.rest().strip_prefix(tail).unwrap_or_default();
            ["--", "==", "-."].iter().any(|line| after.starts_with(line))
        });
        if tail.is_some() {
            let said = Detail::new(
                "连线只有一个方向；请用两条 --> 分别画出去和回",
                "a link leads one way; draw two with `-->`, one there and one back",
            );
            return Err((position, said));
        }
        let mut arrow = Arrow { label: None, dotted: false, invisible: false, position };
        let rest = self.rest();
        let label = match rest {
            _ if rest.starts_with("~~~") => {
                self.skip_while(|c| c == '~');
                arrow.invisible = true;
                None
            }
            _ if rest.starts_with("--") => self.line('-', "--")?,
            _ if rest.starts_with("==") => self.line('=', "==")?,
            _ if rest.starts_with("-.") => {
                arrow.dotted = true;
                self.dotted_line()?
            }
            _ => {
                let said = Detail::new(
                    format!("这里的“{}”不是连线；请写 -->，带条件时写 -->|条件|", short(rest)),
                    format!("“{}” is no link; write `-->`, or `-->|condition|`", short(rest)),
                );
                return Err((position, said));
            }
        };
        self.skip_blanks();
        arrow.label = if self.takes("|") { Some(self.between_bars(position)?) } else { label };
        Ok(arrow)
    }

    /// `e1@-->`
    fn skip_id_of_link(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let after = rest.get(length..).unwrap_or_default().strip_prefix('@');
        if length > 0 && after.is_some_and(|after| after.starts_with(['-', '=', '~', '<'])) {
            self.at += length + 1;
        }
    }

    fn head(&mut self) -> bool {
        self.takes(">") || self.takes("x") || self.takes("o")
    }

    /// `-->`, `---`, `-- words -->`, and the same with `=`.
    fn line(&mut self, stroke: char, open: &str) -> Result<Option<String>, Mistake> {
        let position = self.position();
        let strokes = self.skip_while(|c| c == stroke).len();
        if self.head() || strokes > 2 {
            return Ok(None);
        }
        let words = self.before(open).ok_or_else(|| unfinished(position, open))?;
        self.skip_while(|c| c == stroke);
        self.head();
        Ok(Some(words_of(words)))
    }

    /// `-.->`, `-.-`, `-. words .->`.
    fn dotted_line(&mut self) -> Result<Option<String>, Mistake> {
        let position = self.position();
        self.at += 1;
        self.skip_while(|c| c == '.');
        if self.takes("-") {
            self.head();
            return Ok(None);
        }
        let words = self.before(".-").ok_or_else(|| unfinished(position, "-."))?;
        self.head();
        Ok(Some(words_of(words.trim_end_matches('.'))))
    }

    fn between_bars(&mut self, position: SourcePosition) -> Result<String, Mistake> {
        self.skip_blanks();
        if self.peek() == Some('"') {
            let words = self.quoted()?;
            self.skip_blanks();
            return if self.takes("|") { Ok(words) } else { Err(bar(position)) };
        }
        self.before("|").map(words_of).ok_or_else(|| bar(position))
    }
}

fn bar(position: SourcePosition) -> Mistake {
    (position, Detail::new("连线上的条件没有以 | 结束", "the words on the link do not end with |"))
}

fn unfinished(position: SourcePosition, open: &str) -> Mistake {
    let close = match open {
        "--" => "-->",
        "==" => "==>",
        _ => ".->",
    };
    let said = Detail::new(
        format!("连线没有画完；请写 -->，带条件时写 {open} 条件 {close}"),
        format!("the link is not finished; write `-->`, or `{open} condition {close}`"),
    );
    (position, said)
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

fn short(text: &str) -> String {
    text.split('\n').next().unwrap_or_default().chars().take(20).collect()
}

fn words_of(text: &str) -> String {
    let text = text.trim();
    unescaped(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}

/// Words without entities (`#35;`, `#quot;`, `&amp;`) and with line breaks for `<br/>`.
fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['#', '&', '<']) {
        read += &rest[..at];
        rest = &rest[at..];
        match special(rest) {
            Some((c, length)) => {
                read.push(c);
                rest = &rest[length..];
            }
            None => {
                read += &rest[..1];
                rest = &rest[1..];
            }
        }
    }
    read + rest
}

/// A character that is written otherwise, and how many bytes that takes.
fn special(text: &str) -> Option<(char, usize)> {
    if let Some(tag) = text.strip_prefix("<br") {
        let blank = tag.len() - tag.trim_start_matches([' ', '/']).len();
        return tag[blank..].starts_with('>').then_some(('\n', 3 + blank + 1));
    }
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let digits = name.strip_prefix('#').unwrap_or(name);
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    let named = || match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "semi" => Some(';'),
        "colon" => Some(':'),
        "num" => Some('#'),
        _ => None,
    };
    number.and_then(char::from_u32).or_else(named).map(|c| (c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_without_entities() {
        let read = ["a#34;b", "R#amp;D", "x &lt; y", "受理<br/>登记<br>完", "#x41;", "100% #1", "a & b; c", "<b>"]
            .map(unescaped);
        assert_eq!(read, ["a\"b", "R&D", "x < y", "受理\n登记\n完", "A", "100% #1", "a & b; c", "<b>"]);
    }

    #[test]
    fn a_title_stands_in_the_front_matter() {
        assert_eq!(title_of("---\ntitle: \"流程\\\"图\"\n---\nflowchart TD").as_deref(), Some("流程\"图"));
        assert_eq!(title_of("---\nconfig:\n  theme: x\ntitle: 低保\n---\n").as_deref(), Some("低保"));
        assert_eq!([title_of("flowchart TD\n---\n"), title_of("---\ntitle: x\n"), title_of("")], [None, None, None]);
    }

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
