//! A query: words, all of which must match.

use memchr::memmem::Finder;

use super::{
    fold::{fold, is_punctuation},
    readings::Syllable,
};

/// The longest query, in characters.
pub const LONGEST_QUERY: usize = 200;

/// The most words in a query.
pub const MOST_WORDS: usize = 10;

/// The most letters that are compared with the sound of a name: one bit of a [`u128`] each, and one for the end.
const MOST_LETTERS: usize = 127;

/// A query that can be searched: one to ten words.
#[derive(Clone, Debug)]
pub struct Query {
    words: Vec<Word>,
    /// What its words are where its punctuation parts them; none where it has none between words.
    parted: Vec<Word>,
}

/// Why a text is not a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is no word in it.
    #[error("the query has no word")]
    Empty,
    /// It is longer than [`LONGEST_QUERY`].
    #[error("the query is longer than {LONGEST_QUERY} characters")]
    TooLong,
    /// It has more words than [`MOST_WORDS`].
    #[error("the query has more than {MOST_WORDS} words")]
    TooManyWords,
}

impl Query {
    /// Reads a query: words between spaces of any width, in any script, case and width. Punctuation may stand within a word, as in the name
    /// of a record, or between two: both are looked for.
    pub fn parse(q: &str) -> Result<Query, QueryError> {
        if q.chars().count() > LONGEST_QUERY {
            return Err(QueryError::TooLong);
        }
        let folded = fold(q);
        let texts = distinct(&folded);
        let parted = fold(&q.replace(is_punctuation, " "));
        let parted = Some(distinct(&parted)).filter(|parted| *parted != texts && parted.len() <= MOST_WORDS);
        match texts.len() {
            0 => Err(QueryError::Empty),
            1..=MOST_WORDS => Ok(Query {
                words: texts.into_iter().map(Word::new).collect(),
                parted: parted.into_iter().flatten().map(Word::new).collect(),
            }),
            _ => Err(QueryError::TooManyWords),
        }
    }

    /// Its words, folded, where punctuation parts them, too.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let words = if self.parted.is_empty() { &self.words } else { &self.parted };
        words.iter().map(|word| word.text.as_str())
    }

    /// The ways to read it, each some words that must all be found.
    pub(super) fn readings(&self) -> impl Iterator<Item = &[Word]> {
        [&self.words, &self.parted].into_iter().map(Vec::as_slice).filter(|words| !words.is_empty())
    }

    /// The words of all its readings.
    pub(super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.readings().flatten()
    }
}

/// The words of a folded text, each once, without the full stops of Latin keyboards around them.
fn distinct(folded: &str) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in folded.split(' ').map(|text| text.trim_matches(['.', '~'])).filter(|text| !text.is_empty()) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// One word of a query.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// The folded word, without spaces.
    pub text: String,
    /// Finds it in a folded text.
    pub finder: Finder<'static>,
    /// Its letters, when it may be pinyin.
    pub spelling: Option<Spelling>,
}

impl Word {
    fn new(text: &str) -> Word {
        Word { text: text.to_owned(), finder: Finder::new(text).into_owned(), spelling: Spelling::of(text) }
    }
}

/// Letters that may be pinyin or its initials.
#[derive(Clone, Debug)]
pub(super) struct Spelling {
    letters: String,
    /// Bit n: an apostrophe stands before letter n, so that a syllable must begin there.
    breaks: u128,
}

impl Spelling {
    /// Reads the letters of a folded word that may be pinyin: ASCII letters and digits, at least one letter, and apostrophes between syllables.
    fn of(word: &str) -> Option<Spelling> {
        let mut spelling = Spelling { letters: String::with_capacity(word.len()), breaks: 0 };
        for c in word.chars() {
            match c {
                'a'..='z' | '0'..='9' if spelling.letters.len() < MOST_LETTERS => spelling.letters.push(c),
                '\'' | '\u{2019}' => spelling.breaks |= 1 << spelling.letters.len(),
                _ => return None,
            }
        }
        spelling.letters.bytes().any(|letter| letter.is_ascii_alphabetic()).then_some(spelling)
    }

    /// The letters, without apostrophes.
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// The letters as initials of characters; none when apostrophes show that they are syllables.
    pub fn initials(&self) -> Option<&[u8]> {
        (self.breaks == 0).then_some(self.letters.as_bytes())
    }

    /// Whether the letters may be whole syllables: a single one is taken as an initial.
    pub fn may_be_syllables(&self) -> bool {
        self.letters.len() > 1
    }

