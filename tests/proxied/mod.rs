//! `longhaul proxy` as a child process, its NDJSON, and its control API by hand-written HTTP.
//!
//! Not for: what is behind it.

#![allow(dead_code, unreachable_pub, reason = "each test file has this as a module, and uses its own part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Much later than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn longhaul(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A proxy that runs, and what it prints.
pub struct Proxied {
    child: Child,
    lines: Receiver<String>,
    /// Its first line.
    pub listening: Value,
}

impl Proxied {
    /// `longhaul proxy --format ndjson` with these arguments, once it listens.
    pub fn start(args: &[&str]) -> Self {
        Self::of(longhaul(&[&["proxy", "--format", "ndjson"], args].concat()))
    }

    /// The same, with at most so many descriptors.
    pub fn with_descriptors(most: u32, args: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_longhaul")]);
        shell.args(["proxy", "--format", "ndjson"]).args(args);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::of(shell)
    }

    fn of(command: Command) -> Self {
        let (child, lines) = spawn(command);
        let mut proxied = Self { child, lines, listening: Value::Null };
        let Some(listening) = proxied.line() else { panic!("it ended: {}", proxied.complaint()) };
        assert_eq!(listening["type"], "listening", "{listening}");
        proxied.listening = listening;
        proxied
    }

    /// In front of one upstream, on a free port.
    pub fn before(upstream: SocketAddr, args: &[&str]) -> Self {
        let upstream = upstream.to_string();
        Self::start(&[&["--listen", "0", "--upstream", &upstream], args].concat())
    }

    /// Where route number `index` listens.
    pub fn addr_of(&self, index: usize) -> SocketAddr {
        let text = self.listening["routes"][index]["listen"].as_str().expect("an address");
        text.parse().expect("an address")
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr_of(0)
    }

    /// Where the control API is.
    pub fn control(&self) -> SocketAddr {
        self.listening["control"].as_str().expect("--control was given").parse().expect("an address")
    }

    /// The next line, or `None` at the end.
    pub fn line(&self) -> Option<Value> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
    }

    /// The next line of a type; others are dropped.
    pub fn line_of(&self, kind: &str) -> Value {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("it ended without `{kind}`"));
            if line["type"] == kind {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process id");
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end: status, and the lines that were not read yet.
    pub fn end(mut self) -> (ExitStatus, Vec<Value>) {
        let lines: Vec<Value> = std::iter::from_fn(|| self.line()).collect();
        (self.child.wait().expect("a child"), lines)
    }

    /// Ctrl-C: the summary.
    pub fn summary(self) -> Value {
        self.signal(Signal::INT);
        let (status, mut lines) = self.end();
        let last = lines.pop().expect("a summary");
        assert_eq!((status.code(), last["type"].as_str()), (Some(0), Some("summary")), "{last}");
        last
    }

    fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Proxied {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(mut command: Command) -> (Child, Receiver<String>) {
    let mut child = command.spawn().expect("the binary starts");
    let stdout = child.stdout.take().expect("piped");
    let (sender, lines) = channel();
    thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    (child, lines)
}

/// A server that sends back what comes.
pub fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    addr
}

pub fn patient(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("nodelay");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

pub fn connect(addr: SocketAddr) -> TcpStream {
    patient(TcpStream::connect(addr).expect("somebody listens"))
}

/// One byte there and back.
pub fn round_trip(mut stream: &TcpStream) -> Duration {
    let start = Instant::now();
    stream.write_all(b"x").expect("writes");
    stream.read_exact(&mut [0]).expect("comes back");
    start.elapsed()
}

/// A response: status, and body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.body))
    }
}

/// A request on a connection that stays open.
pub fn request(stream: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    let text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.get_mut().write_all(text.as_bytes()).expect("writes");
    response(stream)
}

/// The next response.
pub fn response(stream: &mut BufReader<TcpStream>) -> Answer {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let n = stream.read_line(&mut head).expect("reads");
        assert!(n > 0, "the connection ended: {head}");
    }
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|n| n.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).expect("reads the body");
    Answer { status, head, body: String::from_utf8(body).expect("text") }
}

/// A request on a connection of its own.
pub fn ask(control: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    request(&mut BufReader::new(connect(control)), method, path, body)
}
