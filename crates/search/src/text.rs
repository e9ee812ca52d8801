//! The texts of one record that are searched, and whether a word is in them.

use memchr::memmem::Finder;

use super::{
    fold::fold,
    query::{Query, Spelling, Word},
    rank::{Looseness, Match, Rank, Tier},
    readings::{Reading, Sounds},
};

/// The texts of one record that are searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The title, then the aliases.
    pub names: Vec<String>,
    /// All other text, its parts on lines of their own.
    pub body: String,
    /// The codes by which the record is known.
    pub codes: Vec<String>,
}

/// A document made ready for comparison, once, when its record is published; all snapshots share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub(super) names: Box<[Name]>,
    pub(super) body: Box<str>,
    pub(super) codes: Box<[Box<str>]>,
}

/// A title or alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The folded name.
    pub text: Box<str>,
    /// How it sounds.
    pub sounds: Sounds,
}

impl Text {
    /// Makes a document ready.
    pub fn of(document: &Document) -> Text {
        Text {
            names: document.names.iter().map(|name| Name::of(name)).collect(),
            body: fold(&document.body).into(),
            codes: document.codes.iter().map(|code| fold(code).into()).collect(),
        }
    }

    /// How well one word was found in names and codes, if it was.
    pub(super) fn find_in_names(&self, word: &Word) -> Option<Match> {
        if self.codes.iter().any(|code| **code == word.text) {
            return Some(Match::plain(Tier::CodeEqual));
        }
        let names = self.names.iter().enumerate().filter_map(|(place, name)| name.find(word, place == 0)).min();
        names.or_else(|| self.has_in_code(word).then_some(Match::plain(Tier::CodeContains)))
    }

    /// Whether the word is in the body.
    pub(super) fn has_in_body(&self, word: &Word) -> bool {
        word.finder.find(self.body.as_bytes()).is_some()
    }

    /// The title's length in characters.
    pub(super) fn title_length(&self) -> usize {
        self.names.first().map_or(0, |title| title.text.chars().count())
    }

    fn has_in_code(&self, word: &Word) -> bool {
        self.codes.iter().any(|code| word.finder.find(code.as_bytes()).is_some())
    }

    fn find(&self, word: &Word) -> Option<Match> {
        self.find_in_names(word).or_else(|| self.has_in_body(word).then_some(Match::plain(Tier::Body)))
    }
}

/// Whether all words of the query are in the text.
pub fn matches(query: &Query, text: &Text) -> bool {
    query.readings().any(|words| words.iter().all(|word| text.find(word).is_some()))
}

/// How well the text answers the query, as it is best read; nothing when no reading has all its words in it.
pub fn rank(query: &Query, text: &Text) -> Option<Rank> {
    let of = |words: &[Word]| {
        let found: Option<Vec<Match>> = words.iter().map(|word| text.find(word)).collect();
        Some(Rank::of(found?).with_length(text.title_length()))
    };
    query.readings().filter_map(of).min()
}

impl Name {
    fn of(name: &str) -> Name {
        let text = fold(name);
        Name { sounds: Sounds::of(&text), text: text.into() }
    }

    fn find(&self, word: &Word, is_title: bool) -> Option<Match> {
        if let Some(tier) = find_as_written(&self.text, &word.finder, is_title) {
            let heard = word.spelling.as_ref().and_then(|spelling| self.sounds.find(spelling));
            return Some(Match::plain(tier).min_with(heard));
        }
        word.spelling.as_ref().and_then(|spelling| self.sounds.find(spelling))
    }
}

impl Match {
    fn min_with(self, other: Option<Match>) -> Match {
        other.map_or(self, |other| self.min(other))
    }
}

fn find_as_written(name: &str, word: &Finder<'_>, is_title: bool) -> Option<Tier> {
    let begin = word.find(name.as_bytes())?;
    Some(match (begin == 0, name.len() == word.needle().len(), is_title) {
        (true, true, true) => Tier::TitleEqual,
        (true, true, false) => Tier::AliasEqual,
        (true, false, true) => Tier::TitleStart,
        (true, false, false) => Tier::AliasStart,
        (false, _, true) => Tier::TitleContains,
        (false, _, false) => Tier::AliasContains,
    })
}

/// The ends of letters that were found in the sounds of a name, from one character on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heard {
    /// The place after the last character, for the shortest match, and how loose the tightest is.
    anywhere: Option<(usize, Looseness)>,
    /// How loosely they go to the end of the name, the last syllable whole, if they do.
    to_the_end: Option<Looseness>,
}

