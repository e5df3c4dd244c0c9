//! The parameters of an execution, in the binary protocol.
//!
//! Types are sent with the first execution of a statement and may be left out later. Not for: what
//! a parameter means.

use super::kind;
use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_lenenc_bytes, put_uint};

/// A parameter's type: a number of [`kind`], and whether it is unsigned.
pub type Kind = (u8, bool);

/// The value of a parameter or of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating number.
    Double(f64),
    /// A text or blob; dates and times as their bytes in the protocol.
    Bytes(Vec<u8>),
}

/// Reads the parameters of `count` placeholders.
///
/// `kinds` are those of the execution before, and become those of this one. A parameter in `long`
/// was sent in pieces before, and has no value here.
pub fn read(
    bytes: &[u8],
    count: u16,
    kinds: &mut Vec<Kind>,
    long: &mut [Option<Vec<u8>>],
) -> Result<Vec<Cell>, Malformed> {
    let count = usize::from(count);
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut cursor = Cursor::new(bytes, "parameters");
    let nulls = cursor.take(count.div_ceil(8))?;
    if cursor.u8()? == 1 {
        kinds.clear();
        for _ in 0..count {
            let kind = cursor.u8()?;
            kinds.push((kind, cursor.u8()? & 0x80 != 0));
        }
    }
    if kinds.len() != count {
        return Err(Malformed("parameters: no types yet"));
    }
    let mut cells = Vec::with_capacity(count);
    for (index, kind) in kinds.iter().enumerate() {
        let sent = long.get_mut(index).and_then(Option::take);
        cells.push(match sent {
            Some(bytes) => Cell::Bytes(bytes),
            None if nulls[index / 8] >> (index % 8) & 1 == 1 => Cell::Null,
            None => read_cell(&mut cursor, *kind)?,
        });
    }
    cursor.end().map(|()| cells)
}

/// Reads one value of this type.
pub fn read_cell(cursor: &mut Cursor<'_>, (kind, unsigned): Kind) -> Result<Cell, Malformed> {
    let width = match kind {
        kind::TINY => 1,
        kind::SHORT | kind::YEAR => 2,
        kind::LONG | kind::INT24 => 4,
        kind::LONGLONG => 8,
        kind::FLOAT => return Ok(Cell::Double(f64::from(f32::from_bits(cursor.u32()?)))),
        kind::DOUBLE => return Ok(Cell::Double(f64::from_bits(cursor.uint(8)?))),
        kind::NULL => return Ok(Cell::Null),
        kind::DATE | kind::DATETIME | kind::TIMESTAMP | kind::TIME => {
            let length = cursor.u8()?;
            return Ok(Cell::Bytes(cursor.take(usize::from(length))?.to_vec()));
        }
        _ => return Ok(Cell::Bytes(cursor.lenenc_bytes()?.to_vec())),
    };
    let value = cursor.uint(width)?;
    let sign = 64 - 8 * width;
    Ok(if unsigned { Cell::UInt(value) } else { Cell::Int((value << sign).cast_signed() >> sign) })
}

/// Writes the parameters with their types.
pub fn put(out: &mut Vec<u8>, cells: &[Cell]) {
    if cells.is_empty() {
        return;
    }
    let nulls = out.len();
    out.resize(nulls + cells.len().div_ceil(8), 0);
    for (index, _) in cells.iter().enumerate().filter(|(_, cell)| **cell == Cell::Null) {
        out[nulls + index / 8] |= 1 << (index % 8);
    }
    out.push(1);
    for cell in cells {
        let (kind, unsigned) = kind_of(cell);
        out.extend_from_slice(&[kind, if unsigned { 0x80 } else { 0 }]);
    }
    for cell in cells {
        put_cell(out, cell);
    }
}

fn kind_of(cell: &Cell) -> Kind {
    match cell {
        Cell::Null => (kind::NULL, false),
        Cell::Int(_) => (kind::LONGLONG, false),
        Cell::UInt(_) => (kind::LONGLONG, true),
        Cell::Double(_) => (kind::DOUBLE, false),
        Cell::Bytes(_) => (kind::VAR_STRING, false),
    }
}

fn put_cell(out: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Null => {}
        Cell::Int(value) => put_uint(out, *value as u64, 8),
        Cell::UInt(value) => put_uint(out, *value, 8),
        Cell::Double(value) => put_uint(out, value.to_bits(), 8),
        Cell::Bytes(bytes) => put_lenenc_bytes(out, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_cell() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Null),
            any::<i64>().prop_map(Cell::Int),
            any::<u64>().prop_map(Cell::UInt),
            prop::num::f64::NORMAL.prop_map(Cell::Double),
            any::<Vec<u8>>().prop_map(Cell::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn parameters_come_back(cells in prop::collection::vec(any_cell(), 0..20), noise: Vec<u8>) {
            let mut out = Vec::new();
            put(&mut out, &cells);
            let count = cells.len() as u16;
            let mut kinds = Vec::new();
            prop_assert_eq!(read(&out, count, &mut kinds, &mut []), Ok(cells));
            for cut in 0..out.len() {
                prop_assert!(read(&out[..cut], count, &mut Vec::new(), &mut []).is_err());
            }
            let _ = read(&noise, count, &mut Vec::new(), &mut []);
        }
    }

    #[test]
    fn small_integers_keep_their_sign() {
        let mut kinds = vec![(kind::TINY, false), (kind::TINY, true), (kind::SHORT, false), (kind::LONG, false)];
        let bytes = [0, 0, 0xff, 0xff, 0xfe, 0xff, 0xfd, 0xff, 0xff, 0xff];
        let cells = vec![Cell::Int(-1), Cell::UInt(255), Cell::Int(-2), Cell::Int(-3)];
        assert_eq!(read(&bytes, 4, &mut kinds, &mut []), Ok(cells), "types of the execution before");
    }

    #[test]
    fn a_parameter_sent_in_pieces_has_no_value_here() {
        let mut kinds = Vec::new();
        let bytes = [0, 1, kind::BLOB, 0, kind::TINY, 0, 7];
        let cells = vec![Cell::Bytes(b"long".to_vec()), Cell::Int(7)];
        assert_eq!(read(&bytes, 2, &mut kinds, &mut [Some(b"long".to_vec()), None]), Ok(cells));
    }
}
