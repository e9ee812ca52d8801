//! The tables, as both databases have them.

#![allow(missing_docs, reason = "diesel writes these modules")]

diesel::table! {
    changes_head (id) {
        id -> Integer,
        seq -> BigInt,
        published_at -> Timestamp,
        tree -> Text,
        origin -> Nullable<Text>,
        cursor_key -> Nullable<Text>,
    }
}

diesel::table! {
    scrub (id) {
        id -> Integer,
        asked -> BigInt,
        done -> BigInt,
        since -> Nullable<Timestamp>,
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
        source -> Nullable<Text>,
        source_seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    mirror (id) {
        id -> Integer,
        gathers -> Bool,
        division -> Nullable<Text>,
    }
}

diesel::table! {
    mirror_sources (source) {
        source -> Text,
        seq -> BigInt,
        before -> BigInt,
        published_at -> Timestamp,
        leaf -> Text,
        edge -> Text,
        checkpoint -> Nullable<Text>,
        log_keys -> Text,
        repeated -> Nullable<Text>,
    }
}

diesel::table! {
    mirror_aside (source, seq) {
        source -> Text,
        seq -> BigInt,
        kind -> Text,
        record_key -> Text,
        line_key -> Text,
        organisation -> Nullable<Text>,
        body_digest -> Text,
        line -> Text,
    }
}

diesel::table! {
    mirror_disputes (source, kind, record_key) {
        source -> Text,
        kind -> Text,
        record_key -> Text,
        owner -> Text,
        seq -> BigInt,
        lines -> BigInt,
    }
}

diesel::table! {
    audit_head (id) {
        id -> Integer,
        seq -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    audit (seq) {
        seq -> BigInt,
        at -> Timestamp,
        actor -> Nullable<Text>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        action -> Text,
        subject -> Nullable<Text>,
        organisation -> Nullable<Text>,
        division -> Nullable<Text>,
        outcome -> Text,
        problem -> Nullable<Text>,
        detail -> Nullable<Text>,
        previous -> Text,
        hash -> Text,
    }
}

diesel::table! {
    idempotency (caller, idempotency_key) {
        caller -> Text,
        idempotency_key -> Text,
        fingerprint -> Text,
        at -> Timestamp,
        status -> Integer,
        headers -> Text,
        body -> Nullable<Text>,
        record -> Nullable<Text>,
        grants -> Text,
        bytes -> BigInt,
    }
}

diesel::table! {
    drafts (id) {
        id -> Text,
        kind -> Text,
        action -> Text,
        record_key -> Nullable<Text>,
        open_record -> Nullable<Text>,
        state -> Text,
        version -> BigInt,
        base_revision -> Nullable<BigInt>,
        body -> Nullable<Text>,
        successor -> Nullable<Text>,
        revision -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        document -> Nullable<Text>,
        channels -> Text,
        organisation -> Nullable<Text>,
        division -> Nullable<Text>,
        author -> Text,
        author_name -> Text,
        submitter -> Nullable<Text>,
        submitter_name -> Nullable<Text>,
        comments -> Text,
        effective_at -> Nullable<Timestamp>,
        batch -> Nullable<Text>,
        scheduled_by -> Nullable<Text>,
        alert -> Nullable<Text>,
        publication -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        writers -> Text,
        import -> Nullable<Text>,
        name -> Nullable<Text>,
        sought -> Text,
    }
}

diesel::table! {
    approvals (draft, review) {
        draft -> Text,
        review -> Text,
        approver -> Text,
        approver_name -> Text,
        at -> Timestamp,
        digest -> Text,
    }
}

diesel::table! {
    draft_versions (draft, version) {
        draft -> Text,
        version -> BigInt,
        at -> Timestamp,
        by_name -> Text,
        step -> Text,
        content -> Nullable<Text>,
        office -> Text,
        bytes -> BigInt,
    }
}

diesel::table! {
    files (hash) {
        hash -> Text,
        size -> BigInt,
        media_type -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    file_holders (hash, account) {
        hash -> Text,
        account -> Text,
        media_type -> Nullable<Text>,
        office -> Text,
        at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    file_parts (hash, part) {
        hash -> Text,
        part -> Integer,
        content -> Text,
    }
}

diesel::table! {
    files_door (id) {
        id -> Integer,
        taken -> BigInt,
    }
}

diesel::table! {
    quotas_door (id) {
        id -> Integer,
        taken -> BigInt,
    }
}

diesel::table! {
    accounts_head (id) {
        id -> Integer,
        version -> BigInt,
        administrators_watch -> Bool,
    }
}

diesel::table! {
    accounts (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        display_name -> Text,
        organisation -> Nullable<Text>,
        grants -> Text,
        secret -> Nullable<Text>,
        disabled_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        last_sign_in_at -> Nullable<Timestamp>,
        pending -> Text,
        password_by -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        account -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        ended_because -> Nullable<Text>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Text,
        session -> Text,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sign_in_failures (subject) {
        subject -> Text,
        failures -> Integer,
        last_at -> Timestamp,
        wait_until -> Timestamp,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        public_key -> Text,
        created_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        url -> Text,
        interest -> Text,
        secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        disabled_because -> Nullable<Text>,
        disabled_at -> Nullable<Timestamp>,
        delivered_to -> BigInt,
        replays -> BigInt,
        failures -> Integer,
        failing_since -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        test -> Nullable<Text>,
        attempts -> BigInt,
        lease -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    webhook_attempts (webhook, number) {
        webhook -> Text,
        number -> BigInt,
        message -> Text,
        first_seq -> Nullable<BigInt>,
        last_seq -> Nullable<BigInt>,
        changes -> Integer,
        at -> Timestamp,
        duration_ms -> BigInt,
        status -> Nullable<Integer>,
        failure -> Nullable<Text>,
        next_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    imports (id) {
        id -> Text,
        account -> Text,
        account_name -> Text,
        state -> Text,
        file_name -> Text,
        file_size -> BigInt,
        kind -> Nullable<Text>,
        seq -> BigInt,
        counts -> Text,
        drafts -> Nullable<BigInt>,
        created_at -> Timestamp,
        applied_at -> Nullable<Timestamp>,
        office -> Text,
        kept -> BigInt,
    }
}

diesel::table! {
    import_parts (import, sort, part) {
        import -> Text,
        sort -> Text,
        part -> Integer,
        content -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(files, file_holders);
diesel::allow_tables_to_appear_in_same_query!(drafts, approvals);
