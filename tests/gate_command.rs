//! `longhaul gate -- COMMAND` through the binary, in front of a stand-in cache: what is counted, how a command's own end
//! is told apart, and that nothing hangs or is lost.

mod asking;
mod stores;

use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use asking::{ASK, ends};
use longhaul::server::Backends;
use rustix::process::{Pid, Signal, kill_process};
use stores::{CACHE, cache, database, scenario, stand_in};

/// Much later than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

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
        (&["gate"][..], "nothing to judge: name a scenario"),
        (&["gate", "--", "true"], "nothing would be counted"),
        (&["gate", "--mysql", "0=127.0.0.1:1"], "no command"),
        (
            &["gate", "x.yaml", "--mysql", "0=127.0.0.1:1", "--", "true"],
            "a scenario, a command or a history, one at a time",
        ),
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
    ends(&output, 0, &["1 connection was still open when the command had ended"]);
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
    let script = "trap 'wait; touch outer; exit 0' TERM
                  (trap 'touch inner; exit 0' TERM; touch begun; while :; do sleep 0.05; done) & wait";
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

/// The snapshot that a script makes, without what is said of how it was made.
fn snapshot(gate: &Gate, script: &str) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("gate.yaml");
    let file = file.to_str().expect("a path of letters");
    ends(&gate.script(&["--snapshot", file, "--update"], script), 0, &[]);
    let text = std::fs::read_to_string(file).expect("a snapshot");
    text.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |all, line| all + line + "\n")
}

/// Two passes of one journey over a connection that goes on, one of another, and what is of none.
const JOURNEYS: &str = "connect; ask 'get warm:1'
    journey checkout; ask 'get item:1'; ask 'get item:2'
    journey checkout; ask 'get item:3'; connect; ask 'get item:4'; ask 'get item:5'
    journey 'look%20up'; ask 'get name'
    journey ''; ask 'flush_all'";

#[test]
fn journeys_are_told_apart_over_connections_that_go_on() {
    let expected = "\
format: 1
units:
  \"checkout\":
    times: 2
    round_trips: 6
    statements:
      - { round_trips: 5, calls: 5, repeats: 3, memcached: \"get item:*\" }
  \"look up\":
    times: 1
    round_trips: 1
    statements:
      - { round_trips: 1, calls: 1, repeats: 1, memcached: \"get name\" }
";
    let gate = Gate::new();
    for _ in 0..3 {
        assert_eq!(snapshot(&gate, JOURNEYS), expected);
    }
}

#[test]
fn without_journeys_connections_are_passes() {
    let expected = "\
format: 1
units:
  \"memcached\":
    times: 2
    round_trips: 5
    statements:
      - { round_trips: 3, calls: 3, repeats: 2, memcached: \"get item:*\" }
";
    let script = "connect; ask 'get item:1'; ask 'get item:2'; connect; ask 'get item:3'";
    assert_eq!(snapshot(&Gate::new(), script), expected);
}

#[test]
fn growth_is_judged_over_sizes() {
    let gate = Gate::new();
    let budget = tempfile::NamedTempFile::new().expect("a file");
    let file = budget.path().to_str().expect("a path of letters");
    let script =
        r#"connect; for i in $(seq "$LONGHAUL_SIZE"); do ask "get item:$i"; done; [ "$0" = "size-$LONGHAUL_SIZE" ]"#;
    let sized = |shape: &str| {
        std::fs::write(budget.path(), format!("format: 1\ndefault: {{ repeats: none, growth: {shape} }}\n"))
            .expect("written");
        let script = format!("{ASK}{script}");
        let mut command =
            gate.command(&["--sizes", "1,10,40", "--budget", file], &["bash", "-euc", &script, "size-{size}"]);
        command.output().expect("longhaul runs")
    };
    ends(&sized("linear"), 0, &["pass"]);
    ends(&sized("constant"), 3, &["2 → 11 → 41 round trips at sizes 1, 10, 40 is not constant"]);
}

#[test]
fn a_failure_at_one_size_is_one() {
    let budget = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(budget.path(), "format: 1\ndefault: { growth: linear }\n").expect("written");
    let args = ["--sizes", "1,2,3", "--budget", budget.path().to_str().expect("a path of letters")];
    let failing = Gate::new().script(&args, "connect; ask 'get a'; [ $LONGHAUL_SIZE -lt 2 ]");
    ends(&failing, 7, &["the command ended with exit code 1 at size 2: nothing was judged"]);
}

#[test]
fn journeys_at_the_same_time_are_inconclusive() {
    // The calls of one worker go on while another names its journey.
    let script = "(connect; while [ ! -e done ]; do ask 'get a'; done) & for i in $(seq 20); do journey one; journey two; done; touch done; wait";
    let gate = Gate::new();
    let dir = tempfile::tempdir().expect("a directory");
    let budget = dir.path().join("budget.yaml");
    std::fs::write(&budget, "format: 1\ndefault: { repeats: none }\ntotal: { round_trips: 100000 }\n")
        .expect("written");
    let args = ["--budget", "budget.yaml", "--inject", "--rtt", "10ms"];
    let mut command = gate.command(&args, &["bash", "-euc", &format!("{ASK}{script}")]);
    let output = command.current_dir(dir.path()).output().expect("longhaul runs");
    ends(&output, 5, &["calls of `one` were under way: journeys are told apart only one at a time"]);
}

#[test]
fn a_hundred_thousand_calls_are_counted_to_the_last() {
    let thousand = "printf 'get a\\r\\n%.0s' {1..1000} >&3; head -c 5000 <&3 >/dev/null";
    let text = snapshot(&Gate::new(), &format!("connect; for i in {{1..100}}; do {thousand}; done"));
    assert!(text.contains("calls: 100000, repeats: 100000, memcached: \"get a\""), "{text}");
}

#[test]
fn names_are_taken_where_it_is_asked_for() {
    let script = "connect; journey a; ask 'get a'; [[ $LONGHAUL_JOURNEY =~ ^http://127.0.0.1:[0-9]+/journey/$ ]]";
    ends(
        &Gate::new().script(&["--journeys", "0.0.0.0:0"], script),
        0,
        &["counted 1 round trips of 1 pass of a journey"],
    );
}

#[test]
fn a_form_for_programs_stands_alone() {
    let output = Gate::new().script(&["--format", "json"], "echo from the command; connect; ask 'get a'");
    let judged: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert!(judged["checks"].as_array().is_some_and(|checks| !checks.is_empty()), "{judged}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("from the command"));
}

#[test]
fn the_link_is_only_there_if_it_is_asked_for() {
    let gate = Gate::new();
    let script = "connect; ask 'get a'; for i in 1 2 3 4; do ask 'get a'; done";
    let started = Instant::now();
    ends(&gate.script(&["--rtt", "200ms", "--inject"], script), 0, &[]);
    assert!(started.elapsed() >= Duration::from_secs(1), "five calls cost five round trips");
    ends(&gate.script(&["--inject"], script), 2, &["--inject needs to know what to add"]);
}
