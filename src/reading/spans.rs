//! How two texts differ, in runs that people can read: by character for Chinese, by word and figure for the rest.

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use utoipa::ToSchema;

/// Parts of both texts above which the work of comparing them is not done.
const MOST: usize = 6000;
/// Comparisons of one part with another that the texts of two bodies may take together: past them a text is told as a whole. Eleven
/// pairs of the longest texts that have nothing in common use them up.
pub const MOST_WORK: usize = 100_000_000;
/// Characters of an equal run between two changes that is too short to be read as such.
const SHORTEST: usize = 2;

/// 文本片段: a run of a text that was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Span {
    /// 片段类型
    pub change: SpanKind,
    /// 文本
    #[schema(example = "公示7")]
    pub text: String,
}

/// 片段类型: equal 相同 · deleted 删去 · inserted 插入.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// 相同
    Equal,
    /// 删去: only in the old text.
    Deleted,
    /// 插入: only in the new text.
    Inserted,
}

/// The runs of two texts: those that are not inserted make up the old one, those that are not deleted the new one. `None`
/// where they have so little in common that both are read better as a whole, and of what is no prose: codes, telephones, days.
/// `work` is what is left of [`MOST_WORK`]; `None`, too, where that is not enough.
pub fn spans(from: &str, to: &str, work: &mut usize) -> Option<Vec<Span>> {
    let is_prose = |text: &str| text.chars().any(|c| c.is_whitespace() || ('\u{3400}'..='\u{9fff}').contains(&c));
    if !is_prose(from) || !is_prose(to) {
        return None;
    }
    let (old, new) = (parts(from), parts(to));
    if old.len() + new.len() > MOST {
        return None;
    }
    *work = work.checked_sub(work_of(&old, &new))?;
    let mut runs = Runs::default();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (tag, before, after) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => runs.equal(&old[before].concat()),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                runs.changed(&old[before].concat(), &new[after].concat());
            }
        }
    }
    let common: usize = runs.done.iter().map(|run| run.equal.chars().count()).sum();
    let longer = from.chars().count().max(to.chars().count());
    (common * 3 >= longer).then(|| runs.spans())
}

/// The comparisons of parts that two texts may take: of each with each, but for what is equal at both ends.
fn work_of(old: &[&str], new: &[&str]) -> usize {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[before..], &new[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    (old.len() - after) * (new.len() - after)
}

/// Runs of figures and Latin letters together, everything else by itself.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_joined = |class: fn(char) -> bool| class(before) && class(c);
        let joins = is_joined(|c| c.is_ascii_digit() || c == '.') || is_joined(|c| c.is_ascii_alphabetic());
        if at > from && !joins {
            parts.push(&text[from..at]);
            from = at;
        }
        before = c;
    }
    if from < text.len() {
        parts.push(&text[from..]);
    }
    parts
}

/// What is equal, and what differs after it.
#[derive(Default)]
struct Run {
    equal: String,
    deleted: String,
    inserted: String,
}

#[derive(Default)]
struct Runs {
    done: Vec<Run>,
}

impl Runs {
    fn equal(&mut self, text: &str) {
        match self.done.last_mut() {
            Some(last) if last.deleted.is_empty() && last.inserted.is_empty() => last.equal.push_str(text),
            _ => self.done.push(Run { equal: text.into(), ..Run::default() }),
        }
    }

    /// An equal run that is too short to be read between two changes becomes part of both.
    fn changed(&mut self, deleted: &str, inserted: &str) {
        let is_short =
            |run: &Run| run.equal.chars().count() < SHORTEST && run.deleted.is_empty() && run.inserted.is_empty();
        if self.done.len() > 1
            && let Some(short) = self.done.pop_if(|run| is_short(run))
            && let Some(last) = self.done.last_mut()
        {
            for (side, text) in [(&mut last.deleted, deleted), (&mut last.inserted, inserted)] {
                side.push_str(&short.equal);
                side.push_str(text);
            }
            return;
        }
        if self.done.is_empty() {
            self.done.push(Run::default());
        }
        if let Some(last) = self.done.last_mut() {
            last.deleted.push_str(deleted);
            last.inserted.push_str(inserted);
        }
    }

    fn spans(self) -> Vec<Span> {
        let of = |run: Run| {
            [(SpanKind::Equal, run.equal), (SpanKind::Deleted, run.deleted), (SpanKind::Inserted, run.inserted)]
        };
        let spans = self.done.into_iter().flat_map(of).filter(|(_, text)| !text.is_empty());
        spans.map(|(change, text)| Span { change, text }).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(from: &str, to: &str) -> String {
        let mut work = MOST_WORK;
        let spans = spans(from, to, &mut work).unwrap_or_default();
        let tell = |span: &Span| match span.change {
            SpanKind::Equal => span.text.clone(),
            SpanKind::Deleted => format!("[-{}]", span.text),
            SpanKind::Inserted => format!("[+{}]", span.text),
        };
        spans.iter().map(tell).collect()
    }

    #[test]
    fn chinese_is_compared_by_character_and_figures_as_a_whole() {
        assert_eq!(
            told("公示7日无异议的，予以批准", "公示10日无异议的，应当批准"),
            "公示[-7][+10]日无异议的，[-予以][+应当]批准"
        );
        assert_eq!(told("持居民身份证办理", "持居民身份证或者户口簿办理"), "持居民身份证[+或者户口簿]办理");
    }

    #[test]
    fn what_has_little_in_common_is_read_as_a_whole() {
        let spans = |from: &str, to: &str| {
            let mut work = MOST_WORK;
            spans(from, to, &mut work)
        };
        assert_eq!(spans("申请书", "居民户口簿"), None);
        assert_eq!(spans("0591-26000108", "0591-26000109"), None);
        assert_eq!(spans(&"长".repeat(4000), &"短".repeat(4000)), None);
    }

    #[test]
    fn texts_are_compared_while_there_is_work_left_for_them() {
        let (from, to) = ("公示7日无异议的", "公示10日无异议的");
        let mut work = 2;
        assert!(spans(from, to, &mut work).is_some(), "only a figure differs, which is one part on each side");
        assert_eq!(work, 1);
        assert!(spans("持居民身份证办理", "持居民户口本办理", &mut work).is_none());
        assert_eq!(work, 1, "what is not done takes nothing");
    }

    #[test]
    fn one_equal_character_between_two_changes_is_part_of_them() {
        assert_eq!(told("一二三四甲乙丙五六七八", "一二三四丁乙戊五六七八"), "一二三四[-甲乙丙][+丁乙戊]五六七八");
    }

    proptest! {
        #[test]
        fn both_texts_are_in_the_spans(from in "[甲乙丙a-c0-9 。]{0,40}", to in "[甲乙丙a-c0-9 。]{0,40}") {
            let mut work = MOST_WORK;
            if let Some(spans) = spans(&from, &to, &mut work) {
                let without = |kind: SpanKind| -> String {
                    spans.iter().filter(|span| span.change != kind).map(|span| span.text.as_str()).collect()
                };
                prop_assert_eq!(without(SpanKind::Inserted), from);
                prop_assert_eq!(without(SpanKind::Deleted), to);
            }
        }
    }
}
