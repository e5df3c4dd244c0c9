//! Applies a schedule on time, on the proxy's monotonic clock.
//!
//! Not for: what a schedule may be (`scenario::Schedule`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::outbox::By;
use super::running::Running;
use crate::scenario::Schedule;
use crate::units::Nanos;

/// The end is noticed within this.
const LOOK: Duration = Duration::from_millis(20);

/// Starts the thread that applies `schedule` to the link `link`, counted from `start`.
pub(super) fn start(
    schedule: Schedule,
    link: String,
    running: Arc<Running>,
    start: Nanos,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("longhaul-schedule".into()).spawn(move || {
        let happenings = (0..).map_while(|index| schedule.get(index));
        for (at, happening) in happenings {
            if !wait(&running, start.saturating_add(at), &stop) {
                return;
            }
            running.alter(&link, happening, By::Schedule);
        }
    })
}

/// Waits until an instant; `false` if the end comes first.
fn wait(running: &Running, until: Nanos, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = Duration::from(until.saturating_sub(running.now()));
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(LOOK));
    }
}
