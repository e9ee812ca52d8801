//! Words on a drawing: without entities, quotes and tags; and the title in the front matter.

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
}
