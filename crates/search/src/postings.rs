//! The documents that have a gram. Grams are runs of one to three symbols, each with the set of documents that have it.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use roaring::RoaringBitmap;

use super::{
    query::Spelling,
    readings::{Sounds, Syllable},
    text::Text,
};
use imbl::{GenericHashMap, shared_ptr::DefaultSharedPtr};

/// Stands before the first symbol of a name or code. No folded text has control characters.
pub(super) const START: u32 = 1;

/// Stands after the last symbol of a name or code.
pub(super) const END: u32 = 2;

/// The number of the first syllable among the symbols.
const FIRST_SYLLABLE: u32 = 3;

/// The longest grams of names and codes.
pub(super) const NAME_GRAMS: usize = 3;

/// The longest grams of bodies.
pub(super) const BODY_GRAMS: usize = 2;

/// The sets of documents by gram; a copy shares everything until it changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Postings(GenericHashMap<u64, Arc<RoaringBitmap>, BuildHasherDefault<Mix>, DefaultSharedPtr>);

/// Documents that may match.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Candidates {
    /// All that match, and perhaps others.
    pub ids: RoaringBitmap,
    /// Whether there are no others.
    pub is_exact: bool,
}

/// The sets of documents by gram while a whole register is added: changed in place, shared with nobody.
#[derive(Debug, Default)]
pub(super) struct NewPostings(HashMap<u64, RoaringBitmap, BuildHasherDefault<Mix>>);

impl NewPostings {
    /// Adds a document to the set of each gram.
    pub fn insert(&mut self, grams: &[u64], id: u32) {
        for gram in grams {
            self.0.entry(*gram).or_default().insert(id);
        }
    }

    /// The sets, to be shared from now on.
    pub fn done(self) -> Postings {
        Postings(self.0.into_iter().map(|(gram, ids)| (gram, Arc::new(ids))).collect())
    }
}

impl Postings {
    /// Adds a document to the set of each gram.
    pub fn insert(&mut self, grams: &[u64], id: u32) {
        for gram in grams {
            match self.0.get_mut(gram) {
                Some(ids) => {
                    Arc::make_mut(ids).insert(id);
                }
                None => {
                    self.0.insert(*gram, Arc::new(RoaringBitmap::from([id])));
                }
            }
        }
    }

    /// Takes a document out of the set of each gram, and the gram out when its set is empty.
    pub fn remove(&mut self, grams: &[u64], id: u32) {
        for gram in grams {
            let Some(ids) = self.0.get_mut(gram) else { continue };
            let ids = Arc::make_mut(ids);
            ids.remove(id);
            if ids.is_empty() {
                self.0.remove(gram);
            }
        }
    }

    /// The documents that have all grams of these symbols.
    pub fn with(&self, symbols: &[u32], longest: usize) -> Candidates {
        let is_exact = symbols.len() <= longest;
        let sets: Option<Vec<&RoaringBitmap>> =
            symbols.windows(longest.min(symbols.len()).max(1)).map(|window| self.set(window)).collect();
        let Some(mut sets) = sets else { return Candidates::none() };
        sets.sort_unstable_by_key(|set| set.len());
        let mut sets = sets.into_iter();
        let mut ids = sets.next().cloned().unwrap_or_default();
        for set in sets {
            if ids.is_empty() {
                break;
            }
            ids &= set;
        }
        Candidates { ids, is_exact }
    }

