//! What the benches of the proxy share: arguments, a side-by-side peer, and how numbers are printed.
//!
//! Not for: measuring (`longhaul::fidelity`).
#![allow(dead_code, reason = "each bench uses a part")]

pub(crate) mod control;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use longhaul::link::LinkKind;
use longhaul::measure::Hist;
use longhaul::units::Nanos;

/// What was typed after `--`.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// `--rtt 15ms,50ms`
    pub(crate) rtts: Vec<Nanos>,
    /// `--rounds 7`
    pub(crate) rounds: Option<usize>,
    /// `--csv FILE`: raw samples.
    pub(crate) csv: Option<PathBuf>,
    /// `--toxiproxy PATH` of its server, which is started, used and ended.
    pub(crate) toxiproxy: Option<PathBuf>,
    /// `--peer HOST:PORT` of a proxy that runs.
    pub(crate) peer: Option<SocketAddr>,
    /// `--upstream HOST:PORT`: what that proxy connects to; the bench listens there.
    pub(crate) upstream: Option<SocketAddr>,
    /// `--python PATH` of an interpreter that has a peer's modules.
    pub(crate) python: Option<PathBuf>,
    /// Everything else: names of the parts that are wanted.
    pub(crate) only: Vec<String>,
}

impl Args {
    /// Reads them.
    pub(crate) fn read() -> Self {
        let mut args = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--rtt" => args.rtts = value().split(',').map(|rtt| rtt.parse().expect("a duration")).collect(),
                "--rounds" => args.rounds = Some(value().parse().expect("a number")),
                "--csv" => args.csv = Some(value().into()),
                "--toxiproxy" => args.toxiproxy = Some(value().into()),
                "--peer" => args.peer = Some(value().parse().expect("an address")),
                "--upstream" => args.upstream = Some(value().parse().expect("an address")),
                "--python" => args.python = Some(value().into()),
                // Cargo's own.
                "--bench" => {}
                _ => args.only.push(word),
            }
        }
        args
    }

    /// Whether a part of this name is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// The kinds of link that can be had here; says why one cannot.
pub(crate) fn kinds() -> Vec<LinkKind> {
    let tried = |kind: &LinkKind| {
        let clock = longhaul::timer::Clock::start();
        let proxy = longhaul::proxy::Proxy::start(clock, *kind);
        let link = proxy.and_then(|proxy| {
            proxy.link(&longhaul::scenario::Link::plain(Nanos::from_millis(1)), longhaul::seed::Seed(1), "trial")
        });
        link.map_err(|error| println!("{} link: {error}\n", kind.word())).is_ok()
    };
    [LinkKind::Stream, LinkKind::Packet].into_iter().filter(tried).collect()
}

/// Toxiproxy, run beside us. Ends with this value.
pub(crate) struct Toxiproxy {
    child: Child,
    api: SocketAddr,
    proxies: u32,
}

impl Toxiproxy {
    /// Starts the server at `path` and waits until it answers.
    pub(crate) fn start(path: &Path) -> Self {
        let api = free();
        let child = Command::new(path)
            .args(["-host", "127.0.0.1", "-port", &api.port().to_string()])
            .env("LOG_LEVEL", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let toxiproxy = Self { child: child.expect("toxiproxy starts"), api, proxies: 0 };
        let start = Instant::now();
        while TcpStream::connect(api).is_err() {
            assert!(start.elapsed() < Duration::from_secs(5), "toxiproxy does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        toxiproxy
    }

    /// A proxy of its own to `upstream`, whose two latencies in whole milliseconds add up to `rtt`.
    pub(crate) fn route(&mut self, rtt: Nanos, upstream: SocketAddr) -> SocketAddr {
        let (listen, name) = (free(), format!("bench{}", self.proxies));
        self.proxies += 1;
        let body = format!(r#"{{"name":"{name}","listen":"{listen}","upstream":"{upstream}","enabled":true}}"#);
        self.post("/proxies", &body);
        let whole = rtt.0 / 1_000_000;
        assert!(whole * 1_000_000 == rtt.0, "toxiproxy knows whole milliseconds only");
        for (stream, latency) in [("upstream", whole / 2), ("downstream", whole - whole / 2)] {
            if latency > 0 {
                let body = format!(
                    r#"{{"name":"{stream}","type":"latency","stream":"{stream}","attributes":{{"latency":{latency}}}}}"#
                );
                self.post(&format!("/proxies/{name}/toxics"), &body);
            }
        }
        listen
    }

    fn post(&self, path: &str, body: &str) {
        let mut api = TcpStream::connect(self.api).expect("toxiproxy's API");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        api.write_all(request.as_bytes()).expect("asks");
        let mut answer = String::new();
        api.read_to_string(&mut answer).expect("is answered");
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }

    /// Processor time that it has used.
    pub(crate) fn processor_time(&self) -> Nanos {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs").flatten();
        let of = |task: std::fs::DirEntry| {
            let times = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        };
        Nanos(tasks.filter_map(of).sum())
    }
}

impl Drop for Toxiproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now.
fn free() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("bound")
}

/// A value in milliseconds.
pub(crate) fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// `min`, `p50`, `p99` and `p99.9` beyond `less`.
pub(crate) fn quantiles(hist: &Hist, less: Nanos) -> String {
    let of = |ns: u64| (ns as f64 - less.0 as f64) / 1e6;
    let at = |quantile| of(hist.at(quantile));
    format!("| {:.3} | {:.3} | {:.3} | {:.3} | {}", of(hist.min()), at(0.5), at(0.99), at(0.999), hist.count())
}

/// What broke a bound that no noise can break; told at the end, with the exit code.
#[derive(Debug, Default)]
pub(crate) struct Broken(Vec<String>);

impl Broken {
    /// Notes `what` if `is`.
    pub(crate) fn note(&mut self, is: bool, what: impl FnOnce() -> String) {
        if is {
            self.0.push(what());
        }
    }

    /// Ends the bench.
    pub(crate) fn end(self) -> std::process::ExitCode {
        if self.0.is_empty() {
            return std::process::ExitCode::SUCCESS;
        }
        println!("\nBROKEN:");
        self.0.iter().for_each(|what| println!("- {what}"));
        std::process::ExitCode::FAILURE
    }
}
