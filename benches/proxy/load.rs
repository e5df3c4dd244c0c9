//! The load side of the bench: servers and clients that cost little and stamp each message.
//!
//! One connection: blocking sockets, a thread each side. Many: one thread with one epoll plays both
//! sides, so that proxy and load have a core each. Not for: judging the numbers.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use longhaul::measure::Hist;
use longhaul::units::Nanos;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// Bytes of a request and of its reply.
pub(crate) const MESSAGE: usize = 64;

/// Any free port of this machine.
pub(crate) fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A listener, and the address it is found at.
pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&local().into()).expect("a port");
    socket.listen(4_096).expect("listens");
    let listener: TcpListener = socket.into();
    let addr = listener.local_addr().expect("bound");
    (listener, addr)
}

pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("connects");
    stream.set_nodelay(true).expect("nodelay");
    stream
}

/// Echoes one connection on a thread of its own, until it ends.
pub(crate) fn echo_one(listener: TcpListener) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("nodelay");
        let mut buffer = [0; MESSAGE];
        while stream.read_exact(&mut buffer).is_ok() {
            stream.write_all(&buffer).expect("echoes");
        }
    })
}

/// Round trips of one message after the other on one connection, the first ten left out.
pub(crate) fn ping_pong(addr: SocketAddr, run: Duration) -> Hist {
    let mut stream = connect(addr);
    let mut all = Hist::new();
    let start = Instant::now();
    for i in 0.. {
        let sent = Instant::now();
        stream.write_all(&[1; MESSAGE]).expect("asks");
        stream.read_exact(&mut [0; MESSAGE]).expect("is answered");
        if i >= 10 {
            all.record(sent.elapsed().into());
        }
        if start.elapsed() > run {
            break;
        }
    }
    all
}

/// Messages sent `gap` apart whether or not replies are there: each one's round trip, in order.
pub(crate) fn paced(addr: SocketAddr, messages: usize, gap: Duration) -> Vec<Nanos> {
    let mut stream = connect(addr);
    let mut writer = stream.try_clone().expect("a clone");
    stream.write_all(&[1; MESSAGE]).expect("asks");
    stream.read_exact(&mut [0; MESSAGE]).expect("is answered");
    let start = Instant::now();
    let writing = thread::spawn(move || {
        let mut sent = Vec::with_capacity(messages);
        for i in 0..messages {
            let at = gap * i as u32;
            thread::sleep(at.saturating_sub(start.elapsed()));
            sent.push(start.elapsed());
            writer.write_all(&[1; MESSAGE]).expect("asks");
        }
        sent
    });
    let received: Vec<_> = (0..messages)
        .map(|_| {
            stream.read_exact(&mut [0; MESSAGE]).expect("is answered");
            start.elapsed()
        })
        .collect();
    let sent = writing.join().expect("sent");
    sent.into_iter().zip(received).map(|(sent, received)| (received - sent).into()).collect()
}

/// Bytes a second that one connection carries downwards, after a second of warming up.
pub(crate) fn bulk(listener: TcpListener, addr: SocketAddr, run: Duration) -> f64 {
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let bytes = vec![3; 256 * 1024];
        while stream.write_all(&bytes).is_ok() {}
    });
    let mut stream = connect(addr);
    let mut buffer = vec![0; 256 * 1024];
    let (start, warm_up) = (Instant::now(), Duration::from_secs(1));
    let (mut bytes, mut from) = (0_usize, None);
    loop {
        let n = stream.read(&mut buffer).expect("reads");
        let now = start.elapsed();
        match from {
            None if now > warm_up => from = Some(now),
            None => {}
            Some(from) => {
                bytes += n;
                if now - from > run {
                    drop(stream);
                    server.join().expect("the server has ended");
                    return bytes as f64 / (now - from).as_secs_f64();
                }
            }
        }
    }
}

/// One side of one of many connections.
struct Peer {
    stream: TcpStream,
    /// Of a client: when its request was sent.
    sent: Option<Instant>,
}

/// `connections` closed loops at once, clients and servers on this thread: their round trips after a second of warming up.
pub(crate) fn closed_loops(listener: &TcpListener, addr: SocketAddr, connections: usize, run: Duration) -> Hist {
    let mut peers: Vec<_> =
        (0..connections).map(|_| Peer { stream: connect(addr), sent: Some(Instant::now()) }).collect();
    peers.extend((0..connections).map(|_| Peer { stream: listener.accept().expect("a connection").0, sent: None }));
    let poll = epoll::create(CreateFlags::CLOEXEC).expect("epoll");
    for (i, peer) in peers.iter_mut().enumerate() {
        peer.stream.set_nodelay(true).expect("nodelay");
        peer.stream.set_nonblocking(true).expect("nonblocking");
        epoll::add(&poll, &peer.stream, EventData::new_u64(i as u64), EventFlags::IN | EventFlags::ET).expect("added");
    }
    let (start, warm_up) = (Instant::now(), Duration::from_secs(1));
    for peer in &mut peers[..connections] {
        ask(peer);
    }
    let mut all = Hist::new();
    let mut events: Vec<Event> = Vec::with_capacity(256);
    while start.elapsed() < warm_up + run {
        events.clear();
        let timeout = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)).expect("waits");
        for event in &events {
            let peer = &mut peers[event.data.u64() as usize];
            if let Some(took) = answer(peer)
                && start.elapsed() > warm_up
            {
                all.record(took);
            }
        }
    }
    all
}

fn ask(peer: &mut Peer) {
    peer.sent = Some(Instant::now());
    peer.stream.write_all(&[1; MESSAGE]).expect("a small message fits");
}

/// A message has come: a server echoes it, a client tells how long it took and asks again.
fn answer(peer: &mut Peer) -> Option<Nanos> {
    let mut buffer = [0; MESSAGE];
    match peer.stream.read(&mut buffer) {
        Ok(MESSAGE) => {}
        Ok(n) => panic!("{n} bytes of a message"),
        Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
        Err(error) => panic!("{error}"),
    }
    let Some(sent) = peer.sent else {
        peer.stream.write_all(&buffer).expect("a small message fits");
        return None;
    };
    let took = sent.elapsed();
    ask(peer);
    Some(took.into())
}
