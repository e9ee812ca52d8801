//! Which parts of a text a query matched.

use std::ops::Range;

use super::{
    fold::{Folded, fold_with_origins},
    query::{Query, Word},
    readings::{Sounds, sounding},
};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The part, as in the text.
    pub text: String,
    /// Whether the query matched it.
    pub is_match: bool,
}

/// A title or alias, cut where the query's words were found, as written or by sound; nothing if none was found.
pub fn highlight(query: &Query, name: &str) -> Option<Vec<Segment>> {
    let folded = fold_with_origins(name);
    let found = query.words().iter().flat_map(|word| {
        let as_written = as_written(word, &folded);
        if as_written.is_empty() { by_sound(word, &folded) } else { as_written }
    });
    let found = joined(found.map(|range| original(range, &folded, name)).collect());
    (!found.is_empty()).then(|| segments(name, 0..name.len(), &found))
}

/// A piece of a body, with up to `around` characters before and after the first place where a word was found as
/// written, and `…` where it was cut; nothing if none was found.
pub fn snippet(query: &Query, body: &str, around: usize) -> Option<Vec<Segment>> {
    let folded = fold_with_origins(body);
    let found = query.words().iter().flat_map(|word| as_written(word, &folded));
    let found = joined(found.map(|range| original(range, &folded, body)).collect());
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

/// Where the word stands, in characters of the folded text.
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

/// Where the word is heard: as pinyin, or else as initials.
fn by_sound(word: &Word, folded: &Folded) -> Vec<Range<usize>> {
    let Some(spelling) = &word.spelling else { return Vec::new() };
    let sounds = Sounds::of(&folded.text);
    let places = sounding(&folded.text);
    let found = |end: &dyn Fn(usize) -> Option<usize>| -> Vec<Range<usize>> {
        (0..sounds.len()).filter_map(|start| Some(places[start]..places[end(start)? - 1] + 1)).collect()
    };
    let as_pinyin = found(&|start| sounds.end_of_pinyin(start, spelling));
    if as_pinyin.is_empty() { found(&|start| sounds.end_of_initials(start, spelling)) } else { as_pinyin }
}

/// The bytes of the original text that became these folded characters, and those that fell away after them.
fn original(range: Range<usize>, folded: &Folded, text: &str) -> Range<usize> {
    let last = folded.origins[range.end - 1];
    let end = folded.origins[range.end..].iter().find(|origin| **origin > last);
    folded.origins[range.start]..end.copied().unwrap_or(text.len())
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

    use super::*;

    fn marked(segments: Option<Vec<Segment>>) -> String {
        let mark = |segment: Segment| if segment.is_match { format!("[{}]", segment.text) } else { segment.text };
        segments.unwrap_or_default().into_iter().map(mark).collect()
    }

    fn name(q: &str, name: &str) -> String {
        marked(highlight(&Query::parse(q).unwrap(), name))
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
    }

    #[test]
    fn snippets_are_cut_around_the_first_match() {
        let query = Query::parse("户口簿 本人").unwrap();
        assert_eq!(marked(snippet(&query, "申请表、户口簿、本人身份证", 3)), "…请表、[户口簿]、[本人]…");
        assert_eq!(marked(snippet(&query, "本人", 3)), "[本人]");
        assert_eq!(snippet(&query, "benren", 3), None);
    }

    proptest! {
        #[test]
        fn segments_are_the_text(q in "[低保dü ]{1,6}", text in "[低保dDüＤ、b\u{308}① ]{0,20}") {
            if let Ok(query) = Query::parse(&q) {
                if let Some(segments) = highlight(&query, &text) {
                    prop_assert!(segments.iter().any(|segment| segment.is_match));
                    prop_assert_eq!(segments.into_iter().map(|segment| segment.text).collect::<String>(), text.clone());
                }
                if let Some(segments) = snippet(&query, &text, 2) {
                    let piece = segments.into_iter().map(|segment| segment.text).collect::<String>();
                    prop_assert!(text.contains(piece.trim_matches('…')));
                }
            }
        }

        #[test]
        fn no_query_and_no_text_panics(q in any::<String>(), text in any::<String>()) {
            if let Ok(query) = Query::parse(&q) {
                if let Some(segments) = highlight(&query, &text) {
                    prop_assert_eq!(segments.into_iter().map(|segment| segment.text).collect::<String>(), text.clone());
                }
                snippet(&query, &text, 5);
            }
        }
    }
}
