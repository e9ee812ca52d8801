//! XML from strangers: bounded before it is parsed, and what is wrong with it told with line and column.

use roxmltree::{Document, Error, Node, ParsingOptions};

use super::source_positions::Lines;
use qingdan_base::problem::{Detail, FieldError, SourcePosition, Wrong};

/// Bytes of a document.
const MOST_BYTES: usize = 1 << 20;
/// Elements, texts and comments of a document.
const MOST_NODES: u32 = 60_000;
/// Attributes of one element. The parser compares each with each.
const MOST_ATTRIBUTES: usize = 500;
/// Declarations of namespaces. The parser copies all that hold to each element that declares one.
const MOST_NAMESPACES: usize = 200;

/// The document, or the first mistake: what comes after it cannot be told apart.
pub(super) fn parse(text: &str) -> Result<Document<'_>, FieldError> {
    bounded(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, entity_resolver: None };
    Document::parse_with_options(text, options).map_err(|error| refusal(text, &error))
}

/// All the text in an element, CDATA sections too.
pub(super) fn content(element: Node<'_, '_>) -> String {
    element.children().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn bounded(text: &str) -> Result<(), FieldError> {
    let start = SourcePosition { line: 1, column: 1 };
    if text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() {
        return Err(at(start, "内容是空的，应为 BPMN 2.0 XML", "there is nothing; BPMN 2.0 XML is expected"));
    }
    if text.len() > MOST_BYTES {
        return Err(at(
            start,
            "文件超过 1 MiB；请去掉图片等扩展内容后再导入",
            "the file is larger than 1 MiB; remove pictures and other extensions and import it again",
        ));
    }
    if text.matches("xmlns").nth(MOST_NAMESPACES).is_some() {
        return Err(at(start, "命名空间声明过多", "there are too many declarations of namespaces"));
    }
    // No attribute can have a `<`, so that no tag reaches over one.
    let mut begin = 0;
    for part in text.split('<') {
        if attributes(part) > MOST_ATTRIBUTES {
            let position = Lines::of(text).position(begin);
            return Err(at(position, "一个元素的属性过多", "this element has too many attributes"));
        }
        begin += part.len() + 1;
    }
    Ok(())
}

/// At least as many attributes as the tag at the beginning of `part` has.
fn attributes(part: &str) -> usize {
    part.split('=').skip(1).filter(|value| value.trim_start().starts_with(['"', '\''])).count()
}

/// Says what is wrong, and where: for the most frequent mistakes also what to do.
fn refusal(text: &str, error: &Error) -> FieldError {
    let found = error.pos();
    let position = SourcePosition { line: found.row as usize, column: found.col as usize };
    let position = match error {
        Error::DtdDetected => text.find("<!DOCTYPE").map_or(position, |byte| Lines::of(text).position(byte)),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => Lines::of(text).position(text.len()),
        _ => position,
    };
    let (chinese, english) = sentences(error);
    at(position, chinese, english)
}

/// Returns the sentence for an error, in Chinese and in English.
fn sentences(error: &Error) -> (String, String) {
    let (chinese, english) = match error {
        Error::UnexpectedCloseTag(expected, actual, _) => {
            let (expected, actual) = (cut(expected), cut(actual));
            let chinese = format!("结束标记 </{actual}> 与开始标记 <{expected}> 不配对");
            return (chinese, format!("the end tag </{actual}> does not match <{expected}>"));
        }
        Error::UnknownNamespace(prefix, _) => {
            let prefix = cut(prefix);
            let chinese = format!("前缀 {prefix}: 没有声明命名空间（xmlns:{prefix}）");
            return (chinese, format!("the prefix {prefix}: has no namespace (xmlns:{prefix})"));
        }
        Error::DuplicatedAttribute(name, _) => {
            let name = cut(name);
            return (format!("属性 {name} 重复"), format!("the attribute {name} is given twice"));
        }
        Error::UnknownEntityReference(name, _) => {
            let name = cut(name);
            let chinese = format!("不认识的实体 &{name};；请直接写字符");
            return (chinese, format!("&{name}; is not known; write the character itself"));
        }
        Error::DtdDetected => (
            "不接受文档类型声明（DOCTYPE）；请删去这一声明",
            "a document type declaration (DOCTYPE) is not taken; remove it",
        ),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => (
            "文件到此中断，还有元素没有结束；请重新导出完整的文件",
            "the file ends here with elements still open; export the whole file again",
        ),
        Error::NoRootNode => ("没有任何 XML 元素", "there is no XML element"),
        Error::MalformedEntityReference(_) => ("单独的 & 应写作 &amp;", "an & that stands alone is written &amp;"),
        Error::NodesLimitReached | Error::AttributesLimitReached | Error::NamespacesLimitReached => {
            ("文件中的元素过多", "there are too many elements")
        }
        other => return not_well_formed(other),
    };
    (chinese.into(), english.into())
}

/// Repeats the library's sentence without the position at its end, which the mistake tells anyway.
fn not_well_formed(error: &Error) -> (String, String) {
    let sentence = error.to_string();
    let reason = sentence.rsplit_once(" at ").map_or(sentence.as_str(), |(reason, _)| reason);
    let reason: String = reason.chars().take(160).collect();
    (format!("此处不是合法的 XML（{reason}）"), format!("this is not well-formed XML: {reason}"))
}

/// As much of a name as one reads.
fn cut(name: &str) -> String {
    name.chars().take(40).collect()
}

fn at(position: SourcePosition, chinese: impl Into<String>, english: impl Into<String>) -> FieldError {
    FieldError::at("", Wrong::Notation(Detail::new(chinese, english))).at_position(Some(position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingdan_base::problem::Language;

    fn mistake(text: &str) -> (usize, usize, String) {
        let error = parse(text).unwrap_err();
        let position = error.position.unwrap();
        (position.line, position.column, error.wrong.text(Language::English))
    }

    #[test]
    fn what_is_not_xml_says_where_and_why() {
        let cases = [
            ("", 1, 1, "there is nothing"),
            ("\u{feff} \n", 1, 1, "there is nothing"),
            ("<a>\n  <b></c></a>", 2, 6, "</c> does not match <b>"),
            ("<a>\n  <b/>\n", 3, 1, "the file ends here"),
            ("<a>\n<b x=\"受理 &nbsp;\"/></a>", 2, 10, "&nbsp; is not known"),
            ("<a>1 & 2</a>", 1, 6, "written &amp;"),
            ("<a>\n<camunda:b/></a>", 2, 2, "camunda: has no namespace"),
            ("<a x='1' x='2'/>", 1, 10, "x is given twice"),
            (
                "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
                2,
                1,
                "DOCTYPE",
            ),
            ("flowchart TD", 1, 1, "not well-formed"),
        ];
        for (text, line, column, words) in cases {
            let (found_line, found_column, said) = mistake(text);
            assert!(said.contains(words), "{text}: {said}");
            assert_eq!((found_line, found_column), (line, column), "{text}: {said}");
        }
    }

    #[test]
    fn what_would_take_long_is_refused_before() {
        assert!(mistake(&format!("<a>{}</a>", "x".repeat(MOST_BYTES))).2.contains("1 MiB"));
        let many: String = (0..60_000).map(|number| format!(" a{number}='1'")).collect();
        assert!(mistake(&format!("<a>\n<b{many}/></a>")).2.contains("too many attributes"));
        let deep: String = (0..20_000).map(|number| format!("<a xmlns:p{number}='u'>")).collect();
        assert!(mistake(&deep).2.contains("declarations of namespaces"));
        assert!(mistake(&"<a>".repeat(300_000)).2.contains("too many elements"));
        let deep = "<a>".repeat(50_000) + &"</a>".repeat(50_000);
        assert!(parse(&deep).is_ok());
    }
}
