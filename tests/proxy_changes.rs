//! A link that is changed, cut and mended while bytes cross it: none is lost, none overtakes, nobody hangs.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use longhaul::link::LinkKind;
use longhaul::proxy::{LinkId, Proxy, Route, RouteSpec};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Bandwidth, Fraction, Nanos, Rtt};
use rand::RngExt;

/// Much later than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn link(rtt: Nanos) -> Link {
    let congestion = Congestion::Cubic;
    Link { rtt: Rtt(rtt), jitter: Jitter::None, loss: Fraction(0.0), bandwidth: None, congestion }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    (listener, addr)
}

struct Through {
    proxy: Proxy,
    link: LinkId,
    route: Route,
}

fn through(with: &Link, upstream: SocketAddr) -> Through {
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let link = proxy.link(with, Seed(1), "test").expect("a link");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let route = proxy.route(RouteSpec { link, listen, upstream, tap: None }).expect("a route");
    Through { proxy, link, route }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("nodelay");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

/// Sends 0, 1, 2, … as words until told to stop, then the end: how many bytes.
fn count_up(stream: TcpStream, stop: Arc<AtomicBool>) -> JoinHandle<u64> {
    thread::spawn(move || {
        let mut next = 0_u64;
        while !stop.load(Ordering::Relaxed) {
            let chunk: Vec<u8> = (next..next + 500).flat_map(u64::to_le_bytes).collect();
            (&stream).write_all(&chunk).expect("writes");
            next += 500;
        }
        stream.shutdown(Shutdown::Write).expect("half-closes");
        next * 8
    })
}

/// Reads 0, 1, 2, … to the end: how many bytes.
fn counted(stream: TcpStream) -> JoinHandle<u64> {
    thread::spawn(move || {
        let (mut buffer, mut held, mut next) = (vec![0; 65_536], Vec::new(), 0_u64);
        loop {
            let n = (&stream).read(&mut buffer).expect("reads");
            held.extend_from_slice(&buffer[..n]);
            let whole = held.len() / 8 * 8;
            for word in held.drain(..whole).collect::<Vec<_>>().chunks(8) {
                assert_eq!(u64::from_le_bytes(word.try_into().expect("eight bytes")), next, "lost or overtaken");
                next += 1;
            }
            if n == 0 {
                return next * 8 + held.len() as u64;
            }
        }
    })
}

/// Another link at random: of up to 4 ms, with or without jitter and bandwidth.
fn some_link(random: &mut longhaul::seed::Stream) -> Link {
    let mut link = link(Nanos::from_micros(random.random_range(0..4_000)));
    if random.random::<f64>() < 0.3 {
        link.jitter = Jitter::Uniform(Nanos::from_micros(300));
    }
    if random.random::<f64>() < 0.3 {
        link.bandwidth = Some(Bandwidth(random.random_range(2e7..2e9)));
    }
    link
}

#[test]
fn ten_thousand_changes_lose_nothing() {
    let (upstream, addr) = listener();
    let through = through(&link(Nanos::from_millis(1)), addr);
    let client = patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
    let server = patient(upstream.accept().expect("the proxy dials").0);
    let stop = Arc::new(AtomicBool::new(false));
    let sending = [&client, &server].map(|end| count_up(end.try_clone().expect("a clone"), Arc::clone(&stop)));
    let reading = [server, client].map(counted);
    let mut random = Seed(3).stream("changes", 0);
    let (mut changes, mut is_cut) = (0, false);
    while changes < 10_000 {
        match random.random::<f64>() {
            _ if is_cut => {
                through.proxy.mend(through.link);
                is_cut = false;
            }
            f if f < 0.2 => {
                through.proxy.cut(through.link);
                is_cut = true;
            }
            _ => through.proxy.change(through.link, &some_link(&mut random)),
        }
        changes += 1;
        if random.random::<f64>() < 0.5 {
            thread::sleep(Duration::from_micros(random.random_range(0..300)));
        }
    }
    through.proxy.mend(through.link);
    through.proxy.change(through.link, &link(Nanos::ZERO));
    stop.store(true, Ordering::Relaxed);
    let sent = sending.map(|end| end.join().expect("sent"));
    let read = reading.map(|end| end.join().expect("nothing lost, nothing overtaken"));
    assert_eq!(sent, read);
    assert!(sent.iter().all(|bytes| *bytes > 100_000), "traffic flowed meanwhile: {sent:?}");
    let stats = through.route.stats();
    assert_eq!([stats.bytes_up, stats.bytes_down], sent);
    assert_eq!(stats.resets, 0);
}

fn echo_server() -> SocketAddr {
    let (listener, addr) = listener();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    addr
}

/// One byte there and back.
fn round_trip(mut stream: &TcpStream) -> Duration {
    let start = Instant::now();
    stream.write_all(b"x").expect("writes");
    stream.read_exact(&mut [0]).expect("comes back");
    start.elapsed()
}

#[test]
fn a_change_holds_for_connections_that_are_open() {
    let through = through(&link(Nanos::from_millis(2)), echo_server());
    let stream = patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
    round_trip(&stream);
    through.proxy.change(through.link, &link(Nanos::from_millis(60)));
    assert!(round_trip(&stream) >= Duration::from_millis(60), "never early");
    through.proxy.change(through.link, &link(Nanos::ZERO));
    let quickest = (0..20).map(|_| round_trip(&stream)).min().expect("twenty");
    assert!(quickest < Duration::from_millis(50), "{quickest:?}");
}

#[test]
fn what_is_under_way_keeps_its_arrival() {
    let through = through(&link(Nanos::from_millis(200)), echo_server());
    let mut stream = patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
    round_trip(&stream);
    let start = Instant::now();
    stream.write_all(b"x").expect("writes");
    thread::sleep(Duration::from_millis(20));
    // The byte is half-way to the server: it still takes its 100 ms, its echo takes nothing.
    through.proxy.change(through.link, &link(Nanos::ZERO));
    stream.read_exact(&mut [0]).expect("comes back");
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(100) && took < Duration::from_millis(195), "{took:?}");
}

