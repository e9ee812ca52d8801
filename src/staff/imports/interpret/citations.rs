//! Citations as offices write them: `《…》第十一条第一款；《…》`.

use serde_json::{Value, json};

use super::normalise_cell;

/// Takes a text apart into titles and articles; none when something else is written.
pub fn citations(text: &str) -> Option<Vec<(String, Value)>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let begin = rest.find('《')?;
        if !rest[..begin].chars().all(|c| c.is_whitespace() || c.is_ascii_digit() || "；;、，,。.．".contains(c)) {
            return None;
        }
        let (title, after) = titled(&rest[begin..])?;
        let end = after.find('《').unwrap_or(after.len());
        let (place, next) = after.split_at(end);
        let place =
            place.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || "；;、，,。.．".contains(c));
        found.push((title.to_owned(), article(place.trim())?));
        rest = next;
    }
    Some(found)
}

/// The title between the first 《 and its own 》, which may hold others.
fn titled(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '《' => depth += 1,
            '》' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let inner = text.get('《'.len_utf8()..at)?;
            return Some((inner, &text[at + c.len_utf8()..]));
        }
    }
    None
}

/// `第十一条之一第二款第（三）项第1目`; null where nothing is written.
fn article(text: &str) -> Option<Value> {
    let text = normalise_cell::plain(text);
    let mut rest = text.as_str();
    if rest.is_empty() {
        return Some(Value::Null);
    }
    let mut article = json!({});
    while !rest.is_empty() {
        if let Some(suffix) = rest.strip_prefix('之') {
            let (number, after) = normalise_cell::numeral(suffix)?;
            article["suffix"] = json!(number);
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('第')?.trim_start_matches(['（', '(']);
        let (number, after) = normalise_cell::numeral(inner)?;
        let after = after.trim_start_matches(['）', ')']);
        let mut letters = after.chars();
        let part = match letters.next()? {
            '条' => "number",
            '款' => "paragraph",
            '项' => "item",
            '目' => "subitem",
            _ => return None,
        };
        article[part] = json!(number);
        rest = letters.as_str();
    }
    article.get("number").is_some().then_some(article)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::instruments::Article;

    #[test]
    fn citations_are_taken_apart() {
        let found =
            citations("《福建省实施《中华人民共和国城乡规划法》办法》第十七条之一第二款第（三）项；\n《森林法》")
                .expect("cited");
        let article = json!({ "number": 17, "suffix": 1, "paragraph": 2, "item": 3 });
        assert_eq!(found[0], ("福建省实施《中华人民共和国城乡规划法》办法".to_owned(), article));
        assert_eq!(found[1], ("森林法".to_owned(), Value::Null));
        for wrong in ["见附件", "《森林法", "《森林法》有关规定", "根据《森林法》"] {
            assert_eq!(citations(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_article_that_is_written_is_read_back(
            number in 1_u32..9999, suffix in proptest::option::of(1_u32..99), paragraph in proptest::option::of(1_u32..99),
            item in proptest::option::of(1_u32..99), subitem in proptest::option::of(1_u32..99),
        ) {
            let written = Article { number, suffix, paragraph, item, subitem };
            let read: Article = serde_json::from_value(article(&written.chinese()).expect("an article")).expect("its type");
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_text_panics(text in "[《》第一十百零条款项之（）0-9；甲]{0,20}") {
            citations(&text);
        }
    }
}
