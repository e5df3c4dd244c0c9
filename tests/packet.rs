//! Packet links through real sockets and a real kernel's TCP: what connections cost, not a byte lost, nothing left.
//!
//! Where a machine gives no packet links, each test checks that the refusal says what to do. Times are asserted
//! exactly from below and generously from above.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use longhaul::link::LinkKind;
use longhaul::proxy::{Proxy, ProxyError, Route, RouteSpec};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Bandwidth, Fraction, Nanos, Rtt};
use rand::Rng;
use socket2::{Domain, Socket, Type};

/// Much later than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const R: Duration = Duration::from_millis(40);

fn link() -> Link {
    Link {
        rtt: Rtt(R.into()),
        jitter: Jitter::None,
        loss: Fraction(0.0),
        bandwidth: None,
        congestion: Congestion::Cubic,
    }
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A proxy with packet links; `None` where this machine has none, which it must say well.
#[expect(clippy::print_stderr, reason = "a test that could not test says so")]
fn proxy() -> Option<Proxy> {
    match Proxy::start(Clock::start(), LinkKind::Packet) {
        Ok(proxy) => Some(proxy),
        Err(ProxyError::Packet(text)) => {
            let advice = ["run as root", "modprobe", "sysctl -w", "needs network namespaces", "must be writable"];
            assert!(advice.iter().any(|words| text.contains(words)), "no advice in: {text}");
            eprintln!("no packet links here: {text}");
            None
        }
        Err(other) => panic!("{other}"),
    }
}

fn routed(proxy: &Proxy, link: &Link, upstream: SocketAddr) -> Route {
    let link = proxy.link(link, Seed(1), "test").expect("a link");
    proxy.route(RouteSpec { link, listen: local(), upstream, tap: None }).expect("a route")
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

/// A server that handles each connection on a thread of its own; it ends with the test.
fn serve(handle: impl Fn(TcpStream) + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind(local()).expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let handle = handle.clone();
            thread::spawn(move || handle(patient(stream.expect("a connection"))));
        }
    });
    addr
}

/// Reads requests: how long they are and how long a reply they want; replies.
fn answers(mut stream: TcpStream) {
    let mut sizes = [0; 16];
    while stream.read_exact(&mut sizes).is_ok() {
        let size = |at: usize| u64::from_le_bytes(sizes[at..at + 8].try_into().expect("8 bytes"));
        let mut body = vec![0; size(0) as usize];
        if stream.read_exact(&mut body).is_err() || stream.write_all(&vec![7; size(8) as usize]).is_err() {
            return;
        }
    }
}

/// Sends a request of `up` bytes and waits for a reply of `down`: how long it took.
fn ask(stream: &mut TcpStream, up: u64, down: u64) -> Duration {
    let body = up.saturating_sub(16);
    let request = [&body.to_le_bytes()[..], &down.to_le_bytes(), &vec![1; body as usize]].concat();
    let start = Instant::now();
    stream.write_all(&request).expect("writes");
    let mut reply = vec![0; down as usize];
    stream.read_exact(&mut reply).expect("reads");
    let took = start.elapsed();
    assert!(reply.iter().all(|b| *b == 7));
    took
}

/// A connection whose handshake is over.
fn opened(route: &Route) -> TcpStream {
    let stream = connect(route);
    thread::sleep(2 * R);
    stream
}

/// Never less than `trips` round trips; and less than one more, the best of five.
fn takes(trips: u32, mut measure: impl FnMut() -> Duration) {
    let all: Vec<Duration> = (0..5).map(|_| measure()).collect();
    let best = all.iter().min().expect("five");
    assert!(*best >= R * trips, "{all:?} for {trips} round trips: too early");
    assert!(*best < R * trips + R * 9 / 10, "{all:?} for {trips} round trips: too late");
}

#[test]
fn a_connection_costs_what_it_costs() {
    let Some(proxy) = proxy() else { return };
    let upstream = serve(answers);
    let route = routed(&proxy, &link(), upstream);
    // Connect and ask at once: two round trips.
    takes(2, || {
        let start = Instant::now();
        ask(&mut connect(&route), 16, 1);
        start.elapsed()
    });
    // On an open connection one; a fresh window holds ten segments of 1,448 bytes.
    for (down, trips) in [(1, 1), (14_480, 1), (14_481, 2), (20_000, 2), (43_440, 2), (43_441, 3)] {
        takes(trips, || ask(&mut opened(&route), 16, down));
    }
    let greeter = serve(|mut stream| {
        stream.write_all(&[9; 80]).expect("greets");
        let _ = stream.read(&mut [0]);
    });
    let to_greeter = routed(&proxy, &link(), greeter);
    takes(2, || {
        let start = Instant::now();
        connect(&to_greeter).read_exact(&mut [0; 80]).expect("a greeting");
        start.elapsed()
    });
}

#[test]
fn uploads_obey_the_same_rules() {
    let Some(proxy) = proxy() else { return };
    let route = routed(&proxy, &link(), serve(answers));
    for (up, trips) in [(14_480, 1), (14_481, 2), (40_000, 2)] {
        takes(trips, || ask(&mut opened(&route), up, 1));
    }
}

