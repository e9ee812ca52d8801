//! Describes the operations of the transparency log.

use serde_json::{Value, json};

use super::{
    document::ProofDocument,
    http::{BYTES, ConsistencyProof, InclusionProof, TEXT},
};
use crate::{
    model::kinds::Kind,
    problem::Code,
    web::{
        contract::{Operation, Schemas, path_parameter, query_parameter, schema},
        parameters::{key_parameter, revision_parameter},
    },
};

/// The tag of these operations.
pub const TAG: (&str, &str) = ("log", "透明日志：检查点、证明 · The transparency log: checkpoints and proofs");

/// Adds the schemas of these operations.
pub fn add_schemas(schemas: &mut Schemas) {
    schemas.add::<ProofDocument>();
    schemas.add::<ConsistencyProof>();
    schemas.add::<InclusionProof>();
}

fn text(id: &str, path: &str, (media_type, schema): (&'static str, Value)) -> Operation {
    Operation { answers: vec![(media_type, schema)], ..Operation::json(id, TAG.0, path, json!({})) }
}

/// Describes the checkpoint.
pub fn checkpoint(path: &str) -> Operation {
    text("get_log_checkpoint", path, (TEXT, json!({ "type": "string" }))).says(
        "检查点 · Signed checkpoint",
        "What the log signs of itself (C2SP tlog-checkpoint): its name, how many lines it has, the root of their Merkle tree \
         (RFC 6962), and the signatures of the log and of witnesses (C2SP tlog-cosignature). The public keys are in `log.keys` \
         of `/v1`: take them once, from a place that you trust. With `Registry-Seq-Min` it waits for a checkpoint of that many \
         lines.",
    )
}

fn number(name: &str, least: u8, description: &str, example: &str) -> Value {
    query_parameter(name, description, json!({ "type": "integer", "format": "int64", "minimum": least }), example)
}

/// Describes the two proofs of a tree.
pub fn proof(path: &str) -> Operation {
    let either = json!({ "oneOf": [schema("InclusionProof"), schema("ConsistencyProof")] });
    Operation::json("get_log_proof", TAG.0, path, either)
        .says(
            "证明 · Inclusion or consistency",
            "With `seq`, that this line is in the tree of the first `size` lines; with `from`, that the tree of `from` lines is the \
             beginning of that of `to` lines. `size` and `to` are those of the checkpoint unless given. Sizes need not be ends of \
             publications.",
        )
        .takes([
            number("seq", 1, "变更序号 · The line.", "346"),
            number("size", 1, "大小 · Lines of the tree.", "381"),
            number("from", 0, "原大小 · Lines of the earlier tree.", "346"),
            number("to", 0, "新大小 · Lines of the later tree.", "381"),
        ])
        .shown_by(format!("{path}?from=346"))
}

/// Describes tiles of hashes.
pub fn tile(_: &str) -> Operation {
    text("get_log_tile", "/v1/log/tile/{level}/{index}", (BYTES, binary()))
        .says(
            "瓦片 · Tile",
            "Up to 256 hashes of 32 bytes (C2SP tlog-tiles), cacheable for ever: of the lines at level 0, of full tiles of the level \
             below above it. The index is written in groups of three digits, all but the last with an `x` before them: 1234067 is \
             `x001/x234/067`. A partial tile has its width behind it: `0/000.p/112`.",
        )
        .takes([path_parameter("level", "层级 · Level, 0–63.", "0"), path_parameter("index", "序号 · Index.", "000")])
        .refuses(&[Code::NotFound])
        .shown_by("/v1/log/tile/0/000")
}

/// Describes bundles of lines.
pub fn entries(_: &str) -> Operation {
    text("get_log_entries", "/v1/log/tile/entries/{index}", (BYTES, binary()))
        .says(
            "条目 · Entry bundle",
            "Up to 256 lines as they were hashed (C2SP tlog-tiles), each after its length in two bytes. A line is canonical JSON \
             (RFC 8785) of the change without `affects`, `body` and `salt`. Indexes and widths are those of tiles of level 0.",
        )
        .takes([path_parameter("index", "序号 · Index.", "000")])
        .refuses(&[Code::NotFound])
        .shown_by("/v1/log/tile/entries/000")
}

fn binary() -> Value {
    json!({ "type": "string", "format": "binary" })
}

const BUNDLE: &str = "A bundle that `qingdan verify proof FILE` checks offline with the public key of the log: the line, the proof that \
     it is in the log, the signed checkpoint, and the text of the record with its salt. `body_digest` in the line is hex SHA-256 of \
     the salt followed by the canonical JSON of the body. Of a revision that was erased only the text is missing. As `text/plain` \
     the same without the text, as C2SP tlog-proof writes it.";

fn bundle(operation: Operation) -> Operation {
    let mut operation = operation.refuses(&[Code::NotFound]);
    operation.answers.push((TEXT, json!({ "type": "string" })));
    operation
}

/// Describes the bundle of a line.
pub fn of_change(path: &str) -> Operation {
    bundle(Operation::json("get_proof_of_change", TAG.0, path, schema("Proof")))
        .says("变更存证 · Proof of a change", BUNDLE)
        .takes([json!({
            "name": "seq", "in": "path", "required": true, "description": "变更序号 · The line.",
            "schema": { "type": "integer", "format": "int64", "minimum": 1 }, "example": 346,
        })])
        .shown_by("/v1/changes/346/proof")
}

/// Describes the bundle of a record's newest revision.
pub fn newest(kind: &'static Kind, path: &str) -> Operation {
    bundle(Operation::json(format!("get_proof_of_{}", kind.name), kind.path, path, schema("Proof")))
        .says(format!("{}存证 · Proof of the newest revision", kind.chinese), BUNDLE)
        .takes([key_parameter(kind)])
        .shown_by(format!("/v1/{}/{}/proof", kind.path, kind.example))
}

/// Describes the bundle of one revision.
pub fn numbered(kind: &'static Kind, path: &str) -> Operation {
    bundle(Operation::json(format!("get_proof_of_revision_of_{}", kind.name), kind.path, path, schema("Proof")))
        .says(format!("{}某次修订的存证 · Proof of one revision", kind.chinese), BUNDLE)
        .takes([key_parameter(kind), revision_parameter()])
        .shown_by(format!("/v1/{}/{}/revisions/1/proof", kind.path, kind.example))
}
