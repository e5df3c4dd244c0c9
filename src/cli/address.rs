//! Addresses as users type them: where to listen, where to connect to.
//!
//! A host name is looked up once, here. Nothing listens beyond this machine because of a name or a
//! default: only an address that was typed does that. Not for: routes (`carrier`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use anyhow::anyhow;

use super::{Exit, Failure};

/// Why an address cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// No port.
    #[error("`{0}` has no port: write for example `{0}:3306`")]
    NoPort(String),
    /// A port that is none.
    #[error("`{0}` is not a port: a port is a number up to 65535")]
    BadPort(String),
    /// Nothing can be connected to at port 0.
    #[error("`{0}`: nothing can be connected to at port 0")]
    PortZero(String),
    /// Nothing stands before the port.
    #[error("`{0}` has no host: write for example `127.0.0.1{0}`")]
    NoHost(String),
    /// A URL, which may hold a password, so that it is not repeated.
    #[error(
        "a URL stands here: write host and port only, such as `127.0.0.1:3306`; whoever connects logs in by itself"
    )]
    Url,
    /// A bare IPv6 address.
    #[error("`{0}` is not an address: write an IPv6 address in brackets, such as `[::1]:3306`")]
    Bare(String),
    /// A name to listen on that is not this machine alone.
    #[error("`{name}` is {address}, which other machines can reach: to listen there, write the address itself")]
    Beyond {
        /// As typed.
        name: String,
        /// What it was looked up to.
        address: IpAddr,
    },
    /// A name that nobody knows.
    #[error("the host `{host}` is not known: {why}")]
    Unknown {
        /// As typed.
        host: String,
        /// What the system says.
        why: String,
    },
}

impl AddressError {
    /// Whether the text is in order and the environment is not.
    pub(crate) fn is_environment(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// `host:port`, `[ipv6]:port`: the two parts.
fn parts(text: &str) -> Result<(&str, u16), AddressError> {
    let no_port = || AddressError::NoPort(text.to_owned());
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").ok_or_else(no_port)?,
        None => text.rsplit_once(':').ok_or_else(no_port)?,
    };
    if host.contains(':') && !text.starts_with('[') {
        return Err(AddressError::Bare(text.to_owned()));
    }
    let port = port.parse().map_err(|_| AddressError::BadPort(port.to_owned()))?;
    Ok((host, port))
}

/// The addresses of a host, those of IPv4 first: what is called `localhost` listens there more often.
fn look_up(host: &str, port: u16) -> Result<SocketAddr, AddressError> {
    let unknown = |why: String| AddressError::Unknown { host: host.to_owned(), why };
    let all = (host, port).to_socket_addrs().map_err(|error| unknown(error.to_string()))?;
    all.min_by_key(SocketAddr::is_ipv6).ok_or_else(|| unknown("it has no address".into()))
}

/// Where to listen: `PORT`, `:PORT`, `ADDRESS:PORT`, `localhost:PORT`.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, AddressError> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return listen(&format!(":{text}"));
    }
    let (host, port) = parts(text)?;
    if host.is_empty() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok((address, port).into());
    }
    let found = look_up(host, port)?;
    if found.ip().is_loopback() {
        return Ok(found);
    }
    Err(AddressError::Beyond { name: host.to_owned(), address: found.ip() })
}

/// Where to connect to: `HOST:PORT`.
pub(crate) fn upstream(text: &str) -> Result<SocketAddr, AddressError> {
    let text = text.trim();
    if text.contains("://") {
        return Err(AddressError::Url);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::NoHost(format!(":{text}")));
    }
    let (host, port) = parts(text)?;
    match (host, port) {
        ("", _) => Err(AddressError::NoHost(text.to_owned())),
        (_, 0) => Err(AddressError::PortZero(text.to_owned())),
        (host, port) => match host.parse::<IpAddr>() {
            Ok(address) => Ok((address, port).into()),
            Err(_) => look_up(host, port),
        },
    }
}

/// The address after a flag.
pub(super) fn typed(
    flag: &str,
    text: &str,
    read: impl Fn(&str) -> Result<SocketAddr, AddressError>,
) -> Result<SocketAddr, Failure> {
    read(text).map_err(|error| {
        let exit = if error.is_environment() { Exit::Environment } else { Exit::Usage };
        Failure::new(exit, anyhow!("{flag}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, address) in [
            ("3307", "127.0.0.1:3307"),
            (":0", "127.0.0.1:0"),
            ("0.0.0.0:3307", "0.0.0.0:3307"),
            ("[::1]:3307", "[::1]:3307"),
            ("localhost:3307", "127.0.0.1:3307"),
        ] {
            assert_eq!(listen(text).map(|addr| addr.to_string()), Ok(address.to_owned()), "{text}");
        }
        assert_eq!(upstream("localhost:3306").map(|addr| addr.to_string()), Ok("127.0.0.1:3306".into()));
        assert_eq!(upstream("[fe80::1]:1").map(|addr| addr.to_string()), Ok("[fe80::1]:1".into()));
    }

    #[test]
    fn what_is_no_address_is_told_so() {
        let says = |text: &str| upstream(text).expect_err(text).to_string();
        assert_eq!(says("db"), "`db` has no port: write for example `db:3306`");
        assert_eq!(says("db:"), "`` is not a port: a port is a number up to 65535");
        assert_eq!(says("db:70000"), "`70000` is not a port: a port is a number up to 65535");
        assert_eq!(says(":3306"), "`:3306` has no host: write for example `127.0.0.1:3306`");
        assert_eq!(says("3306"), "`:3306` has no host: write for example `127.0.0.1:3306`");
        assert!(says("mysql://root:secret@db:3306").starts_with("a URL stands here: write host and port only"));
        assert_eq!(says("127.0.0.1:0"), "`127.0.0.1:0`: nothing can be connected to at port 0");
        assert_eq!(
            says("::1:3306"),
            "`::1:3306` is not an address: write an IPv6 address in brackets, such as `[::1]:3306`"
        );
        assert_eq!(says("[::1]3306"), "`[::1]3306` has no port: write for example `[::1]3306:3306`");
        assert_eq!(listen("").expect_err("nothing").to_string(), "`` has no port: write for example `:3306`");
        assert!(upstream("no-such-host.invalid:1").is_err_and(|error| error.is_environment()));
    }
}
