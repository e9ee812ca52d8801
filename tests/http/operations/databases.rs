//! The two databases give the same answers, byte for byte.

use crate::helpers::{
    app::demos,
    comparison::{public_paths, without_digests},
};

#[actix_web::test]
async fn sqlite_and_postgresql_answer_the_same_bytes() {
    let [sqlite, postgres] = demos();
    let paths = public_paths(sqlite).await;
    assert!(paths.len() > 900, "{}", paths.len());
    for path in paths {
        // Pages name the address by which they were asked for.
        let host = [("host", "register.example")];
        let (one, other) = (sqlite.get_with(&path, &host).await, postgres.get_with(&path, &host).await);
        assert_eq!(one.status, other.status, "{path}");
        let same = match one.header("content-type") {
            "image/png" => one.bytes == other.bytes,
            // Hashes of salted digests.
            "application/octet-stream" => one.bytes.len() == other.bytes.len(),
            _ => without_digests(one.text()) == without_digests(other.text()),
        };
        assert!(same, "{path}:\n{}\n{}", one.text(), other.text());
        let is_of_the_log = path.contains("/log/") || path.ends_with("/proof");
        assert!(is_of_the_log || one.header("etag") == other.header("etag"), "{path}");
    }
}
