//! 法规库: national and common Fujian instruments, as facts. A file that names one need not describe it.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::names::bare;

/// The library as a file that can be imported: `legal_instruments`.
pub const LAWS: &str = include_str!("../../../../demo/laws.json");

#[derive(Deserialize)]
struct Library {
    legal_instruments: Vec<Map<String, Value>>,
}

static BY_TITLE: LazyLock<HashMap<String, Map<String, Value>>> = LazyLock::new(|| {
    let library: Library = serde_json::from_str(LAWS).unwrap_or_else(|error| {
        log::error!("the library of laws: {error}");
        Library { legal_instruments: Vec::new() }
    });
    let titled = library.legal_instruments.into_iter();
    titled.filter_map(|law| Some((bare(law.get("title")?.as_str()?), law))).collect()
});

/// The instrument with this title.
pub fn titled(title: &str) -> Option<&'static Map<String, Value>> {
    BY_TITLE.get(&bare(title))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::{
        model::{KINDS, kinds::Body},
        register::catalog::Snapshot,
    };

    #[test]
    fn every_law_is_a_whole_record_of_its_own() {
        let kind = KINDS.into_iter().find(|kind| kind.name == "legal_instrument").expect("a kind");
        let library: Library = serde_json::from_str(LAWS).expect("it is JSON");
        let (register, day) = (Snapshot::empty(&KINDS), NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"));
        assert!(library.legal_instruments.len() > 100);
        assert_eq!(BY_TITLE.len(), library.legal_instruments.len(), "no title stands twice");
        let mut codes: Vec<_> = library.legal_instruments.iter().map(|law| law["code"].to_string()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), library.legal_instruments.len(), "no code stands twice");
        for law in library.legal_instruments {
            let body = Value::Object(law);
            assert!((kind.read)(&body).is_ok(), "{body}");
            let found = (kind.check)(Body::Any(&body), &register, day);
            let bad: Vec<_> =
                found.iter().filter(|one| one.blocks() || one.wrong.code() == "record-incomplete").collect();
            assert!(bad.is_empty(), "{body}: {bad:?}");
        }
        assert!(titled("中华人民共和国 义务教育法").is_some() && titled("村规民约").is_none());
    }
}
