//! The checks of lines of a source before anything of them is stored. Pure: no clock, no network, no database.
//!
//! The one place that every line passes is [`Cursor::after`]; [`Cursor::must_be_under`] then compares the tree of the lines with
//! the one that the log signed.

use std::{collections::BTreeMap, ops::RangeInclusive};

use chrono::{DateTime, Datelike, SubsecRound, Timelike, Utc};
use serde_json::{Map, Value};

use crate::{
    model::kinds::Kind,
    problem::Language,
    register::changes::{self, Broken, Change, Seq, check_lines},
    transparency::{Checkpoint, Edge, Hash, NoCheckpoint, Note, VerifierKey, is_consistent},
    values::{code_lists::Action, of_strict_hex},
};

/// Years in which lines can have been published.
const YEARS: RangeInclusive<i32> = 1970..=9999;
/// The nanoseconds of a time in a leap second, at least.
const LEAP: u32 = 1_000_000_000;
/// Bytes of a body at most: more than all texts together may be long that an item has room for.
const LARGEST_BODY: usize = 16 << 20;
/// Characters that are told of why a line cannot be read: its source chose some of them.
const LONGEST_REASON: usize = 300;

/// How far a source has been taken, always to the end of a publication, and what must be so if its history is to be the one
/// that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last line.
    pub seq: Seq,
    /// The end of the publication before the last.
    pub before: Seq,
    /// The time of the last line.
    pub published_at: DateTime<Utc>,
    /// Hash of its leaf in the transparency log.
    pub leaf: Hash,
    /// The tree of all lines: whoever alters any line alters its root.
    pub edge: Edge,
    /// The public keys of the source's log: none before the first line.
    pub keys: Vec<VerifierKey>,
    /// The latest checkpoint that the source signed and that was verified: of these lines, or of these and more.
    pub checkpoint: Option<String>,
    /// The latest such checkpoint of lines that were taken: what a copy of the log gives out.
    pub repeated: Option<String>,
    /// The end of the publication of the last line: that line, unless lines are being added.
    pub publication: Seq,
}

/// The erasures of a source's log that are known: of each digest, the last line that erases a text with it. A line may be without
/// its body only where one of them takes it away.
#[derive(Clone, Debug, Default)]
pub struct Erasures(BTreeMap<String, Seq>);

/// A breach by a source, which no register commits: it is not followed any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A line that was seen reads otherwise now.
    #[error("its history was rewritten: line {0} is no longer the one that it was")]
    Rewritten(Seq),
    /// Some line among those that were taken reads otherwise now.
    #[error("its history was rewritten: some line up to {0} is no longer the one that it was")]
    RewrittenBefore(Seq),
    /// It says that its log ends before what was taken.
    #[error("its log went back: {taken} lines were taken, and now it has {head}")]
    WentBack {
        /// The last line that was taken.
        taken: Seq,
        /// The last line that it has.
        head: Seq,
    },
    /// Lines are missing, repeated, or do not hold together.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// A body is missing, and nothing in its log says that it was erased.
    #[error("line {0} has no body, and nothing says that it was erased")]
    Withheld(Seq),
    /// It signs something else than its log.
    #[error("its checkpoint is not to be believed: {0}")]
    Checkpoint(#[from] NoCheckpoint),
    /// It signed another history than the one it shows.
    #[error("its log is forked: the checkpoint that it signed is not of the first {0} lines as it shows them")]
    Forked(Seq),
    /// It signed another history than the one that it signed before.
    #[error("its log is forked: what it signs now does not begin with the {0} lines that it signed before")]
    Contradicted(u64),
    /// Two addresses lead to one log.
    #[error("it is the log {0}, which another source is as well")]
    SameLog(String),
    /// A line that this software cannot fold: another software made it, or nobody should have.
    #[error("line {0} cannot be read here ({1}): is the source's software newer?")]
    Unreadable(Seq, String),
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            seq: 0,
            before: 0,
            published_at: DateTime::UNIX_EPOCH,
            leaf: Hash::of_nothing(),
            edge: Edge::default(),
            keys: Vec::new(),
            checkpoint: None,
            repeated: None,
            publication: 0,
        }
    }
}

