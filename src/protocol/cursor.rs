//! Reading and writing the primitive parts of a MySQL packet.
//!
//! Inside a packet everything is there, so running out of bytes is [`Malformed`]. Integers are
//! little-endian; `lenenc` is MySQL's length-encoded integer. Not for: packet boundaries.

use super::Malformed;

/// Reads from the front of a packet.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
    /// Over a whole packet; `what` names it in errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }
    fn malformed(&self) -> Malformed {
        Malformed(self.what)
    }
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(self.malformed())?;
        self.rest = rest;
        Ok(taken)
    }
    /// An integer of `n` ≤ 8 bytes.
    pub fn uint(&mut self, n: usize) -> Result<u64, Malformed> {
        let bytes = self.take(n)?;
        Ok(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }
    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.take(1).map(|b| b[0])
    }
    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.uint(2).map(|v| v as u16)
    }
    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.uint(4).map(|v| v as u32)
    }
    /// A length-encoded integer.
    pub fn lenenc(&mut self) -> Result<u64, Malformed> {
        match self.u8()? {
            small @ 0..=0xfa => Ok(u64::from(small)),
            0xfc => self.uint(2),
            0xfd => self.uint(3),
            0xfe => self.uint(8),
            0xfb | 0xff => Err(self.malformed()),
        }
    }
    /// Bytes with their length before them.
    pub fn lenenc_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.lenenc()?;
        let length = usize::try_from(length).map_err(|_| self.malformed())?;
        self.take(length)
    }
    /// Bytes up to a zero byte, which is passed; all of the rest if there is none.
    pub fn until_zero(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|&b| b == 0);
        let text = &self.rest[..end.unwrap_or(self.rest.len())];
        self.rest = &self.rest[end.map_or(self.rest.len(), |end| end + 1)..];
        text
    }
    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
    /// The next byte, not taken.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }
    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}

/// Writes an integer of `n` ≤ 8 bytes.
pub fn put_uint(out: &mut Vec<u8>, value: u64, n: usize) {
    out.extend_from_slice(&value.to_le_bytes()[..n.min(8)]);
}

/// Writes a length-encoded integer.
pub fn put_lenenc(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=0xfa => out.push(value as u8),
        0xfb..=0xffff => {
            out.push(0xfc);
            put_uint(out, value, 2);
        }
        0x1_0000..=0xff_ffff => {
            out.push(0xfd);
            put_uint(out, value, 3);
        }
        _ => {
            out.push(0xfe);
            put_uint(out, value, 8);
        }
    }
}

/// Writes bytes with their length before them.
pub fn put_lenenc_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_lenenc(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_and_texts_come_back(value: u64, shift in 0..64_u32, text: Vec<u8>) {
            let mut out = Vec::new();
            put_lenenc(&mut out, value >> shift);
            put_lenenc_bytes(&mut out, &text);
            let mut cursor = Cursor::new(&out, "test");
            prop_assert_eq!(cursor.lenenc(), Ok(value >> shift));
            prop_assert_eq!(cursor.lenenc_bytes(), Ok(text.as_slice()));
            prop_assert_eq!(cursor.end(), Ok(()));
            for cut in 0..out.len() {
                let mut cursor = Cursor::new(&out[..cut], "test");
                let both = cursor.lenenc().and_then(|_| cursor.lenenc_bytes());
                prop_assert_eq!(both, Err(Malformed("test")));
            }
        }
    }
}
