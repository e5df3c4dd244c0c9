//! `longhaul gate -- COMMAND` through the binary, in front of a stand-in cache: what is counted, how a command's own end
//! is told apart, and that nothing hangs or is lost.

mod stores;

use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use longhaul::server::Backends;
use rustix::process::{Pid, Signal, kill_process};
use stores::{CACHE, cache, database, scenario, stand_in};

/// Much later than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// What every script may use: `ask TEXT LINES` sends a line to the cache and reads the answer.
const ASK: &str = r#"
connect() { exec 3<>"/dev/tcp/$LONGHAUL_MEMCACHED_HOST/$LONGHAUL_MEMCACHED_PORT"; }
ask() { printf '%s\r\n' "$1" >&3; read -r _ <&3; }
journey() {
    local at="${LONGHAUL_JOURNEY#http://}"
    exec 4<>"/dev/tcp/${at%%:*}/$(echo "${at#*:}" | cut -d/ -f1)"
    printf 'GET /journey/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&4
    grep -q '200 OK' <&4
    exec 4<&-
}
"#;

/// A gate in front of a cache.
struct Gate {
    stores: Backends,
}

impl Gate {
    fn new() -> Self {
        Self { stores: stand_in(&scenario(database(), cache())) }
    }

    fn cache(&self) -> SocketAddr {
        self.stores.endpoint(CACHE).addr
    }

    fn command(&self, args: &[&str], command: &[&str]) -> Command {
        let mut gate = Command::new(env!("CARGO_BIN_EXE_longhaul"));
        gate.args(["gate", "--memcached", &self.cache().to_string()]).args(args).arg("--").args(command);
        gate.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        gate
    }

    /// Runs a script of bash.
    fn script(&self, args: &[&str], script: &str) -> Output {
        self.command(args, &["bash", "-euc", &format!("{ASK}{script}")]).output().expect("longhaul runs")
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn ends(output: &Output, code: i32, words: &[&str]) {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}

#[test]
fn a_commands_own_end_is_told_apart() {
    let gate = Gate::new();
    ends(&gate.script(&[], "exit 3"), 7, &["the command ended with exit code 3: nothing was judged"]);
    ends(&gate.script(&[], "kill -9 $$"), 7, &["the command was ended by signal 9 (SIGKILL)"]);
    ends(&gate.script(&["--timeout", "300ms"], "sleep 1000"), 7, &["did not end within 300ms"]);
    let absent = gate.command(&[], &["/no/such/program"]).output().expect("longhaul runs");
    ends(&absent, 7, &["the command cannot be started: /no/such/program: No such file or directory"]);
}

#[test]
fn a_command_that_never_connects_has_not_passed() {
    let gate = Gate::new();
    ends(&gate.script(&[], "true"), 5, &["nothing was counted: nothing crossed the proxies"]);
    let unnamed = gate.script(&[], "connect; ask 'get a'; journey checkout");
    ends(&unnamed, 5, &["2 round trips crossed, but none in a journey that was named"]);
}

#[test]
fn wrong_words_are_told_before_anything_runs() {
    for (args, word) in [
        (&["gate"][..], "name a scenario"),
        (&["gate", "--", "true"], "nothing would be counted"),
        (&["gate", "--mysql", "0=127.0.0.1:1"], "no command"),
        (&["gate", "x.yaml", "--mysql", "0=127.0.0.1:1", "--", "true"], "a scenario or a command"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_longhaul")).args(args).output().expect("longhaul runs");
        ends(&output, 2, &[word]);
    }
}

#[test]
fn what_is_left_open_does_not_hang_the_gate() {
    let gate = Gate::new();
    let started = Instant::now();
    // A child that holds a connection, and the gate's own standard output, for longer than anybody waits.
    let script = "connect; ask 'get a'; (sleep 1000 >/dev/null 2>&1) & echo $! > \"$PID\"; exit 0";
    let pid = tempfile::NamedTempFile::new().expect("a file");
    let mut command = gate.command(&[], &["bash", "-euc", &format!("{ASK}{script}")]);
    let output = command.env("PID", pid.path()).output().expect("longhaul runs");
    let left = std::fs::read_to_string(pid.path()).expect("its number");
    let left = left.trim().parse().ok().and_then(Pid::from_raw).expect("its number");
    kill_process(left, Signal::KILL).expect("it outlives the command");
    assert!(started.elapsed() < PATIENCE);
    ends(&output, 0, &["1 connections were still open when the command had ended"]);
}

/// A gate whose command has begun, by a file that it makes.
fn begun(gate: &Gate, script: &str) -> (Child, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = gate.command(&[], &["bash", "-euc", script]);
    let child = command.current_dir(dir.path()).spawn().expect("longhaul runs");
    let started = Instant::now();
    while !dir.path().join("begun").exists() {
        assert!(started.elapsed() < PATIENCE, "it does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, dir)
}

#[test]
fn signals_reach_the_command_and_its_children() {
    let gate = Gate::new();
    let script = "(trap 'touch inner; exit 0' TERM; touch begun; while :; do sleep 0.05; done) & \
                  trap 'wait; touch outer; exit 0' TERM; wait";
    let (child, dir) = begun(&gate, script);
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    ends(&output, 7, &["the command was interrupted by signal 15 (SIGTERM): nothing was judged"]);
    assert!(dir.path().join("inner").exists() && dir.path().join("outer").exists());
}

#[test]
fn a_command_that_will_not_end_is_ended_by_a_second_signal() {
    let gate = Gate::new();
    let (child, _dir) = begun(&gate, "trap '' INT TERM; touch begun; while :; do sleep 0.05; done");
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).expect("it runs");
    // Two of a kind that come together are one.
    std::thread::sleep(Duration::from_millis(200));
    kill_process(pid, Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    ends(&output, 7, &["the command was interrupted by signal 2 (SIGINT)"]);
}
