//! The checks of lines of another register's log, before they are taken for what they say they are.

use std::{num::NonZero, panic::resume_unwind, thread};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::model::{Change, Seq, digest_of};
use crate::{
    register::db::DbError,
    values::{code_lists::Action, of_strict_hex},
};

/// Why lines are not the next ones of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Lines are left out, or come again.
    #[error("after line {after} comes line {found}")]
    Gap {
        /// The last line that was known.
        after: Seq,
        /// The one that came.
        found: Seq,
    },
    /// It names another end of its publication than the others in it, or another time, or its publication has no end.
    #[error("line {0} does not fit into its publication")]
    Publication(Seq),
    /// Its time is before that of the line before.
    #[error("line {0} is older than the line before it")]
    Time(Seq),
    /// Its body is not the one that its digest was made of.
    #[error("the body of line {0} does not have the digest that the line says")]
    Body(Seq),
    /// Its body is JSON in other words than registers write: in another order, with a member twice, with spaces.
    #[error("the body of line {0} is not written as the register writes it")]
    Form(Seq),
    /// It has a body without a salt, or an erasure has a body.
    #[error("line {0} has a body where there is none, or none where there is one")]
    Content(Seq),
    /// It erases a text that never was there.
    #[error("line {0} erases nothing that is known")]
    Erasure(Seq),
}

/// Checks that `lines` follow line `after`, published at `not_before` or later, as whole publications with bodies that
/// have the digests they should have.
pub fn check_lines(after: Seq, not_before: DateTime<Utc>, lines: &[Change]) -> Result<(), Broken> {
    lines.iter().try_for_each(check_content)?;
    check_order(after, not_before, lines)
}

/// Checks that `lines` follow line `after`, published at `not_before` or later, as whole publications, without a look at their bodies.
pub(super) fn check_order<'a>(
    after: Seq,
    not_before: DateTime<Utc>,
    lines: impl IntoIterator<Item = &'a Change>,
) -> Result<(), Broken> {
    let mut last = (after, not_before);
    let mut open: Option<&Change> = None;
    for line in lines {
        if line.seq != last.0 + 1 {
            return Err(Broken::Gap { after: last.0, found: line.seq });
        }
        let fits =
            open.is_none_or(|first| (first.publication, first.published_at) == (line.publication, line.published_at));
        if !fits || line.publication < line.seq {
            return Err(Broken::Publication(line.seq));
        }
        if line.published_at < last.1 {
            return Err(Broken::Time(line.seq));
        }
        last = (line.seq, line.published_at);
        open = (line.seq < line.publication).then_some(line);
    }
    open.map_or(Ok(()), |first| Err(Broken::Publication(first.seq)))
}

/// Checks that the body of a line is the one that its digest was made of, in the words in which registers write it.
pub(super) fn check_content(line: &Change) -> Result<(), Broken> {
    match (&line.body, &line.salt) {
        (None, None) => Ok(()),
        (Some(body), Some(salt)) if line.action != Action::Erase => {
            let value: Option<Value> = serde_json::from_str(body).ok();
            let digest = of_strict_hex(salt).zip(value.as_ref()).and_then(|(salt, value)| digest_of(&salt, value).ok());
            if digest.as_ref() != Some(&line.body_digest) {
                return Err(Broken::Body(line.seq));
            }
            // JSON in other words hashes to the same digest, but then readers could not agree on what was published.
            let written = value.and_then(|value| serde_json::to_string(&value).ok());
            (written.as_ref() == Some(body)).then_some(()).ok_or(Broken::Form(line.seq))
        }
        (Some(_), _) | (None, Some(_)) => Err(Broken::Content(line.seq)),
    }
}

/// Lines from which on it pays to look at several at once.
const MANY: usize = 32;

