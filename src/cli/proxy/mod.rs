//! `longhaul proxy`: a link in front of anything, and the ledger of what crosses it.
//!
//! Threads: the proxy's own delays; one shows the ledger what crossed; one applies the schedule; one serves
//! the control API; this one prints. Not for: what a link does (`link`), or what bytes mean (`ledger`).

mod args;
mod control;
mod lines;
mod link_words;
mod live;
mod metrics;
mod outbox;
mod running;
mod schedule;
mod shown;
mod summary;
mod voice;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, anyhow};

pub(crate) use args::ProxyArgs;
use args::Request;
use lines::Listening;
use outbox::{Outbox, outbox};
use running::Running;
use summary::Summary;
use voice::Voice;

use super::interrupt::stop_on_interrupt;
use super::{Exit, Failure, OrExit};
use crate::engine::live::raise_descriptor_limit;
use crate::runfile;
use crate::units::Nanos;

/// How often the ledger is shown what has crossed.
const FEED: Duration = Duration::from_millis(5);
/// The same while nothing crosses.
const IDLE: Duration = Duration::from_millis(20);

/// Carries until it is told to stop, and prints what was seen.
pub(crate) fn run(args: &ProxyArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let request = Request::new(args)?;
    let file = request.ledger_file.as_deref().map(LedgerFile::new).transpose()?;
    raise_descriptor_limit();
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let (outbox, said) = outbox();
    let mut voice = Voice::new(request.format, request.quiet, out);
    let running = Arc::new(Running::start(&request, voice.wants_exchanges(), outbox.clone())?);
    let control = request.control.map(|addr| control::start(addr, Arc::clone(&running))).transpose();
    let control = control.or_exit(Exit::Environment)?;
    voice.listening(&listening(&running, &request, control.map(|addr| addr.to_string())));
    let threads = threads(&request, &running, &outbox, &stop).or_exit(Exit::Environment)?;
    if !voice.speak(&said, &running, &outbox) {
        stop.store(true, Ordering::Relaxed);
        // Whoever still speaks must not wait for a reader.
        while !matches!(said.recv(), Ok(outbox::Said::End) | Err(_)) {}
    }
    for thread in threads {
        // A thread that panicked has told why, and what was seen is still worth printing.
        let _ = thread.join();
    }
    let summary = Summary::of(&running);
    voice.summary(&summary);
    let failed = voice.failure();
    if let Some(file) = file {
        let shown = file.write(&summary)?;
        let _ = writeln!(err, "ledger: {}", shown.display());
    }
    match failed {
        Some(error) => Err(Failure::new(Exit::Environment, anyhow!(error).context("the output cannot be written"))),
        None => Ok(Exit::Fine),
    }
}

fn listening(running: &Running, request: &Request, control: Option<String>) -> Listening {
    Listening {
        version: env!("CARGO_PKG_VERSION"),
        started_unix: running.started_unix(),
        links: running.links(),
        routes: running.routes(),
        control,
        realtime: running.realtime(),
        seed: request.seed.0,
    }
}

/// Those that end with the proxy: the ledger's, and the schedule's.
fn threads(
    request: &Request,
    running: &Arc<Running>,
    outbox: &Outbox,
    stop: &Arc<AtomicBool>,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let start = running.now();
    let ends_at = request.ends_after.map(|time| start.saturating_add(time));
    let mut threads = Vec::new();
    if let Some(schedule) = request.schedule.clone() {
        let link = request.link_name.clone();
        threads.push(schedule::start(schedule, link, Arc::clone(running), start, Arc::clone(stop))?);
    }
    let (running, outbox, stop) = (Arc::clone(running), outbox.clone(), Arc::clone(stop));
    let feed = move || {
        feed(&running, ends_at, &stop);
        outbox.end();
    };
    threads.push(std::thread::Builder::new().name("longhaul-ledger".into()).spawn(feed)?);
    Ok(threads)
}

/// Shows the ledger what crosses, until the end.
fn feed(running: &Running, ends_at: Option<Nanos>, stop: &AtomicBool) {
    loop {
        let ends = stop.load(Ordering::Relaxed) || ends_at.is_some_and(|at| at <= running.now());
        let pause = if running.feed() { FEED } else { IDLE };
        if ends {
            stop.store(true, Ordering::Relaxed);
            return;
        }
        let left = ends_at.map_or(pause, |at| Duration::from(at.saturating_sub(running.now())));
        std::thread::sleep(pause.min(left));
    }
}

/// The ledger's file. Its place is tried before anything listens.
struct LedgerFile(PathBuf);

impl LedgerFile {
    fn new(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() || path.file_name().is_none() {
            return Err(Failure::new(Exit::Usage, anyhow!("--ledger: {} is a directory: use --out", path.display())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let tried = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
        tried
            .with_context(|| format!("the ledger cannot be written to {}", path.display()))
            .or_exit(Exit::Environment)?;
        Ok(Self(path.to_owned()))
    }

    /// Writes it, whole or not at all.
    fn write(self, summary: &Summary) -> Result<PathBuf, Failure> {
        let cannot = || format!("the ledger cannot be written to {}", self.0.display());
        let mut text = serde_json::to_vec_pretty(summary).with_context(cannot)?;
        text.push(b'\n');
        runfile::put(&self.0, &text).with_context(cannot).or_exit(Exit::Environment)?;
        Ok(self.0)
    }
}
