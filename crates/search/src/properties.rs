//! The index against a scan of all texts, and a grown index against a new one.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

/// A document over few characters, so that words are found: some with several readings, some Latin, some traditional.
fn document() -> impl Strategy<Value = Document> {
    let name = "[低保不行长西安残殘d1、]{0,6}";
    let code = "[0-2A]{1,5}";
    (vec(name, 1..4), "[低保行长残殘db0 ，]{0,12}", vec(code, 0..3)).prop_map(|(names, body, codes)| Document {
        names,
        body,
        codes,
    })
}

fn query() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[低保不行长西安残殘d1、]{1,4}",
        "[dbxaichngs']{1,5}",
        "(di|d|bao|b|xi|xing|hang|chang|zhang|an|a|can|xian|bu|'){1,4}",
        "[0-2a]{1,4}",
    ];
    vec(word, 1..3).prop_map(|words| words.join(" "))
}

fn index(texts: &BTreeMap<u32, Text>) -> Index {
    let mut index = Index::default();
    for (id, text) in texts {
        index.insert(*id, text);
    }
    index
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn search_equals_a_scan(documents in vec(document(), 1..12), queries in vec(query(), 8), within in vec(0..12u32, 12)) {
        let texts: BTreeMap<u32, Text> = (0..).zip(documents.iter().map(Text::of)).collect();
        let index = index(&texts);
        let within: roaring::RoaringBitmap = within.into_iter().collect();
        for q in queries {
            let Ok(query) = Query::parse(&q) else { continue };
            for within in [None, Some(&within)] {
                let hits = index.search(&query, within, |id| texts.get(&id));

                let mut expected: Vec<(Rank, u32)> =
                    texts.iter().filter_map(|(id, text)| Some((rank(&query, text)?, *id))).collect();
                expected.retain(|(_, id)| within.is_none_or(|within| within.contains(*id)));
                prop_assert_eq!(&hits.all, &expected.iter().map(|(_, id)| *id).collect());
                prop_assert!(hits.all.iter().all(|id| matches(&query, &texts[&id])));
                prop_assert!(!hits.is_estimated);
                expected.sort();
                expected.retain(|(_, id)| !is_only_in_body(&query, &texts[id]));
                prop_assert_eq!(hits.ranked, expected, "{}", q);
            }
        }
    }

    #[test]
    fn a_grown_index_equals_a_new_one(steps in vec((0..6u32, proptest::option::of(document())), 1..30)) {
        let mut texts: BTreeMap<u32, Text> = BTreeMap::new();
        let mut grown = Index::default();
        for (id, document) in steps {
            let before = grown.clone();
            let untouched = before.clone();
            let new = document.as_ref().map(Text::of);
            match (texts.remove(&id), &new) {
                (Some(old), Some(new)) => grown.replace(id, &old, new),
                (Some(old), None) => grown.remove(id, &old),
                (None, Some(new)) => grown.insert(id, new),
                (None, None) => {}
            }
            texts.extend(new.map(|new| (id, new)));
            prop_assert!(before == untouched);
        }
        prop_assert!(grown == index(&texts));
        prop_assert!(grown == Index::build(texts.iter().map(|(id, text)| (*id, text))));
        for (id, text) in &texts {
            grown.remove(*id, text);
        }
        prop_assert!(grown == Index::default());
    }

    #[test]
    fn no_query_panics(q in any::<String>(), names in vec(any::<String>(), 0..3), body in any::<String>()) {
        let text = Text::of(&Document { names, body, codes: vec![q.clone()] });
        let mut index = Index::default();
        index.insert(7, &text);
        if let Ok(query) = Query::parse(&q) {
            let hits = index.search(&query, None, |_| Some(&text));
            prop_assert_eq!(hits.all.contains(7), matches(&query, &text));
        }
    }
}

/// Whether no reading that is found has a word in names or codes.
fn is_only_in_body(query: &Query, text: &Text) -> bool {
    let is_found =
        |words: &&[query::Word]| words.iter().all(|word| text.find_in_names(word).is_some() || text.has_in_body(word));
    query.readings().filter(is_found).all(|words| words.iter().all(|word| text.find_in_names(word).is_none()))
}

#[test]
fn long_spellings_are_read() {
    let names = vec!["阿".repeat(130)];
    let text = Text::of(&Document { names, ..Document::default() });
    let mut index = Index::default();
    index.insert(1, &text);
    for q in ["a".repeat(127), "a".repeat(128), format!("{}'", "a".repeat(127)), "'".repeat(200)] {
        let query = Query::parse(&q).unwrap();
        let hits = index.search(&query, None, |_| Some(&text));
        assert_eq!(hits.all.contains(1), matches(&query, &text), "{q}");
    }
}
