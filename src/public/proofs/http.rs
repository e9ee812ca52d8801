//! Handlers of the transparency log: checkpoints, tiles, proofs and bundles.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::ProofDocument;
use crate::{
    base::blocking,
    model::kinds::Kind,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
        notary::{Notary, SignedCheckpoint},
    },
    transparency::{Content, Hash, TilePath, bundle},
    web::{
        answer::{self, Caching, REGISTRY_SEQ_MIN, Version, Written},
        query::Parameters,
        routes::{ReadError, named, no_parameters, part, revision_number, shared},
    },
};

/// The media type of notes (C2SP tlog-tiles), and of proofs as C2SP tlog-proof writes them.
pub const TEXT: &str = "text/plain; charset=utf-8";
/// The media type of tiles.
pub const BYTES: &str = "application/octet-stream";

/// 一致性证明: that one tree begins with another (RFC 6962 §2.1.2).
#[derive(Serialize, ToSchema)]
pub struct ConsistencyProof {
    /// 原大小: lines of the earlier tree.
    #[schema(example = 346)]
    from: u64,
    /// 原根: root of the earlier tree, in Base64.
    #[schema(value_type = String)]
    from_root: Hash,
    /// 新大小: lines of the later tree.
    #[schema(example = 381)]
    to: u64,
    /// 新根: root of the later tree, in Base64.
    #[schema(value_type = String)]
    to_root: Hash,
    /// 证明: hashes in Base64; none where the trees are the same, or the earlier one is empty.
    #[schema(value_type = Vec<String>)]
    hashes: Vec<Hash>,
}

/// 包含证明: that a line is in a tree (RFC 6962 §2.1.1).
#[derive(Serialize, ToSchema)]
pub struct InclusionProof {
    /// 变更序号
    #[schema(example = 346)]
    seq: Seq,
    /// 条目序号: from 0.
    #[schema(example = 345)]
    index: u64,
    /// 叶哈希: hash of the line, in Base64.
    #[schema(value_type = String)]
    leaf_hash: Hash,
    /// 大小: lines of the tree.
    #[schema(example = 381)]
    size: u64,
    /// 根: root of the tree, in Base64.
    #[schema(value_type = String)]
    root: Hash,
    /// 证明: from the sibling of the line to the child of the root, in Base64.
    #[schema(value_type = Vec<String>)]
    hashes: Vec<Hash>,
}

/// The lines that the request says it must see: the edge has read the header, and waited until the register has them.
fn needed(request: &HttpRequest) -> Option<u64> {
    request.headers().get(REGISTRY_SEQ_MIN)?.to_str().ok()?.trim().parse().ok()
}

/// A checkpoint of at least so many lines, and of those that the request says it must see; and the register as it is after the
/// wait, when its tree is no shorter.
async fn signed(
    request: &HttpRequest,
    catalog: &Catalog,
    lines: u64,
) -> Result<(Arc<SignedCheckpoint>, Arc<Snapshot>), Problem> {
    let signed = shared::<Notary>(request)?.reach(lines.max(needed(request).unwrap_or(0))).await?;
    catalog.reach(Seq::try_from(signed.checkpoint.size).unwrap_or(Seq::MAX)).await?;
    Ok((signed, catalog.snapshot()))
}

/// The checkpoint of at least everything that is shown. Where none is signed in time, the one before is better than none, unless
/// the request says what it needs.
pub async fn get_checkpoint(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    answer::negotiate(request, &[TEXT])?;
    let (snapshot, notary) = (catalog.snapshot(), shared::<Notary>(request)?);
    let signed = notary.reach(snapshot.tree().size()).await;
    let signed = signed.or_else(|late| {
        notary.current().filter(|it| needed(request).is_none_or(|least| it.checkpoint.size >= least)).ok_or(late)
    })?;
    let version = Version::of(&snapshot).depending_on(&signed.text);
    Ok(Written::text(&snapshot, TEXT, signed.text.clone()).version(version).answer(request, &snapshot))
}