impl Cursor {
    /// Moves the cursor over `lines`, if they are the next publications of this history.
    pub fn after(&self, lines: &[Change], kinds: &[&'static Kind]) -> Result<Self, Refusal> {
        check_lines(self.seq, self.published_at, lines)?;
        let mut next = self.clone();
        for line in lines {
            check_readable(line, kinds)?;
            next.add(line)?;
        }
        Ok(next)
    }

    /// Checks that the publication that `lines` begin with is the last one that was taken, and gives the rest.
    pub fn without_known(&self, mut lines: Vec<Change>) -> Result<Vec<Change>, Refusal> {
        let known = usize::try_from(self.seq - self.before).unwrap_or(usize::MAX);
        if known == 0 {
            return Ok(lines);
        }
        let last = lines.get(known - 1).filter(|line| line.seq == self.seq && line.publication == self.seq);
        let leaf = last.and_then(|line| changes::leaf_hash(line).ok());
        match leaf == Some(self.leaf) {
            true => Ok(lines.split_off(known)),
            false => Err(Refusal::Rewritten(self.seq)),
        }
    }

    /// Checks that a log with this checkpoint begins with the lines that were taken; `proof` leads from them to longer ones.
    pub fn must_be_under(&self, checkpoint: &Checkpoint, proof: &[Hash]) -> Result<(), Refusal> {
        let (own, theirs) = ((self.edge.size(), self.edge.root()), (checkpoint.size, checkpoint.root));
        if is_consistent(own, theirs, proof) { Ok(()) } else { Err(Refusal::Forked(self.seq)) }
    }

    /// Reads [`Cursor::checkpoint`].
    pub fn signed(&self) -> Option<Checkpoint> {
        read(self.checkpoint.as_ref()?)
    }

    /// Reads [`Cursor::repeated`].
    pub fn repeats(&self) -> Option<Checkpoint> {
        read(self.repeated.as_ref()?)
    }

    /// Believes a checkpoint that was verified with these keys, which are those of one log.
    pub fn believe(&mut self, note: &str, keys: &[VerifierKey]) {
        // What was signed of more lines than were there may be of those that are there now.
        self.repeat();
        self.checkpoint = Some(note.into());
        self.keys = keys.to_vec();
        self.repeat();
    }

    fn repeat(&mut self) {
        if self.signed().is_some_and(|signed| signed.size <= self.edge.size()) {
            self.repeated.clone_from(&self.checkpoint);
        }
    }

    /// The name of the log, which never changes; `None` before the first line.
    pub fn origin(&self) -> Option<&str> {
        self.keys.first().map(|key| key.name.as_str())
    }

    /// Follows one line, by its leaf alone.
    pub fn add(&mut self, line: &Change) -> Result<(), Refusal> {
        let leaf = changes::leaf_hash(line).map_err(|error| Refusal::Unreadable(line.seq, error.to_string()))?;
        if self.seq == self.publication {
            self.before = self.seq;
        }
        self.leaf = leaf;
        self.edge.push(leaf);
        (self.seq, self.publication, self.published_at) = (line.seq, line.publication, line.published_at);
        Ok(())
    }
}

impl Erasures {
    /// Notes those among these lines.
    pub fn note(&mut self, lines: &[Change]) {
        let erasures = lines.iter().filter(|line| line.action == Action::Erase);
        erasures.for_each(|line| self.known(line.body_digest.clone(), line.seq));
    }

    /// The number of digests with an erasure.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds those that `other` has.
    pub fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|(digest, seq)| self.known(digest, seq));
    }

    fn known(&mut self, digest: String, seq: Seq) {
        let last = self.0.entry(digest).or_insert(seq);
        *last = seq.max(*last);
    }

    /// Finds the first of these lines that has no body although nothing that is known erases it.
    pub fn withheld(&self, lines: &[Change]) -> Option<Seq> {
        let bare = lines.iter().filter(|line| line.body.is_none() && line.action != Action::Erase);
        bare.into_iter().find(|line| !self.erases(line.seq, &line.body_digest)).map(|line| line.seq)
    }

    /// Whether one of them takes the text of this line away.
    pub fn erases(&self, seq: Seq, digest: &str) -> bool {
        self.0.get(digest).is_some_and(|erased| *erased > seq)
    }
}

fn read(note: &str) -> Option<Checkpoint> {
    Checkpoint::read(&Note::read(note)?.text)
}

