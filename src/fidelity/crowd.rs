//! Many connections in closed loops: one thread with one epoll plays all clients and the server.
//!
//! So load and proxy have a processor each on a machine of two, and a message costs the load as little as it can. Not for: few
//! connections (`pings`).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::FidelityError;
use super::upstream::PATIENCE;
use crate::measure::Hist;
use crate::timer::Clock;
use crate::units::Nanos;

/// Bytes of a request and of its reply.
const MESSAGE: usize = 64;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;

/// Where a crowd's proxy must connect to.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Listener {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`FidelityError::Upstream`].
    pub fn start() -> Result<Self, FidelityError> {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Listens at `addr`, for a proxy that connects to a fixed one.
    ///
    /// # Errors
    /// [`FidelityError::Upstream`].
    pub fn at(addr: SocketAddr) -> Result<Self, FidelityError> {
        let socket = || {
            let socket = socket2::Socket::new(socket2::Domain::for_address(addr), socket2::Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            socket.bind(&addr.into())?;
            socket.listen(BACKLOG)?;
            // A proxy that never connects must not be waited for until the end of days.
            socket.set_read_timeout(Some(PATIENCE))?;
            let listener: TcpListener = socket.into();
            let addr = listener.local_addr()?;
            Ok(Self { listener, addr })
        };
        socket().map_err(FidelityError::Upstream)
    }

    /// Its address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// What closed loops did.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// How many.
    pub connections: usize,
    /// Their round trips.
    pub round_trips: Hist,
    /// In this time.
    pub lasted: Nanos,
}

impl Crowd {
    /// Round trips a second.
    pub fn rate(&self) -> f64 {
        self.round_trips.count() as f64 / self.lasted.as_secs_f64()
    }
}

/// One side of one connection.
struct Peer {
    stream: TcpStream,
    /// Of a client: when its request was sent. Of a server, nothing.
    sent: Option<Nanos>,
}

/// `connections` clients of `addr`, behind which `listener` is found, each asking again as soon as it is answered; for
/// `warm_up` without and for `run` with recording.
///
/// # Errors
/// [`FidelityError::System`], where the system refuses that many connections; [`FidelityError::Conversation`], where one breaks.
pub fn closed_loops(
    clock: Clock,
    listener: &Listener,
    addr: SocketAddr,
    connections: usize,
    (warm_up, run): (Nanos, Nanos),
) -> Result<Crowd, FidelityError> {
    let (poll, mut peers) =
        gather(clock, listener, addr, connections).map_err(FidelityError::system("connect a crowd"))?;
    let mut loops = || {
        for client in &mut peers[..connections] {
            ask(clock, client)?;
        }
        let from = clock.now() + warm_up;
        let round_trips = serve(clock, &poll, &mut peers, from, from + run)?;
        Ok(Crowd { connections, round_trips, lasted: clock.now() - from })
    };
    loops().map_err(|source| FidelityError::Conversation {
        what: format!("{connections} closed loops"),
        path: "crowd's",
        source,
    })
}

/// All clients, then all servers, ready to be waited for.
fn gather(
    clock: Clock,
    listener: &Listener,
    addr: SocketAddr,
    connections: usize,
) -> io::Result<(std::os::fd::OwnedFd, Vec<Peer>)> {
    let mut peers = Vec::with_capacity(connections * 2);
    for _ in 0..connections {
        peers.push(Peer { stream: TcpStream::connect(addr)?, sent: Some(clock.now()) });
    }
    for _ in 0..connections {
        peers.push(Peer { stream: listener.listener.accept()?.0, sent: None });
    }
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    for (i, peer) in peers.iter().enumerate() {
        peer.stream.set_nodelay(true)?;
        peer.stream.set_nonblocking(true)?;
        epoll::add(&poll, &peer.stream, EventData::new_u64(i as u64), EventFlags::IN | EventFlags::ET)?;
    }
    Ok((poll, peers))
}

/// Plays everybody until `until`; records from `from`.
fn serve(clock: Clock, poll: &std::os::fd::OwnedFd, peers: &mut [Peer], from: Nanos, until: Nanos) -> io::Result<Hist> {
    let mut all = Hist::new();
    let mut events: Vec<Event> = Vec::with_capacity(256);
    let mut now = clock.now();
    while now < until {
        events.clear();
        let timeout = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };
        match epoll::wait(poll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            if let Some(took) = answer(clock, &mut peers[event.data.u64() as usize])?
                && now > from
            {
                all.record(took);
            }
        }
        now = clock.now();
    }
    Ok(all)
}

fn ask(clock: Clock, client: &mut Peer) -> io::Result<()> {
    client.sent = Some(clock.now());
    client.stream.write_all(&[1; MESSAGE])
}

/// A message has come: a server echoes it, a client tells how long it took and asks again.
fn answer(clock: Clock, peer: &mut Peer) -> io::Result<Option<Nanos>> {
    let mut buffer = [0; MESSAGE];
    match peer.stream.read(&mut buffer) {
        Ok(MESSAGE) => {}
        // A message of one small write arrives whole, or a proxy has cut it.
        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
        Ok(n) => return Err(io::Error::other(format!("{n} bytes of a message of {MESSAGE}"))),
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(error),
    }
    let Some(sent) = peer.sent else {
        peer.stream.write_all(&buffer)?;
        return Ok(None);
    };
    let took = clock.now() - sent;
    ask(clock, peer)?;
    Ok(Some(took))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_without_a_proxy_answers_itself() {
        let (clock, listener) = (Clock::start(), Listener::start().expect("a port"));
        let times = (Nanos::from_millis(10), Nanos::from_millis(50));
        let crowd = closed_loops(clock, &listener, listener.addr(), 20, times).expect("measured");
        assert!(crowd.round_trips.count() > 20 && crowd.rate() > 100.0, "{crowd:?}");
        assert!(crowd.lasted >= Nanos::from_millis(50));
    }
}
