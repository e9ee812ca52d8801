//! How names sound: the pinyin readings of their characters, without tones.
//!
//! Every reading that is listed for a character counts; the usual one in its surroundings, which `readings.txt` knows
//! better than any list of characters, is marked.

use std::{borrow::Cow, collections::HashMap, ops::RangeInclusive, sync::LazyLock};

use pinyin::ToPinyinMulti;

/// The longest word of `readings.txt`, in characters.
const LONGEST_WORD: usize = 4;

/// The Han characters whose readings are listed.
const HAN: RangeInclusive<char> = '\u{3007}'..='\u{9fff}';

/// All syllables, sorted: those of Chinese, and each ASCII letter and digit, which sounds as itself.
static SYLLABLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let signs = ('a'..='z').chain('0'..='9').map(String::from);
    let mut all: Vec<String> = HAN.flat_map(letters_of).chain(signs).collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// The readings of each character of [`HAN`]: looking them up by their letters costs more than all else that is done with a name.
static LISTED: LazyLock<Vec<Box<[Syllable]>>> = LazyLock::new(|| HAN.map(looked_up).collect());

/// The words of `readings.txt` with the syllable of each character.
static WORDS: LazyLock<HashMap<Vec<char>, Vec<Syllable>>> = LazyLock::new(|| {
    let lines = include_str!("readings.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut parts = line.split(' ');
            let word = parts.next()?.chars().collect();
            Some((word, parts.filter_map(Syllable::parse).collect()))
        })
        .collect()
});

/// One syllable without its tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Syllable(u16);

impl Syllable {
    /// The most letters of a syllable.
    pub const LONGEST: usize = 6;

    /// The syllable spelled by exactly these letters.
    pub fn parse(letters: &str) -> Option<Syllable> {
        let place = SYLLABLES.binary_search_by(|known| known.as_str().cmp(letters)).ok()?;
        Some(Syllable(place as u16))
    }

    /// The syllables that begin with these letters and go on.
    pub fn continuing(letters: &str) -> impl Iterator<Item = Syllable> {
        let begin = SYLLABLES.partition_point(|known| known.as_str() <= letters);
        let len = SYLLABLES[begin..].partition_point(|known| known.starts_with(letters));
        (begin..begin + len).map(|place| Syllable(place as u16))
    }

    /// Its letters.
    pub fn letters(self) -> &'static str {
        &SYLLABLES[usize::from(self.0)]
    }

    /// Its first letter.
    pub fn initial(self) -> u8 {
        self.letters().as_bytes()[0]
    }

    /// Its number, for the index.
    pub fn number(self) -> u32 {
        u32::from(self.0)
    }
}

/// One way to read a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The syllable that is heard.
    pub syllable: Syllable,
    /// Whether it is the usual reading here.
    pub is_usual: bool,
}

/// The readings of the characters of a name that sound: Han characters, ASCII letters and digits. Others (punctuation,
/// spaces) are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sounds {
    readings: Box<[Reading]>,
    /// The end of the readings of each character.
    ends: Box<[u32]>,
}

impl Sounds {
    /// The sounds of a folded name.
    pub fn of(name: &str) -> Sounds {
        let chars: Vec<char> = name.chars().collect();
        let usual = usual_readings(&chars);
        let mut readings = Vec::new();
        let mut ends = Vec::new();
        for (c, usual) in chars.into_iter().zip(usual) {
            let Some(usual) = usual else { continue };
            readings.push(Reading { syllable: usual, is_usual: true });
            let listed = listed(c);
            let others = listed.iter().filter(|other| **other != usual);
            readings.extend(others.map(|syllable| Reading { syllable: *syllable, is_usual: false }));
            ends.push(readings.len() as u32);
        }
        Sounds { readings: readings.into(), ends: ends.into() }
    }

    /// How many characters sound.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The readings of one of them.
    pub fn at(&self, place: usize) -> &[Reading] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.readings[begin as usize..self.ends[place] as usize]
    }

    /// The readings of each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[Reading]> {
        (0..self.len()).map(|place| self.at(place))
    }
}

/// The places, among the characters of a folded name, of those that sound.
pub(super) fn sounding(name: &str) -> Vec<usize> {
    name.chars().enumerate().filter(|(_, c)| first_listed(*c).is_some()).map(|(place, _)| place).collect()
}

/// The usual reading of each character: what the longest known word that begins there says, else the first listed.
fn usual_readings(chars: &[char]) -> Vec<Option<Syllable>> {
    let mut usual = Vec::with_capacity(chars.len());
    while usual.len() < chars.len() {
        match known_word(&chars[usual.len()..]) {
            Some(word) => usual.extend(word.iter().copied().map(Some)),
            None => usual.push(first_listed(chars[usual.len()])),
        }
    }
    usual
}

/// The readings of the longest known word at the beginning.
fn known_word(chars: &[char]) -> Option<&'static [Syllable]> {
    let longest = LONGEST_WORD.min(chars.len());
    (1..=longest).rev().find_map(|len| WORDS.get(&chars[..len])).map(Vec::as_slice)
}

fn first_listed(c: char) -> Option<Syllable> {
    listed(c).first().copied()
}

/// The readings listed for a character, the usual one first.
fn listed(c: char) -> Cow<'static, [Syllable]> {
    match HAN.contains(&c) {
        true => Cow::Borrowed(&LISTED[c as usize - *HAN.start() as usize]),
        false => Cow::Owned(looked_up(c).into_vec()),
    }
}

fn looked_up(c: char) -> Box<[Syllable]> {
    letters_of(c).filter_map(|letters| Syllable::parse(&letters)).collect()
}

/// The readings listed for a character, in the letters of a keyboard: `lü` is `lv`, and `lüe` also `lue`.
fn letters_of(c: char) -> impl Iterator<Item = String> {
    let sign = c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase().to_string());
    let han = c.to_pinyin_multi().into_iter().flatten().flat_map(|reading| {
        let letters = reading.plain().replace('ü', "v").replace('ê', "e");
        let other = letters.ends_with("ve").then(|| letters.replace('v', "u"));
        std::iter::once(letters).chain(other)
    });
    sign.into_iter().chain(han)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(name: &str) -> String {
        let sounds = Sounds::of(name);
        sounds.iter().map(|readings| readings[0].syllable.letters()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_tell_how_their_characters_are_read() {
        assert_eq!(usual("劳动争议调解"), "lao dong zheng yi tiao jie");
        assert_eq!(usual("重庆银行会计"), "chong qing yin hang kuai ji");
        assert_eq!(usual("重度残疾人、长期护理"), "zhong du can ji ren chang qi hu li");
        assert_eq!(usual("妇女“两癌”pos机"), "fu nv liang ai p o s ji");
    }

    #[test]
    fn other_readings_stay_possible() {
        let sounds = Sounds::of("行");
        let readings: Vec<&str> = sounds.at(0).iter().map(|reading| reading.syllable.letters()).collect();
        assert!(readings.contains(&"xing") && readings.contains(&"hang"));
    }

    #[test]
    fn each_word_of_the_list_has_a_syllable_for_each_character() {
        assert!(WORDS.len() > 700);
        for (word, syllables) in WORDS.iter() {
            assert_eq!(word.len(), syllables.len(), "{word:?}");
            assert!(word.len() <= LONGEST_WORD, "{word:?}");
        }
    }

    #[test]
    fn syllables_that_go_on() {
        let goes_on: Vec<&str> = Syllable::continuing("shua").map(Syllable::letters).collect();
        assert_eq!(goes_on, ["shuai", "shuan", "shuang"]);
        assert_eq!(Syllable::continuing("shuang").count(), 0);
    }
}