#[test]
fn a_connection_survives_a_cut() {
    let through = through(&link(Nanos::from_millis(1)), echo_server());
    let mut stream = patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
    round_trip(&stream);
    for _ in 0..3 {
        through.proxy.cut(through.link);
        stream.write_all(b"abc").expect("the kernel takes it");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a time-out");
        let nothing = stream.read(&mut [0; 8]).expect_err("nothing crosses");
        assert!(matches!(nothing.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{nothing}");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        through.proxy.mend(through.link);
        let mut back = [0; 3];
        stream.read_exact(&mut back).expect("comes back");
        assert_eq!(&back, b"abc");
    }
    assert_eq!(through.route.stats().open, 1);
}

/// Whether the peer's reset has come within this time.
fn is_reset_within(stream: &TcpStream, time: Duration) -> bool {
    let until = Instant::now() + time;
    while Instant::now() < until {
        if stream.take_error().expect("its state").is_some() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn a_reset_does_not_cross_a_link_that_is_cut() {
    for half_closed in [true, false] {
        let (listener, addr) = listener();
        let through = through(&link(Nanos::from_millis(1)), addr);
        let mut client = patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
        let mut server = patient(listener.accept().expect("the proxy connects").0);
        client.write_all(b"x").expect("writes");
        server.read_exact(&mut [0]).expect("a byte");
        if half_closed {
            client.shutdown(Shutdown::Write).expect("half-closes");
            assert_eq!(server.read(&mut [0]).expect("the end"), 0);
        }
        through.proxy.cut(through.link);
        socket2::Socket::from(client).set_linger(Some(Duration::ZERO)).expect("linger");
        assert!(!is_reset_within(&server, Duration::from_millis(150)), "half-closed: {half_closed}");
        through.proxy.mend(through.link);
        assert!(is_reset_within(&server, PATIENCE), "half-closed: {half_closed}");
    }
}

#[test]
fn a_route_forgets_its_connections_and_goes_on() {
    let through = through(&link(Nanos::ZERO), echo_server());
    let open = || patient(TcpStream::connect(through.route.addr()).expect("the proxy listens"));
    let (first, second) = (open(), open());
    for stream in [&first, &second] {
        round_trip(stream);
    }
    assert_eq!(through.route.reset_connections(), 2);
    for mut stream in [first, second] {
        let ended = stream.read(&mut [0]).expect_err("reset");
        assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!(through.route.reset_connections(), 0);
    round_trip(&open());
    let stats = through.route.stats();
    assert_eq!((stats.connections, stats.open <= 1), (3, true));
}
