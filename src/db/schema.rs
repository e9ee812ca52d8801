//! The tables, as both databases have them.

#![allow(missing_docs, reason = "diesel writes these modules")]

diesel::table! {
    changes_head (id) {
        id -> Integer,
        seq -> BigInt,
        published_at -> Timestamp,
    }
}

diesel::table! {
    changes (seq) {
        seq -> BigInt,
        publication -> BigInt,
        kind -> Text,
        record_key -> Text,
        revision -> BigInt,
        action -> Text,
        published_at -> Timestamp,
        by_office -> Text,
        channels -> Text,
        reason -> Nullable<Text>,
        document -> Nullable<Text>,
        successor -> Nullable<Text>,
        body_digest -> Text,
        body -> Nullable<Text>,
        salt -> Nullable<Text>,
    }
}
