//! The proxy through real sockets: not a byte lost, never early, ends and resets handed on.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use longhaul::link::LinkKind;
use longhaul::proxy::{Proxy, Route, RouteSpec, RouteStats};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Bandwidth, Fraction, Nanos, Rtt};
use rand::{Rng, RngExt};
use socket2::{Domain, Socket, Type};

/// Much later than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn link(rtt_ms: u64) -> Link {
    Link {
        rtt: Rtt(Nanos::from_millis(rtt_ms)),
        jitter: Jitter::None,
        loss: Fraction(0.0),
        bandwidth: None,
        congestion: Congestion::Cubic,
    }
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A proxy with one route over `link` to `upstream`. The proxy lives as long as its route.
fn route(link: &Link, upstream: SocketAddr) -> Route {
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let link = proxy.link(link, Seed(1), "test").expect("a link");
    proxy.route(RouteSpec { link, listen: local(), upstream, tap: None }).expect("a route")
}

/// A server that handles `connections` connections, each on its own thread.
fn serve(
    connections: usize,
    handle: impl Fn(TcpStream) + Send + Sync + Clone + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(local()).expect("a port");
    let addr = listener.local_addr().expect("bound");
    let server = thread::spawn(move || {
        let all: Vec<_> = (0..connections)
            .map(|_| {
                let (stream, _) = listener.accept().expect("a connection");
                let handle = handle.clone();
                thread::spawn(move || handle(patient(stream)))
            })
            .collect();
        for handler in all {
            handler.join().expect("the server's side went well");
        }
    });
    (addr, server)
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("nodelay");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

fn connect(route: &Route) -> TcpStream {
    patient(TcpStream::connect(route.addr()).expect("the proxy listens"))
}

fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0; 65_536];
    loop {
        match stream.read(&mut buffer).expect("reads") {
            0 => return,
            n => stream.write_all(&buffer[..n]).expect("writes"),
        }
    }
}

/// Pseudo-random bytes.
fn noise(name: &str, bytes: usize) -> Vec<u8> {
    let mut all = vec![0; bytes];
    Seed(5).stream(name, 0).fill_bytes(&mut all);
    all
}

/// Writes `bytes` in chunks of random sizes with random pauses, then half-closes.
fn dribble(mut stream: &TcpStream, bytes: &[u8], name: &str) {
    let mut random = Seed(6).stream(name, 0);
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = if random.random::<f64>() < 0.9 { 3_000 } else { 200_000 };
        let (chunk, after) = rest.split_at(random.random_range(1..=most).min(rest.len()));
        stream.write_all(chunk).expect("writes");
        rest = after;
        if random.random::<f64>() < 0.05 {
            thread::sleep(Duration::from_micros(random.random_range(0..500)));
        }
    }
    stream.shutdown(Shutdown::Write).expect("half-closes");
}

/// Both sides send several megabytes at once; all of it arrives, and each side sees the other's end.
fn both_ways_intact(link: &Link, bytes: usize) {
    let (up, down) = (noise("up", bytes), noise("down", bytes));
    let (expected, reply) = (up.clone(), down.clone());
    let (addr, server) = serve(1, move |stream| {
        let writer = stream.try_clone().expect("a clone");
        let reply = reply.clone();
        let writing = thread::spawn(move || dribble(&writer, &reply, "server"));
        let mut seen = Vec::new();
        (&stream).read_to_end(&mut seen).expect("reads to the end");
        assert!(seen == expected, "{} bytes up, {} expected, or different", seen.len(), expected.len());
        writing.join().expect("wrote");
    });
    let route = route(link, addr);
    let stream = connect(&route);
    let writer = stream.try_clone().expect("a clone");
    let writing = thread::spawn(move || dribble(&writer, &up, "client"));
    let mut seen = Vec::new();
    (&stream).read_to_end(&mut seen).expect("reads to the end");
    assert!(seen == down, "{} bytes down, {} expected, or different", seen.len(), down.len());
    writing.join().expect("wrote");
    server.join().expect("the server's side went well");
    let stats = settled(&route, |stats| stats.open == 0);
    assert_eq!((stats.bytes_up, stats.bytes_down, stats.resets), (bytes as u64, bytes as u64, 0));
}

