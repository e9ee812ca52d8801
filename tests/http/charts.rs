//! The workflow chart of an item.
