//! Which requests are answered at all: those that no web page can make a browser send.
//!
//! A page on the internet may let its own name point to this machine (DNS rebinding): such a request carries that name
//! as its `Host`, so only addresses and `localhost` are taken. Or it may send to `localhost` from its own
//! place: browsers then add `Origin` or `Sec-Fetch-Site`. Not for: passwords, of which there are none.

use std::net::{IpAddr, SocketAddr};

use super::answer::Answer;

/// What a request says of where it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Headers<'a> {
    /// The one `Host`; `None` if there is none, or more than one, or it is no text.
    pub(super) host: Option<&'a str>,
    pub(super) has_origin: bool,
    /// `Sec-Fetch-Site`.
    pub(super) site: Option<&'a str>,
}

/// Why a request is refused, if it is. `target` is the host in its first line, `ip` is where the API listens.
pub(super) fn refuses(headers: &Headers<'_>, target: Option<&str>, ip: IpAddr) -> Option<Answer> {
    let forbidden = |error: &str, hint: &str| Some(Answer::error(403, error, hint));
    let Some(host) = headers.host else {
        return Some(Answer::error(400, "the request has no single `Host`", "send one, such as `Host: localhost`"));
    };
    if !is_here(host, ip) || target.is_some_and(|target| !is_here(target, ip)) {
        return forbidden("this host is not known here", "use the address that is listened on, or `localhost`");
    }
    if headers.has_origin || headers.site.is_some_and(|site| !matches!(site, "none" | "same-origin")) {
        return forbidden("requests of web pages are not answered", "leave the header `Origin` out");
    }
    None
}

/// Whether a host, with or without a port, is this machine by address or as `localhost`.
fn is_here(host: &str, listens_at: IpAddr) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(inner) => inner.parse::<IpAddr>().ok().filter(IpAddr::is_ipv6),
        None => name.parse::<IpAddr>().ok().filter(IpAddr::is_ipv4),
    };
    let address = address.or_else(|| host.parse::<SocketAddr>().ok().map(|address| address.ip()));
    // Where all addresses are listened on, any may be meant; a name could be anybody's.
    address.is_some_and(|address| address.is_loopback() || address == listens_at || listens_at.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn only_addresses_and_localhost_are_here() {
        for host in ["localhost", "LocalHost:8474", "127.0.0.1", "127.0.0.1:8474", "127.1.2.3:1", "[::1]", "[::1]:80"] {
            assert!(is_here(host, LOOPBACK), "{host}");
        }
        for host in [
            "",
            ":",
            ":80",
            "evil.test",
            "localhost.evil.test",
            "127.0.0.1.evil.test:80",
            "10.0.0.1",
            "[::2]",
            "::1x",
            "localhost:80:80",
            "[127.0.0.1]",
            "localhost.",
        ] {
            assert!(!is_here(host, LOOPBACK), "{host}");
        }
        let (lan, all) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([0, 0, 0, 0]));
        assert!(is_here("10.0.0.1:80", lan) && is_here("10.0.0.9", all));
        assert!(!is_here("10.0.0.2:80", lan) && !is_here("evil.test", all));
    }

    #[test]
    fn what_a_page_could_send_is_refused() {
        let status = |headers: Headers<'_>, target| refuses(&headers, target, LOOPBACK).map(|answer| answer.status);
        let fine = Headers { host: Some("localhost:1"), has_origin: false, site: None };
        assert_eq!(status(fine, None), None);
        assert_eq!(status(Headers { site: Some("none"), ..fine }, None), None);
        assert_eq!(status(Headers { host: None, ..fine }, None), Some(400));
        assert_eq!(status(Headers { host: Some("evil.test"), ..fine }, None), Some(403));
        assert_eq!(status(Headers { has_origin: true, ..fine }, None), Some(403));
        assert_eq!(status(Headers { site: Some("cross-site"), ..fine }, None), Some(403));
        assert_eq!(status(fine, Some("evil.test")), Some(403));
    }
}
