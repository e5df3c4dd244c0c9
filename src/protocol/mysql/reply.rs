//! OK, ERR and EOF: the packets that end an answer.
//!
//! Not for: the rows between.

use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_lenenc, put_uint};

/// A statement was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Rows that were changed.
    pub affected: u64,
    /// The number that an insert made.
    pub last_insert_id: u64,
    /// Bits of [`super::status`].
    pub status: u16,
    /// How many warnings there are.
    pub warnings: u16,
}

/// Whether an OK packet ends a result set (header `fe`, `DEPRECATE_EOF` only) or answers a statement (`00`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// `00`.
    Answer,
    /// `fe`.
    EndOfRows,
}

impl Done {
    /// Writes the payload.
    pub fn put(&self, out: &mut Vec<u8>, header: Header) {
        out.push(if header == Header::Answer { 0 } else { 0xfe });
        put_lenenc(out, self.affected);
        put_lenenc(out, self.last_insert_id);
        put_uint(out, u64::from(self.status), 2);
        put_uint(out, u64::from(self.warnings), 2);
    }
    /// Reads the payload of either header; a message after the warnings is passed over.
    pub fn read(payload: &[u8]) -> Result<(Self, Header), Malformed> {
        let mut cursor = Cursor::new(payload, "OK packet");
        let header = match cursor.u8()? {
            0 => Header::Answer,
            0xfe => Header::EndOfRows,
            _ => return Err(Malformed("OK packet")),
        };
        let (affected, last_insert_id) = (cursor.lenenc()?, cursor.lenenc()?);
        Ok((Self { affected, last_insert_id, status: cursor.u16()?, warnings: cursor.u16()? }, header))
    }
}

/// Writes an EOF packet (clients without `DEPRECATE_EOF`).
pub fn put_eof(out: &mut Vec<u8>, status: u16) {
    out.extend_from_slice(&[0xfe, 0, 0]);
    put_uint(out, u64::from(status), 2);
}

/// Reads an EOF packet's status.
pub fn read_eof(payload: &[u8]) -> Result<u16, Malformed> {
    let mut cursor = Cursor::new(payload, "EOF packet");
    if cursor.u8()? != 0xfe {
        return Err(Malformed("EOF packet"));
    }
    cursor.u16()?;
    let status = cursor.u16()?;
    cursor.end().map(|()| status)
}

/// A statement failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// MySQL's number.
    pub code: u16,
    /// Five characters; `None` before the client has said what it can.
    pub state: Option<[u8; 5]>,
    /// For people.
    pub message: String,
}

impl Failed {
    /// Writes the payload.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(0xff);
        put_uint(out, u64::from(self.code), 2);
        if let Some(state) = self.state {
            out.push(b'#');
            out.extend_from_slice(&state);
        }
        out.extend_from_slice(self.message.as_bytes());
    }
    /// Reads the payload; text that is not UTF-8 is replaced.
    pub fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "ERR packet");
        if cursor.u8()? != 0xff {
            return Err(Malformed("ERR packet"));
        }
        let code = cursor.u16()?;
        let rest = cursor.rest();
        let state = rest.strip_prefix(b"#").and_then(|state| state.first_chunk::<5>()).copied();
        let message = if state.is_some() { &rest[6..] } else { rest };
        Ok(Self { code, state, message: String::from_utf8_lossy(message).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn replies_come_back(affected: u64, last_insert_id: u64, status: u16, warnings: u16, message in "\\PC{0,40}", known: bool) {
            let done = Done { affected, last_insert_id, status, warnings };
            for header in [Header::Answer, Header::EndOfRows] {
                let mut out = Vec::new();
                done.put(&mut out, header);
                prop_assert_eq!(Done::read(&out), Ok((done, header)));
                prop_assert!((0..out.len()).all(|cut| Done::read(&out[..cut]).is_err()));
            }
            let failed = Failed { code: warnings, state: known.then_some(*b"HY000"), message: format!("!{message}") };
            let mut out = Vec::new();
            failed.put(&mut out);
            prop_assert_eq!(Failed::read(&out), Ok(failed));
            let mut out = Vec::new();
            put_eof(&mut out, status);
            prop_assert_eq!(read_eof(&out), Ok(status));
        }
    }
}
