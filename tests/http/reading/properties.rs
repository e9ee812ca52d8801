//! Properties of the snapshot and of walks, over random logs and random lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Duration};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use qingdan::{
    model::{KINDS, items},
    public::{
        feed::{ChangePage, FeedRequest},
        reading::{ListRequest, list},
    },
    register::{
        catalog::{Entry, Snapshot, files_named_in},
        changes::{Change, ChangeDocument, Office},
    },
    values::code_lists::{Action, Status},
    web::{
        cursor::{Cursor, Walk},
        interest::Interest,
    },
};
use serde_json::{Value, json};

use crate::helpers::app::{codes_of, demos, organisation, place};

const OFFICES: [&str; 2] = ["11350121003619116B", "12350121488101808K"];
const PLACES: [&str; 3] = ["place-a", "place-b", "place-c"];
const ITEMS: [&str; 3] =
    ["11350121003619116B5000511001000", "11350121003619116B5000511002000", "11350121003619116B5000511003000"];

/// One random step; what it makes of the log depends on what is there.
#[derive(Clone, Debug)]
struct Step {
    kind: usize,
    key: Index,
    action: u8,
    name: String,
    reference: Index,
    ends: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0usize..3, any::<Index>(), 0u8..10, "[甲乙丙丁a-c]{1,3}", any::<Index>(), any::<bool>());
    let step =
        step.prop_map(|(kind, key, action, name, reference, ends)| Step { kind, key, action, name, reference, ends });
    vec(step, 0..24)
}

/// The log of these steps: publications of several changes, references that may dangle, all states and renumbering.
fn log_of(steps: &[Step]) -> Vec<Change> {
    let mut register = Snapshot::empty(&KINDS);
    let mut log: Vec<Change> = Vec::new();
    let mut batch: Vec<Change> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let seq = i64::try_from(log.len() + batch.len()).expect("few") + 1;
        // The state inside a batch is not looked at: each record changes at most once in one.
        let Some(change) = change_of(&register, step, seq).filter(|change| {
            let named = |other: &Change| other.key == change.key || other.successor.as_ref() == Some(&change.key);
            !batch.iter().any(|other| other.kind == change.kind && named(other))
        }) else {
            continue;
        };
        batch.push(change);
        if step.ends || index + 1 == steps.len() {
            for change in &mut batch {
                change.publication = seq;
                change.published_at = DateTime::UNIX_EPOCH + Duration::days(seq);
            }
            register = register.after(&batch).expect("the log is whole");
            log.append(&mut batch);
        }
    }
    let whole = log.iter().rposition(|change| change.seq == change.publication).map_or(0, |last| last + 1);
    log.truncate(whole);
    log
}

fn change_of(register: &Snapshot, step: &Step, seq: i64) -> Option<Change> {
    let (kind, key) = match step.kind {
        0 => ("organisation", *step.key.get(&OFFICES)),
        1 => ("place", *step.key.get(&PLACES)),
        _ => ("item", *step.key.get(&ITEMS)),
    };
    let there = register.get(kind, key).cloned();
    let (mut key, mut successor) = (there.as_ref().map_or(key, |entry| &*entry.key).to_owned(), None);
    let action = match (&there, step.action) {
        (None, _) => Action::Create,
        (Some(_), 8..) => Action::Erase,
        (Some(entry), 0..4) if entry.status == Status::Erased && entry.standing == Status::InForce => Action::Amend,
        (Some(entry), 5 | 6) if matches!(entry.status, Status::Cancelled | Status::Merged) => Action::Reinstate,
        (Some(entry), _) if !entry.is_listed() => return None,
        (Some(_), 0..4) => Action::Amend,
        (Some(entry), 4) if entry.status == Status::InForce => Action::Suspend,
        (Some(entry), 5) if entry.status == Status::Suspended => Action::Reinstate,
        (Some(_), 6) => Action::Cancel,
        (Some(_), 7) if kind == "place" => Action::Renumber,
        (Some(_), _) => return None,
    };
    let mut body = body_of(kind, &key, step);
    if action == Action::Renumber {
        let new = format!("{}-{seq}", &PLACES[0]);
        body["code"] = json!(new);
        successor = Some(new);
    }
    if action == Action::Create {
        key = body["code"].as_str().expect("a code").to_owned();
    }
    let last = there.as_ref().and_then(|entry| entry.current().map(|last| last.change.revision)).unwrap_or(0);
    let revision = match action {
        Action::Erase => there.as_ref().and_then(|entry| {
            let left: Vec<_> = entry.revisions.iter().filter(|revision| revision.body.is_some()).collect();
            (!left.is_empty()).then(|| step.reference.get(&left).change.revision)
        })?,
        _ => last + 1,
    };
    Some(Change {
        seq,
        publication: seq,
        kind: kind.into(),
        revision,
        key,
        action,
        published_at: DateTime::UNIX_EPOCH,
        by: Office { code: OFFICES[0].into(), name: "甲".into() },
        channels: Vec::new(),
        reason: Some(step.name.clone()),
        document: None,
        successor,
        body_digest: String::new(),
        body: (action != Action::Erase).then(|| body.to_string()),
        salt: None,
        origin: None,
    })
}