    /// The documents whose syllables, after `before` (nothing or [`START`]), may be spelled so: the last one perhaps
    /// unfinished, or, when `is_whole`, whole and the last of its name.
    ///
    /// A walk over the letters: a state is how many are used up and which two symbols came last, and with it go the
    /// documents that have all grams so far.
    pub fn spelled(&self, spelling: &Spelling, before: &[u32], is_whole: bool) -> Candidates {
        let mut found = Candidates { ids: RoaringBitmap::new(), is_exact: true };
        if !spelling.may_be_syllables() {
            return found;
        }
        let mut open: BTreeMap<(usize, Trail), Option<RoaringBitmap>> = BTreeMap::new();
        open.insert((0, Trail::default().and(before)), None);
        while let Some(((used, trail), ids)) = open.pop_first() {
            if used == spelling.letters().len() {
                let last = if is_whole { self.narrow(ids.as_ref(), trail, END) } else { ids };
                found.add(last.unwrap_or_default(), trail.len() + usize::from(is_whole) <= NAME_GRAMS);
                continue;
            }
            for syllable in spelling.syllables(used) {
                if let Some(next) = self.narrow(ids.as_ref(), trail, symbol(syllable)) {
                    let state = (used + syllable.letters().len(), trail.and(&[symbol(syllable)]));
                    let known = open.entry(state).or_default();
                    *known = Some(known.take().map_or(next.clone(), |known| known | &next));
                }
            }
            if !is_whole {
                for syllable in spelling.unfinished_syllables(used) {
                    let last = self.narrow(ids.as_ref(), trail, symbol(syllable));
                    found.add(last.unwrap_or_default(), trail.len() < NAME_GRAMS);
                }
            }
        }
        found
    }

    /// How many grams there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many bytes the sets would take when written down; about what they take in memory.
    pub fn bytes(&self) -> usize {
        self.0.values().map(|ids| ids.serialized_size()).sum()
    }

    /// Those of the documents (nothing: all) that have the gram of the last symbols and the next; nothing if none has.
    fn narrow(&self, ids: Option<&RoaringBitmap>, trail: Trail, next: u32) -> Option<RoaringBitmap> {
        let set = self.set(trail.and(&[next]).last())?;
        let narrowed = ids.map_or_else(|| set.clone(), |ids| ids & set);
        (!narrowed.is_empty()).then_some(narrowed)
    }

    fn set(&self, symbols: &[u32]) -> Option<&RoaringBitmap> {
        self.0.get(&gram(symbols)).map(Arc::as_ref)
    }
}

impl Candidates {
    fn none() -> Candidates {
        Candidates { ids: RoaringBitmap::new(), is_exact: true }
    }

    fn add(&mut self, ids: RoaringBitmap, is_exact: bool) {
        self.is_exact &= is_exact || ids.is_empty();
        self.ids |= ids;
    }
}

/// The last symbols on a way, and how many there were, up to one more than the longest gram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Trail {
    symbols: [u32; NAME_GRAMS],
    len: usize,
}

impl Trail {
    fn and(mut self, more: &[u32]) -> Trail {
        for symbol in more {
            self.symbols.rotate_left(1);
            self.symbols[NAME_GRAMS - 1] = *symbol;
            self.len = (self.len + 1).min(NAME_GRAMS + 1);
        }
        self
    }

    fn len(&self) -> usize {
        self.len
    }

    fn last(&self) -> &[u32] {
        &self.symbols[NAME_GRAMS - self.len.min(NAME_GRAMS)..]
    }
}

/// The grams of one text, by field, each in rising order and once.
#[derive(Debug, Default)]
pub(super) struct Grams {
    pub titles: Vec<u64>,
    pub aliases: Vec<u64>,
    pub pinyin: Vec<u64>,
    pub initials: Vec<u64>,
    pub codes: Vec<u64>,
    pub bodies: Vec<u64>,
}

impl Grams {
    /// The grams of a text.
    pub fn of(text: &Text) -> Grams {
        let mut grams = Grams::default();
        for (place, name) in text.names.iter().enumerate() {
            let as_written = if place == 0 { &mut grams.titles } else { &mut grams.aliases };
            add_line(&name.text, as_written);
            add_name(&syllables(&name.sounds), &mut grams.pinyin);
            add_name(&initials(&name.sounds), &mut grams.initials);
        }
        for code in &text.codes {
            add_line(code, &mut grams.codes);
        }
        add_body(&text.body, &mut grams.bodies);
        for field in grams.fields_mut() {
            field.sort_unstable();
            field.dedup();
        }
        grams
    }

