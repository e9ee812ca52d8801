//! Citations as offices write them: `《…》第十一条第一款；《…》`, or the whole of a basis with its text: `1.《…》第十一条：…`, one after
//! the other.

use serde_json::{Value, json};

use super::{
    normalise_cell,
    numbered::{self, WithinLines},
    spelled::titled,
};

/// Words before a citation.
const INTRODUCING: [&str; 8] = ["根据", "依据", "依照", "按照", "法律依据", "设定依据", "实施依据", "参照"];
/// Words between an article and its text.
const SAYING: [&str; 3] = ["规定", "明确", "指出"];
/// What stands between citations.
const BETWEEN: &str = "；;、，,。.．";
/// Characters of what is not understood that are told.
const MOST_SHOWN: usize = 30;

/// A place in a legal instrument, and what is said of its text.
#[derive(Debug, PartialEq)]
pub struct Citation {
    /// The title, without 《》.
    pub title: String,
    /// The note behind the title: `（2018年修正）`, or the number of the document.
    pub note: String,
    /// The article; null where none is said.
    pub article: Value,
    /// The text; empty where none is said.
    pub text: String,
}

impl Citation {
    /// The title with its note, as it is looked up.
    pub fn name(&self) -> String {
        format!("《{}》{}", self.title, self.note)
    }
}

/// Takes a text apart into citations; the place where something else is written.
pub fn citations(text: &str) -> Result<Vec<Citation>, String> {
    let mut found = Vec::new();
    for part in parts(text.trim()) {
        read_part(&part, &mut found)?;
    }
    Ok(found)
}

/// The parts of a text that each begin with a citation: the elements of a numbered list, else its lines; a line without a citation at
/// its beginning goes on with the one before.
fn parts(text: &str) -> Vec<String> {
    let numbered = numbered::elements(text);
    let is_list = numbered.within_lines != WithinLines::Whole && numbered.texts.len() > 1;
    if is_list && numbered.texts.iter().all(|text| led(text).starts_with('《')) {
        return numbered.texts;
    }
    let mut parts: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match parts.last_mut() {
            Some(last) if !begins(line) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => parts.push(line.to_owned()),
        }
    }
    parts
}

/// Whether a line begins with a citation. `根据《` may go on with the text of the line before.
fn begins(line: &str) -> bool {
    introduced(line).starts_with('《')
}

/// What stands behind the words before a citation: `1.根据《`.
fn led(text: &str) -> &str {
    let rest = introduced(text);
    INTRODUCING.iter().find_map(|word| rest.strip_prefix(word)).map_or(rest, introduced)
}

/// What stands behind the numbers and marks before a citation: `1.【法律】《`.
fn introduced(text: &str) -> &str {
    let is_number = |note: &str| note.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    let is_mark = |c: char| c.is_whitespace() || c.is_ascii_digit() || BETWEEN.contains(c) || "：:".contains(c);
    let mut rest = text;
    loop {
        let before = rest;
        rest = rest.trim_start_matches(is_mark).trim_start_matches(|c| ('①'..='⑳').contains(&c));
        for (open, close) in [('【', '】'), ('（', '）'), ('(', ')'), ('[', ']')] {
            let note = rest.strip_prefix(open).and_then(|rest| rest.split_once(close));
            let is_label = |note: &str| is_number(note) || open == '【' && note.chars().count() <= 12;
            rest = note.filter(|(note, _)| is_label(note)).map_or(rest, |(_, after)| after);
        }
        rest = after_word_number(rest);
        if rest.len() == before.len() {
            return rest;
        }
    }
}

/// What stands behind `一、` before a citation.
fn after_word_number(text: &str) -> &str {
    let rest = text.trim_start_matches(|c| "一二三四五六七八九十".contains(c));
    rest.strip_prefix(['、', '．', '.']).filter(|_| rest.len() < text.len()).unwrap_or(text)
}

/// Reads a part: citations one after the other, or one with its text.
fn read_part(part: &str, found: &mut Vec<Citation>) -> Result<(), String> {
    let mut rest = led(part);
    while !rest.is_empty() {
        let (title, after) = titled(rest).ok_or_else(|| shown(rest))?;
        let (note, after) = noted(after);
        let (articles, after) = articles(after).ok_or_else(|| shown(after))?;
        let is_cited = !matches!(articles.as_slice(), [Value::Null]);
        let several = articles.len() > 1;
        let citation = |article| Citation { title: title.into(), note: note.into(), article, text: String::new() };
        found.extend(articles.into_iter().map(citation));
        rest = introduced(after);
        if after.chars().all(|c| c.is_whitespace() || c.is_ascii_digit() || BETWEEN.contains(c)) {
            return Ok(());
        }
        if rest.starts_with('《') && after.starts_with(|c| c == '\n' || BETWEEN.contains(c)) {
            continue;
        }
        let is_parted = after.trim_start_matches(' ').starts_with(['：', ':', '\n', '“']);
        let text = text_of(after);
        let says_something = !text.is_empty() && !normalise_cell::points_elsewhere(text);
        let last = found.last_mut().filter(|_| !several && (is_cited || is_parted) && says_something);
        last.ok_or_else(|| shown(after))?.text = text.to_owned();
        return Ok(());
    }
    Ok(())
}

