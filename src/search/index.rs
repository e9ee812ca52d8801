//! The index: from grams to candidates, from candidates to what really matches, in order.

use roaring::RoaringBitmap;

use super::{
    postings::{BODY_GRAMS, Candidates, END, Grams, NAME_GRAMS, Postings, START, symbols},
    query::{Query, Spelling, Word},
    rank::{Match, Rank, Tier},
    text::Text,
};

/// Above this many documents found in a tier of names by grams alone, their texts are not looked at.
const CHECKED_NAMES: u64 = 1_000;

/// Up to this many documents whose bodies have all grams of a word are compared with it; more are counted unseen.
const CHECKED_BODIES: u64 = 5_000;

/// Up to this many documents found by name, the lengths of their titles are compared.
const COMPARED_LENGTHS: usize = 1_000;

/// An index of texts; a part of an immutable snapshot. A copy is cheap and shares everything until it changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    titles: Postings,
    aliases: Postings,
    pinyin: Postings,
    initials: Postings,
    codes: Postings,
    bodies: Postings,
}

/// What a query found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// All documents that match.
    pub all: RoaringBitmap,
    /// Whether `all` may hold documents that do not match: so many bodies looked like it that they were not compared.
    /// [`matches`](super::matches) tells of each.
    pub is_estimated: bool,
    /// Those of `all` that were found by name, alias, pinyin or code, at least one word of the query, best first; the
    /// equally good by id. All others were found in the body.
    pub ranked: Vec<(Rank, u32)>,
}

impl Index {
    /// Adds a document.
    pub fn insert(&mut self, id: u32, text: &Text) {
        let grams = Grams::of(text);
        for (field, grams) in self.fields(&grams) {
            field.insert(grams, id);
        }
    }

    /// Takes out a document that was added with the same text.
    pub fn remove(&mut self, id: u32, text: &Text) {
        let grams = Grams::of(text);
        for (field, grams) in self.fields(&grams) {
            field.remove(grams, id);
        }
    }

    /// Changes the text of a document: only grams that one of the texts has and the other has not are touched.
    pub fn replace(&mut self, id: u32, old: &Text, new: &Text) {
        let (old, new) = (Grams::of(old), Grams::of(new));
        for (field, grams) in self.fields(&old.without(&new)) {
            field.remove(grams, id);
        }
        for (field, grams) in self.fields(&new.without(&old)) {
            field.insert(grams, id);
        }
    }

    /// All documents of `within` (nothing: all there are) that match every word of the query. `text` gives the text
    /// with which a document was added.
    pub fn search<'a>(
        &self,
        query: &Query,
        within: Option<&RoaringBitmap>,
        text: impl Fn(u32) -> Option<&'a Text>,
    ) -> Hits {
        let mut words: Vec<Sought<'_>> = query.words().iter().map(|word| self.seek(word)).collect();
        words.sort_by_key(|word| word.all.len());
        let mut all = words.first().map_or_else(RoaringBitmap::new, |word| word.all.clone());
        for other in words.iter().skip(1).map(|word| &word.all).chain(within) {
            all &= other;
        }
        let mut is_estimated = false;
        let mut named = Vec::with_capacity(words.len());
        for word in &words {
            let found = word.settle(&all, &text);
            all = found.all;
            is_estimated |= found.is_estimated;
            named.push(found.named);
        }
        let ranked = ranked(&all, &named, text);
        Hits { all, is_estimated, ranked }
    }

    /// How many sets of documents there are, and about how many bytes they take.
    pub fn size(&self) -> (usize, usize) {
        let fields = [&self.titles, &self.aliases, &self.pinyin, &self.initials, &self.codes, &self.bodies];
        (fields.iter().map(|field| field.len()).sum(), fields.iter().map(|field| field.bytes()).sum())
    }

    fn fields<'a>(&'a mut self, grams: &'a Grams) -> [(&'a mut Postings, &'a [u64]); 6] {
        [
            (&mut self.titles, &grams.titles),
            (&mut self.aliases, &grams.aliases),
            (&mut self.pinyin, &grams.pinyin),
            (&mut self.initials, &grams.initials),
            (&mut self.codes, &grams.codes),
            (&mut self.bodies, &grams.bodies),
        ]
    }

    /// The candidates for a word, by tier.
    fn seek<'q>(&self, word: &'q Word) -> Sought<'q> {
        let as_written = symbols(&word.text);
        let mut names = Vec::new();
        for (field, [equal, start, contains]) in [
            (&self.titles, [Tier::TitleEqual, Tier::TitleStart, Tier::TitleContains]),
            (&self.aliases, [Tier::AliasEqual, Tier::AliasStart, Tier::AliasContains]),
        ] {
            names.extend(seek_ends(field, &as_written, [Some(equal), Some(start), Some(contains)]));
        }
        names.extend(seek_ends(&self.codes, &as_written, [Some(Tier::CodeEqual), None, Some(Tier::CodeContains)]));
        if let Some(spelling) = &word.spelling {
            names.extend(self.seek_sounds(spelling));
        }
        names.retain(|(_, candidates)| !candidates.ids.is_empty());
        names.sort_by_key(|(tier, _)| *tier);
        let body = self.bodies.with(&as_written, BODY_GRAMS);
        let all = names.iter().fold(body.ids.clone(), |all, (_, candidates)| all | &candidates.ids);
        Sought { word, names, body, all }
    }

    fn seek_sounds(&self, spelling: &Spelling) -> Vec<(Tier, Candidates)> {
        let mut found = vec![
            (Tier::PinyinEqual, self.pinyin.spelled(spelling, &[START], true)),
            (Tier::PinyinStart, self.pinyin.spelled(spelling, &[START], false)),
            (Tier::PinyinContains, self.pinyin.spelled(spelling, &[], false)),
        ];
        if let Some(initials) = spelling.initials() {
            let letters: Vec<u32> = initials.iter().map(|letter| u32::from(*letter)).collect();
            let tiers = [Tier::InitialsEqual, Tier::InitialsStart, Tier::InitialsContain];
            found.extend(seek_ends(&self.initials, &letters, tiers.map(Some)));
        }
        found
    }
}

