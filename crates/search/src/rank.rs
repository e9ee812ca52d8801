//! How well a record answers a query.

/// The part of a record in which a word was found, and how it stands there, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// It is a code.
    CodeEqual,
    /// It is the title.
    TitleEqual,
    /// It is an alias.
    AliasEqual,
    /// It is the whole pinyin of a title or alias.
    PinyinEqual,
    /// The title begins with it.
    TitleStart,
    /// An alias begins with it.
    AliasStart,
    /// It is in the title.
    TitleContains,
    /// It is in an alias.
    AliasContains,
    /// The pinyin of a title or alias begins with it.
    PinyinStart,
    /// It is the initials of a title or alias.
    InitialsEqual,
    /// The initials of a title or alias begin with it.
    InitialsStart,
    /// It is in the pinyin of a title or alias, from the beginning of a syllable.
    PinyinContains,
    /// It is in the initials of a title or alias.
    InitialsContain,
    /// It is in a code.
    CodeContains,
    /// It is in the body.
    Body,
}

/// How well one word was found in one record, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// The part of the record, and how the word stands there.
    pub tier: Tier,
    /// How loosely it sounds like that.
    pub looseness: Looseness,
}

/// How loosely letters fit the sound of a name, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Looseness {
    /// Not at all: as written, or whole syllables and initials as they are usually read.
    None,
    /// The last syllable is unfinished.
    Unfinished,
    /// Some character must be read as it is not usually read there.
    Unusual,
    /// The last syllable is unfinished, and some character must be read as it is not usually read there.
    UnusualUnfinished,
}

impl Match {
    /// Found as written, or just as it sounds.
    pub fn plain(tier: Tier) -> Match {
        Match { tier, looseness: Looseness::None }
    }
}

/// How well a record answers all words of a query; the least is the best.
///
/// Compared by the worst word first, then by all of them together; then what fits more tightly goes first, and short
/// titles before long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// The worst word.
    worst: Tier,
    /// The places of all words' tiers, added up.
    sum: u16,
    /// How loosely the words sound like what was found, added up.
    looseness: u8,
    /// Length of the title in characters; 0 where so many records were found that lengths are not compared.
    length: u16,
}

impl Rank {
    /// The rank of a record for the matches of each word.
    pub(super) fn of(matches: impl IntoIterator<Item = Match>) -> Rank {
        let mut rank = Rank { worst: Tier::CodeEqual, sum: 0, looseness: 0, length: 0 };
        for one in matches {
            rank.worst = rank.worst.max(one.tier);
            rank.sum += one.tier as u16;
            rank.looseness += one.looseness as u8;
        }
        rank
    }

    /// Sets the length of the title, in characters.
    pub(super) fn with_length(self, characters: usize) -> Rank {
        Rank { length: u16::try_from(characters).unwrap_or(u16::MAX), ..self }
    }

    /// The rank as one number, in the same order.
    pub(super) fn key(&self) -> u64 {
        let Rank { worst, sum, looseness, length } = *self;
        (worst as u64) << 40 | u64::from(sum) << 24 | u64::from(looseness) << 16 | u64::from(length)
    }

    /// The tier of the word that was found worst.
    pub fn worst(&self) -> Tier {
        self.worst
    }
}