#[test]
fn a_warm_connection_is_quick_and_an_idle_one_is_cold_again() {
    let Some(proxy) = proxy() else { return };
    let route = routed(&proxy, &link(), serve(answers));
    let mut stream = opened(&route);
    ask(&mut stream, 16, 1_000_000);
    takes(1, || ask(&mut stream, 16, 100_000));
    thread::sleep(Duration::from_millis(2_500));
    let took = ask(&mut stream, 16, 100_000);
    assert!(took >= 3 * R, "{took:?}: the window should have been forgotten");
}

#[test]
fn bbr_has_no_idle_restart() {
    let Some(proxy) = proxy() else { return };
    let bbr = Link { congestion: Congestion::Bbr, ..link() };
    let link = match proxy.link(&bbr, Seed(1), "bbr") {
        Ok(link) => link,
        Err(error) => {
            assert!(error.to_string().contains("modprobe tcp_bbr"), "{error}");
            return;
        }
    };
    let upstream = serve(answers);
    let route = proxy.route(RouteSpec { link, listen: local(), upstream, tap: None }).expect("a route");
    let mut stream = opened(&route);
    for _ in 0..5 {
        ask(&mut stream, 16, 1_000_000);
    }
    thread::sleep(Duration::from_secs(1));
    let took = ask(&mut stream, 16, 100_000);
    assert!(took >= R && took < 3 * R, "{took:?} after a pause");
}

/// Pseudo-random bytes.
fn noise(name: &str, bytes: usize) -> Vec<u8> {
    let mut all = vec![0; bytes];
    Seed(5).stream(name, 0).fill_bytes(&mut all);
    all
}

/// Both sides send at once and half-close; all of it arrives, and each side sees the other's end.
fn both_ways_intact(route: &Route, up: &[u8], down: &[u8]) {
    let client = connect(route);
    let mut writer = client.try_clone().expect("a clone");
    thread::scope(|scope| {
        scope.spawn(move || {
            writer.write_all(up).expect("writes");
            writer.shutdown(Shutdown::Write).expect("half-closes");
        });
        let mut got = Vec::new();
        (&client).read_to_end(&mut got).expect("reads");
        assert!(got == down, "{} of {} bytes, or others", got.len(), down.len());
    });
}

/// A server that sends `down` and expects `up`, both to the end.
fn exchanging(up: &[u8], down: &[u8]) -> (SocketAddr, std::sync::mpsc::Receiver<bool>) {
    let (up, down) = (up.to_vec(), down.to_vec());
    let (tell, told) = std::sync::mpsc::channel();
    let addr = serve(move |stream| {
        thread::scope(|scope| {
            scope.spawn(|| {
                (&stream).write_all(&down).expect("writes");
                stream.shutdown(Shutdown::Write).expect("half-closes");
            });
            let mut got = Vec::new();
            (&stream).read_to_end(&mut got).expect("reads");
            tell.send(got == up).expect("somebody waits");
        });
    });
    (addr, told)
}

#[test]
fn both_ways_arrive_intact_whatever_the_link_does() {
    let Some(proxy) = proxy() else { return };
    let ms = Nanos::from_millis;
    let short = Link { rtt: Rtt(ms(4)), ..link() };
    let links = [
        (short.clone(), 12_000_000),
        (Link { jitter: Jitter::Uniform(ms(2)), ..short.clone() }, 3_000_000),
        (Link { loss: Fraction(0.01), ..short.clone() }, 2_000_000),
        (Link { bandwidth: Some(Bandwidth(100e6)), ..short }, 3_000_000),
    ];
    for (link, bytes) in links {
        let (up, down) = (noise("up", bytes), noise("down", bytes));
        let (addr, told) = exchanging(&up, &down);
        let route = routed(&proxy, &link, addr);
        both_ways_intact(&route, &up, &down);
        assert!(told.recv_timeout(PATIENCE).expect("the server got all of it"), "{link:?}");
        let stats = route.stats();
        assert_eq!((stats.bytes_up, stats.bytes_down), (bytes as u64, bytes as u64));
    }
}

#[test]
fn a_reply_that_is_followed_by_a_close_arrives_whole() {
    let Some(proxy) = proxy() else { return };
    let reply = noise("reply", 300_000);
    let sent = reply.clone();
    let upstream = serve(move |mut stream| {
        stream.read_exact(&mut [0; 4]).expect("a request");
        stream.write_all(&sent).expect("writes");
    });
    let route = routed(&proxy, &Link { rtt: Rtt(Nanos::from_millis(3)), ..link() }, upstream);
    for _ in 0..50 {
        let mut stream = connect(&route);
        stream.write_all(b"ask\n").expect("writes");
        stream.shutdown(Shutdown::Write).expect("half-closes");
        let mut got = Vec::new();
        stream.read_to_end(&mut got).expect("reads");
        assert!(got == reply, "{} of {} bytes", got.len(), reply.len());
    }
}