/// The note behind a title, and what follows.
fn noted(text: &str) -> (&str, &str) {
    let rest = text.trim_start();
    for (open, close) in [('（', '）'), ('(', ')')] {
        if let Some((note, after)) = rest.strip_prefix(open).and_then(|inner| inner.split_once(close)) {
            let length = open.len_utf8() + note.len() + close.len_utf8();
            return (rest.get(..length).unwrap_or_default(), after);
        }
    }
    ("", text)
}

/// The text behind an article, without what leads to it and quotes around it.
fn text_of(text: &str) -> &str {
    let leads = |c: char| c.is_whitespace() || BETWEEN.contains(c) || "：:".contains(c);
    let mut text = text.trim_start_matches(leads);
    if let Some(after) = SAYING.iter().find_map(|word| text.strip_prefix(word)) {
        text = after.strip_prefix(['：', ':', '，', ',']).unwrap_or(text);
    }
    let text = text.trim();
    let inner = text.strip_prefix('“').and_then(|text| text.strip_suffix('”'));
    inner.filter(|inner| !inner.contains(['“', '”'])).unwrap_or(text)
}

/// The articles at the beginning of a text, and what follows: `第十条、第十一条第二款`. One null where there is none; none where one is not
/// written as articles are.
fn articles(text: &str) -> Option<(Vec<Value>, &str)> {
    let (mut found, mut rest) = (Vec::new(), text);
    loop {
        let begin = rest.trim_start();
        let begin = match found.is_empty() {
            true => begin,
            false => match begin.strip_prefix(['、', '和', '及', '，', ',', '与']) {
                Some(next) => next.trim_start(),
                None => break,
            },
        };
        match article(begin) {
            Some((article, after)) => {
                found.push(article);
                rest = after;
            }
            None if begin.starts_with('第') && found.is_empty() => return None,
            None => break,
        }
    }
    if found.is_empty() {
        found.push(Value::Null);
    }
    Some((found, rest))
}

/// `第十一条之一第二款第（三）项第1目` at the beginning of a text, and what follows.
fn article(text: &str) -> Option<(Value, &str)> {
    let (mut article, mut rest) = (json!({}), text);
    loop {
        let next = rest.trim_start_matches(' ');
        if article.get("number").is_some()
            && let Some((number, after)) = next.strip_prefix('之').and_then(numeral)
        {
            article["suffix"] = json!(number);
            rest = after;
            continue;
        }
        let Some((part, number, after)) = step(next) else { break };
        if article.get(part).is_some() || part == "number" && rest.len() < text.len() {
            break;
        }
        article[part] = json!(number);
        rest = after;
    }
    article.get("number").is_some().then_some((article, rest))
}

/// `第（三）项`: what it counts, the number, what follows.
fn step(text: &str) -> Option<(&'static str, u32, &str)> {
    let inner = text.strip_prefix('第')?.trim_start_matches([' ', '（', '(']);
    let (number, after) = numeral(inner)?;
    let after = after.trim_start_matches([' ', '）', ')']);
    let mut letters = after.chars();
    let part = match letters.next()? {
        '条' => "number",
        '款' => "paragraph",
        '项' => "item",
        '目' => "subitem",
        _ => return None,
    };
    Some((part, number, letters.as_str()))
}

/// A number in digits, of whatever width, or in Chinese.
fn numeral(text: &str) -> Option<(u32, &str)> {
    let wide = text.find(|c| !('０'..='９').contains(&c)).unwrap_or(text.len());
    match wide {
        0 => normalise_cell::numeral(text),
        _ => Some((normalise_cell::numeral(&normalise_cell::narrow(&text[..wide]))?.0, &text[wide..])),
    }
}