/// Answers a tile of the tree, or a bundle of its lines.
pub async fn get_tile(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    answer::negotiate(request, &[BYTES])?;
    let path = part(request, "path")?;
    let tile = TilePath::read(&path).ok_or(Code::NotFound)?;
    let missing = || {
        Problem::with_detail(Code::NotFound, format!("日志尚无瓦片 {path}"), format!("the log has no tile {path} yet"))
    };
    let written = catalog.peek().tree().size();
    let lines = tile.leaves().filter(|lines| *lines <= written).ok_or_else(missing)?;
    // Before they are signed, nobody has a reason to know of them.
    let (signed, snapshot) = signed(request, catalog, lines).await?;
    let (register, size) = (snapshot.clone(), signed.checkpoint.size);
    let bytes = match tile.of {
        Content::Hashes(_) => tile.hashes(register.tree(), size),
        Content::Entries => blocking::run(move || entries(&register, &tile, size)).await??,
    };
    let bytes = bytes.ok_or_else(missing)?;
    let version = Version::software().depending_on(&bytes);
    let answer = Written::text(&snapshot, BYTES, bytes).version(version).cached(Caching::Immutable);
    let answer = match tile.of {
        Content::Hashes(_) => answer.as_it_is(),
        Content::Entries => answer,
    };
    Ok(answer.answer(request, &snapshot))
}

fn entries(register: &Snapshot, tile: &TilePath, size: u64) -> Result<Option<Vec<u8>>, Problem> {
    let Some(range) = tile.range(size) else { return Ok(None) };
    let seqs = range.filter_map(|index| Seq::try_from(index + 1).ok());
    let leaves: Option<Vec<_>> = seqs.map(|seq| register.leaf(seq)).collect::<Result<_, _>>()?;
    Ok(leaves.and_then(bundle))
}

/// Reads a number of the query: a line, or a size, up to the end of the log.
fn up_to(parameters: &mut Parameters, name: &str, end: u64) -> Option<u64> {
    parameters.parsed(name, |text| {
        let number: u64 = text.parse().map_err(|_| Wrong::WrongType("integer".into()))?;
        match number > end {
            true => Err(Wrong::NotYet(Seq::try_from(end).unwrap_or(Seq::MAX))),
            false => Ok(number),
        }
    })
}

/// Which proof is asked for; without a size, up to the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProofRequest {
    /// That a line is in the tree.
    Inclusion { seq: u64, size: Option<u64> },
    /// That one tree begins with another.
    Consistency { from: u64, to: Option<u64> },
}

impl ProofRequest {
    /// Reads a query about a log of so many lines.
    fn read(query: &str, end: u64) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(query);
        let [seq, size, from, to] = ["seq", "size", "from", "to"].map(|name| up_to(&mut parameters, name, end));
        if seq == Some(0) {
            parameters.wrong("seq", "0", Wrong::OutOfRange("≥ 1".into()));
        }
        if seq.is_some() && from.is_some() {
            parameters.wrong("from", "", Wrong::NotWith("seq"));
        }
        for (name, given, other, beside) in [("size", size, "seq", seq), ("to", to, "from", from)] {
            match (given, beside) {
                (Some(_), None) => parameters.wrong(name, "", Wrong::OnlyWith(other)),
                (Some(end), Some(least)) if end < least => {
                    parameters.wrong(name, &end.to_string(), Wrong::OutOfRange(format!("≥ {least}")));
                }
                (Some(_), Some(_)) | (None, _) => {}
            }
        }
        let asked = match (seq, from) {
            (Some(seq), _) => Self::Inclusion { seq, size },
            (None, Some(from)) => Self::Consistency { from, to },
            (None, None) => {
                parameters.wrong("seq", "", Wrong::Required);
                Self::Consistency { from: 0, to }
            }
        };
        parameters.finish().map(|()| asked)
    }

    /// How many lines have to be signed for it.
    fn lines(self) -> u64 {
        match self {
            Self::Inclusion { seq: least, size: end } | Self::Consistency { from: least, to: end } => {
                end.unwrap_or(least)
            }
        }
    }
}

