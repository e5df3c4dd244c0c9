//! A run file's way to the disk and back.
//!
//! What is written is whole or absent; what is read is checked before anything computes with it:
//! the format version first, then the shape, then that every index points at something and every
//! number is one. Not for: what a run means (`analysis`).

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::NamedTempFile;

use super::{FORMAT, PlacementRun, Run};

/// A run file of the largest scenario that loads is a few megabytes; more than this is something else.
const SIZE_MAX: u64 = 256 << 20;
/// Ten years, the bound of every duration in a scenario.
const LENGTH_MAX_NS: u64 = 320_000_000_000_000_000;
/// Strategies, phases, placements, arms: none of them comes in more than this.
const ITEMS_MAX: usize = 10_000;

/// Why a run file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// It is too large to be a run file.
    #[error("{} is larger than {} MiB: this is no run file", path.display(), SIZE_MAX >> 20)]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// It is not a run file at all.
    #[error("{} is no run file: {reason}; write one with `longhaul run`", path.display())]
    NotARun {
        /// Which file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// It is of another format version.
    #[error(
        "{} has file format {found}, this build reads {reads}: run the scenario again, or use the version that wrote it",
        path.display()
    )]
    Format {
        /// Which file.
        path: PathBuf,
        /// The version that it gives.
        found: u64,
        /// The version that files of its kind have.
        reads: u32,
    },
    /// It has the right shape, and says something impossible.
    #[error("{} is damaged: {reason}; run the scenario again", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is impossible.
        reason: String,
    },
}

/// Writes a run file: a temporary file in the same directory, synced, then renamed over `path`.
///
/// A failure at any point leaves what was at `path` before.
pub fn write(path: &Path, run: &Run) -> Result<(), RunFileError> {
    let mut json = serde_json::to_vec(run).map_err(|e| io_error(path, e.into()))?;
    json.push(b'\n');
    put(path, &json).map_err(|source| io_error(path, source))
}

/// Puts `bytes` at `path`, whole or not at all.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place(path, bytes, |file| file.persist(path).map_err(io::Error::from))
}

/// Puts `bytes` at `path`, whole or not at all, and never over a file that is there ([`io::ErrorKind::AlreadyExists`]).
pub fn put_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place(path, bytes, |file| file.persist_noclobber(path).map_err(io::Error::from))
}

/// Whether [`put`] could put something at `path`, for whoever will take long to make it.
pub fn can_put(path: &Path) -> io::Result<()> {
    beside(path).map(drop)
}

fn place(path: &Path, bytes: &[u8], put: impl Fn(NamedTempFile) -> io::Result<File>) -> io::Result<()> {
    let Some(mut file) = beside(path)? else { return std::fs::write(path, bytes) };
    file.write_all(bytes)?;
    readable_by_others(file.as_file())?;
    file.as_file().sync_all()?;
    put(file)?;
    // The rename itself is durable once the directory is; where directories cannot be synced, that is all there is.
    let _ = File::open(directory(path)).and_then(|d| d.sync_all());
    Ok(())
}

/// A file that can be renamed to `path`; `None` for a device or a pipe, which is written to and never replaced.
fn beside(path: &Path) -> io::Result<Option<NamedTempFile>> {
    match std::fs::metadata(path) {
        Ok(known) if known.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(known) if !known.is_file() => return Ok(None),
        _ => {}
    }
    tempfile::Builder::new().prefix(".longhaul-").tempfile_in(directory(path)).map(Some).map_err(plain)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Without the name of the temporary file, which says nothing to whoever asked for another.
fn plain(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|error| error.source());
    let code = inner.and_then(|inner| inner.downcast_ref::<io::Error>()).and_then(io::Error::raw_os_error);
    code.map_or(error, io::Error::from_raw_os_error)
}

/// Temporary files are private; a report is as open as any file that one creates.
#[cfg(unix)]
fn readable_by_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}
#[cfg(not(unix))]
fn readable_by_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// Reads a run file that this build understands.
pub fn read(path: &Path) -> Result<Run, RunFileError> {
    parse(path, &bytes_of(path)?)
}

/// The bytes of a file that is not too large to be ours.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, RunFileError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|source| io_error(path, source))?;
    file.take(SIZE_MAX + 1).read_to_end(&mut bytes).map_err(|source| io_error(path, source))?;
    if bytes.len() as u64 > SIZE_MAX {
        return Err(RunFileError::TooLarge { path: path.into() });
    }
    Ok(bytes)
}

