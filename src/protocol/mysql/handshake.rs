//! The server's greeting and the client's login.
//!
//! Not for: proving a password; whoever checks one has the salt and the proof here.

use super::capability;
use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_lenenc_bytes, put_uint};

/// The plugin that every client knows.
pub const NATIVE_PASSWORD: &str = "mysql_native_password";

/// What a server says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The server's version.
    pub version: String,
    /// The connection's number.
    pub connection: u32,
    /// Random bytes, none of them zero, that a password's proof is made with.
    pub salt: [u8; 20],
    /// What the server can.
    pub capabilities: u32,
    /// The default character set and collation.
    pub collation: u8,
    /// Bits of [`super::status`].
    pub status: u16,
    /// How a password is proved.
    pub plugin: String,
}

impl Greeting {
    /// Writes the payload.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(10);
        put_text(out, &self.version);
        put_uint(out, u64::from(self.connection), 4);
        out.extend_from_slice(&self.salt[..8]);
        out.push(0);
        put_uint(out, u64::from(self.capabilities), 2);
        out.push(self.collation);
        put_uint(out, u64::from(self.status), 2);
        put_uint(out, u64::from(self.capabilities >> 16), 2);
        out.push(self.salt.len() as u8 + 1);
        out.extend_from_slice(&[0; 10]);
        out.extend_from_slice(&self.salt[8..]);
        out.push(0);
        put_text(out, &self.plugin);
    }
    /// Reads the payload.
    pub fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "greeting");
        if cursor.u8()? != 10 {
            return Err(Malformed("greeting: not version 10"));
        }
        let version = text(cursor.until_zero());
        let connection = cursor.u32()?;
        let mut salt = [0; 20];
        salt[..8].copy_from_slice(cursor.take(8)?);
        cursor.take(1)?;
        let low = u32::from(cursor.u16()?);
        let collation = cursor.u8()?;
        let status = cursor.u16()?;
        let high = u32::from(cursor.u16()?);
        cursor.take(11)?;
        salt[8..].copy_from_slice(cursor.take(12)?);
        cursor.take(1)?;
        let plugin = text(cursor.until_zero());
        Ok(Self { version, connection, salt, capabilities: high << 16 | low, collation, status, plugin })
    }
}

/// Who wants in: the login, or a `COM_CHANGE_USER` later.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Login {
    /// What the client can, of what the server offered; zero in `COM_CHANGE_USER`.
    pub capabilities: u32,
    /// The character set and collation it wants.
    pub collation: u16,
    /// Its name.
    pub user: String,
    /// The proof of its password; empty for none.
    pub proof: Vec<u8>,
    /// The database to start in.
    pub database: Option<String>,
    /// How the proof was made.
    pub plugin: Option<String>,
}

impl Login {
    /// Writes the payload of a login, without attributes.
    pub fn put(&self, out: &mut Vec<u8>) {
        put_uint(out, u64::from(self.capabilities), 4);
        put_uint(out, 1 << 24, 4);
        out.push(self.collation as u8);
        out.extend_from_slice(&[0; 23]);
        put_text(out, &self.user);
        if self.capabilities & capability::PLUGIN_AUTH_LENENC != 0 {
            put_lenenc_bytes(out, &self.proof);
        } else {
            out.push(self.proof.len() as u8);
            out.extend_from_slice(&self.proof);
        }
        if self.capabilities & capability::CONNECT_WITH_DB != 0 {
            put_text(out, self.database.as_deref().unwrap_or_default());
        }
        if self.capabilities & capability::PLUGIN_AUTH != 0 {
            put_text(out, self.plugin.as_deref().unwrap_or_default());
        }
    }
    /// Reads the payload of a login; attributes are passed over.
    pub fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "login");
        let capabilities = cursor.u32()?;
        if capabilities & capability::PROTOCOL_41 == 0 {
            return Err(Malformed("login: older than MySQL 4.1"));
        }
        cursor.u32()?;
        let collation = u16::from(cursor.u8()?);
        cursor.take(23)?;
        let user = text(cursor.until_zero());
        let has = |bit: u32| capabilities & bit != 0;
        let proof = if has(capability::PLUGIN_AUTH_LENENC) {
            cursor.lenenc_bytes()?
        } else if has(capability::SECURE_CONNECTION) {
            let length = cursor.u8()?;
            cursor.take(usize::from(length))?
        } else {
            cursor.until_zero()
        };
        let database = has(capability::CONNECT_WITH_DB).then(|| text(cursor.until_zero())).filter(|d| !d.is_empty());
        let plugin = has(capability::PLUGIN_AUTH).then(|| text(cursor.until_zero()));
        Ok(Self { capabilities, collation, user, proof: proof.to_vec(), database, plugin })
    }
    /// Reads the arguments of `COM_CHANGE_USER`.
    pub fn read_change_user(arguments: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(arguments, "change of user");
        let user = text(cursor.until_zero());
        let length = cursor.u8()?;
        let proof = cursor.take(usize::from(length))?.to_vec();
        let database = Some(text(cursor.until_zero())).filter(|d| !d.is_empty());
        let collation = cursor.u16().unwrap_or_default();
        let plugin = Some(text(cursor.until_zero())).filter(|p| !p.is_empty());
        Ok(Self { capabilities: 0, collation, user, proof, database, plugin })
    }
    /// Writes the arguments of `COM_CHANGE_USER`.
    pub fn put_change_user(&self, out: &mut Vec<u8>) {
        put_text(out, &self.user);
        out.push(self.proof.len() as u8);
        out.extend_from_slice(&self.proof);
        put_text(out, self.database.as_deref().unwrap_or_default());
        put_uint(out, u64::from(self.collation), 2);
        put_text(out, self.plugin.as_deref().unwrap_or_default());
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|&b| b != 0));
    out.push(0);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn greetings_come_back(version in "[ -~]{1,30}", connection: u32, salt: [u8; 20], capabilities: u32, collation: u8, status: u16) {
            let greeting = Greeting { version, connection, salt, capabilities, collation, status, plugin: NATIVE_PASSWORD.into() };
            let mut out = Vec::new();
            greeting.put(&mut out);
            prop_assert_eq!(Greeting::read(&out), Ok(greeting));
            for cut in 0..out.len() {
                let _ = Greeting::read(&out[..cut]);
            }
        }

        #[test]
        fn logins_come_back(lenenc: bool, user in "[ -~]{0,20}", proof in prop::collection::vec(any::<u8>(), 0..200), database in prop::option::of("[a-z]{1,9}"), plugin in prop::option::of("[a-z]{1,9}"), collation in 1..=255_u16) {
            use capability::*;
            let mut capabilities = PROTOCOL_41 | SECURE_CONNECTION;
            if lenenc { capabilities |= PLUGIN_AUTH_LENENC; }
            if database.is_some() { capabilities |= CONNECT_WITH_DB; }
            if plugin.is_some() { capabilities |= PLUGIN_AUTH; }
            let login = Login { capabilities, collation, user, proof, database, plugin };
            let mut out = Vec::new();
            login.put(&mut out);
            prop_assert_eq!(Login::read(&out), Ok(login.clone()));
            for cut in 0..out.len() {
                let _ = Login::read(&out[..cut]);
            }
            let mut out = Vec::new();
            login.put_change_user(&mut out);
            prop_assert_eq!(Login::read_change_user(&out), Ok(Login { capabilities: 0, ..login }));
        }
    }
}