    /// The grams of each field: titles, aliases, pinyin, initials, codes, bodies.
    pub fn fields(&self) -> [&[u64]; 6] {
        [&self.titles, &self.aliases, &self.pinyin, &self.initials, &self.codes, &self.bodies]
    }

    fn fields_mut(&mut self) -> [&mut Vec<u64>; 6] {
        [&mut self.titles, &mut self.aliases, &mut self.pinyin, &mut self.initials, &mut self.codes, &mut self.bodies]
    }

    /// Those that the other has not.
    pub fn without(&self, other: &Grams) -> Grams {
        Grams {
            titles: difference(&self.titles, &other.titles),
            aliases: difference(&self.aliases, &other.aliases),
            pinyin: difference(&self.pinyin, &other.pinyin),
            initials: difference(&self.initials, &other.initials),
            codes: difference(&self.codes, &other.codes),
            bodies: difference(&self.bodies, &other.bodies),
        }
    }
}

fn difference(grams: &[u64], other: &[u64]) -> Vec<u64> {
    grams.iter().filter(|gram| other.binary_search(gram).is_err()).copied().collect()
}

/// The symbols of a folded text: its characters.
pub(super) fn symbols(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

fn symbol(syllable: Syllable) -> u32 {
    FIRST_SYLLABLE + syllable.number()
}

fn syllables(sounds: &Sounds) -> Vec<Vec<u32>> {
    sounds.iter().map(|readings| readings.iter().map(|reading| symbol(reading.syllable)).collect()).collect()
}

fn initials(sounds: &Sounds) -> Vec<Vec<u32>> {
    let distinct = |mut initials: Vec<u32>| {
        initials.sort_unstable();
        initials.dedup();
        initials
    };
    let initial = |syllable: Syllable| u32::from(syllable.initial());
    sounds.iter().map(|readings| distinct(readings.iter().map(|reading| initial(reading.syllable)).collect())).collect()
}

fn add_line(text: &str, grams: &mut Vec<u64>) {
    let symbols = symbols(text);
    let places: Vec<&[u32]> = symbols.iter().map(std::slice::from_ref).collect();
    add_name(&places, grams);
}

/// Adds the grams of a name or code between its ends, for all choices of the symbols at each place.
fn add_name<P: AsRef<[u32]>>(places: &[P], grams: &mut Vec<u64>) {
    let padded: Vec<&[u32]> =
        std::iter::once(&[START][..]).chain(places.iter().map(AsRef::as_ref)).chain([&[END][..]]).collect();
    for begin in 0..padded.len() {
        let mut choices = vec![0];
        for (len, place) in (1..=NAME_GRAMS).zip(&padded[begin..]) {
            choices = choices.iter().flat_map(|so_far| place.iter().map(move |next| join(*so_far, *next))).collect();
            if len > 1 || (1..=places.len()).contains(&begin) {
                grams.extend_from_slice(&choices);
            }
        }
    }
}

/// Adds the grams of a body: single characters and pairs, without spaces.
fn add_body(body: &str, grams: &mut Vec<u64>) {
    let space = u32::from(' ');
    let mut before = space;
    for character in body.chars().map(u32::from) {
        if character != space {
            grams.push(gram(&[character]));
            if before != space {
                grams.push(gram(&[before, character]));
            }
        }
        before = character;
    }
}

/// The key of a gram: 21 bits for each symbol, enough for every character.
fn gram(symbols: &[u32]) -> u64 {
    symbols.iter().fold(0, |so_far, symbol| join(so_far, *symbol))
}

fn join(so_far: u64, symbol: u32) -> u64 {
    so_far << 21 | u64::from(symbol)
}

/// Hashes a gram by mixing its bits (the finaliser of SplitMix64): texts are published by officials, not by attackers.
#[derive(Clone, Copy, Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, gram: u64) {
        let mut mixed = (self.0 ^ gram).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = mixed ^ (mixed >> 31);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