/// Whether storing or folding a line can fail, or its body is larger than any of its kind: what could not be read would stop the
/// whole mirror, and what its answers cost rests on the limits of size that a register holds bodies to.
fn check_readable(line: &Change, kinds: &[&'static Kind]) -> Result<(), Refusal> {
    let unreadable = |why: String| Refusal::Unreadable(line.seq, why.chars().take(LONGEST_REASON).collect());
    check_storable(line).map_err(|why| unreadable(why.into()))?;
    let kind = kinds.iter().find(|kind| kind.name == line.kind);
    let kind = kind.ok_or_else(|| unreadable(format!("kind {}", line.kind)))?;
    let Some(body) = &line.body else { return Ok(()) };
    if body.len() > LARGEST_BODY {
        return Err(unreadable(format!("its body has more than {LARGEST_BODY} bytes")));
    }
    let members: Map<String, Value> = serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))?;
    let key = if line.action == Action::Renumber { line.successor.as_deref() } else { Some(line.key.as_str()) };
    if members.get("code").and_then(Value::as_str) != key {
        return Err(unreadable("its body has another code than its key".into()));
    }
    if let Some(mistake) = (kind.shape)().oversized(&Value::Object(members)) {
        return Err(unreadable(format!("{}: {}", mistake.place, mistake.wrong.text(Language::English))));
    }
    (kind.index)(body).map(|_| ()).map_err(|error| unreadable(error.to_string()))
}

