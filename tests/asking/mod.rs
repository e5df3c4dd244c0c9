//! A cache's client in bash, and names of journeys: commands for a gate that need nothing installed.
//!
//! Not for: what is behind the gate.

#![allow(dead_code, unreachable_pub, reason = "each test file has this as a module, and uses its own part of it")]

use std::process::Output;

/// What every script may use: `ask LINE` sends a line to the cache and reads a line, `journey NAME` names one.
pub const ASK: &str = r#"
connect() { exec 3<>"/dev/tcp/$LONGHAUL_MEMCACHED_HOST/$LONGHAUL_MEMCACHED_PORT"; }
ask() { printf '%s\r\n' "$1" >&3; read -r _ <&3; }
journey() {
    local at="${LONGHAUL_JOURNEY#http://}"
    at="${at%%/*}"
    exec 4<>"/dev/tcp/${at%:*}/${at#*:}"
    printf 'GET /journey/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&4
    grep -q '200 OK' <&4
    exec 4<&-
}
"#;

/// Everything that was printed.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// On one line: a terminal's lines are cut where they are long.
fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// It ended with this exit code and said these words.
pub fn ends(output: &Output, code: i32, words: &[&str]) {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for word in words {
        assert!(unfolded(&told).contains(word), "`{word}` is not in: {told}");
    }
}
