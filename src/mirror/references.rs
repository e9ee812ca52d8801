//! Following lines of a source without their bodies, by their leaves alone: which texts were erased further on in its log, and
//! whether its history is still the one that was taken.

use super::{
    source::{Source, SourceTrouble},
    trust::Signature,
    verify::{Cursor, Erasures, Refusal},
};
use crate::register::changes::{Broken, Change, Seq};

/// Erasures that are looked for at a time.
const MOST_ERASURES: usize = 1 << 20;

/// Moves `cursor` over the next lines of a source, as far as line `end`. `taken` is the last line that was ever taken.
async fn next(source: &Source, cursor: &mut Cursor, end: Seq, taken: Seq) -> Result<Vec<Change>, SourceTrouble> {
    let from = cursor.seq;
    let page = source.references(from, taken).await?;
    let lines: Vec<_> = page.lines.into_iter().take_while(|line| line.seq <= end).collect();
    for line in &lines {
        if line.seq != cursor.seq + 1 {
            return Err(Refusal::Broken(Broken::Gap { after: cursor.seq, found: line.seq }).into());
        }
        cursor.add(line)?;
    }
    match cursor.seq == from {
        true => Err(SourceTrouble::Unreachable(format!("it gives no lines after {from}"))),
        false => Ok(lines),
    }
}

/// Notes the erasures that stand after the lines that were asked about, as far as the source signed them. Old lines are without
/// their bodies where one does.
pub async fn look_ahead(source: &Source, signature: &Signature, erasures: &mut Erasures) -> Result<(), SourceTrouble> {
    let (mut ahead, size) = (signature.end.clone(), signature.checkpoint.size);
    let signed = Seq::try_from(size).unwrap_or(Seq::MAX);
    let mut found = Erasures::default();
    while ahead.edge.size() < size {
        let from = ahead.seq;
        // What stands behind the checkpoint, nobody signed.
        found.note(&next(source, &mut ahead, signed, from).await?);
        if found.count() > MOST_ERASURES {
            return Err(SourceTrouble::Unreachable(format!(
                "more than {MOST_ERASURES} texts were erased behind line {from}"
            )));
        }
    }
    ahead.must_be_under(&signature.checkpoint, &[])?;
    erasures.merge(found);
    Ok(())
}

/// Checks that the history of a source up to `taken` is still the one that was taken.
pub async fn must_be_unchanged(source: &Source, taken: &Cursor) -> Result<(), SourceTrouble> {
    let rewritten = || SourceTrouble::from(Refusal::RewrittenBefore(taken.seq));
    let mut walked = Cursor::default();
    while walked.seq < taken.seq {
        next(source, &mut walked, taken.seq, taken.seq).await.map_err(|trouble| match trouble {
            SourceTrouble::Refused(Refusal::Broken(_)) => rewritten(),
            other => other,
        })?;
    }
    match walked.edge == taken.edge {
        true => Ok(()),
        false => Err(rewritten()),
    }
}
