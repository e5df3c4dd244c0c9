//! How a proxied connection reaches its upstream: a non-blocking connect, begun.
//!
//! Not for: when to begin it (`link`), or what happens when it is done (`conn`).

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpStream};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

/// What the kernel takes from a sender that the link holds back, on each of the proxy's sockets, in bytes; it doubles it
/// for its own use, and cuts it to `net.core.rmem_max`. Without a bound it would grow to tens of megabytes (`tcp_rmem`),
/// and a sender would not notice the link's window for so long.
pub(super) const RECEIVE_BUFFER: usize = 1 << 20;

/// Connects to an upstream.
pub trait Dial: Debug + Send + Sync {
    /// Begins to connect, without blocking; the socket becomes writable when it is done.
    fn begin(&self) -> io::Result<TcpStream>;
}

/// An address that this process reaches directly.
impl Dial for SocketAddr {
    fn begin(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(*self), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        connect(socket, *self)
    }
}

/// Begins to connect `socket`, which may belong to another network namespace: its window is then the kernel's affair.
pub(super) fn connect(socket: Socket, addr: SocketAddr) -> io::Result<TcpStream> {
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&addr.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(socket.into()),
    }
}

/// Whether a connect failed for want of something that this machine has no more of, and says nothing about the upstream.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    let ours = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
    error.kind() == io::ErrorKind::OutOfMemory
        || ours.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether a connection has itself at its other end. A connect to a port of this machine that nobody listens on is given that
/// very port as its own, now and then (of some 28,000), and then opens simultaneously with itself (RFC 9293, 3.5): nobody is
/// there.
pub(super) fn is_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(peer)) if own == peer)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::{Proxy, listen};
    use super::*;
    use crate::link::LinkKind;
    use crate::scenario::Link;
    use crate::seed::Seed;
    use crate::timer::Clock;
    use crate::units::Nanos;

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// Connects from a port to the same port.
    #[derive(Debug)]
    struct Itself;

    impl Dial for Itself {
        fn begin(&self) -> io::Result<TcpStream> {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
            socket.bind(&ANY.into())?;
            let own = socket.local_addr()?.as_socket().expect("an address of IPv4");
            connect(socket, own)
        }
    }

    #[test]
    fn a_connection_to_itself_is_told_from_one_to_somebody() {
        assert!(is_itself(&Itself.begin().expect("connects")));
        let listener = TcpListener::bind(ANY).expect("a port");
        let somebody = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        assert!(!is_itself(&somebody));
    }

    #[test]
    fn a_connection_to_itself_is_refused() {
        let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
        let link = proxy.link(&Link::plain(Nanos::from_millis(1)), Seed(1), "test").expect("a link");
        let listener = listen(ANY).expect("a port");
        let addr = listener.local_addr().expect("bound");
        proxy.carry(link, listener, Arc::new(Itself), None, None);
        let mut client = TcpStream::connect(addr).expect("connects");
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        let error = client.read(&mut [0]).expect_err("nobody is there");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}
