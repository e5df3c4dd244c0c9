//! Spawned servers and their directories are gone when longhaul is, however it went.
//!
//! The test runs itself again as the process that goes, with a temporary directory of its own.

mod stores;

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use longhaul::server::Backends;
use stores::*;

/// Not a test: what the other tests run and end. Starts servers, tells where, and waits to be told to go.
#[tokio::test]
#[ignore = "is run by the other tests"]
async fn holder() {
    let backends = Backends::spawn(&scenario(database(), cache())).await.expect("servers start");
    println!("\nat {} {}", backends.endpoint(DB).addr, backends.endpoint(CACHE).addr);
    let mut word = String::new();
    std::io::stdin().read_line(&mut word).expect("told");
    assert_ne!(word.trim(), "panic", "as asked");
    backends.shutdown();
}

struct Held {
    process: Child,
    temporary: tempfile::TempDir,
    servers: Vec<SocketAddr>,
}

fn hold() -> Held {
    let temporary = tempfile::tempdir().expect("made");
    // MariaDB's account has to get at what is inside.
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(temporary.path(), all).expect("set");
    let mut process = Command::new(std::env::current_exe().expect("known"))
        .args(["--exact", "holder", "--ignored", "--nocapture"])
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs itself");
    let lines = BufReader::new(process.stdout.as_mut().expect("piped")).lines();
    let told = lines.map_while(Result::ok).find(|line| line.starts_with("at ")).expect("servers are up");
    let servers: Vec<SocketAddr> = told[3..].split(' ').map(|addr| addr.parse().expect("an address")).collect();
    for server in &servers {
        TcpStream::connect(server).expect("listens");
    }
    assert_eq!(entries(temporary.path()), 2);
    Held { process, temporary, servers }
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("readable").count()
}

impl Held {
    fn is_gone(&self) -> bool {
        entries(self.temporary.path()) == 0 && self.servers.iter().all(|server| TcpStream::connect(server).is_err())
    }
    fn goes_within(&self, limit: Duration) {
        let start = Instant::now();
        while !self.is_gone() {
            assert!(start.elapsed() < limit, "{} entries are left", entries(self.temporary.path()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn after_a_normal_end() {
    let mut held = hold();
    drop(held.process.stdin.take());
    assert!(held.process.wait().expect("ends").success());
    assert!(held.is_gone(), "at once");
}

#[test]
fn after_a_panic() {
    let mut held = hold();
    std::io::Write::write_all(&mut held.process.stdin.take().expect("piped"), b"panic\n").expect("told");
    assert!(!held.process.wait().expect("ends").success());
    assert!(held.is_gone(), "at once");
}

#[test]
fn after_being_killed() {
    let mut held = hold();
    held.process.kill().expect("killed");
    held.process.wait().expect("ends");
    held.goes_within(Duration::from_secs(10));
}