/// The route's counters as soon as `done` holds, or after a long while.
fn settled(route: &Route, done: impl Fn(&RouteStats) -> bool) -> RouteStats {
    let start = Instant::now();
    loop {
        let stats = route.stats();
        if done(&stats) || start.elapsed() > PATIENCE {
            return stats;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn bytes_are_intact_through_distance() {
    both_ways_intact(&link(10), 6_000_000);
}

#[test]
fn bytes_are_intact_with_no_distance() {
    both_ways_intact(&link(0), 12_000_000);
}

#[test]
fn bytes_are_intact_through_jitter_and_bandwidth() {
    let jitter = Jitter::Lognormal { mean: Nanos::from_millis(2), sd: Nanos::from_millis(3) };
    both_ways_intact(&Link { jitter, bandwidth: Some(Bandwidth(50e6)), ..link(5) }, 2_000_000);
}

#[test]
fn bytes_are_intact_when_receivers_are_slow() {
    let bytes = 8_000_000;
    let sent = noise("slow", bytes);
    let expected = sent.clone();
    let (addr, server) = serve(1, move |mut stream| {
        // Longer than the proxy's memory for a receiver that takes nothing.
        thread::sleep(Duration::from_millis(300));
        let mut seen = Vec::new();
        let mut buffer = vec![0; 100_000];
        loop {
            match stream.read(&mut buffer).expect("reads") {
                0 => break,
                n => seen.extend_from_slice(&buffer[..n]),
            }
            if seen.len() < bytes / 4 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert!(seen == expected, "{} of {} bytes, or different", seen.len(), expected.len());
        stream.write_all(b"done").expect("writes");
    });
    let route = route(&link(2), addr);
    let mut stream = connect(&route);
    stream.write_all(&sent).expect("writes");
    stream.shutdown(Shutdown::Write).expect("half-closes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    assert_eq!(answer, "done");
    server.join().expect("the server's side went well");
}

#[test]
fn a_reply_that_is_followed_by_close_arrives_whole() {
    const RUNS: usize = 1_000;
    let reply = noise("reply", 50_000);
    let sent = reply.clone();
    let (addr, server) = serve(RUNS, move |mut stream| {
        let mut request = [0; 16];
        stream.read_exact(&mut request).expect("reads");
        stream.write_all(&sent).expect("writes");
    });
    let route = route(&link(2), addr);
    for run in 0..RUNS {
        let mut stream = connect(&route);
        stream.write_all(&[7; 16]).expect("writes");
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).expect("reads to the end");
        assert!(seen == reply, "run {run}: {} bytes", seen.len());
    }
    server.join().expect("the server's side went well");
    assert_eq!(settled(&route, |stats| stats.open == 0).resets, 0);
}

#[test]
fn a_request_that_is_followed_by_half_close_is_answered() {
    const RUNS: usize = 1_000;
    let (addr, server) = serve(RUNS, |mut stream| {
        let mut request = Vec::new();
        stream.read_to_end(&mut request).expect("reads to the end");
        request.reverse();
        stream.write_all(&request).expect("writes");
    });
    let route = route(&link(1), addr);
    let request = noise("request", 30_000);
    for run in 0..RUNS {
        let mut stream = connect(&route);
        stream.write_all(&request).expect("writes");
        stream.shutdown(Shutdown::Write).expect("half-closes");
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).expect("reads to the end");
        assert!(seen.iter().rev().eq(&request), "run {run}: {} bytes", seen.len());
    }
    server.join().expect("the server's side went well");
}

#[test]
fn a_client_that_writes_more_than_the_window_is_held_back() {
    const BYTES: usize = 64 << 20;
    let (addr, server) = serve(1, |mut stream| {
        let mut buffer = vec![0; 1 << 20];
        // The client gives up in the middle.
        while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
    });
    let route = route(&link(2_000), addr);
    let stream = connect(&route);
    stream.set_nonblocking(true).expect("non-blocking");
    let start = Instant::now();
    let chunk = vec![1; 1 << 20];
    let mut written = 0;
    // Before the connection would be open, which takes 2 s.
    while start.elapsed() < Duration::from_millis(700) && written < BYTES {
        match (&stream).write(&chunk) {
            Ok(n) => written += n,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
    // A window of 14,480 bytes, the proxy's receive buffer and the client's own send buffer (tcp_wmem, mostly 4 MiB).
    assert!((14_480..24 << 20).contains(&written), "{written} bytes went");
    reset(stream);
    settled(&route, |stats| stats.open == 0);
    drop(route);
    drop(TcpStream::connect(addr));
    server.join().expect("the server's side went well");
}

#[test]
fn a_reply_takes_the_round_trips_of_slow_start() {
    let (addr, server) = serve(5, |mut stream| {
        let mut bytes = [0; 4];
        while stream.read_exact(&mut bytes).is_ok() {
            stream.write_all(&vec![5; u32::from_le_bytes(bytes) as usize]).expect("writes");
        }
    });
    let rtt = Duration::from_millis(20);
    let route = route(&link(20), addr);
    for (bytes, round_trips) in [(1_u32, 1), (14_480, 1), (14_481, 2), (101_361, 4), (448_881, 6)] {
        let mut stream = connect(&route);
        // The window of a connection that was only opened does not close.
        thread::sleep(rtt * 3);
        let start = Instant::now();
        stream.write_all(&bytes.to_le_bytes()).expect("asks");
        let mut seen = vec![0; bytes as usize];
        stream.read_exact(&mut seen).expect("reads");
        assert!(start.elapsed() >= rtt * round_trips, "{bytes} bytes in {:?}", start.elapsed());
        assert!(start.elapsed() < PATIENCE);
    }
    drop(route);
    server.join().expect("the server's side went well");
}

#[test]
fn greeting_and_first_reply_arrive_at_two_round_trips() {
    let (addr, server) = serve(20, |mut stream| {
        stream.write_all(b"hello").expect("greets");
        echo(stream);
    });
    let rtt = Duration::from_millis(20);
    let route = route(&link(20), addr);
    let mut soonest = Duration::MAX;
    for run in 0..20 {
        let start = Instant::now();
        let mut stream = connect(&route);
        if run % 2 == 0 {
            stream.write_all(b"early").expect("asks");
        }
        let mut seen = [0; 5];
        stream.read_exact(&mut seen).expect("greeting");
        let first = start.elapsed();
        assert_eq!(&seen, b"hello");
        assert!(first >= rtt * 2 && first < PATIENCE, "greeting after {first:?}");
        if run % 2 == 0 {
            stream.read_exact(&mut seen).expect("reply");
            let reply = start.elapsed();
            assert_eq!(&seen, b"early");
            assert!(reply >= rtt * 2, "reply after {reply:?}");
            soonest = soonest.min(reply.saturating_sub(first));
        }
        let start = Instant::now();
        stream.write_all(b"again").expect("asks");
        stream.read_exact(&mut seen).expect("reply");
        assert!(start.elapsed() >= rtt, "reply after {:?}", start.elapsed());
    }
    // Always a whole round trip later would mean that the request had waited for the greeting.
    assert!(soonest < rtt / 2, "the reply came {soonest:?} after the greeting");
    server.join().expect("the server's side went well");
}

#[test]
fn chunks_back_to_back_cross_together() {
    const CHUNKS: usize = 1_000;
    let (addr, server) = serve(1, echo);
    let route = route(&link(40), addr);
    let mut stream = connect(&route);
    stream.write_all(&[0]).expect("writes");
    stream.read_exact(&mut [0]).expect("the connection is open");
    let start = Instant::now();
    let mut writer = stream.try_clone().expect("a clone");
    let writing = thread::spawn(move || {
        for i in 0..CHUNKS {
            writer.write_all(&[i as u8; 100]).expect("writes");
            thread::sleep(Duration::from_micros(20));
        }
    });
    let mut seen = vec![0; CHUNKS * 100];
    stream.read_exact(&mut seen).expect("reads");
    let took = start.elapsed();
    writing.join().expect("wrote");
    assert!(seen.chunks(100).enumerate().all(|(i, chunk)| chunk.iter().all(|byte| *byte == i as u8)));
    // One after the other they would take 40 s.
    assert!(took >= Duration::from_millis(40) && took < Duration::from_secs(4), "{took:?}");
    drop(stream);
    server.join().expect("the server's side went well");
}

#[test]
fn connections_do_not_wait_for_each_other() {
    const CONNECTIONS: usize = 200;
    let (addr, server) = serve(CONNECTIONS, echo);
    let route = route(&link(100), addr);
    let start = Instant::now();
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| connect(&route)).collect();
    for (i, stream) in streams.iter_mut().enumerate() {
        stream.write_all(&[i as u8; 10]).expect("writes");
    }
    for (i, stream) in streams.iter_mut().enumerate() {
        let mut seen = [0; 10];
        stream.read_exact(&mut seen).expect("reads");
        assert_eq!(seen, [i as u8; 10]);
    }
    // One after the other they would take 30 s to dial.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(5), "{took:?}");
    let stats = route.stats();
    assert_eq!((stats.connections, stats.open, stats.exchanges), (200, 200, 200));
    drop(streams);
    server.join().expect("the server's side went well");
    assert_eq!(settled(&route, |stats| stats.open == 0).open, 0);
}

fn reset(stream: TcpStream) {
    socket2::Socket::from(stream).set_linger(Some(Duration::ZERO)).expect("linger");
}

#[test]
fn a_client_that_resets_resets_the_server() {
    let (addr, server) = serve(1, |mut stream| {
        stream.write_all(b"x").expect("greets");
        let error = stream.read_exact(&mut [0]).expect_err("no byte comes");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
    let route = route(&link(10), addr);
    let mut stream = connect(&route);
    stream.read_exact(&mut [0]).expect("greeting");
    reset(stream);
    server.join().expect("the server's side went well");
    let stats = settled(&route, |stats| stats.open == 0);
    assert_eq!((stats.open, stats.resets), (0, 1));
}

#[test]
fn a_server_that_resets_resets_the_client_behind_its_data() {
    let (addr, server) = serve(1, |mut stream| {
        stream.read_exact(&mut [0]).expect("reads");
        stream.write_all(b"last words").expect("writes");
        // Long enough for the proxy to have read them: a reset overtakes what is still in the kernel.
        thread::sleep(Duration::from_millis(200));
        reset(stream);
    });
    let route = route(&link(10), addr);
    let mut stream = connect(&route);
    stream.write_all(b"x").expect("writes");
    let mut seen = [0; 10];
    stream.read_exact(&mut seen).expect("what was ahead of the reset");
    assert_eq!(&seen, b"last words");
    let error = stream.read_exact(&mut [0]).expect_err("no byte comes");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    server.join().expect("the server's side went well");
}

/// An address that refuses connections for as long as the socket lives: bound, so that no other test is given the port,
/// and not listening.
fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&local().into()).expect("a port");
    let addr = socket.local_addr().expect("bound").as_socket().expect("an address of the internet");
    (socket, addr)
}

#[test]
fn a_refused_upstream_resets_the_client_in_time() {
    let (_held, closed) = refusing();
    let route = route(&link(20), closed);
    let start = Instant::now();
    let mut stream = connect(&route);
    let error = stream.read_exact(&mut [0]).expect_err("no byte comes");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // Over the real distance the connect would fail after one round trip; here it is dialled after one and a half.
    assert!(start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
    let stats = settled(&route, |stats| stats.open == 0);
    assert_eq!((stats.open, stats.dial_errors), (0, 1));
}

#[test]
fn a_closed_route_ends_its_connections_and_frees_its_port() {
    let (addr, server) = serve(2, |mut stream| {
        let mut rest = Vec::new();
        // However it ends, it ends.
        let _ = stream.read_to_end(&mut rest);
    });
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let link = proxy.link(&link(1), Seed(1), "test").expect("a link");
    let (first, second) = (
        proxy.route(RouteSpec { link, listen: local(), upstream: addr, tap: None }).expect("a route"),
        proxy.route(RouteSpec { link, listen: local(), upstream: addr, tap: None }).expect("a route"),
    );
    let (mut ends, stays) = (connect(&first), connect(&second));
    settled(&first, |stats| stats.open == 1);
    thread::sleep(Duration::from_millis(20));
    let listen = first.addr();
    first.close();
    let mut rest = Vec::new();
    assert!(ends.read_to_end(&mut rest).is_ok_and(|n| n == 0), "the connection has ended");
    assert_eq!(second.stats().open, 1);
    let again = proxy.route(RouteSpec { link, listen, upstream: addr, tap: None }).expect("the port is free");
    assert_eq!(again.addr(), listen);
    drop((stays, again, second));
    server.join().expect("the server's side went well");
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind(local()).expect("a port");
    let listen = taken.local_addr().expect("bound");
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let link = proxy.link(&link(1), Seed(1), "test").expect("a link");
    let error = proxy.route(RouteSpec { link, listen, upstream: listen, tap: None }).expect_err("the port is taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on {listen}: ")), "{error}");
}

#[test]
fn stats_tell_lateness_and_server_time_and_can_be_reset() {
    let service = Duration::from_millis(3);
    let (addr, server) = serve(1, move |mut stream| {
        let mut buffer = [0; 64];
        while stream.read_exact(&mut buffer).is_ok() {
            thread::sleep(service);
            stream.write_all(&buffer).expect("writes");
        }
    });
    let route = route(&link(2), addr);
    let mut stream = connect(&route);
    let mut round_trip = || {
        stream.write_all(&[1; 64]).expect("writes");
        stream.read_exact(&mut [0; 64]).expect("reads");
    };
    (0..3).for_each(|_| round_trip());
    settled(&route, |stats| stats.exchanges == 3);
    route.reset();
    (0..20).for_each(|_| round_trip());
    let stats = settled(&route, |stats| stats.exchanges == 20);
    assert_eq!((stats.exchanges, stats.bytes_up, stats.bytes_down, stats.open), (20, 20 * 64, 20 * 64, 1));
    assert_eq!((stats.round_trip_lateness.count(), stats.crossing_lateness.count()), (20, 40));
    assert_eq!((stats.server_time.count(), stats.stamp_lateness.count()), (20, 40));
    assert!(stats.server_time.min() >= Nanos::from(service).0 * 999 / 1000, "{:?}", stats.server_time);
    assert!(stats.round_trip_lateness.max() < Nanos::from(PATIENCE).0, "{:?}", stats.round_trip_lateness);
    drop(stream);
    server.join().expect("the server's side went well");
}
