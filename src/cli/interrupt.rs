//! Ctrl-C and SIGTERM: the first asks to end in order, the second ends the process.
//!
//! Not for: what ending in order means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::Exit;

/// Sets a flag at the first signal, so that what is done is written; the second ends the process.
pub(crate) fn stop_on_interrupt() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(guard);
    std::thread::Builder::new().name("longhaul-signal".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if flag.swap(true, Ordering::Relaxed) {
                    end_at_once();
                }
            }
        });
    })?;
    Ok(stop)
}

/// What the second signal asks for; spawned servers end with this process.
#[expect(clippy::exit, reason = "the user insists, and the main thread may be waiting for a server")]
fn end_at_once() {
    std::process::exit(i32::from(Exit::Inconclusive as u8));
}
