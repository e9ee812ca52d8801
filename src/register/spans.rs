//! How two texts differ, in runs that people can read: by character for Chinese, by word and figure for the rest.

use std::collections::HashMap;

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};
use utoipa::ToSchema;

/// Parts of both texts above which the work of comparing them is not done.
const MOST: usize = 6000;
/// Comparisons of one part with another that all texts of an answer may take together, a fraction of a second: past them a text is
/// told as a whole. Some thirty pairs of texts of 1,000 characters that were written anew with the same characters use them up.
pub const MOST_WORK: usize = 30_000_000;
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

/// The outcome of comparing two texts that differ.
#[derive(Debug, PartialEq, Eq)]
pub enum Compared {
    /// They have much in common: these are the runs of both. Those that are not inserted make up the old one, those that are not
    /// deleted the new one.
    Reworded(Vec<Span>),
    /// They are made of much the same parts, but they are too long, or there was no work left, to find the runs.
    Similar,
    /// They have so little in common that both are read better as a whole, or are no prose: codes, telephones, days.
    Unlike,
}

impl Compared {
    /// The runs, where they were found.
    pub fn spans(self) -> Option<Vec<Span>> {
        match self {
            Self::Reworded(spans) => Some(spans),
            Self::Similar | Self::Unlike => None,
        }
    }
}

/// Compares two texts. `work` is what is left of [`MOST_WORK`].
pub fn compared(from: &str, to: &str, work: &mut usize) -> Compared {
    let is_prose = |text: &str| text.chars().any(|c| c.is_whitespace() || ('\u{3400}'..='\u{9fff}').contains(&c));
    if !is_prose(from) || !is_prose(to) {
        return Compared::Unlike;
    }
    let longer = from.chars().count().max(to.chars().count());
    let is_much = |common: usize| common * 3 >= longer;
    let (old, new) = (parts(from), parts(to));
    let numbered = Numbered::of(&old, &new);
    // Runs are made of parts that both have: where there are few, nothing has to be compared.
    if !is_much(numbered.common) {
        return Compared::Unlike;
    }
    let takes = work_of(&numbered.old, &numbered.new);
    match work.checked_sub(takes).filter(|_| old.len() + new.len() <= MOST) {
        Some(left) => *work = left,
        None => return Compared::Similar,
    }
    let mut runs = Runs::default();
    for op in capture_diff_slices(Algorithm::Myers, &numbered.old, &numbered.new) {
        let (tag, before, after) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => runs.equal(&old[before].concat()),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                runs.changed(&old[before].concat(), &new[after].concat());
            }
        }
    }
    let common: usize = runs.done.iter().map(|run| run.equal.chars().count()).sum();
    if is_much(common) { Compared::Reworded(runs.spans()) } else { Compared::Unlike }
}

/// The parts of two texts as numbers, equal ones with the same: those are compared in a fraction of the time.
struct Numbered {
    old: Vec<u32>,
    new: Vec<u32>,
    /// Characters of the parts that both have, wherever they stand.
    common: usize,
}

impl Numbered {
    fn of<'a>(old: &[&'a str], new: &[&'a str]) -> Self {
        // For each part its number, and how many of the old ones are not among the new ones.
        let mut known: HashMap<&'a str, (u32, usize)> = HashMap::new();
        let mut number = |part: &'a str, is_old: bool| {
            let next = known.len() as u32;
            let (number, left) = known.entry(part).or_insert((next, 0));
            let is_common = !is_old && *left > 0;
            *left = if is_old { *left + 1 } else { left.saturating_sub(1) };
            (*number, if is_common { part.chars().count() } else { 0 })
        };
        let old = old.iter().map(|&part| number(part, true).0).collect();
        let (new, common): (Vec<_>, Vec<_>) = new.iter().map(|&part| number(part, false)).unzip();
        Self { old, new, common: common.into_iter().sum() }
    }
}