/// The first lines of the log as they stand once they are all there: what was erased has no body any more.
fn as_read(log: &[Change], end: usize) -> Vec<Change> {
    let mut read = log[..end].to_vec();
    for at in 0..end {
        if read[at].action == Action::Erase {
            let (kind, key, revision) = (read[at].kind.clone(), read[at].key.clone(), read[at].revision);
            let of_record = |change: &&mut Change| change.kind == kind && change.action != Action::Erase;
            let keys = former_keys(log, &kind, &key);
            let mut lines = read.iter_mut().filter(of_record);
            let erased = lines.find(|change| change.revision == revision && keys.contains(&change.key));
            erased.expect("the revision is there").body = None;
        }
    }
    read
}

/// The keys that the record with this one ever had.
fn former_keys(log: &[Change], kind: &str, key: &str) -> Vec<String> {
    let mut keys = vec![key.to_owned()];
    for change in log.iter().rev().filter(|change| change.kind == kind && change.action == Action::Renumber) {
        if change.successor.as_ref().is_some_and(|new| keys.contains(new)) {
            keys.push(change.key.clone());
        }
    }
    keys
}

fn body_of(kind: &str, key: &str, step: &Step) -> Value {
    match kind {
        "organisation" => {
            let mut body = organisation(key, &step.name);
            body["address"] = json!(file_address(step.reference.index(3)));
            body
        }
        "place" => {
            let mut body = place(key, OFFICES[step.reference.index(2)]);
            body["name"] = json!(step.name);
            body["address"] = json!(file_address(step.reference.index(4)));
            body
        }
        _ => {
            let mut body = model_item().clone();
            body["code"] = json!(key);
            body["implementation_code"] = json!(key);
            body["name"] = json!(step.name);
            body["organisation"] = json!(OFFICES[step.reference.index(2)]);
            body["places"] = json!([{ "place": PLACES[step.reference.index(3)] }]);
            body
        }
    }
}

fn file_address(number: usize) -> String {
    format!("/v1/files/{}", number.to_string().repeat(64))
}

/// A record as it is shown, but for what the register knows of it.
fn shown_of(entry: &Entry) -> Value {
    let mut shown: Value = serde_json::from_slice(entry.answer.plain()).expect("JSON");
    shown["meta"]["shown_seq"].take();
    shown
}

/// The files that the bodies of a log name, as the definition says it.
fn files_of(log: &[Change]) -> BTreeSet<String> {
    let bodies = log.iter().filter_map(|change| change.body.as_deref());
    bodies.flat_map(files_named_in).map(str::to_owned).collect()
}

