//! The index: from grams to candidates, from candidates to what really matches, in order.

use roaring::RoaringBitmap;

use super::{
    postings::{BODY_GRAMS, Candidates, END, Grams, NAME_GRAMS, NewPostings, Postings, START, symbols},
    query::{Query, Spelling, Word},
    rank::{Match, Rank, Tier},
    text::Text,
};

/// So many documents that are found in names by grams alone are looked at, best tiers first, to tell usual readings and whole
/// syllables from others; the rest are taken as they are. The words of a query share them.
const CHECKED_EXACT: u64 = 1_000;

/// Up to this many documents that have all grams of a word in a tier of names, or in the body, are compared with it;
/// more are counted unseen. The words of a query share them, too: ten words cost no more than one.
const CHECKED: u64 = 5_000;

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

/// The documents that a query found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// All documents that match.
    pub all: RoaringBitmap,
    /// Whether `all` may hold documents that do not match: so many looked like it that they were not compared.
    /// [`matches`](super::matches) tells of each.
    pub is_estimated: bool,
    /// Those of `all` that were found by name, alias, pinyin or code, at least one word of the query, best first; the
    /// equally good by id. All others were found in the body.
    pub ranked: Vec<(Rank, u32)>,
}

impl Index {
    /// The index of many documents: what [`Index::insert`] would make of them one by one, in a fraction of the time.
    pub fn build<'a>(documents: impl IntoIterator<Item = (u32, &'a Text)>) -> Index {
        let mut fields: [NewPostings; 6] = Default::default();
        for (id, text) in documents {
            let grams = Grams::of(text);
            for (field, grams) in fields.iter_mut().zip(grams.fields()) {
                field.insert(grams, id);
            }
        }
        let [titles, aliases, pinyin, initials, codes, bodies] = fields.map(NewPostings::done);
        Index { titles, aliases, pinyin, initials, codes, bodies }
    }

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

    /// All documents of `within` (nothing: all there are) that match every word of the query, in one of its readings. `text` gives the
    /// text with which a document was added.
    pub fn search<'a>(
        &self,
        query: &Query,
        within: Option<&RoaringBitmap>,
        text: impl Fn(u32) -> Option<&'a Text>,
    ) -> Hits {
        let hits = query.readings().map(|words| self.search_words(words, within, &text));
        hits.reduce(Hits::or).unwrap_or_default()
    }

    fn search_words<'a>(
        &self,
        words: &[Word],
        within: Option<&RoaringBitmap>,
        text: &impl Fn(u32) -> Option<&'a Text>,
    ) -> Hits {
        let mut words: Vec<Sought<'_>> = words.iter().map(|word| self.seek(word)).collect();
        words.sort_by_key(|word| word.all.len());
        let mut all = words.first().map_or_else(RoaringBitmap::new, |word| word.all.clone());
        for other in words.iter().skip(1).map(|word| &word.all).chain(within) {
            all &= other;
        }
        let mut is_estimated = false;
        let mut named = Vec::with_capacity(words.len());
        let share = Share::of(words.len());
        for word in &words {
            let found = word.settle(&all, share, text);
            all = found.all;
            is_estimated |= found.is_estimated;
            named.push(found.named);
        }
        let ranked = ranked(&all, &named, text);
        Hits { all, is_estimated, ranked }
    }

    /// Counts the sets of documents of each field, and about how many bytes they take.
    pub fn sizes(&self) -> [(&'static str, usize, usize); 6] {
        [
            ("titles", &self.titles),
            ("aliases", &self.aliases),
            ("pinyin", &self.pinyin),
            ("initials", &self.initials),
            ("codes", &self.codes),
            ("bodies", &self.bodies),
        ]
        .map(|(name, field)| (name, field.len(), field.bytes()))
    }

    fn fields<'a>(&'a mut self, grams: &'a Grams) -> impl Iterator<Item = (&'a mut Postings, &'a [u64])> {
        let fields = [
            &mut self.titles,
            &mut self.aliases,
            &mut self.pinyin,
            &mut self.initials,
            &mut self.codes,
            &mut self.bodies,
        ];
        fields.into_iter().zip(grams.fields())
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

impl Hits {
    /// The documents that one of two readings found, each as the better one ranks it.
    fn or(self, other: Hits) -> Hits {
        let mut ranked = self.ranked;
        ranked.extend(other.ranked);
        ranked.sort_by_key(|(rank, id)| (*id, rank.key()));
        ranked.dedup_by_key(|(_, id)| *id);
        ranked.sort_by_key(|(rank, _)| rank.key());
        Hits { all: self.all | other.all, is_estimated: self.is_estimated || other.is_estimated, ranked }
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

/// How many documents one word of a query may be compared with.
#[derive(Clone, Copy)]
struct Share {
    /// Of [`CHECKED_EXACT`].
    exact: u64,
    /// Of [`CHECKED`].
    loose: u64,
}

impl Share {
    fn of(words: usize) -> Self {
        let words = u64::try_from(words).unwrap_or(u64::MAX).max(1);
        Self { exact: CHECKED_EXACT / words, loose: CHECKED / words }
    }
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
struct FoundDocuments {
    /// All of them.
    all: RoaringBitmap,
    /// Those found in names or codes, by id.
    named: Vec<(u32, Match)>,
    /// Whether `all` may hold others.
    is_estimated: bool,
}

impl Sought<'_> {
    /// Compares the candidates among these documents with the word.
    fn settle<'a>(
        &self,
        among: &RoaringBitmap,
        share: Share,
        text: &impl Fn(u32) -> Option<&'a Text>,
    ) -> FoundDocuments {
        let mut found = self.settle_names(among, share, text);
        let rest = (&self.body.ids & among) - &found.all;
        if self.body.is_exact {
            found.all |= rest;
        } else if rest.len() > share.loose {
            found.all |= rest;
            found.is_estimated = true;
        } else {
            let has_word = |id: &u32| text(*id).is_some_and(|text| text.has_in_body(self.word));
            found.all.extend(rest.iter().filter(has_word));
        }
        found
    }

    /// Tier by tier, so that what a better tier has found need not be looked at again.
    fn settle_names<'a>(
        &self,
        among: &RoaringBitmap,
        share: Share,
        text: &impl Fn(u32) -> Option<&'a Text>,
    ) -> FoundDocuments {
        let mut found = FoundDocuments { all: RoaringBitmap::new(), named: Vec::new(), is_estimated: false };
        let mut seen = RoaringBitmap::new();
        let mut looks = share.exact;
        for (tier, candidates) in &self.names {
            let new = (&candidates.ids & among) - &seen;
            let most = if candidates.is_exact { looks } else { share.loose };
            if new.len() > most {
                found.named.extend(new.iter().map(|id| (id, Match::plain(*tier))));
                found.is_estimated |= !candidates.is_exact;
            } else {
                let compare = |id| Some((id, text(id)?.find_in_names(self.word)?));
                found.named.extend(new.iter().filter_map(compare));
                looks = looks.saturating_sub(new.len());
            }
            seen |= new;
        }
        found.named.sort_by_key(|(id, _)| *id);
        found.all.extend(found.named.iter().map(|(id, _)| *id));
        found
    }
}

/// Those of the documents that have at least one word in names or codes, best first.
fn ranked<'a>(
    all: &RoaringBitmap,
    named: &[Vec<(u32, Match)>],
    text: impl Fn(u32) -> Option<&'a Text>,
) -> Vec<(Rank, u32)> {
    let mut ranked = match named {
        [only] => only.iter().map(|(id, found)| (Rank::of([*found]), *id)).collect(),
        several => ranked_by_several(all, several),
    };
    if ranked.len() <= COMPARED_LENGTHS {
        for (rank, id) in &mut ranked {
            *rank = rank.with_length(text(*id).map_or(0, Text::title_length));
        }
    }
    ranked.sort_by_key(|(rank, _)| rank.key());
    ranked
}