/// The comparisons of parts that two texts may take: the square of half their length together, but for what is equal at both ends.
/// To find that a long text and a short one have nothing in common takes as much as of two that are as long together.
fn work_of(old: &[u32], new: &[u32]) -> usize {
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[before..], &new[before..]);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.len() - after, new.len() - after);
    if old == 0 || new == 0 { 0 } else { (old + new).div_ceil(2).pow(2) }
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

/// An equal stretch, and the stretches that differ after it.
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

    /// Makes an equal run that is too short to be read between two changes part of both.
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
        let spans = compared(from, to, &mut work).spans().unwrap_or_default();
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
        let mut work = MOST_WORK;
        for (from, to) in [
            ("申请书", "居民户口簿"),
            ("0591-26000108", "0591-26000109"),
            (&*"长".repeat(4000), &*"短".repeat(4000)),
            (&*"长".repeat(2000), &*"短".repeat(2000)),
        ] {
            assert_eq!(compared(from, to, &mut work), Compared::Unlike);
        }
        assert_eq!(work, MOST_WORK, "that takes no work");
        assert_eq!(compared(&"长".repeat(4000), &"长".repeat(4001), &mut work), Compared::Similar, "too long");
    }

    #[test]
    fn texts_are_compared_while_there_is_work_left_for_them() {
        let (from, to) = ("公示7日无异议的", "公示10日无异议的");
        let mut work = 2;
        assert!(compared(from, to, &mut work).spans().is_some(), "only a figure differs, one part on each side");
        assert_eq!(work, 1);
        assert_eq!(compared("持居民身份证办理", "持居民户口本办理", &mut work), Compared::Similar);
        assert_eq!(work, 1, "what is not done takes nothing");
    }

    /// A part that counts how often it was compared.
    #[derive(Debug, Clone, Copy)]
    struct Counted(u32);

    thread_local! {
        static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARISONS.set(COMPARISONS.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted {}

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.cmp(&other.0)
        }
    }

    impl std::hash::Hash for Counted {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn no_comparison_takes_much_more_than_it_is_reckoned_to() {
        // One is as long as the other, or far longer; with nothing in common, or with everything in another order.
        for (long, short) in [(300, 300), (500, 100), (590, 10), (599, 1)] {
            for parts in [1000, 40] {
                let old: Vec<u32> = (0..long).map(|n| n * 7 % parts).collect();
                let new: Vec<u32> = (0..short).map(|n| if parts == 40 { n * 11 % parts } else { 5000 + n }).collect();
                let counted = |parts: &[u32]| parts.iter().copied().map(Counted).collect::<Vec<_>>();
                COMPARISONS.set(0);
                let runs = capture_diff_slices(Algorithm::Myers, &counted(&old), &counted(&new));
                assert!(!runs.is_empty());
                let (took, reckoned) = (COMPARISONS.get(), work_of(&old, &new));
                assert!(took <= 4 * reckoned + 10_000, "{long}, {short}, {parts}: {took}, {reckoned}");
            }
        }
    }

    #[test]
    fn one_equal_character_between_two_changes_is_part_of_them() {
        assert_eq!(told("一二三四甲乙丙五六七八", "一二三四丁乙戊五六七八"), "一二三四[-甲乙丙][+丁乙戊]五六七八");
    }

    proptest! {
        #[test]
        fn both_texts_are_in_the_spans(from in "[甲乙丙a-c0-9 。]{0,40}", to in "[甲乙丙a-c0-9 。]{0,40}") {
            let mut work = MOST_WORK;
            if let Some(spans) = compared(&from, &to, &mut work).spans() {
                let without = |kind: SpanKind| -> String {
                    spans.iter().filter(|span| span.change != kind).map(|span| span.text.as_str()).collect()
                };
                prop_assert_eq!(without(SpanKind::Inserted), from);
                prop_assert_eq!(without(SpanKind::Deleted), to);
            }
        }
    }
}
