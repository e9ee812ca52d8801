//! Search over 100,000 synthetic items made of the demonstration register's words: `cargo bench --bench search`.
//!
//! Prints build time, size, the time to replace one document on a copy, and for each class of queries the hits and the
//! time of a search. `SEARCH_DOCUMENTS` sets another number of documents.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use pinyin::ToPinyin;
use qingdan_allocator::Allocator;
use qingdan_search::{Document, Index, Query, Text};
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const QUERIES: usize = 1_000;

fn main() -> io::Result<()> {
    let count = std::env::var("SEARCH_DOCUMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let mut out = io::stdout().lock();
    let mut random = Random(0x5eed);
    let words = Words::read();
    let documents: Vec<Document> = (0..count).map(|_| words.document(&mut random)).collect();

    let (texts, reading) = timed(|| documents.iter().map(Text::of).collect::<Vec<Text>>());
    let (index, building) = timed(|| Index::build((0..).zip(&texts)));
    writeln!(out, "{count} documents: texts in {reading:.1?}, index in {building:.1?}")?;
    for (field, sets, bytes) in index.sizes() {
        writeln!(out, "  {field}: {sets} sets, {:.1} MB", bytes as f64 / 1e6)?;
    }
    writeln!(out, "replace 1 on a copy: {}", Times::of(replacements(&index, &texts, &documents, &mut random)))?;

    writeln!(out, "{:<26}{:>9}{:>9}{:>7}", "query class", "hits", "ranked", "est.")?;
    for (name, ask) in CLASSES {
        let queries: Vec<String> =
            (0..QUERIES).map(|_| ask(&documents[random.below(count)], &mut random)).filter(|q| !q.is_empty()).collect();
        let (mut hits, mut ranked, mut estimated, mut times) = (0, 0, 0, Vec::new());
        for q in &queries {
            let begin = Instant::now();
            let Ok(query) = Query::parse(q) else { continue };
            let found = index.search(&query, None, |id| texts.get(id as usize));
            times.push(begin.elapsed());
            hits += found.all.len();
            ranked += found.ranked.len();
            estimated += usize::from(found.is_estimated);
        }
        let n = times.len().max(1);
        writeln!(out, "{name:<26}{:>9}{:>9}{:>7} {}", hits / n as u64, ranked / n, estimated, Times::of(times))?;
    }
    Ok(())
}

type Ask = fn(&Document, &mut Random) -> String;

const CLASSES: [(&str, Ask); 14] = [
    ("1 character", |document, random| part(&document.names[0], 1, random)),
    ("2 characters", |document, random| part(&document.names[0], 2, random)),
    ("4 of a title", |document, random| part(&document.names[0], 4, random)),
    ("4 of a body", |document, random| part(&document.body, 4, random)),
    ("8 of a body", |document, random| part(&document.body, 8, random)),
    ("pinyin of 2", |document, random| pinyin(&part(&document.names[0], 2, random))),
    ("pinyin of 4", |document, random| pinyin(&part(&document.names[0], 4, random))),
    ("pinyin, unfinished", |document, random| {
        let mut letters = pinyin(&part(&document.names[0], 3, random));
        letters.pop();
        letters
    }),
    ("initials of 2", |document, random| initials(&part(&document.names[0], 2, random))),
    ("initials of 4", |document, random| initials(&part(&document.names[0], 4, random))),
    ("1 letter", |document, random| initials(&part(&document.names[0], 1, random))),
    ("part of a code", |document, random| part(&document.codes[0], 9, random)),
    ("2 + 2, title and body", |document, random| {
        format!("{} {}", part(&document.names[0], 2, random), part(&document.body, 2, random))
    }),
    ("4 + pinyin of 2", |document, random| {
        format!("{} {}", part(&document.body, 4, random), pinyin(&part(&document.names[0], 2, random)))
    }),
];

/// Some consecutive characters of a text, no punctuation among them.
fn part(text: &str, len: usize, random: &mut Random) -> String {
    let chars: Vec<char> = text.chars().collect();
    let parts: Vec<&[char]> = chars.windows(len).filter(|part| part.iter().all(|c| c.is_alphanumeric())).collect();
    if parts.is_empty() { String::new() } else { parts[random.below(parts.len())].iter().collect() }
}

fn pinyin(text: &str) -> String {
    text.to_pinyin().flatten().map(|reading| reading.plain()).collect()
}

fn initials(text: &str) -> String {
    text.to_pinyin().flatten().map(|reading| reading.first_letter()).collect()
}

fn replacements(index: &Index, texts: &[Text], documents: &[Document], random: &mut Random) -> Vec<Duration> {
    let replace = |_| {
        let (id, other) = (random.below(texts.len()), random.below(texts.len()));
        let changed = Document { body: documents[other].body.clone(), ..documents[id].clone() };
        let begin = Instant::now();
        let new = Text::of(&changed);
        let mut copy = index.clone();
        copy.replace(id as u32, &texts[id], &new);
        begin.elapsed()
    };
    (0..200).map(replace).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    (work(), begin.elapsed())
}

/// Times in milliseconds.
struct Times {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Times {
        times.sort();
        let at = |share: f64| {
            let place = (times.len() as f64 * share) as usize;
            times.get(place.min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Times { p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:>7.3}  p99 {:>7.3}  max {:>7.3} ms", self.p50, self.p99, self.max)
    }
}

/// The demonstration register's words: pieces of titles, clauses of bodies.
struct Words {
    titles: Vec<Vec<char>>,
    clauses: Vec<String>,
}

impl Words {
    fn read() -> Words {
        let register: Value = serde_json::from_str(include_str!("../../../demo/items.json")).unwrap_or_default();
        let mut words = Words { titles: Vec::new(), clauses: Vec::new() };
        for item in register["items"].as_array().into_iter().flatten() {
            words.titles.push(item["name"].as_str().unwrap_or_default().chars().collect());
            let parts = ["summary", "conditions", "materials", "results", "responsibilities", "faqs"];
            parts.iter().for_each(|part| add_clauses(&item[*part], &mut words.clauses));
        }
        words
    }

    fn document(&self, random: &mut Random) -> Document {
        let mut title = String::new();
        while title.chars().count() < 10 {
            title += &self.piece(5, random);
        }
        let mut names = vec![title];
        if random.below(2) == 1 {
            names.push(self.piece(4, random));
        }
        let mut body = String::new();
        while body.len() < 600 * "字".len() {
            body += &self.clauses[random.below(self.clauses.len())];
            body += if random.below(4) == 0 { "，" } else { "" };
            body += &self.piece(6, random);
            body.push('\n');
        }
        let catalogue = format!("{:012}", random.below(10_000_000) * 1_000);
        let organisation = 11_350_000_000_000_000 + random.below(200) as u64 * 7_919_017;
        let codes =
            vec![format!("{organisation}K5{catalogue}"), catalogue, format!("侯洋清{:06}", random.below(1_000_000))];
        Document { names, body, codes }
    }

    /// Two or more consecutive characters of a title.
    fn piece(&self, longest: usize, random: &mut Random) -> String {
        let title = &self.titles[random.below(self.titles.len())];
        let begin = random.below(title.len() - 1);
        title[begin..].iter().take(2 + random.below(longest - 1)).collect()
    }
}

fn add_clauses(value: &Value, clauses: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_ascii() => {
            clauses.extend(text.split(['。', '；', '，']).filter(|clause| !clause.is_empty()).map(str::to_owned));
        }
        Value::Array(parts) => parts.iter().for_each(|part| add_clauses(part, clauses)),
        Value::Object(parts) => parts.values().for_each(|part| add_clauses(part, clauses)),
        _ => {}
    }
}

/// SplitMix64: the same documents and queries on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}
