//! Exit codes: what the process says to a script that called it.
//!
//! An exit code is an answer. *Slower*, *over budget*, *could not tell* and *broken* are four
//! different things to whoever reads it, so they are four different numbers. This file is where they
//! are documented; `longhaul --help` prints the same table.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; every number that was printed may be used.
    Fine = 0,
    /// A regression, or an objective was missed in a gate.
    Regression = 1,
    /// The command line or the scenario is not valid; nothing was written.
    Usage = 2,
    /// A round-trip budget was exceeded.
    Budget = 3,
    /// Load was not delivered or delay not held: numbers are marked INVALID.
    Invalid = 4,
    /// Too little data to answer.
    Inconclusive = 5,
    /// There is no baseline, or it is of something else.
    Incomparable = 6,
    /// The command that a gate was to run failed by itself, could not be started, or was ended: nothing was judged.
    Command = 7,
    /// A bug in longhaul.
    Internal = 70,
    /// The environment: a server unreachable, a port taken, a file not writable, a clock too coarse.
    Environment = 75,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table, for `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
   0  fine
   1  regression, or objective missed in a gate
   2  command line or scenario not valid
   3  round-trip budget exceeded
   4  load or delay not delivered: numbers are INVALID
   5  inconclusive, too little data
   6  no baseline, or incomparable
   7  the command that a gate ran failed by itself
  70  a bug in longhaul
  75  environment: server unreachable, port taken, file not writable";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_code() {
        let all = [
            Exit::Fine,
            Exit::Regression,
            Exit::Usage,
            Exit::Budget,
            Exit::Invalid,
            Exit::Inconclusive,
            Exit::Incomparable,
            Exit::Command,
            Exit::Internal,
            Exit::Environment,
        ];
        for exit in all {
            let code = format!("{:>4}  ", exit as u8);
            assert!(TABLE.lines().any(|line| line.starts_with(&code)), "{exit:?}");
        }
        assert_eq!(TABLE.lines().count(), all.len() + 1);
    }
}