/// The candidates of a field for: it is these symbols, begins with them, has them.
fn seek_ends(
    field: &Postings,
    symbols: &[u32],
    [equal, start, contains]: [Option<Tier>; 3],
) -> impl Iterator<Item = (Tier, Candidates)> {
    let padded: Vec<u32> = std::iter::once(START).chain(symbols.iter().copied()).chain([END]).collect();
    let last = padded.len() - 1;
    [(equal, &padded[..]), (start, &padded[..last]), (contains, &padded[1..last])]
        .into_iter()
        .filter_map(|(tier, symbols)| Some((tier?, field.with(symbols, NAME_GRAMS))))
        .collect::<Vec<_>>()
        .into_iter()
}

/// A word and the documents that may have it.
struct Sought<'q> {
    word: &'q Word,
    /// Candidates in names and codes, best tier first.
    names: Vec<(Tier, Candidates)>,
    /// Candidates in the body.
    body: Candidates,
    /// All of them.
    all: RoaringBitmap,
}

/// The documents that have a word.
struct Found {
    /// All of them.
    all: RoaringBitmap,
    /// Those found in names or codes, by id.
    named: Vec<(u32, Match)>,
    /// Whether `all` may hold others.
    is_estimated: bool,
}

impl Sought<'_> {
    /// Compares the candidates among these documents with the word.
    fn settle<'a>(&self, among: &RoaringBitmap, text: &impl Fn(u32) -> Option<&'a Text>) -> Found {
        let named = self.settle_names(among, text);
        let mut all: RoaringBitmap = named.iter().map(|(id, _)| *id).collect();
        let rest = &self.body.ids & among - &all;
        let is_estimated = !self.body.is_exact && rest.len() > CHECKED_BODIES;
        if self.body.is_exact || is_estimated {
            all |= rest;
        } else {
            let has_word = |id: &u32| text(*id).is_some_and(|text| text.has_in_body(self.word));
            all |= rest.into_iter().filter(has_word).collect::<RoaringBitmap>();
        }
        Found { all, named, is_estimated }
    }

    /// Tier by tier, so that what a better tier has found need not be looked at again.
    fn settle_names<'a>(&self, among: &RoaringBitmap, text: &impl Fn(u32) -> Option<&'a Text>) -> Vec<(u32, Match)> {
        let mut named = Vec::new();
        let mut seen = RoaringBitmap::new();
        for (tier, candidates) in &self.names {
            let new = &candidates.ids & among - &seen;
            if candidates.is_exact && new.len() > CHECKED_NAMES {
                named.extend(new.iter().map(|id| (id, Match::usual(*tier))));
            } else {
                let compare = |id| Some((id, text(id)?.find_in_names(self.word)?));
                named.extend(new.iter().filter_map(compare));
            }
            seen |= new;
        }
        named.sort_by_key(|(id, _)| *id);
        named
    }
}

/// Those of the documents that have at least one word in names or codes, best first.
fn ranked<'a>(
    all: &RoaringBitmap,
    named: &[Vec<(u32, Match)>],
    text: impl Fn(u32) -> Option<&'a Text>,
) -> Vec<(Rank, u32)> {
    let mut ids: Vec<u32> = named.iter().flatten().map(|(id, _)| *id).filter(|id| all.contains(*id)).collect();
    ids.sort();
    ids.dedup();
    let lengths_count = ids.len() <= COMPARED_LENGTHS;
    let rank = |id: u32| {
        let rank = Rank::of(named.iter().map(|named| match_of(named, id)));
        let length = if lengths_count { text(id).map_or(0, Text::title_length) } else { 0 };
        (rank.with_length(length), id)
    };
    let mut ranked: Vec<(Rank, u32)> = ids.into_iter().map(rank).collect();
    ranked.sort();
    ranked
}

/// How well a word was found in a document that has it.
fn match_of(named: &[(u32, Match)], id: u32) -> Match {
    let place = named.binary_search_by_key(&id, |(id, _)| *id);
    place.map_or(Match::usual(Tier::Body), |place| named[place].1)
}
