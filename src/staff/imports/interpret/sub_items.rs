//! 子项 and 实施层级及权限: the name of a sub-item beside that of its main item, and the words for levels.

use serde_json::{Value, json};

use super::{
    column_cell::{self, normal_code},
    normalise_cell,
    office_headers::Meaning,
    reading::{Edit, RowReading},
    tables::Table,
};
use crate::{problem::Wrong, staff::imports::read::Row, values::code_lists::ExerciseLevel};

/// Words for levels beside their terms.
const LEVELS: [(ExerciseLevel, &[&str]); 6] = [
    (ExerciseLevel::National, &["国家级", "国家", "中央"]),
    (ExerciseLevel::Provincial, &["省级", "省"]),
    (ExerciseLevel::Municipal, &["市级", "设区市级", "设区的市级", "地市级"]),
    (ExerciseLevel::County, &["县级", "区县级", "县区级", "区级", "县(市、区)级"]),
    (
        ExerciseLevel::Township,
        &["乡级", "镇级", "乡镇级", "乡(镇)级", "镇(乡)级", "街道级", "镇街级", "乡镇(街道)级", "乡镇、街道级"],
    ),
    (ExerciseLevel::Village, &["村级", "社区级", "村居级", "村(社区)级"]),
];

/// The level that a text names, and nothing else.
pub fn level(text: &str) -> Option<ExerciseLevel> {
    let word = normalise_cell::plain(text).replace('（', "(").replace('）', ")");
    let known = LEVELS.iter().find(|(level, words)| {
        words.contains(&word.as_str()) || [level.label(), level.value()].contains(&word.as_str())
    });
    known.map(|(level, _)| *level)
}

/// The name of the sub-item of which a row speaks, if it says one.
pub fn name(table: &Table, row: &Row) -> Option<(u16, String)> {
    let at = table.columns.iter().find(|known| known.meaning == Meaning::SubItem)?.at;
    let cell = row.cell(at).filter(|cell| column_cell::unreadable(cell).is_none())?;
    let text = normalise_cell::lines(&cell.text());
    let says = !text.is_empty() && !normalise_cell::is_nothing(&text) && !normalise_cell::points_elsewhere(&text);
    says.then_some((at, text))
}

/// Reads the name of a sub-item: it is the item's, and the name beside it that of the main item.
pub fn read(table: &Table, row: &Row, current: Option<&Value>, reading: &mut RowReading) {
    let Some((at, text)) = name(table, row) else { return };
    let Some(said) = reading.edits.iter().position(|edit| edit.path == ["name"]) else { return };
    if text.contains('\n') {
        return reading.refuse(row.number, at, Wrong::SubItems);
    }
    let own = normalise_cell::name(&text);
    let main = reading.edits[said].value.replace(own.into());
    reading.edits[said].column = at;
    let Some(main) = main.filter(|main| *main != reading.edits[said].value.clone().unwrap_or_default()) else { return };
    let catalogue = current.and_then(|body| body["catalogue_code"].as_str()).map(str::to_owned);
    let catalogue = catalogue.or_else(|| {
        let code = column_cell::code(row.cell(table.code)?);
        Some(normal_code(table.kind, &code.text).ok()?.get(19..31)?.to_owned())
    });
    if let Some(begin) = catalogue.as_deref().and_then(|code| code.get(..9)) {
        let main = json!({ "catalogue_code": format!("{begin}000"), "name": main });
        reading.edits.push(Edit::new(vec!["main_item".into()], Some(main), at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_by_many_words_and_by_nothing_more() {
        for (written, expected) in [
            ("乡镇级", Some(ExerciseLevel::Township)),
            ("镇（乡、街道）级", Some(ExerciseLevel::Township)),
            (" 县 级", Some(ExerciseLevel::County)),
            ("township", Some(ExerciseLevel::Township)),
            ("县级：审批；乡级：初审", None),
            ("乡级负责受理", None),
            ("", None),
        ] {
            assert_eq!(level(written), expected, "{written}");
        }
    }
}