/// Whether both databases keep the line as it is, so that it still hashes to the same.
fn check_storable(line: &Change) -> Result<(), &'static str> {
    let at = line.published_at;
    // A leap second is a time that PostgreSQL does not keep.
    if at.trunc_subsecs(3) != at || at.nanosecond() >= LEAP || !YEARS.contains(&at.year()) {
        return Err("its time has no whole milliseconds, or is in no year that a register was kept in");
    }
    let source = line.origin.as_ref().map(|origin| &origin.source);
    let texts = [Some(&line.key), line.reason.as_ref(), line.successor.as_ref(), source];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err("a text in it has a character that no database keeps");
    }
    of_strict_hex(&line.body_digest).map(|_| ()).ok_or("its digest is none")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        model::{kinds::Kind, places},
        register::changes::{Office, body_digest},
        values::hex,
    };

    const KINDS: [&Kind; 1] = [&places::KIND];

    fn line(seq: Seq, publication: Seq) -> Change {
        let key = format!("hall-{seq}");
        let body = format!(
            r#"{{"code":"{key}","name":"便民服务中心","organisation":"11350121003619116B","division":"350121202","address":"洋里乡","phones":[],"hours":[],"valid_from":"2016-12-20"}}"#
        );
        Change {
            seq,
            publication,
            kind: "place".into(),
            key,
            revision: 1,
            action: Action::Create,
            published_at: DateTime::UNIX_EPOCH,
            by: Office { code: "11350121003619116B".into(), name: "洋里乡".into() },
            channels: Vec::new(),
            reason: None,
            document: None,
            successor: None,
            body_digest: body_digest(&[7; 32], &body).expect("JSON"),
            body: Some(body),
            salt: Some(hex(&[7; 32])),
            origin: None,
        }
    }

    fn log() -> Vec<Change> {
        vec![line(1, 2), line(2, 2), line(3, 3), line(4, 5), line(5, 5)]
    }

    #[test]
    fn a_cursor_is_the_same_however_the_lines_came() {
        let at_once = Cursor::default().after(&log(), &KINDS).expect("a log");
        let mut step_by_step = Cursor::default();
        for lines in [&log()[..2], &log()[2..3], &log()[3..]] {
            step_by_step = step_by_step.after(lines, &KINDS).expect("the next lines");
        }
        assert_eq!(at_once, step_by_step);
        assert_eq!((at_once.seq, at_once.before, at_once.publication), (5, 3, 5));
    }

    #[test]
    fn whatever_is_altered_alters_the_tree_and_an_erasure_does_not() {
        let tree = |lines: &[Change]| {
            let mut cursor = Cursor::default();
            lines.iter().try_for_each(|line| cursor.add(line)).expect("a log");
            cursor.edge
        };
        let whole = tree(&log());
        for at in 0..5 {
            let mut altered = log();
            altered[at].reason = Some("另一个理由".into());
            assert_ne!(tree(&altered), whole, "line {at}");
            let mut erased = log();
            (erased[at].body, erased[at].salt) = (None, None);
            assert_eq!(tree(&erased), whole, "line {at}");
        }
    }

    #[test]
    fn the_last_publication_has_to_be_shown_again_as_it_was() {
        let cursor = Cursor::default().after(&log()[..3], &KINDS).expect("a log");
        let shown = |lines: &[Change]| cursor.without_known(lines.to_vec());
        assert_eq!(shown(&log()[2..]), Ok(log()[3..].to_vec()));
        assert_eq!(shown(&log()[2..3]), Ok(Vec::new()));
        let mut altered = log()[2..].to_vec();
        altered[0].reason = Some("另一个理由".into());
        for lines in [&altered[..], &log()[3..], &[], &[line(3, 5), line(4, 5), line(5, 5)]] {
            assert_eq!(shown(lines), Err(Refusal::Rewritten(3)));
        }
        assert_eq!(Cursor::default().without_known(log()), Ok(log()), "nothing was taken yet");
    }

    #[test]
    fn a_body_is_withheld_unless_an_erasure_of_it_is_known() {
        let bare = Change { body: None, salt: None, ..line(1, 1) };
        let erasure = Change {
            action: Action::Erase,
            key: bare.key.clone(),
            body_digest: bare.body_digest.clone(),
            body: None,
            salt: None,
            ..line(4, 4)
        };
        let mut erasures = Erasures::default();
        assert_eq!(erasures.withheld(&[line(2, 2)]), None);
        assert_eq!(erasures.withheld(std::slice::from_ref(&bare)), Some(1));
        erasures.note(std::slice::from_ref(&erasure));
        assert_eq!(erasures.withheld(std::slice::from_ref(&bare)), None);
        let later = Change { seq: 5, publication: 5, ..bare };
        assert_eq!(erasures.withheld(std::slice::from_ref(&later)), Some(5), "no line erases one after it");
        erasures.note(&[Change { seq: 6, publication: 6, ..erasure.clone() }, erasure]);
        assert_eq!(erasures.withheld(&[later]), None, "the same text was published and erased again");
    }

    #[test]
    fn a_body_is_no_larger_than_a_register_takes_of_its_kind() {
        let holding = |member: &str, value: Value| {
            let mut body: Value = serde_json::from_str(line(1, 1).body.as_deref().expect("a body")).expect("JSON");
            body[member] = value;
            let body = body.to_string();
            let digest = body_digest(&[7; 32], &body).expect("JSON");
            let line = Change { body: Some(body), body_digest: digest, ..line(1, 1) };
            Cursor::default().after(&[line], &KINDS)
        };
        let phone = serde_json::json!({ "kind": "phone", "value": "0591-26000001" });
        let phones = |count| Value::Array(vec![phone.clone(); count]);
        assert!(holding("phones", phones(1)).is_ok());
        for (member, value) in [
            ("phones", phones(10_000)),
            ("address", "长".repeat(2_001).into()),
            ("name", "a".repeat(LARGEST_BODY).into()),
        ] {
            assert!(matches!(holding(member, value), Err(Refusal::Unreadable(1, _))), "{member}");
        }
    }

    #[test]
    fn what_cannot_be_folded_is_refused_before_it_is_stored() {
        let refused = |line: Change| Cursor::default().after(&[line], &KINDS);
        assert!(refused(line(1, 1)).is_ok());
        let unknown = Change { kind: "planet".into(), ..line(1, 1) };
        let another = Change { key: "another".into(), ..line(1, 1) };
        let body = r#"{"code":"hall-1","name":3}"#;
        let digest = body_digest(&[7; 32], body).expect("JSON");
        let unreadable = Change { body: Some(body.into()), body_digest: digest, ..line(1, 1) };
        let microseconds = Change { published_at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1), ..line(1, 1) };
        let too_late = Change { published_at: DateTime::<Utc>::MAX_UTC.trunc_subsecs(3), ..line(1, 1) };
        let leap = DateTime::parse_from_rfc3339("2026-01-01T00:00:60Z").expect("chrono reads it").to_utc();
        let leap = Change { published_at: leap, ..line(1, 1) };
        let no_text = Change { reason: Some("a\0".into()), ..line(1, 1) };
        let no_digest = Change { body: None, salt: None, body_digest: "A".repeat(64), ..line(1, 1) };
        let too_long = Change { reason: Some("长".repeat(22_000)), ..line(1, 1) };
        for line in [unknown, another, unreadable, microseconds, too_late, leap, no_text, no_digest, too_long] {
            assert!(matches!(refused(line.clone()), Err(Refusal::Unreadable(1, _))), "{line:?}");
        }
    }
}
