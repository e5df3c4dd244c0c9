//! The command line: one file a subcommand, and the only code that knows arguments, terminals and exit codes.
//!
//! [`run()`] takes arguments and two writers and returns how it ended, so tests call what users call.
//! Each subcommand has clap structs that hold exactly what was typed, and turns them into a request
//! without `Option`s that mean "default". Not for: anything that another front end would need too.

mod address;
mod advise;
mod asked;
mod carrier;
mod check;
mod compare;
mod doctor;
pub mod exit;
mod explain;
mod gate;
mod http;
mod init;
mod interrupt;
mod lang;
mod machine;
mod progress;
mod proxy;
mod reader;
mod report;
mod run;
mod schema;
mod simulate;
mod sweep;

use std::ffi::OsString;
use std::io::Write;

use clap::{Parser, Subcommand};

pub use exit::Exit;

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "longhaul",
    version,
    about = "How slow will each workload get while application and database are in two places?",
    after_help = exit::TABLE,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Perform a scenario on real sockets: every strategy and phase; writes a report
    Run(run::RunArgs),
    /// Perform a scenario in virtual time: the same report, in seconds, the same bytes every time
    Simulate(simulate::SimulateArgs),
    /// Put a truthful link in front of anything, with a live round-trip ledger
    Proxy(proxy::ProxyArgs),
    /// Validate scenarios and the round trips they expect, without any I/O to stores
    Check(check::CheckArgs),
    /// Round trips of each journey and step, and what distance makes of them, without performing anything
    Explain(explain::ExplainArgs),
    /// What to fix, leave behind and move first, simulated; or lists mitigations, or writes the changed scenario
    Advise(advise::AdviseArgs),
    /// At which RTT (or loss, rate, number of workers, hit rate) does each objective break?
    Sweep(sweep::SweepArgs),
    /// Write a commented scenario to start from
    Init(init::InitArgs),
    /// Render run files again: page, summary, JSON
    Report(report::ReportArgs),
    /// Fail a build when round trips grow, objectives are missed or one side is slower
    Gate(Box<gate::GateArgs>),
    /// Two runs beside each other: two versions, two scenarios, or live against simulated
    Compare(compare::CompareArgs),
    /// Measure what this machine's links can be trusted with
    Doctor(doctor::DoctorArgs),
    /// Print the JSON Schema of the scenario format
    Schema(schema::SchemaArgs),
}

/// An error with the exit code that says what kind it is.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// A failure that ends with `exit`.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into() }
    }
}

impl From<anyhow::Error> for Failure {
    /// What nobody classified is a bug.
    fn from(error: anyhow::Error) -> Self {
        Self { exit: Exit::Internal, error }
    }
}

/// Names the exit code of an error.
pub(crate) trait OrExit<T> {
    /// The value, or a [`Failure`] that ends with `exit`.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}

/// Runs one command line; what it has to say goes to `out` (results) and `err` (everything else).
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, out, err),
    };
    let mut reader = reader::Reader::new(out);
    match dispatch(&cli.command, &mut reader, err) {
        Ok(exit) => exit,
        // Nothing is wrong here, and nobody is left who would want to know.
        Err(_) if reader.gone() => Exit::Environment,
        Err(failure) => {
            // Nobody is left to tell if this cannot be written.
            let _ = writeln!(err, "error: {}", told(&failure.error));
            failure.exit
        }
    }
}

fn dispatch(command: &Command, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(args, out, err),
        Command::Simulate(args) => simulate::run(args, out, err),
        Command::Proxy(args) => proxy::run(args, out, err),
        Command::Check(args) => check::run(args, out, err),
        Command::Explain(args) => explain::run(args, out, err),
        Command::Advise(args) => advise::run(args, out, err),
        Command::Sweep(args) => sweep::run(args, out, err),
        Command::Init(args) => init::run(args, out, err),
        Command::Report(args) => report::run(args, out, err),
        Command::Gate(args) => gate::run(args, out, err),
        Command::Compare(args) => compare::run(args, out, err),
        Command::Doctor(args) => doctor::run(args, out, err),
        Command::Schema(args) => schema::run(args, out, err),
    }
}

/// An error with its causes, each once: many messages quote their cause already.
fn told(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |told, cause| {
        let cause = cause.to_string();
        if told.contains(&cause) { told } else { format!("{told}: {cause}") }
    })
}

/// `--help` and `--version` are answers; everything else that clap says is a usage error.
fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let answer = matches!(error.kind(), DisplayHelp | DisplayVersion);
    let to: &mut dyn Write = if answer { out } else { err };
    let _ = write!(to, "{}", error.render());
    if answer { Exit::Fine } else { Exit::Usage }
}
