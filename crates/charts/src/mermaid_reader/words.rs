//! Words on a drawing: without entities, quotes and tags; and the title in the front matter.

use std::borrow::Cow;

/// Reads the title in the front matter.
pub(super) fn title_of(text: &str) -> Option<String> {
    let (matter, _) = front_matter(text)?;
    let title = matter.lines().find_map(|line| line.strip_prefix("title:"))?.trim();
    let quoted = serde_json::from_str(title).ok();
    let plain = || title.trim_matches(|c| c == '"' || c == '\'').to_owned();
    Some(quoted.unwrap_or_else(plain)).filter(|title| !title.trim().is_empty())
}

/// Finds the front matter, and where it ends.
pub(super) fn front_matter(text: &str) -> Option<(&str, usize)> {
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

/// The text with blanks in the place of the fence with which Markdown marks it (```` ```mermaid ````): places in it stay the same.
pub(super) fn unfenced(text: &str) -> Cow<'_, str> {
    let begin = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    let fence = ["```", "~~~", ":::"].into_iter().find(|fence| text[begin..].starts_with(fence));
    let Some(fence) = fence else { return text.into() };
    let first = text[begin..].find('\n').map_or(text.len(), |end| begin + end);
    let info = text[begin..first].trim_start_matches(['`', '~', ':']);
    if !["", "mermaid", "{mermaid}", "{.mermaid}"].contains(&info.trim().to_ascii_lowercase().as_str()) {
        return text.into();
    }
    let end = text.trim_end();
    let last = end.rfind('\n').map_or(0, |at| at + 1);
    let is_closed = last > first
        && end[last..].trim_start().starts_with(fence)
        && end[last..].trim().chars().all(|c| fence.contains(c));
    let last = if is_closed { last } else { text.len() };
    let blank = " ".repeat(first - begin);
    format!("{}{blank}{}{}", &text[..begin], &text[first..last], if is_closed { "\n" } else { "" }).into()
}

/// Words of Markdown (between backticks) without the signs of emphasis around them.
pub(super) fn without_emphasis(text: &str) -> String {
    let mut text = text.to_owned();
    for mark in ["***", "___", "**", "__", "~~", "*", "_"] {
        text = without_pairs(&text, mark);
    }
    text
}

/// The text without each two marks that stand around words: the first before a word, the second behind one.
fn without_pairs(text: &str, mark: &str) -> String {
    let mut parts = text.split(mark);
    let mut read = parts.next().unwrap_or_default().to_owned();
    let mut parts = parts.peekable();
    while let Some(inner) = parts.next() {
        let opens =
            !inner.is_empty() && inner.trim() == inner && (mark != "_" || !read.ends_with(char::is_alphanumeric));
        match parts.next_if(|after| opens && (mark != "_" || !after.starts_with(char::is_alphanumeric))) {
            Some(after) => read += &format!("{inner}{after}"),
            None => read += &format!("{mark}{inner}"),
        }
    }
    read
}

