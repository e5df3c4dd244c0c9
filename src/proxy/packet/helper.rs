//! The process that makes namespaces where this one may not: in a user namespace of its own.
//!
//! A user namespace can only be entered by a process with a single thread, so the binary calls itself. It ends
//! when nobody holds the other end of its standard input any more, which the kernel sees to also where this process
//! is killed (a death signal would come with the end of the *thread* that started it). Not for: a process that
//! has the privileges itself.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sched::{CloneFlags, unshare};

use super::refusal::{Step, told};
use super::workshop;

/// What the binary is called with.
const WORD: &str = "packet-link-helper";

/// Whether this program calls [`helper_main`] before anything else.
static STANDS_BY: AtomicBool = AtomicBool::new(false);

/// To be called first in `main`, before any thread is started: whether this process was the helper of another, and is done.
///
/// A program that does not call it has packet links only where it may make network namespaces itself.
pub fn helper_main(mut args: impl Iterator<Item = OsString>) -> bool {
    STANDS_BY.store(true, Ordering::Relaxed);
    if args.nth(1).as_deref() != Some(OsStr::new(WORD)) {
        return false;
    }
    if let Ok(channel) = io::stdin().as_fd().try_clone_to_owned() {
        match unshare(CloneFlags::CLONE_NEWUSER) {
            Ok(()) => workshop::serve(&channel),
            Err(error) => workshop::refuse(&channel, workshop::REFUSED, &told(Step::UserNamespace, &error.into())),
        }
    }
    true
}

/// Starts the helper with this end of a channel; `None` where this program cannot be one.
pub(super) fn start(channel: OwnedFd) -> Option<io::Result<Child>> {
    STANDS_BY.load(Ordering::Relaxed).then(|| {
        let mut command = Command::new("/proc/self/exe");
        // A process group of its own, so that Ctrl-C is this process's to handle.
        command.arg0("longhaul").arg(WORD).stdin(channel).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command.spawn()
    })
}