    /// Whether the letters from `from` on begin with the whole syllable.
    pub fn has_syllable(&self, from: usize, syllable: &str) -> bool {
        self.letters[from..].starts_with(syllable) && !self.has_break_within(from, syllable.len())
    }

    /// Whether the letters from `from` on are the beginning of the syllable, and not all of it.
    pub fn ends_within(&self, from: usize, syllable: &str) -> bool {
        let rest = &self.letters[from..];
        rest.len() < syllable.len() && syllable.starts_with(rest) && !self.has_break_within(from, rest.len() + 1)
    }

    /// The whole syllables that the letters from `from` on begin with.
    pub fn syllables(&self, from: usize) -> impl Iterator<Item = Syllable> {
        (1..=self.letters.len() - from)
            .take(Syllable::LONGEST)
            .filter(move |len| !self.has_break_within(from, *len))
            .filter_map(move |len| Syllable::parse(&self.letters[from..from + len]))
    }

    /// The syllables that go on after the last of the letters from `from` on.
    pub fn unfinished_syllables(&self, from: usize) -> impl Iterator<Item = Syllable> {
        let len = self.letters.len() - from;
        let may = len > 0 && !self.has_break_within(from, len + 1);
        may.then(|| Syllable::continuing(&self.letters[from..])).into_iter().flatten()
    }

    /// Whether an apostrophe stands inside the `len` letters from `from` on.
    fn has_break_within(&self, from: usize, len: usize) -> bool {
        (from + 1..from + len).any(|place| self.breaks.checked_shr(place as u32).is_some_and(|bits| bits & 1 == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(q: &str) -> Vec<String> {
        let query = Query::parse(q).unwrap();
        query.readings().next().unwrap().iter().map(|word| word.text.clone()).collect()
    }

    #[test]
    fn words_stand_between_spaces_of_any_width() {
        assert_eq!(words(" 殘疾　補貼\tＤＢ 残疾 "), ["残疾", "补贴", "db"]);
    }

    #[test]
    fn punctuation_is_none_or_a_space() {
        let readings = |q: &str| -> Vec<Vec<String>> {
            let query = Query::parse(q).unwrap();
            query.readings().map(|words| words.iter().map(|word| word.text.clone()).collect()).collect()
        };
        for q in ["低保", "低保。", "“低保”？", "低保!", " 低保.", "《低保》", "低保～", "低保……"]
        {
            assert_eq!(readings(q), [["低保"]], "{q}");
        }
        assert_eq!(readings("低保，证明"), [vec!["低保证明"], vec!["低保", "证明"]]);
        assert_eq!(readings("lex-xzxk 3.5"), [["lex-xzxk", "3.5"]]);
        assert_eq!(Query::parse("。？！").err(), Some(QueryError::Empty));
    }

    #[test]
    fn what_is_empty_or_too_much_is_refused() {
        assert_eq!(Query::parse("\u{200b} \n").err(), Some(QueryError::Empty));
        assert_eq!(Query::parse(&"低".repeat(201)).err(), Some(QueryError::TooLong));
        assert_eq!(Query::parse("1 2 3 4 5 6 7 8 9 10 11").err(), Some(QueryError::TooManyWords));
        assert!(Query::parse(&"低".repeat(200)).is_ok());
        assert!(Query::parse(&"低。".repeat(100)).is_ok_and(|query| query.readings().count() == 2));
    }

    #[test]
    fn only_latin_words_spell_something() {
        let spelling = |q: &str| Query::parse(q).unwrap().words().next().unwrap().spelling.clone();
        assert!(spelling("dibao").is_some());
        assert!(spelling("12345rx").is_some());
        assert!(spelling("12345").is_none());
        assert!(spelling("低bao").is_none());
        assert!(spelling("xi’an").is_some_and(|spelling| spelling.initials().is_none()));
    }

    #[test]
    fn an_apostrophe_parts_syllables() {
        let query = Query::parse("xi'an").unwrap();
        let spelling = query.words().next().unwrap().spelling.as_ref().unwrap();
        assert!(spelling.has_syllable(0, "xi"));
        assert!(!spelling.has_syllable(0, "xian"));
        assert!(spelling.ends_within(2, "ang"));
        let first: Vec<&str> = spelling.syllables(0).map(Syllable::letters).collect();
        assert_eq!(first, ["x", "xi"]);
    }
}
