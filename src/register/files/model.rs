//! A stored file.

use actix_web::web::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::media::MediaType;
use crate::register::catalog::{FILES, files_named_in};
use crate::values::sha256;

/// 附件: a stored file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredFile {
    /// 文件摘要: hex SHA-256 of its bytes, by which it is known.
    #[schema(
        min_length = 64,
        max_length = 64,
        example = "a4ddae4bc6724714eea27d36d8710bf621a0e00985ef8d4f9eb6a408ab7ddb18"
    )]
    pub sha256: String,
    /// 大小: in bytes.
    #[schema(example = 1209)]
    pub size: u64,
    /// 文件类型: told by its content.
    #[schema(example = "text/plain")]
    pub media_type: String,
    /// 文件名称: as this request calls it, ending as its type does. It is not kept: a file is called by the record that names it.
    #[schema(example = "家庭经济状况核对授权书.txt")]
    pub name: String,
    /// 地址: what `blank_form_url` and `sample_url` of a record hold.
    #[schema(example = "/v1/files/a4ddae4bc6724714eea27d36d8710bf621a0e00985ef8d4f9eb6a408ab7ddb18")]
    pub url: String,
}

/// A file with its bytes, which have the hash that it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Hex SHA-256.
    pub hash: String,
    /// Its type.
    pub kind: MediaType,
    /// All of it.
    pub bytes: Bytes,
}

impl FileContent {
    /// A new file.
    pub fn new(kind: MediaType, bytes: Bytes) -> Self {
        Self { hash: hash_of(&bytes), kind, bytes }
    }

    /// The file that was stored under `hash`; `None` when the bytes are not those.
    pub fn verified(hash: &str, kind: MediaType, bytes: Bytes) -> Option<Self> {
        let content = Self::new(kind, bytes);
        (content.hash == hash).then_some(content)
    }

    /// Describes the file to somebody who calls it so.
    pub fn called(&self, name: String) -> StoredFile {
        StoredFile {
            sha256: self.hash.clone(),
            size: self.bytes.len() as u64,
            media_type: self.kind.value().into(),
            name,
            url: format!("{FILES}{}", self.hash),
        }
    }
}

/// Hex SHA-256.
pub fn hash_of(bytes: &[u8]) -> String {
    sha256(bytes)
}

/// The hashes of the stored files that a body names, each once, in order.
pub fn named_in(body: &str) -> Vec<String> {
    let mut hashes: Vec<_> = files_named_in(body).map(str::to_owned).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}
