//! Numbers and publications that look random and are the same each time.

use qingdan::{register::publication::Step, values::code_lists::Action};
use serde_json::json;

use crate::helpers::{
    app::{TestApp, place, step},
    logs::seq,
    people::TOWNSHIP,
    publications::stored,
};

/// Numbers that look random and are the same each time.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).expect("small")
    }
}

/// A random step on a random place of the township; some cannot be done, and are not.
pub async fn random_publication(app: &TestApp, numbers: &mut Numbers) {
    let number = numbers.below(12);
    let shown = app.register.catalog.snapshot();
    let first = format!("place-{number}");
    let there = shown.get("place", &first).cloned();
    let key = there.as_ref().map_or(first, |entry| entry.key.to_string());
    let mut body = place(&key, TOWNSHIP);
    body["name"] = json!(format!("第{}号办事点", numbers.below(1000)));
    if numbers.below(4) == 0 {
        body["address"] = json!(stored(app, &numbers.below(5).to_string()).await);
    }
    let plain = |action, body| step("place", action, &key, body);
    let steps = match (there.is_some(), numbers.below(12)) {
        (false, 0..9) => vec![plain(Action::Create, Some(body))],
        (false, _) => return,
        (true, 0..4) => vec![plain(Action::Amend, Some(body))],
        (true, 4) => vec![plain(Action::Suspend, None)],
        (true, 5) => vec![plain(Action::Reinstate, None)],
        (true, 6) => vec![plain(Action::Cancel, None)],
        (true, 7) => {
            body["code"] = json!(format!("{key}-neu"));
            vec![plain(Action::Renumber, Some(body))]
        }
        (true, 8) => {
            let other = format!("place-{}", (number + 1) % 12);
            vec![Step { successor: Some(other), ..plain(Action::Merge, None) }]
        }
        (true, 9 | 10) => {
            let revisions = there.map_or(1, |entry| entry.revisions.len());
            let revision = i64::try_from(numbers.below(revisions) + 1).expect("small");
            vec![Step { revision: Some(revision), ..plain(Action::Erase, None) }]
        }
        (true, _) => {
            let another = format!("neben-{}", seq(app).await);
            let beside = step("place", Action::Create, &another, Some(place(&another, TOWNSHIP)));
            vec![plain(Action::Amend, Some(body)), beside]
        }
    };
    // A record that the rules refuse is not published.
    let _ = app.publish(steps).await;
}
