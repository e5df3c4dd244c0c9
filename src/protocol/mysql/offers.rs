//! What both sides of a connection offer each other, MariaDB's additions included, for somebody who looks on.
//!
//! Tolerant: only the parts that tell how the rest is to be read. Not for: logging in (`handshake`).

use super::capability;
use crate::protocol::Malformed;
use crate::protocol::cursor::Cursor;

/// Bits of both sides: MySQL's in the low half, MariaDB's in the high half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offers(pub u64);

/// MariaDB: a result says whether definitions of its columns follow.
pub const CACHE_METADATA: u64 = 1 << 36;

/// MySQL's servers and clients set this, MariaDB's do not, and have their own bits then.
const LONG_PASSWORD: u32 = 1;

impl Offers {
    /// Whether a bit of [`capability`] is set.
    pub const fn has(self, bit: u32) -> bool {
        self.0 & bit as u64 != 0
    }

    /// What both have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// From the payload of a server's greeting.
    pub fn of_server(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "greeting");
        if cursor.u8()? != 10 {
            return Err(Malformed("greeting: not version 10"));
        }
        cursor.until_zero();
        cursor.take(4 + 8 + 1)?;
        let low = u32::from(cursor.u16()?);
        // The oldest servers end here.
        if cursor.peek().is_none() {
            return Ok(Self(u64::from(low)));
        }
        cursor.take(3)?;
        let bits = low | u32::from(cursor.u16()?) << 16;
        cursor.take(1 + 6)?;
        let own = cursor.u32()?;
        Ok(Self::with_own(bits, own))
    }

    /// From the payload of a client's first packet: its login, or its wish for TLS.
    pub fn of_client(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "login");
        let bits = cursor.u32()?;
        if bits & capability::PROTOCOL_41 == 0 {
            return Err(Malformed("login: older than MySQL 4.1"));
        }
        cursor.take(4 + 1 + 19)?;
        let own = cursor.u32()?;
        Ok(Self::with_own(bits, own))
    }

    fn with_own(bits: u32, own: u32) -> Self {
        let own = if bits & LONG_PASSWORD == 0 { u64::from(own) } else { 0 };
        Self(u64::from(bits) | own << 32)
    }
}

/// Bytes of a wish for TLS; a login is longer.
pub const TLS_WISH: u64 = 32;

#[cfg(test)]
mod tests {
    use super::super::handshake::{Greeting, Login};
    use super::*;

    #[test]
    fn both_sides_are_read() {
        let greeting = Greeting {
            version: "8.0".into(),
            connection: 1,
            salt: [3; 20],
            capabilities: 0xdead_beef,
            collation: 45,
            status: 2,
            plugin: "x".into(),
        };
        let mut out = Vec::new();
        greeting.put(&mut out);
        assert_eq!(Offers::of_server(&out), Ok(Offers(0xdead_beef)));
        let login = Login { capabilities: capability::PROTOCOL_41, ..Login::default() };
        let mut out = Vec::new();
        login.put(&mut out);
        out[28] = 0x10;
        let offers = Offers::of_client(&out).expect("a login");
        assert!(offers.has(capability::PROTOCOL_41) && offers.0 & CACHE_METADATA != 0);
        assert!((0..32).all(|cut| Offers::of_client(&out[..cut]).is_err()));
    }
}