impl Sounds {
    /// How well letters were found as pinyin or initials.
    fn find(&self, spelling: &Spelling) -> Option<Match> {
        let as_pinyin = self.find_pinyin(spelling);
        let as_initials = self.find_initials(spelling);
        as_pinyin.into_iter().chain(as_initials).min()
    }

    fn find_pinyin(&self, spelling: &Spelling) -> Option<Match> {
        if !spelling.may_be_syllables() {
            return None;
        }
        let found = (0..self.len()).filter_map(|start| {
            let heard = self.hear(start, spelling);
            let (_, looseness) = heard.anywhere?;
            Some(match (start, heard.to_the_end) {
                (0, Some(looseness)) => Match { tier: Tier::PinyinEqual, looseness },
                (0, None) => Match { tier: Tier::PinyinStart, looseness },
                _ => Match { tier: Tier::PinyinContains, looseness },
            })
        });
        found.min()
    }

    fn find_initials(&self, spelling: &Spelling) -> Option<Match> {
        let initials = spelling.initials()?;
        let last = self.len().checked_sub(initials.len())?;
        let found = (0..=last).filter_map(|start| {
            let by_usual = self.has_initials(start, initials)?;
            let tier = match start {
                0 if last == 0 => Tier::InitialsEqual,
                0 => Tier::InitialsStart,
                _ => Tier::InitialsContain,
            };
            Some(Match { tier, looseness: if by_usual { Looseness::None } else { Looseness::Unusual } })
        });
        found.min()
    }

    /// The place after the last character of the pinyin that begins at a character, for highlighting; `None` where it is not heard.
    pub(super) fn end_of_pinyin(&self, start: usize, spelling: &Spelling) -> Option<usize> {
        if !spelling.may_be_syllables() {
            return None;
        }
        self.hear(start, spelling).anywhere.map(|(end, _)| end)
    }

    /// The place after the last character whose initials begin at a character; `None` where these are not its initials.
    pub(super) fn end_of_initials(&self, start: usize, spelling: &Spelling) -> Option<usize> {
        let initials = spelling.initials()?;
        self.has_initials(start, initials).map(|_| start + initials.len())
    }

    /// Whether the characters from `start` on have these initials; then, whether by usual readings.
    fn has_initials(&self, start: usize, initials: &[u8]) -> Option<bool> {
        if start + initials.len() > self.len() {
            return None;
        }
        let mut by_usual = true;
        for (place, initial) in (start..).zip(initials) {
            let mut fitting = self.at(place).iter().filter(|reading| reading.syllable.initial() == *initial).peekable();
            fitting.peek()?;
            by_usual &= fitting.any(|reading| reading.is_usual);
        }
        Some(by_usual)
    }

    /// Walks along the characters from `start` on, with all places in the letters that their readings can reach.
    fn hear(&self, start: usize, spelling: &Spelling) -> Heard {
        let mut heard = Heard::default();
        let (mut reached, mut reached_by_usual) = (1, 1);
        for place in start..self.len() {
            let next = step(self.at(place), spelling, reached);
            let usual = &self.at(place)[..1];
            let next_by_usual = step(usual, spelling, reached_by_usual);
            if let Some(looseness) = looseness(&next, &next_by_usual) {
                let (end, tightest) = heard.anywhere.unwrap_or((place + 1, looseness));
                heard.anywhere = Some((end, tightest.min(looseness)));
                if place + 1 == self.len() && next.ends_whole {
                    let by_usual = next_by_usual.ends_whole;
                    heard.to_the_end = Some(if by_usual { Looseness::None } else { Looseness::Unusual });
                }
            }
            (reached, reached_by_usual) = (next.reached, next_by_usual.reached);
            if reached == 0 {
                break;
            }
        }
        heard
    }
}

/// The places in the letters that one more character reaches.
#[derive(Default)]
struct Step {
    /// Bit n: n letters are used up, and some are left.
    reached: u128,
    /// Whether all letters can be used up, the last syllable perhaps unfinished.
    ends: bool,
    /// Whether all letters can be used up by whole syllables.
    ends_whole: bool,
}

