//! The text by which a search finds a draft, kept beside it, so that both databases find the same.

use serde_json::Value;

use super::model::Draft;
use crate::search::fold;

/// Characters of one part that can be found: a draft that is not submitted yet may have longer ones.
const LONGEST: usize = 600;

/// Makes the text: codes, name, reason, and the number of the decision, folded as every search folds.
pub fn sought(draft: &Draft) -> String {
    let content = &draft.content;
    let number = content.document.as_ref().and_then(|document| document.get("number")).and_then(Value::as_str);
    let own = [draft.key.as_deref(), draft.name.as_deref(), content.reason.as_deref(), number];
    let body = content.body.as_ref().and_then(Value::as_object).into_iter().flatten();
    let numbers = body.filter(|(name, _)| is_a_number(name)).filter_map(|(_, value)| value.as_str());
    let parts = own.into_iter().flatten().chain(numbers);
    parts.map(|part| fold(&part.chars().take(LONGEST).collect::<String>())).collect::<Vec<_>>().join(" ")
}

/// Whether a member of a body is a code or number of the record itself.
fn is_a_number(name: &str) -> bool {
    ["code", "number"].iter().any(|word| name == *word || name.strip_suffix(word).is_some_and(|it| it.ends_with('_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_are_told_from_what_only_ends_like_them() {
        for name in ["code", "number", "implementation_code", "document_number"] {
            assert!(is_a_number(name), "{name}");
        }
        for name in ["barcode", "name", "code_list", "numbers", "renumber"] {
            assert!(!is_a_number(name), "{name}");
        }
    }
}
