//! Rows, as texts (of a query) or in binary form (of an execution).
//!
//! Not for: where a result begins and ends.

use super::execute::{Cell, read_cell};
use super::kind;
use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_lenenc_bytes, put_uint};

/// Writes a text row.
pub fn put_text(out: &mut Vec<u8>, cells: &[Cell]) {
    for cell in cells {
        match cell {
            Cell::Null => out.push(0xfb),
            Cell::Int(value) => put_lenenc_bytes(out, value.to_string().as_bytes()),
            Cell::UInt(value) => put_lenenc_bytes(out, value.to_string().as_bytes()),
            Cell::Double(value) => put_lenenc_bytes(out, value.to_string().as_bytes()),
            Cell::Bytes(bytes) => put_lenenc_bytes(out, bytes),
        }
    }
}

/// Reads a text row of this many columns.
pub fn read_text(payload: &[u8], columns: usize) -> Result<Vec<Option<&[u8]>>, Malformed> {
    let mut cursor = Cursor::new(payload, "text row");
    let mut cells = Vec::new();
    for _ in 0..columns {
        cells.push(match cursor.peek() {
            Some(0xfb) => cursor.u8().map(|_| None)?,
            _ => Some(cursor.lenenc_bytes()?),
        });
    }
    cursor.end().map(|()| cells)
}

/// The null map of a binary row begins with two bits that mean nothing.
const SKIPPED: usize = 2;

/// Writes a binary row; `kinds` are the columns' types. A value that does not fit its type is written as NULL.
pub fn put_binary(out: &mut Vec<u8>, kinds: &[u8], cells: &[Cell]) {
    out.push(0);
    let nulls = out.len();
    out.resize(nulls + (kinds.len() + SKIPPED).div_ceil(8), 0);
    for (index, (kind, cell)) in kinds.iter().zip(cells).enumerate() {
        if !put_binary_cell(out, *kind, cell) {
            let bit = index + SKIPPED;
            out[nulls + bit / 8] |= 1 << (bit % 8);
        }
    }
}

fn put_binary_cell(out: &mut Vec<u8>, kind: u8, cell: &Cell) -> bool {
    match (kind, cell) {
        (kind::LONG, Cell::UInt(value)) => put_uint(out, *value, 4),
        (kind::LONG, Cell::Int(value)) => put_uint(out, *value as u64, 4),
        (kind::LONGLONG, Cell::UInt(value)) => put_uint(out, *value, 8),
        (kind::LONGLONG, Cell::Int(value)) => put_uint(out, *value as u64, 8),
        (kind::DOUBLE, Cell::Double(value)) => put_uint(out, value.to_bits(), 8),
        (kind::VAR_STRING | kind::BLOB, Cell::Bytes(bytes)) => put_lenenc_bytes(out, bytes),
        _ => return false,
    }
    true
}

/// Reads a binary row; `kinds` are the columns' types and whether they are unsigned.
pub fn read_binary(payload: &[u8], kinds: &[(u8, bool)]) -> Result<Vec<Cell>, Malformed> {
    let mut cursor = Cursor::new(payload, "binary row");
    if cursor.u8()? != 0 {
        return Err(Malformed("binary row"));
    }
    let nulls = cursor.take((kinds.len() + SKIPPED).div_ceil(8))?;
    let mut cells = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let bit = index + SKIPPED;
        let null = nulls[bit / 8] >> (bit % 8) & 1 == 1;
        cells.push(if null { Cell::Null } else { read_cell(&mut cursor, *kind)? });
    }
    cursor.end().map(|()| cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back(texts in prop::collection::vec(prop::option::of(any::<Vec<u8>>()), 0..20), number: i64, unsigned: u64) {
            let cells: Vec<Cell> = texts.iter().map(|text| text.clone().map_or(Cell::Null, Cell::Bytes)).collect();
            let mut out = Vec::new();
            put_text(&mut out, &cells);
            let expected: Vec<_> = texts.iter().map(|text| text.as_deref()).collect();
            prop_assert_eq!(read_text(&out, texts.len()), Ok(expected));

            let mut cells = cells;
            cells.extend([Cell::Int(number), Cell::UInt(unsigned)]);
            let mut kinds = vec![(kind::BLOB, false); texts.len()];
            kinds.extend([(kind::LONGLONG, false), (kind::LONGLONG, true)]);
            let plain: Vec<u8> = kinds.iter().map(|k| k.0).collect();
            let mut out = Vec::new();
            put_binary(&mut out, &plain, &cells);
            prop_assert_eq!(read_binary(&out, &kinds), Ok(cells));
            for cut in 0..out.len() {
                prop_assert!(read_binary(&out[..cut], &kinds).is_err());
            }
        }
    }
}
