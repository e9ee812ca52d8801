//! Cells that are merged downwards: the first of them has the value, and it is that of each row beside it.

use super::headers::Header;
use crate::staff::imports::read::{Cell, Sheet};

/// Bytes that are written into cells at most: a text that is merged over a whole column is read once.
const MOST_FILLED: usize = 16 << 20;

/// Writes the value of cells that are merged downwards into each of them. On a sheet of records only rows with a code of their own are
/// filled: those without one go on with the record above.
pub fn fill(sheet: &mut Sheet, header: &Header) {
    let (code, is_list) = (header.code, header.part > 0);
    let mut room = MOST_FILLED;
    for merged in sheet.hidden.merged_downwards() {
        if !header.columns.iter().any(|known| known.at == merged.column) {
            continue;
        }
        let first = sheet.rows.partition_point(|row| row.number < merged.first);
        let Some((top, below)) = sheet.rows.get_mut(first..).and_then(|rows| rows.split_first_mut()) else { continue };
        let Some(value) = top.cell(merged.column).filter(|_| top.number == merged.first) else { continue };
        for row in below.iter_mut().take_while(|row| row.number <= merged.last) {
            let is_own = is_list || row.cell(code).is_some();
            let place = row.cells.binary_search_by_key(&merged.column, |(at, _)| *at);
            let (true, Err(place)) = (is_own, place) else { continue };
            let left = room.checked_sub(value.weight());
            // Beyond the room nobody can tell what stands there.
            let cell = left.map_or_else(|| Cell::Fault("…".into()), |_| value.clone());
            room = left.unwrap_or_default();
            row.cells.insert(place, (merged.column, cell));
        }
    }
}