/// Reads a run file's bytes; `path` is only for messages.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Run, RunFileError> {
    #[derive(Deserialize)]
    struct Version {
        format: u64,
    }
    let not_a_run = |e: serde_json::Error| RunFileError::NotARun { path: path.into(), reason: e.to_string() };
    let found = serde_json::from_slice::<Version>(bytes).map_err(not_a_run)?.format;
    if found != u64::from(FORMAT) {
        return Err(RunFileError::Format { path: path.into(), found, reads: FORMAT });
    }
    let run: Run = serde_json::from_slice(bytes).map_err(not_a_run)?;
    match check(&run) {
        Ok(()) => Ok(run),
        Err(reason) => Err(RunFileError::Damaged { path: path.into(), reason }),
    }
}

pub(super) fn io_error(path: &Path, source: io::Error) -> RunFileError {
    RunFileError::Io { path: path.into(), source }
}

/// Says what is impossible in a run.
fn check(run: &Run) -> Result<(), String> {
    if !(run.provenance.scale.is_finite() && run.provenance.scale > 0.0) {
        return Err(format!("scale is {}", run.provenance.scale));
    }
    if run.placements.len() > ITEMS_MAX || run.strategies.len() > ITEMS_MAX {
        return Err("it lists more placements or strategies than any scenario has".into());
    }
    run.placements.iter().try_for_each(check_placement)?;
    for phase in run.strategies.iter().flat_map(|s| &s.phases) {
        let events = phase.events.iter().map(|e| (e.placement, e.lasts_ns));
        for (placement, lasts) in events.chain([(phase.placement, phase.lasts_ns)]) {
            if placement.is_some_and(|at| at >= run.placements.len()) {
                return Err(format!("phase `{}` points at a placement that is not there", phase.name));
            }
            if lasts > LENGTH_MAX_NS {
                return Err(format!("phase `{}` lasts more than ten years", phase.name));
            }
        }
    }
    Ok(())
}

pub(super) fn check_placement(placement: &PlacementRun) -> Result<(), String> {
    let told = |what: &str| Err(format!("placement `{}`: {what}", placement.label));
    if placement.arms.len() > ITEMS_MAX {
        return told("more arms than any scenario has");
    }
    for arm in &placement.arms {
        if !(0.0..=1.0).contains(&arm.share) {
            return told(&format!("the share of `{}` is {}", arm.workload, arm.share));
        }
        for part in &arm.parts {
            let cron = part.cron.as_ref().and_then(|c| c.duration);
            let startup = part.startup.as_ref().and_then(|s| s.last_ready);
            for estimate in [cron, startup].into_iter().flatten() {
                if [estimate.value, estimate.low, estimate.high].iter().any(|v| !v.is_finite() || *v < 0.0) {
                    return told(&format!("an estimate of `{}` is no number", part.name));
                }
            }
            if part.planned.max(part.offered).max(part.completed).max(part.unfinished) > 1 << 50 {
                return told(&format!("`{}` counts more journeys than any run can", part.name));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(bytes: &[u8]) -> String {
        parse(Path::new("run.json"), bytes).expect_err("not a good run").to_string()
    }

    #[test]
    fn the_version_is_told_before_the_shape() {
        assert_eq!(
            told(br#"{"format":7,"new":1}"#),
            "run.json has file format 7, this build reads 1: run the scenario again, or use the version that wrote it"
        );
        assert!(told(b"{}").starts_with("run.json is no run file: missing field `format`"));
        assert!(told(br#"{"format":1}"#).contains("missing field `provenance`"));
        assert!(told(b"\xff\xfe").contains("is no run file"));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("run.json");
        put(&path, b"old").expect("writes");
        assert!(put(&dir.path().join("absent/run.json"), b"new").is_err());
        let folder = dir.path().join("folder");
        std::fs::create_dir(&folder).expect("a folder");
        assert!(put(&folder, b"cannot replace a folder").is_err());
        assert_eq!(std::fs::read(&path).expect("still there"), b"old");
        put(&path, b"new").expect("replaces");
        assert_eq!(std::fs::read(&path).expect("there"), b"new");
        let left: Vec<_> = std::fs::read_dir(dir.path()).expect("lists").collect();
        assert_eq!(left.len(), 2, "no temporary file stays behind: {left:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(Path::new("x"), &bytes);
        }
    }
}