fn model_item() -> &'static Value {
    static ITEM: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| {
        let register: Value = serde_json::from_str(include_str!("../../../demo/items.json")).expect("JSON");
        let mut item = register["items"][0].clone();
        for long in ["chart", "materials", "responsibilities", "accountability", "faqs"] {
            item.as_object_mut().expect("an object").remove(long);
        }
        item
    });
    &ITEM
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A reader that gathers to the end of a publication and then applies what it has, applies whole publications only,
    /// wherever it begins.
    #[test]
    fn following_by_pages_of_any_size_gives_what_following_whole_gives(
        steps in steps(), from in any::<Index>(), limit in 1usize..5, room in 1usize..6000, with_bodies in any::<bool>(),
        kinds in select(vec![vec![], vec!["place".to_owned()], vec!["fee".to_owned()]]),
    ) {
        let log = log_of(&steps);
        let register = Snapshot::empty(&KINDS).after(&as_read(&log, log.len()))?;
        let from = i64::try_from(from.index(log.len() + 1)).expect("few");
        let follow = |limit, room| {
            let asked = FeedRequest { limit, with_bodies, interest: Interest { kinds: kinds.clone(), ..Interest::default() } };
            let (mut since, mut gathered, mut applied) = (from, Vec::new(), Vec::new());
            loop {
                let page = ChangePage::read(&register, &asked, since, room).expect("it can be read");
                let bytes: usize = page.items.iter().map(|line| line.get().len()).sum();
                assert!(page.items.len() <= limit && (bytes <= room || page.items.len() == 1));
                let lines = page.items.iter().map(|line| serde_json::from_str::<ChangeDocument>(line.get()));
                gathered.extend(lines.map(|line| line.expect("a change")));
                if page.ends_publication {
                    applied.push(std::mem::take(&mut gathered));
                }
                if page.next == page.seq {
                    assert!(gathered.is_empty());
                    return applied;
                }
                assert!(page.next > since);
                since = page.next;
            }
        };
        let (whole, paged) = (follow(usize::MAX, usize::MAX), follow(limit, room));
        prop_assert_eq!(whole.len(), 1);
        let seqs = |lines: &[ChangeDocument]| lines.iter().map(|line| line.seq).collect::<Vec<_>>();
        prop_assert_eq!(seqs(&paged.concat()), seqs(&whole[0]));
        let expected = log.iter().filter(|line| line.seq > from && (kinds.is_empty() || kinds.contains(&line.kind)));
        prop_assert_eq!(seqs(&whole[0]), expected.map(|line| line.seq).collect::<Vec<_>>());
        let parts: Vec<_> = paged.iter().map(|part| part.iter().map(|line| line.publication).collect::<BTreeSet<_>>()).collect();
        let publications: BTreeSet<_> = parts.iter().flatten().collect();
        prop_assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), publications.len(), "none is applied in two parts");
    }

    /// Replicas that fell behind, servers that restarted and the one that wrote must all serve the same bytes.
    #[test]
    fn a_snapshot_grown_equals_one_rebuilt(steps in steps(), cuts in vec(any::<Index>(), 0..5)) {
        let log = log_of(&steps);
        let ends: Vec<_> = log.iter().enumerate().filter(|(_, c)| c.seq == c.publication).map(|(at, _)| at + 1).collect();
        let whole = as_read(&log, log.len());
        let rebuilt = Snapshot::empty(&KINDS).after(&whole)?;
        let mut cuts: Vec<_> = cuts.iter().filter(|_| !ends.is_empty()).map(|cut| *cut.get(&ends)).collect();
        cuts.push(log.len());
        cuts.sort_unstable();
        let mut grown = Snapshot::empty(&KINDS);
        let mut from = 0;
        for cut in cuts.iter().copied() {
            grown = grown.after(&as_read(&log, cut)[from..])?;
            from = cut;
        }
        prop_assert!(grown == rebuilt);
        let named: BTreeSet<_> = grown.named_files().map(|hash| hash.to_string()).collect();
        prop_assert_eq!(named, files_of(&whole));
        // And every earlier state can be had again from the last one: forwards from the beginning, backwards from the end or from a
        // later one that was had so, and forwards again from there.
        let mut later = rebuilt.clone();
        for end in ends.into_iter().rev() {
            let seq = log[end - 1].seq;
            let then = rebuilt.rewound(&Snapshot::empty(&KINDS), seq)?;
            prop_assert!(then == Snapshot::empty(&KINDS).after(&whole[..end])?, "at {}", seq);
            prop_assert!(!cuts.contains(&end) || rebuilt.rolled_back(seq)? == then, "back at {}", seq);
            let further = later.rolled_back(seq)?;
            prop_assert!(further == then, "further back at {}", seq);
            prop_assert!(rebuilt.rewound(&further, later.seq())? == later, "from {} to {}", seq, later.seq());
            later = further;
            // And one record alone is what the whole register showed of it.
            for kind in KINDS {
                for now in rebuilt.shelf(kind.name).expect("a shelf").entries() {
                    let Some(alone) = rebuilt.alone(kind, now, seq)? else { continue };
                    let (alone, then) = (alone.get(kind.name, now.key_at(seq)), then.get(kind.name, now.key_at(seq)));
                    let seen = |entry: &Arc<Entry>| (shown_of(entry), entry.shown, entry.status, entry.row.clone());
                    prop_assert_eq!(alone.map(seen), then.map(seen), "{} at {}", now.key, seq);
                }
            }
        }
        prop_assert!(rebuilt.rolled_back(0)? == Snapshot::empty(&KINDS));
    }

    /// `affects` names whatever shows something new because of others, and its shown seq is the change that did it.
    #[test]
    fn what_shows_something_new_is_changed_or_affected(steps in steps()) {
        let log = log_of(&steps);
        let ends = log.iter().enumerate().filter(|(_, c)| c.seq == c.publication).map(|(at, _)| at + 1);
        let (mut before, mut from) = (Snapshot::empty(&KINDS), 0);
        for end in ends {
            let after = Snapshot::empty(&KINDS).after(&as_read(&log, end))?;
            let mut told = BTreeMap::new();
            for seq in from as i64 + 1..=end as i64 {
                let document = after.document(seq, true)?.expect("a line");
                prop_assert_eq!(document.clone().into_change().expect("whole"), as_read(&log, end)[seq as usize - 1].clone());
                let own = [(document.kind.clone(), document.successor.unwrap_or(document.key)), ];
                let others = document.affects.into_iter().map(|other| (other.kind, other.key));
                for name in own.into_iter().chain(others) {
                    told.insert(after.get(&name.0, &name.1).map(|entry| (name.0.clone(), entry.id)), seq);
                }
            }
            for kind in KINDS {
                for entry in after.shelf(kind.name).expect("a shelf").entries() {
                    let name = Some((kind.name.to_owned(), entry.id));
                    let then = before.get(kind.name, &entry.key).or_else(|| entry.former_keys.iter().find_map(|key| before.get(kind.name, key)));
                    let is_new = then.is_none_or(|then| shown_of(then) != shown_of(entry));
                    prop_assert!(!is_new || told.contains_key(&name), "{} {} at {}", kind.name, entry.key, end);
                    if let Some(seq) = told.get(&name) {
                        prop_assert_eq!(entry.shown.seq, *seq);
                    }
                }
            }
            (before, from) = (after, end);
        }
    }

    /// Whatever is asked for, following `next` yields each record of the whole result once, in its order.
    #[test]
    fn walking_a_list_yields_each_record_once(
        limit in 1usize..40,
        sort in prop::option::of(prop::sample::select(vec!["code", "published_at"])),
        filter in prop::option::of(prop::sample::select(vec![
            "list=power", "list=responsibility", "charge=free", "audience=person", "place=yangli-hall", "status=cancelled",
            "near=119.03,26.25", "changed_since=340", "category=administrative_penalty&delegated=true",
        ])),
        q in prop::option::of(prop::sample::select(vec!["%E4%BF%9D", "%E7%9A%84", "shen", "b", "0591", "%E6%9D%91 %E5%86%9C"])),
    ) {
        let snapshot = demos()[0].register.catalog.snapshot();
        let shelf = snapshot.shelf(items::KIND.name).expect("items");
        let parts: Vec<String> = [sort.map(|sort| format!("sort={sort}")), filter.map(str::to_owned), q.map(|q| format!("q={q}"))]
            .into_iter()
            .flatten()
            .collect();
        let query = parts.join("&");
        let walk = Walk::of(&[0; 32], "/v1/items", &query);
        let page = |limit: usize, cursor: Option<Cursor>| {
            let asked = format!("{query}&limit={limit}");
            let mut request = ListRequest::read(&items::KIND, &asked, &walk, &snapshot).expect("it is right");
            request.cursor = cursor;
            let page = list(&snapshot, shelf, &request, &walk).expect("it is right");
            let json: Value = serde_json::from_slice(&page.json).expect("JSON");
            (codes_of(&json), json["total"].as_u64().expect("a total"), page.next)
        };
        let (whole, total, _) = page(200, None);
        let (mut walked, _, mut next) = page(limit, None);
        while let Some(text) = next {
            let cursor = Cursor::read(&text, &walk).expect("its own");
            let (codes, _, more) = page(limit, Some(cursor));
            walked.extend(codes);
            next = more;
        }
        prop_assert_eq!(walked.len() as u64, total);
        prop_assert_eq!(walked, whole);
    }
}
