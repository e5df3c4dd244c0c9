//! What a column is called and of which type it is.
//!
//! Not for: values (`row`).

use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_lenenc, put_lenenc_bytes, put_uint};

/// The collation of bytes that are no text.
pub const BINARY: u16 = 63;

/// The collation `utf8mb4_general_ci`.
pub const UTF8MB4: u16 = 45;

/// One column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Schema of its table; empty for an expression.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Character set and collation.
    pub collation: u16,
    /// The longest value, in bytes.
    pub length: u32,
    /// A number of [`super::kind`].
    pub kind: u8,
    /// Bits such as [`UNSIGNED`].
    pub flags: u16,
}

/// Values have no sign.
pub const UNSIGNED: u16 = 32;
/// Values are bytes.
pub const BINARY_FLAG: u16 = 128;

impl Column {
    /// A text that an expression gives.
    pub fn text(name: &str) -> Self {
        let (collation, length, kind) = (UTF8MB4, 1024, super::kind::VAR_STRING);
        Self { schema: String::new(), table: String::new(), name: name.into(), collation, length, kind, flags: 0 }
    }
    /// An integer that an expression gives.
    pub fn integer(name: &str) -> Self {
        let (collation, length, kind) = (BINARY, 21, super::kind::LONGLONG);
        Self { collation, length, kind, flags: BINARY_FLAG, ..Self::text(name) }
    }
    /// Writes the payload.
    pub fn put(&self, out: &mut Vec<u8>) {
        let names = ["def", &self.schema, &self.table, &self.table, &self.name, &self.name];
        for name in names {
            put_lenenc_bytes(out, name.as_bytes());
        }
        put_lenenc(out, 12);
        put_uint(out, u64::from(self.collation), 2);
        put_uint(out, u64::from(self.length), 4);
        out.push(self.kind);
        put_uint(out, u64::from(self.flags), 2);
        // No decimals, two bytes of filling.
        out.extend_from_slice(&[0; 3]);
    }
    /// Reads the payload; the original names behind aliases are passed over.
    pub fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "column");
        let mut name = || cursor.lenenc_bytes().map(|name| String::from_utf8_lossy(name).into_owned());
        let [_, schema, table, _, name, _] = [name()?, name()?, name()?, name()?, name()?, name()?];
        cursor.lenenc()?;
        let (collation, length) = (cursor.u16()?, cursor.u32()?);
        let (kind, flags) = (cursor.u8()?, cursor.u16()?);
        Ok(Self { schema, table, name, collation, length, kind, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_come_back(schema in "\\PC{0,9}", table in "\\PC{0,9}", name in "\\PC{0,300}", collation: u16, length: u32, kind: u8, flags: u16) {
            let column = Column { schema, table, name, collation, length, kind, flags };
            let mut out = Vec::new();
            column.put(&mut out);
            prop_assert_eq!(Column::read(&out), Ok(column));
            for cut in 0..out.len() - 3 {
                prop_assert!(Column::read(&out[..cut]).is_err());
            }
        }
    }
}