/// Tags of HTML that say how words look.
const LOOKS: [&str; 22] = [
    "b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "sub", "sup", "center", "code", "mark", "del",
    "ins", "a", "img", "strike", "label", "nobr",
];
/// Tags that set words on a line of their own.
const BLOCKS: [&str; 10] = ["p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "hr"];

/// Words as Mermaid shows them, without what is only looks: tags of HTML, icons (`fa:fa-user`), and the `\n` of older versions.
pub(super) fn without_looks(text: &str) -> String {
    let text = text.replace("\\n", "\n");
    let mut read = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('<') {
        read += &rest[..at];
        rest = &rest[at..];
        match tag(rest) {
            Some((length, is_block)) => {
                read += if is_block { "\n" } else { "" };
                rest = &rest[length..];
            }
            None => {
                read.push('<');
                rest = &rest[1..];
            }
        }
    }
    without_icons(&(read + rest))
}

/// The length of a tag that begins here, and whether it ends a line.
fn tag(text: &str) -> Option<(usize, bool)> {
    let end = text.bytes().take(500).position(|byte| byte == b'>')?;
    let inner = text.get(1..end)?.trim_start_matches('/');
    let length = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let (name, more) = inner.split_at(length);
    let name = name.to_ascii_lowercase();
    let is_tag = more.is_empty() || more.starts_with([' ', '/', '\n']);
    let is_block = BLOCKS.contains(&name.as_str()) || name == "br";
    (is_tag && (is_block || LOOKS.contains(&name.as_str()))).then_some((end + 1, is_block))
}

/// The text without icons: `fa:fa-user`, `fab:fa-weixin`.
fn without_icons(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(":fa-") {
        let (before, after) = rest.split_at(at);
        let set = before.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let is_icon = ["fa", "fab", "fas", "far", "fal", "fad", "fat", "fak"].contains(&&before[set.len()..]);
        let end = after[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(after.len(), |end| end + 1);
        read += if is_icon { set } else { &rest[..at + end] };
        rest = &after[end..];
    }
    read + rest
}

/// The beginning of a text, for a mistake that cites it.
pub(super) fn short(text: &str) -> String {
    text.split('\n').next().unwrap_or_default().chars().take(20).collect()
}

pub(super) fn words_of(text: &str) -> String {
    let text = text.trim();
    unescaped(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}

/// Reads words without entities (`#35;`, `#quot;`, `&amp;`) and with line breaks for `<br/>`.
pub(super) fn unescaped(text: &str) -> String {
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
    if let Some(tag) = text.get(..3).filter(|tag| tag.eq_ignore_ascii_case("<br")).and_then(|_| text.get(3..)) {
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
        let read = ["a#34;b", "R#amp;D", "x &lt; y", "受理<BR/>登记<br>完", "#x41;", "100% #1", "a & b; c", "<b>"]
            .map(unescaped);
        assert_eq!(read, ["a\"b", "R&D", "x < y", "受理\n登记\n完", "A", "100% #1", "a & b; c", "<b>"]);
    }

    #[test]
    fn looks_are_no_words() {
        for (drawn, words) in [
            ("<b>决定</b>", "决定"),
            ("<B>决定</B>", "决定"),
            ("<span style='color:red'>决定</span>", "决定"),
            ("<font color=red>决定</font>", "决定"),
            ("fa:fa-user 审查", " 审查"),
            ("审查fab:fa-weixin", "审查"),
            ("审查 fas:fa-check-circle 完", "审查  完"),
            ("申请\\n材料", "申请\n材料"),
            ("<p>受理</p>", "\n受理\n"),
            ("<i>当场</i><sup>1</sup>", "当场1"),
            ("<a href=\"x\">网上</a>", "网上"),
            ("<img src='x.png'/>受理", "受理"),
            ("金额<5000", "金额<5000"),
            ("a < b > c", "a < b > c"),
            ("<甲>", "<甲>"),
            ("<body>", "<body>"),
            ("x:fa-y", "x:fa-y"),
            ("<b", "<b"),
        ] {
            assert_eq!(without_looks(drawn), words, "{drawn}");
        }
        for (markdown, words) in [
            ("**受理**\n  _当场_", "受理\n  当场"),
            ("*受理*", "受理"),
            ("__受理__", "受理"),
            ("***受理***", "受理"),
            ("~~受理~~", "受理"),
            ("3 * 4 * 5", "3 * 4 * 5"),
            ("a_b_c", "a_b_c"),
            ("**受理", "**受理"),
            ("受理", "受理"),
            ("**甲**和**乙**", "甲和乙"),
        ] {
            assert_eq!(without_emphasis(markdown), words, "{markdown}");
        }
    }

    #[test]
    fn a_fence_of_markdown_is_passed_over_and_places_stay() {
        for (fenced, text) in [
            ("```mermaid\ngraph TD\n```\n", "          \ngraph TD\n\n"),
            ("```\ngraph TD\n```", "   \ngraph TD\n\n"),
            ("\u{feff}~~~mermaid\ngraph TD\n~~~", "\u{feff}          \ngraph TD\n\n"),
            ("```mermaid\ngraph TD", "          \ngraph TD"),
            ("::: mermaid\ngraph TD\n:::", "           \ngraph TD\n\n"),
            ("```rust\ngraph TD\n```", "```rust\ngraph TD\n```"),
            ("graph TD\n```", "graph TD\n```"),
            ("```", "   "),
        ] {
            assert_eq!(unfenced(fenced), text, "{fenced:?}");
        }
    }

    #[test]
    fn a_title_stands_in_the_front_matter() {
        assert_eq!(title_of("---\ntitle: \"流程\\\"图\"\n---\nflowchart TD").as_deref(), Some("流程\"图"));
        assert_eq!(title_of("---\nconfig:\n  theme: x\ntitle: 低保\n---\n").as_deref(), Some("低保"));
        assert_eq!([title_of("flowchart TD\n---\n"), title_of("---\ntitle: x\n"), title_of("")], [None, None, None]);
    }
}