fn shown(text: &str) -> String {
    text.trim().chars().take(MOST_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::instruments::Article;

    fn short(text: &str) -> Vec<(String, u64, String)> {
        let found = citations(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        found.into_iter().map(|one| (one.title, one.article["number"].as_u64().unwrap_or(0), one.text)).collect()
    }

    fn expected(found: &[(&str, u64, &str)]) -> Vec<(String, u64, String)> {
        found.iter().map(|(title, number, text)| ((*title).to_owned(), *number, (*text).to_owned())).collect()
    }

    #[test]
    fn citations_are_taken_apart() {
        let found =
            citations("《福建省实施《中华人民共和国城乡规划法》办法》第十七条之一第二款第（三）项；\n《森林法》")
                .expect("cited");
        let article = json!({ "number": 17, "suffix": 1, "paragraph": 2, "item": 3 });
        assert_eq!(
            (found[0].title.as_str(), &found[0].article),
            ("福建省实施《中华人民共和国城乡规划法》办法", &article)
        );
        assert_eq!((found[1].title.as_str(), &found[1].article), ("森林法", &Value::Null));
        for (wrong, place) in [
            ("见附件", "见附件"),
            ("《森林法", "《森林法"),
            ("《森林法》有关规定", "有关规定"),
            ("《森林法》第条", "第条"),
            ("《甲法》第一条；见附件", "；见附件"),
            ("《甲法》第一条、第二条：采伐林木的", "：采伐林木的"),
        ] {
            assert_eq!(citations(wrong), Err(place.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn a_whole_basis_is_taken_apart_however_it_is_written() {
        let two = expected(&[("甲法", 1, "采伐林木的，应当申请。"), ("乙条例", 20, "按照《甲法》第三条办理。")]);
        for written in [
            "1.《甲法》第一条：采伐林木的，应当申请。\n2.《乙条例》第二十条：按照《甲法》第三条办理。",
            "1.《甲法》第一条：采伐林木的，应当申请。2.《乙条例》第二十条：按照《甲法》第三条办理。",
            "《甲法》第一条 采伐林木的，应当申请。\n《乙条例》第二十条 按照《甲法》第三条办理。",
            "《甲法》第一条\n采伐林木的，应当申请。\n《乙条例》第２０条\n按照《甲法》第三条办理。",
            "【法律】《甲法》第一条规定：“采伐林木的，应当申请。”\n【地方性法规】《乙条例》第二十条规定：按照《甲法》第三条办理。",
            "一、根据《甲法》第一条，采伐林木的，应当申请。\n二、根据《乙条例》第二十条，按照《甲法》第三条办理。",
            "（1）《甲法》（2018年修正）第一条：采伐林木的，应当申请。\n（2）《乙条例》（闽政〔2014〕8号）第二十条：按照《甲法》第三条办理。",
        ] {
            assert_eq!(short(written), two, "{written}");
        }
        let noted = citations("《甲法》（2018年修正）第一条").expect("cited");
        assert_eq!(noted[0].name(), "《甲法》（2018年修正）");
        assert_eq!(
            short("《甲法》第一条、第三条；《乙法》"),
            expected(&[("甲法", 1, ""), ("甲法", 3, ""), ("乙法", 0, "")])
        );
        assert_eq!(short("《甲法》：全文"), expected(&[("甲法", 0, "全文")]));
        assert!(short("").is_empty());
    }

    proptest! {
        #[test]
        fn every_article_that_is_written_is_read_back(
            number in 1_u32..9999, suffix in proptest::option::of(1_u32..99), paragraph in proptest::option::of(1_u32..99),
            item in proptest::option::of(1_u32..99), subitem in proptest::option::of(1_u32..99),
        ) {
            let written = Article { number, suffix, paragraph, item, subitem };
            let (read, rest) = article(&written.chinese()).map(|(read, rest)| (read, rest.to_owned())).expect("an article");
            let read: Article = serde_json::from_value(read).expect("its type");
            prop_assert_eq!((read, rest.as_str()), (written, ""));
        }

        #[test]
        fn texts_of_laws_are_read_back(
            texts in proptest::collection::vec("[甲乙丙丁，的]{0,5}[甲乙丙丁]", 1..6), is_numbered in any::<bool>(),
        ) {
            let line = |(at, text): (usize, &String)| {
                let number = if is_numbered { format!("{}.", at + 1) } else { String::new() };
                format!("{number}《第{at}法》第{}条：{text}。", at + 1)
            };
            let written: Vec<String> = texts.iter().enumerate().map(line).collect();
            let found = citations(&written.join("\n")).expect("cited");
            prop_assert_eq!(found.len(), texts.len());
            for (one, text) in found.iter().zip(&texts) {
                let whole = format!("{text}。");
                prop_assert_eq!(one.text.trim_start_matches('，'), whole.trim_start_matches('，'));
            }
        }

        #[test]
        fn no_text_panics(text in "[《》第一十百零条款项之（）0-9；：“”根据甲\n]{0,24}") {
            let _ = citations(&text);
        }
    }
}