/// How tightly all letters can be used up by a character, if they can.
fn looseness(step: &Step, step_by_usual: &Step) -> Option<Looseness> {
    match (step_by_usual, step) {
        (Step { ends_whole: true, .. }, _) => Some(Looseness::None),
        (Step { ends: true, .. }, _) => Some(Looseness::Unfinished),
        (_, Step { ends_whole: true, .. }) => Some(Looseness::Unusual),
        (_, Step { ends: true, .. }) => Some(Looseness::UnusualUnfinished),
        _ => None,
    }
}

fn step(readings: &[Reading], spelling: &Spelling, from: u128) -> Step {
    let mut step = Step::default();
    let mut left = from;
    while left != 0 {
        let used = left.trailing_zeros() as usize;
        left &= left - 1;
        for reading in readings {
            let letters = reading.syllable.letters();
            if spelling.has_syllable(used, letters) {
                if used + letters.len() == spelling.letters().len() {
                    (step.ends, step.ends_whole) = (true, true);
                } else {
                    step.reached |= 1 << (used + letters.len());
                }
            } else if spelling.ends_within(used, letters) {
                step.ends = true;
            }
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], word: &str) -> Option<Match> {
        let document = Document {
            names: names.iter().map(|name| name.to_string()).collect(),
            body: "居民身份证".into(),
            codes: vec!["000511001000".into()],
        };
        Text::of(&document).find(Query::parse(word).unwrap().words().next().unwrap())
    }

    fn tier(names: &[&str], word: &str) -> Option<Tier> {
        found(names, word).map(|found| found.tier)
    }

    #[test]
    fn each_tier() {
        let names = ["最低生活保障对象审核", "低保", "低保金"];
        for (word, expected) in [
            ("000511001000", Some(Tier::CodeEqual)),
            ("最低生活保障对象审核", Some(Tier::TitleEqual)),
            ("低保", Some(Tier::AliasEqual)),
            ("DiBao", Some(Tier::PinyinEqual)),
            ("最低", Some(Tier::TitleStart)),
            ("低", Some(Tier::AliasStart)),
            ("保障", Some(Tier::TitleContains)),
            ("保金", Some(Tier::AliasContains)),
            ("diba", Some(Tier::PinyinStart)),
            ("zuidishenghuo", Some(Tier::PinyinStart)),
            ("db", Some(Tier::InitialsEqual)),
            ("zdsh", Some(Tier::InitialsStart)),
            ("shenghuo", Some(Tier::PinyinContains)),
            ("shbz", Some(Tier::InitialsContain)),
            ("5110", Some(Tier::CodeContains)),
            ("身份", Some(Tier::Body)),
            ("shenfen", None),
            ("第", None),
        ] {
            assert_eq!(tier(&names, word), expected, "{word}");
        }
    }

    #[test]
    fn pinyin_begins_at_a_syllable_and_may_end_inside_one() {
        assert_eq!(tier(&["西安"], "xian"), Some(Tier::PinyinEqual));
        assert_eq!(tier(&["西安"], "xi'an"), Some(Tier::PinyinEqual));
        assert_eq!(tier(&["先进"], "xi'an"), None);
        assert_eq!(tier(&["先进"], "xia"), Some(Tier::PinyinStart));
        assert_eq!(tier(&["先进"], "ianjin"), None);
        assert_eq!(tier(&["先进"], "xian'j"), Some(Tier::PinyinStart));
        assert_eq!(tier(&["先进"], "xia'"), None);
        assert_eq!(tier(&["妇女"], "FUNÜ"), Some(Tier::PinyinEqual));
        assert_eq!(tier(&["儿童、少年"], "tongshao"), Some(Tier::PinyinContains));
        assert_eq!(tier(&["12345热线"], "12345rex"), Some(Tier::PinyinStart));
        assert_eq!(tier(&["战略"], "zhanlue"), Some(Tier::PinyinEqual));
    }

    #[test]
    fn other_readings_count_less() {
        let unusual = |tier| Some(Match { tier, looseness: Looseness::Unusual });
        assert_eq!(found(&["调解"], "tiaojie"), Some(Match::plain(Tier::PinyinEqual)));
        assert_eq!(found(&["调解"], "diaojie"), unusual(Tier::PinyinEqual));
        let unfinished = Match { tier: Tier::PinyinStart, looseness: Looseness::Unfinished };
        assert_eq!(found(&["调解"], "tiaoji"), Some(unfinished));
        assert_eq!(found(&["调解"], "dj"), unusual(Tier::InitialsEqual));
    }
}
