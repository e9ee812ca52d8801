//! The parts of a text that a query matched.

use std::{cell::LazyCell, ops::Range};

use super::{
    fold::{Folded, fold_beginning, fold_with_origins, origin},
    query::{LONGEST_QUERY, Query, Spelling, Word},
    readings::{Sounds, sounding},
    text::Text,
};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The part, as in the text.
    pub text: String,
    /// Whether the query matched it.
    pub is_match: bool,
}

/// A text of the record that was indexed as `text`, cut where the query's words were found: as written, or else, where it is one of
/// its names, by sound. Nothing if none was found.
pub fn highlight(query: &Query, text: &Text, shown: &str) -> Option<Vec<Segment>> {
    let folded = fold_with_origins(shown);
    let name = text.names.iter().find(|name| *name.text == *folded.text);
    // How names sound stands in the index. Which of their characters those are is reckoned once, for the first word that is heard.
    let places = LazyCell::new(|| sounding(&folded.text));
    let by_sound = |word: &Word| -> Vec<Range<usize>> {
        let Some((name, spelling)) = name.zip(word.spelling.as_ref()) else { return Vec::new() };
        let heard = by_sound(&name.sounds, spelling).into_iter();
        heard.map(|sounds| places[sounds.start]..places[sounds.end - 1] + 1).collect()
    };
    let found = query.words().flat_map(|word| {
        let as_written = as_written(word, &folded);
        if as_written.is_empty() { by_sound(word) } else { as_written }
    });
    let found = joined(found.map(|range| original(range, &folded)).collect());
    (!found.is_empty()).then(|| segments(shown, 0..shown.len(), &found))
}

/// A piece of the body of the record that was indexed as `text`, with up to `around` characters before and after the first place where
/// a word was found as written, and `…` where it was cut; nothing if none was found. `text` may have more after the body.
///
/// Only the piece is folded: where it begins is told by the folded body of the index.
pub fn snippet(query: &Query, text: &Text, body: &str, around: usize) -> Option<Vec<Segment>> {
    let first = query.words().filter_map(|word| word.finder.find(text.body.as_bytes())).min()?;
    let start = origin(body, first)?;
    // Room for the first word that was found, the text around it, and a word that begins there.
    let folded = fold_beginning(&body[start..], 2 * LONGEST_QUERY + around);
    let found = query.words().flat_map(|word| as_written(word, &folded));
    let found = joined(found.map(|range| original(range, &folded)).collect());
    let found: Vec<_> = found.into_iter().map(|range| start + range.start..start + range.end).collect();
    let first = found.first()?;
    let begin = body[..first.start].char_indices().rev().take(around).last().map_or(first.start, |(place, _)| place);
    let end = body[first.end..].char_indices().nth(around).map_or(body.len(), |(place, _)| first.end + place);
    let mut cut = segments(body, begin..end, &found);
    if begin > 0 {
        cut.insert(0, Segment { text: "…".into(), is_match: false });
    }
    if end < body.len() {
        cut.push(Segment { text: "…".into(), is_match: false });
    }
    Some(cut)
}

/// The places of a word, in characters of the folded text.
fn as_written(word: &Word, folded: &Folded) -> Vec<Range<usize>> {
    let len = word.text.chars().count();
    let mut found = Vec::new();
    let mut characters = 0;
    let mut counted = 0;
    for begin in word.finder.find_iter(folded.text.as_bytes()) {
        characters += folded.text[counted..begin].chars().count();
        counted = begin;
        found.push(characters..characters + len);
    }
    found
}

/// Finds the places where a word is heard among the sounds of a name: as pinyin, or else as initials.
fn by_sound(sounds: &Sounds, spelling: &Spelling) -> Vec<Range<usize>> {
    let found = |end: &dyn Fn(usize) -> Option<usize>| -> Vec<Range<usize>> {
        (0..sounds.len()).filter_map(|start| Some(start..end(start)?)).collect()
    };
    let as_pinyin = found(&|start| sounds.end_of_pinyin(start, spelling));
    if as_pinyin.is_empty() { found(&|start| sounds.end_of_initials(start, spelling)) } else { as_pinyin }
}

/// The bytes of the original text that became these folded characters, and what is not seen after them.
fn original(range: Range<usize>, folded: &Folded) -> Range<usize> {
    folded.origins[range.start]..folded.ends[range.end - 1]
}

