//! A bundle: a line of the log, the proof that it is in it, the checkpoint that is signed, and the text of the record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::members::are_unambiguous;
use crate::{
    register::{
        catalog::Snapshot,
        changes::{Office, Seq, body_digest},
        db::DbError,
        notary::SignedCheckpoint,
    },
    transparency::{Checkpoint, Hash, NoCheckpoint, VerifierKey, root_of_inclusion},
    values::{code_lists::Action, of_strict_hex},
};

/// 存证: that a revision was published so, checkable with the public key of the log alone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Proof)]
pub struct ProofDocument {
    /// 记录类别
    #[schema(example = "item")]
    pub kind: String,
    /// 编码: the key that the record had then.
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: String,
    /// 修订号: of an erasure, the revision that it erased.
    #[schema(example = 2)]
    pub revision: i64,
    /// 日志条目: the line of the log, as the text that was hashed: canonical JSON (RFC 8785) without body and salt.
    pub leaf: String,
    /// 条目序号: place of the line in the tree, from 0; its `seq` less one.
    #[schema(example = 345)]
    pub index: u64,
    /// 包含证明: the hashes beside the way from the line to the root (RFC 6962 §2.1.1), in Base64.
    #[schema(value_type = Vec<String>)]
    pub inclusion: Vec<Hash>,
    /// 检查点: the signed note (C2SP tlog-checkpoint) of the tree.
    pub checkpoint: String,
    /// 记录内容: null when it was erased.
    #[schema(value_type = Option<Map<String, Value>>)]
    pub body: Option<Box<RawValue>>,
    /// 盐值: 32 bytes in hex; null together with the body.
    #[schema(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    pub salt: Option<String>,
}

/// The facts that a bundle proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The checkpoint, which a key that is trusted signed.
    pub checkpoint: Checkpoint,
    /// The line.
    pub line: ProvenLine,
    /// Of the text of the record.
    pub standing: TextStanding,
}

/// The line of a bundle, but for its text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProvenLine {
    /// Its place in the log.
    pub seq: Seq,
    /// Kind of the record.
    pub kind: String,
    /// Key of the record.
    pub key: String,
    /// Which revision it made, or erased.
    pub revision: i64,
    /// The action on the record.
    pub action: Action,
    /// When.
    pub published_at: DateTime<Utc>,
    /// Which office.
    pub by: Office,
    body_digest: String,
}

/// The standing of the text in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStanding {
    /// It is the one that was published.
    Genuine,
    /// The bundle has none: it was erased, or left out.
    Absent,
}

/// Why a bundle proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// The checkpoint.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] NoCheckpoint),
    /// The line is not in the tree.
    #[error("the line is not in the log of its checkpoint")]
    NotIncluded,
    /// The line is none.
    #[error("its leaf is no line of a log")]
    NoLine,
    /// The line is about something else.
    #[error("the line is about another record, or another revision of it")]
    OtherRecord,
    /// The body is another, or says two things at once.
    #[error("the text is not the one that was published")]
    OtherBody,
}

impl ProofDocument {
    /// The bundle of a line, under a checkpoint that has it; `None` where there is no such line or the checkpoint ends before it.
    pub fn of(register: &Snapshot, seq: Seq, signed: &SignedCheckpoint) -> Result<Option<Self>, DbError> {
        let Some(index) = seq.checked_sub(1).and_then(|index| u64::try_from(index).ok()) else { return Ok(None) };
        let (Some(leaf), Some(line)) = (register.leaf(seq)?, register.document(seq, true)?) else { return Ok(None) };
        let Some(inclusion) = register.tree().inclusion(index, signed.checkpoint.size) else { return Ok(None) };
        Ok(Some(Self {
            kind: line.kind,
            key: line.key,
            revision: line.revision,
            leaf: String::from_utf8_lossy(&leaf).into_owned(),
            index,
            inclusion,
            checkpoint: signed.note.to_string(),
            body: line.body.flatten(),
            salt: line.salt.flatten(),
        }))
    }

    /// Writes the proof as C2SP tlog-proof, with the leaf as extra data; the text of the record has no place there.
    pub fn to_text(&self) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let hashes: String = self.inclusion.iter().map(|hash| format!("{hash}\n")).collect();
        let (leaf, index, checkpoint) = (STANDARD.encode(&self.leaf), self.index, &self.checkpoint);
        format!("c2sp.org/tlog-proof@v1\nextra {leaf}\nindex {index}\n{hashes}\n{checkpoint}")
    }

    /// Checks all of it with the public keys of the log that is trusted.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Proven, Unproven> {
        let (checkpoint, _) = Checkpoint::open(&self.checkpoint, keys)?;
        let leaf = Hash::of_leaf(self.leaf.as_bytes());
        let root = root_of_inclusion(self.index, checkpoint.size, leaf, &self.inclusion);
        if root != Some(checkpoint.root) {
            return Err(Unproven::NotIncluded);
        }
        let line: ProvenLine = serde_json::from_str(&self.leaf).map_err(|_| Unproven::NoLine)?;
        let own = (self.kind.as_str(), self.key.as_str(), self.revision);
        let is_own = u64::try_from(line.seq).is_ok_and(|seq| Some(seq) == self.index.checked_add(1));
        if !is_own || own != (line.kind.as_str(), line.key.as_str(), line.revision) {
            return Err(Unproven::OtherRecord);
        }
        let standing = match (&self.body, &self.salt) {
            (None, None) => TextStanding::Absent,
            (Some(body), Some(salt)) => {
                let body = Some(body.get()).filter(|body| are_unambiguous(body));
                let digest = of_strict_hex(salt).zip(body).and_then(|(salt, body)| body_digest(&salt, body).ok());
                match digest.as_ref() == Some(&line.body_digest) {
                    true => TextStanding::Genuine,
                    false => return Err(Unproven::OtherBody),
                }
            }
            (Some(_), None) | (None, Some(_)) => return Err(Unproven::OtherBody),
        };
        Ok(Proven { checkpoint, line, standing })
    }
}