/// Answers the proof that a line is in the log, or that one state of the log begins with another.
pub async fn get_proof(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    answer::must_accept_json(request)?;
    let asked = ProofRequest::read(request.query_string(), catalog.peek().tree().size())?;
    let (signed, snapshot) = signed(request, catalog, asked.lines()).await?;
    let end = signed.checkpoint.size;
    let proof = match asked {
        ProofRequest::Inclusion { seq, size } => {
            serde_json::to_value(inclusion(&snapshot, seq, size.unwrap_or(end)).ok_or(Code::NotFound)?)?
        }
        ProofRequest::Consistency { from, to } => {
            serde_json::to_value(consistency(&snapshot, from, to.unwrap_or(end)).ok_or(Code::NotFound)?)?
        }
    };
    let version = Version::of(&snapshot).depending_on(end);
    Ok(Written::json(&snapshot, &proof)?.version(version).answer(request, &snapshot))
}

fn inclusion(register: &Snapshot, seq: u64, size: u64) -> Option<InclusionProof> {
    let (tree, index) = (register.tree(), seq.checked_sub(1)?);
    Some(InclusionProof {
        seq: Seq::try_from(seq).ok()?,
        index,
        leaf_hash: tree.leaf(index)?,
        size,
        root: tree.root(size)?,
        hashes: tree.inclusion(index, size)?,
    })
}

fn consistency(register: &Snapshot, from: u64, to: u64) -> Option<ConsistencyProof> {
    let tree = register.tree();
    let (from_root, to_root) = (tree.root(from)?, tree.root(to)?);
    Some(ConsistencyProof { from, from_root, to, to_root, hashes: tree.consistency(from, to)? })
}

/// Answers the bundle of a line.
pub async fn get_proof_of_change(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let (text, end) = (part(request, "seq")?, catalog.peek().seq());
    let naming = |code: Code, wrong| Problem::from(code).naming(FieldError::parameter("seq", wrong).with_value(&text));
    let seq: Seq = text.parse().map_err(|_| naming(Code::InvalidPath, Wrong::WrongType("integer".into())))?;
    if seq < 1 {
        return Err(naming(Code::InvalidPath, Wrong::OutOfRange("≥ 1".into())));
    }
    if seq > end {
        return Err(naming(Code::NotFound, Wrong::NotYet(end)));
    }
    proof(request, catalog, seq).await
}

/// Answers the bundle of a record's newest revision.
pub async fn get_newest_proof(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    proof_of_record(kind, request, catalog, None).await
}

/// Answers the bundle of one revision.
pub async fn get_numbered_proof(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    let number = revision_number(&part(request, "n")?)?;
    proof_of_record(kind, request, catalog, Some(number)).await
}

async fn proof_of_record(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
    number: Option<i64>,
) -> Result<HttpResponse, ReadError> {
    no_parameters(request)?;
    let snapshot = catalog.snapshot();
    let entry = named(kind, request, &snapshot)?;
    let revision = match number {
        Some(number) => entry.revision(number),
        None => entry.current(),
    };
    let seq = revision.map(|revision| revision.change.seq).ok_or(Code::NotFound)?;
    Ok(proof(request, catalog, seq).await?)
}

async fn proof(request: &HttpRequest, catalog: &Catalog, seq: Seq) -> Result<HttpResponse, Problem> {
    let as_text = answer::negotiate(request, &[answer::JSON, TEXT])? == 1;
    let (signed, register) = signed(request, catalog, u64::try_from(seq).unwrap_or(u64::MAX)).await?;
    let document = ProofDocument::of(&register, seq, &signed)?.ok_or(Code::Unavailable)?;
    // Which line is the newest of a record was asked before the wait.
    let version = Version::of(&register).depending_on((seq, &signed.text));
    let answer = match as_text {
        true => Written::text(&register, TEXT, document.to_text()).version(version.variant("-text")),
        false => Written::json(&register, &document)?.version(version),
    };
    Ok(answer.varying("Accept").answer(request, &register))
}