/// The ranges in order, those that touch or overlap made one.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The part of the text, cut at the ends of the matches.
fn segments(text: &str, part: Range<usize>, matches: &[Range<usize>]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut add = |range: Range<usize>, is_match| {
        let range = range.start.max(part.start)..range.end.min(part.end);
        if range.start < range.end {
            segments.push(Segment { text: text[range].to_owned(), is_match });
        }
    };
    let mut done = part.start;
    for found in matches {
        add(done..found.start, false);
        add(found.clone(), true);
        done = done.max(found.end);
    }
    add(done..part.end, false);
    segments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::text::Document, *};

    fn marked(segments: Option<Vec<Segment>>) -> String {
        let mark = |segment: Segment| if segment.is_match { format!("[{}]", segment.text) } else { segment.text };
        segments.unwrap_or_default().into_iter().map(mark).collect()
    }

    fn named(name: &str) -> Text {
        Text::of(&Document { names: vec!["无".into(), name.into()], ..Document::default() })
    }

    fn with_body(body: &str) -> Text {
        Text::of(&Document { body: format!("{body}\n本人"), ..Document::default() })
    }

    fn name(q: &str, name: &str) -> String {
        marked(highlight(&Query::parse(q).unwrap(), &named(name), name))
    }

    #[test]
    fn matches_are_shown_in_the_original_text() {
        assert_eq!(name("残疾 补贴", "困難殘疾人生活補貼"), "困難[殘疾]人生活[補貼]");
        assert_eq!(name("pos", "ＰＯＳ机"), "[ＰＯＳ]机");
        assert_eq!(name("保保", "保保保保"), "[保保保保]");
        assert_eq!(name("人民", "国家"), "");
    }

    #[test]
    fn pinyin_and_initials_are_shown_in_names() {
        assert_eq!(name("shenghuo", "最低生活保障"), "最低[生活]保障");
        assert_eq!(name("shb", "最低生活保障"), "最低[生活保]障");
        assert_eq!(name("tongshao", "儿童、少年"), "儿[童、少]年");
        assert_eq!(name("shenghuo zd", "最低生活保障"), "[最低生活]保障");
    }

    #[test]
    fn what_is_no_name_is_found_as_it_is_searched_as_written() {
        let highlighted = |q: &str| marked(highlight(&Query::parse(q).unwrap(), &named("低保"), "最低生活保障"));
        assert_eq!(highlighted("shenghuo"), "");
        assert_eq!(highlighted("生活"), "最低[生活]保障");
    }

    #[test]
    fn snippets_are_cut_around_the_first_match() {
        let query = Query::parse("户口簿 本人").unwrap();
        let cut = |query: &Query, body: &str| marked(snippet(query, &with_body(body), body, 3));
        assert_eq!(cut(&query, "申请表、户口簿、本人身份证"), "…请表、[户口簿]、[本人]…");
        assert_eq!(cut(&query, "本人"), "[本人]");
        assert_eq!(cut(&query, "申请表"), "", "what stands after the body is none of it");
        assert_eq!(cut(&Query::parse("benren").unwrap(), "本人"), "");
        assert_eq!(cut(&query, &format!("{}戶\u{200b}口簿Ｂ", "㎡".repeat(999))), "…㎡㎡㎡[戶\u{200b}口簿]Ｂ");
    }

    #[test]
    fn what_is_found_again_and_again_is_cut() {
        let query = Query::parse("保").unwrap();
        let body = "保".repeat(10_000);
        let cut = marked(snippet(&query, &with_body(&body), &body, 3));
        assert!(cut.starts_with("[保保") && cut.ends_with("]保保保…"), "{cut}");
        assert!(cut.chars().count() < 3 * LONGEST_QUERY, "{cut}");
    }

    /// A snippet as it was cut before the index told where its piece begins: of the whole body, folded.
    fn snippet_of_all(query: &Query, body: &str, around: usize) -> Option<Vec<Segment>> {
        let folded = fold_with_origins(body);
        let found = query.words().flat_map(|word| as_written(word, &folded));
        let found = joined(found.map(|range| original(range, &folded)).collect());
        let first = found.first()?;
        let begin =
            body[..first.start].char_indices().rev().take(around).last().map_or(first.start, |(place, _)| place);
        let end = body[first.end..].char_indices().nth(around).map_or(body.len(), |(place, _)| first.end + place);
        let dots = |is_cut: bool| is_cut.then(|| Segment { text: "…".into(), is_match: false });
        let cut = segments(body, begin..end, &found);
        Some(dots(begin > 0).into_iter().chain(cut).chain(dots(end < body.len())).collect())
    }

    proptest! {
        #[test]
        fn segments_are_the_text(q in "[低保dü ]{1,6}", text in "[低保dDüＤ、b\u{308}① ]{0,20}") {
            if let Ok(query) = Query::parse(&q) {
                if let Some(segments) = highlight(&query, &named(&text), &text) {
                    prop_assert!(segments.iter().any(|segment| segment.is_match));
                    prop_assert_eq!(segments.into_iter().map(|segment| segment.text).collect::<String>(), text.clone());
                }
                prop_assert_eq!(snippet(&query, &with_body(&text), &text, 2), snippet_of_all(&query, &text, 2));
            }
        }

        #[test]
        fn no_query_and_no_text_panics(q in any::<String>(), text in any::<String>(), other in any::<String>()) {
            if let Ok(query) = Query::parse(&q) {
                if let Some(segments) = highlight(&query, &named(&text), &text) {
                    prop_assert_eq!(segments.into_iter().map(|segment| segment.text).collect::<String>(), text.clone());
                }
                snippet(&query, &with_body(&text), &text, 5);
                snippet(&query, &with_body(&other), &text, 5);
            }
        }
    }
}
