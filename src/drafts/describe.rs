//! What the endpoints of drafts promise.