/// Checks that the texts of lines are those that were written. Their leaves do not tell: they have the digests alone.
pub fn must_be_as_written(lines: &[Change]) -> Result<(), DbError> {
    let threads = if lines.len() < MANY { 1 } else { thread::available_parallelism().map_or(1, NonZero::get) };
    let (first, others) = lines.split_at(lines.len().div_ceil(threads));
    let check = |lines: &[Change]| lines.iter().try_for_each(check_content);
    let checked = thread::scope(|scope| {
        let others: Vec<_> = others.chunks(first.len().max(1)).map(|part| scope.spawn(move || check(part))).collect();
        let joined = others.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(check(first)).chain(joined).collect::<Result<(), Broken>>()
    });
    checked.map_err(|broken| DbError::Damaged(format!("{broken}: run `qingdan verify log`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        register::changes::{Office, body_digest},
        values::hex,
    };

    fn line(seq: Seq, publication: Seq) -> Change {
        let body = format!(r#"{{"code":"{seq}"}}"#);
        Change {
            seq,
            publication,
            kind: "place".into(),
            key: seq.to_string(),
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

    fn checked(lines: &[Change]) -> Result<(), Broken> {
        check_lines(3, DateTime::UNIX_EPOCH, lines)
    }

    #[test]
    fn whole_publications_that_follow_are_taken() {
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&[line(4, 5), line(5, 5), line(6, 6)]), Ok(()));
        let erased = Change { body: None, salt: None, ..line(4, 4) };
        assert_eq!(checked(&[erased]), Ok(()));
    }

    #[test]
    fn a_text_that_was_altered_is_found_wherever_it_stands() {
        let lines: Vec<_> = (1..=100).map(|seq| line(seq, seq)).collect();
        assert!(must_be_as_written(&[]).is_ok() && must_be_as_written(&lines).is_ok());
        for altered in [0, 49, 50, 99] {
            let mut lines = lines.clone();
            lines[altered].body = Some(r#"{"code":"0"}"#.into());
            let found = must_be_as_written(&lines).expect_err("it was altered").to_string();
            assert!(found.contains(&format!("the body of line {} ", altered + 1)), "{found}");
            assert!(must_be_as_written(&lines[altered..=altered]).is_err());
        }
    }

    #[test]
    fn whatever_is_not_the_next_line_is_refused() {
        assert_eq!(checked(&[line(5, 5)]), Err(Broken::Gap { after: 3, found: 5 }));
        assert_eq!(checked(&[line(3, 3)]), Err(Broken::Gap { after: 3, found: 3 }));
        assert_eq!(checked(&[line(4, 4), line(4, 4)]), Err(Broken::Gap { after: 4, found: 4 }));
        assert_eq!(checked(&[line(4, 5)]), Err(Broken::Publication(4)));
        assert_eq!(checked(&[line(4, 5), line(5, 6), line(6, 6)]), Err(Broken::Publication(5)));
        assert_eq!(checked(&[line(4, 3)]), Err(Broken::Publication(4)));
        let older = Change { published_at: DateTime::UNIX_EPOCH - chrono::TimeDelta::seconds(1), ..line(4, 4) };
        assert_eq!(checked(&[older]), Err(Broken::Time(4)));
        let later = Change { published_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1), ..line(5, 5) };
        assert_eq!(checked(&[line(4, 5), later]), Err(Broken::Publication(5)));
    }

    #[test]
    fn a_body_is_the_one_that_was_hashed_or_it_is_refused() {
        let altered = Change { body: Some(r#"{"code":"5"}"#.into()), ..line(4, 4) };
        assert_eq!(checked(&[altered]), Err(Broken::Body(4)));
        let no_json = Change { body: Some("{".into()), ..line(4, 4) };
        assert_eq!(checked(&[no_json]), Err(Broken::Body(4)));
        for words in [r#"{"code": "4"}"#, r#"{"code":"5","code":"4"}"#, r#"{"code":"\u0034"}"#] {
            assert_eq!(checked(&[Change { body: Some(words.into()), ..line(4, 4) }]), Err(Broken::Form(4)));
        }
        for salt in ["", "07", "x", &"0".repeat(66), &"0A".repeat(32)] {
            assert_eq!(checked(&[Change { salt: Some(salt.into()), ..line(4, 4) }]), Err(Broken::Body(4)));
        }
        assert_eq!(checked(&[Change { salt: None, ..line(4, 4) }]), Err(Broken::Content(4)));
        assert_eq!(checked(&[Change { body: None, ..line(4, 4) }]), Err(Broken::Content(4)));
        assert_eq!(checked(&[Change { action: Action::Erase, ..line(4, 4) }]), Err(Broken::Content(4)));
    }
}
