//! The binary, as a user runs it from a shell. Not for: what it should say.

#![allow(dead_code, reason = "every test program uses a part of it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use longhaul::runfile::{self, Run};

#[allow(dead_code, reason = "every test program uses a part of it")]
pub(crate) const SMOKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/smoke.yaml");

pub(crate) fn longhaul(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    longhaul(args).output().expect("the binary starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("longhaul speaks UTF-8")
}

#[allow(dead_code, reason = "every test program uses a part of it")]
pub(crate) fn read(out: &Path) -> Run {
    runfile::read(&out.join("run.json")).expect("a whole run file")
}