/// The documents that several words found by name or code, with their ranks, by id.
fn ranked_by_several(all: &RoaringBitmap, named: &[Vec<(u32, Match)>]) -> Vec<(Rank, u32)> {
    let found: RoaringBitmap = named.iter().flatten().map(|(id, _)| *id).collect();
    let mut left: Vec<&[(u32, Match)]> = named.iter().map(Vec::as_slice).collect();
    let rank = |id: u32| (Rank::of(left.iter_mut().map(|named| match_of(named, id))), id);
    (found & all).into_iter().map(rank).collect()
}

/// How well a word was found in a document that has it: `named` is left at this document or after it.
fn match_of(named: &mut &[(u32, Match)], id: u32) -> Match {
    while let Some(((first, found), rest)) = named.split_first() {
        if *first > id {
            break;
        }
        if *first == id {
            return *found;
        }
        *named = rest;
    }
    Match::plain(Tier::Body)
}

#[cfg(test)]
mod tests {
    use super::{super::text::Document, *};

    fn texts(count: u32, name: impl Fn(u32) -> String, body: &str) -> Vec<Text> {
        let document = |id| Document { names: vec![name(id)], body: body.into(), codes: Vec::new() };
        (0..count).map(|id| Text::of(&document(id))).collect()
    }

    fn search(texts: &[Text], q: &str) -> Hits {
        let index = Index::build((0..).zip(texts));
        index.search(&Query::parse(q).unwrap(), None, |id| texts.get(id as usize))
    }

    #[test]
    fn few_bodies_are_compared_and_many_are_counted() {
        let few = texts(5_000, |_| "无".into(), "低保、保低低");
        assert_eq!(search(&few, "低保低").all.len(), 0);

        let many = texts(5_001, |_| "无".into(), "低保、保低低");
        let hits = search(&many, "低保低");
        assert_eq!((hits.all.len(), hits.is_estimated, hits.ranked.len()), (5_001, true, 0));
        let hits = search(&many, "低保");
        assert_eq!((hits.all.len(), hits.is_estimated), (5_001, false));
    }

    #[test]
    fn the_words_of_a_query_share_what_is_compared() {
        let texts = texts(2_600, |_| "无".into(), "低保、保低低、低金、金低低");
        let estimated = |q: &str| search(&texts, q).is_estimated;
        assert!(!estimated("低保低"));
        assert!(estimated("低保低 低金低"), "each of two may be compared with 2,500");
    }

    #[test]
    fn the_best_goes_first_however_many_there_are() {
        let name = |id| if id == 3_000 { "农村".into() } else { format!("改造农村危房{id}") };
        for q in ["农村", "nongcun", "nc"] {
            let hits = search(&texts(4_000, name, ""), q);
            assert_eq!((hits.all.len(), hits.is_estimated), (4_000, false), "{q}");
            assert_eq!((hits.ranked.len(), hits.ranked[0].1, hits.ranked[1].1), (4_000, 3_000, 0), "{q}");
        }
    }
}