#[test]
fn a_reset_crosses() {
    let Some(proxy) = proxy() else { return };
    let (tell, told) = std::sync::mpsc::channel();
    let upstream = serve(move |mut stream| {
        let seen = stream.read_exact(&mut [0; 5]).and_then(|()| stream.read(&mut [0]));
        tell.send(seen.map_err(|e| e.kind())).expect("somebody waits");
    });
    let route = routed(&proxy, &link(), upstream);
    let mut stream = opened(&route);
    stream.write_all(b"12345").expect("writes");
    thread::sleep(2 * R);
    let start = Instant::now();
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("an option");
    drop(stream);
    assert_eq!(told.recv_timeout(PATIENCE).expect("an end"), Err(ErrorKind::ConnectionReset));
    assert!(start.elapsed() >= R / 2, "a reset crosses like a packet");
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
fn an_upstream_that_is_not_there_ends_the_connection() {
    let Some(proxy) = proxy() else { return };
    let (_held, gone) = refusing();
    let route = routed(&proxy, &link(), gone);
    let ended = connect(&route).read(&mut [0]);
    let ended = ended.map_err(|e| e.kind());
    assert!(matches!(ended, Ok(0) | Err(ErrorKind::ConnectionReset)), "{ended:?}");
    assert_eq!(route.stats().dial_errors, 1);
}

#[test]
fn links_are_apart_and_what_is_counted_is_right() {
    let Some(proxy) = proxy() else { return };
    let upstream = serve(answers);
    let far = routed(&proxy, &link(), upstream);
    let near = routed(&proxy, &Link { rtt: Rtt(Nanos::from_millis(2)), ..link() }, upstream);
    let (mut slow, mut quick) = (opened(&far), opened(&near));
    far.reset();
    for _ in 0..20 {
        let (far_took, near_took) = (ask(&mut slow, 100, 100), ask(&mut quick, 100, 100));
        assert!(far_took >= R && near_took >= Duration::from_millis(2));
    }
    let best = (0..50).map(|_| ask(&mut quick, 16, 1)).min().expect("fifty");
    assert!(best < R / 2, "{best:?} over the short link");
    let stats = far.stats();
    assert_eq!((stats.exchanges, stats.bytes_up, stats.bytes_down), (20, 2_000, 2_000));
    assert_eq!((stats.round_trip_lateness.count(), stats.open), (20, 1));
    assert!(stats.crossing_lateness.count() >= 40, "packets of both directions");
    assert_eq!(stats.server_time.count(), 20);
    drop(far);
    assert!(matches!(slow.read(&mut [0]), Ok(0) | Err(_)), "a closed route ends its connections");
}

#[test]
fn a_storm_of_connections_is_served() {
    let Some(proxy) = proxy() else { return };
    let route = routed(&proxy, &link(), serve(answers));
    let start = Instant::now();
    let clients: Vec<_> = (0..300).map(|_| connect(&route)).collect();
    for mut stream in clients {
        ask(&mut stream, 100, 100);
    }
    assert!(start.elapsed() >= 2 * R);
    assert_eq!(route.stats().connections, 300);
}

#[test]
fn bandwidth_is_a_bound() {
    let Some(proxy) = proxy() else { return };
    let slow = Link { rtt: Rtt(Nanos::from_millis(10)), bandwidth: Some(Bandwidth(20e6)), ..link() };
    let route = routed(&proxy, &slow, serve(answers));
    let mut stream = opened(&route);
    let took = ask(&mut stream, 16, 1_000_000);
    // 20 Mbit/s of which 1,448 of 1,500 bytes are payload: 0.414 s.
    assert!(took >= Duration::from_millis(414), "{took:?} is quicker than the link");
    assert!(took < Duration::from_millis(1_200), "{took:?}");
}

#[test]
fn loss_costs_time_and_no_bytes() {
    let Some(proxy) = proxy() else { return };
    let lossy = Link { rtt: Rtt(Nanos::from_millis(2)), loss: Fraction(0.05), ..link() };
    let route = routed(&proxy, &lossy, serve(answers));
    let mut stream = connect(&route);
    let all: Vec<_> = (0..100).map(|_| ask(&mut stream, 100, 100)).collect();
    let stalled = all.iter().filter(|took| **took >= Duration::from_millis(6)).count();
    assert!((1..60).contains(&stalled), "{stalled} of 100 stalled: {all:?}");
}

#[test]
fn a_link_changes_is_cut_and_mended_while_it_carries() {
    let Some(proxy) = proxy() else { return };
    let upstream = serve(answers);
    let id = proxy.link(&link(), Seed(1), "test").expect("a link");
    let route = proxy.route(RouteSpec { link: id, listen: local(), upstream, tap: None }).expect("a route");
    let mut stream = opened(&route);
    proxy.change(id, &Link { rtt: Rtt(Nanos::from_millis(4)), ..link() });
    let best = (0..20).map(|_| ask(&mut stream, 16, 1)).min().expect("twenty");
    assert!(best >= Duration::from_millis(4) && best < R, "{best:?}");
    proxy.cut(id);
    let mending = {
        let proxy = proxy.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            proxy.mend(id);
        })
    };
    let took = ask(&mut stream, 16, 1);
    assert!(took >= Duration::from_millis(500), "{took:?}: it crossed a cut link");
    mending.join().expect("mended");
}
