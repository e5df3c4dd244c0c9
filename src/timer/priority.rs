//! Makes the calling thread prompt: no timer slack, and `SCHED_FIFO` where the system allows it.
//!
//! Not for threads that compute: under `SCHED_FIFO` a thread that does not block starves the machine.

use thread_priority::ThreadPriority;
use thread_priority::unix::{
    RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

/// Asks for wake-ups without slack and for `SCHED_FIFO`; tells whether the latter was granted (it
/// needs `CAP_SYS_NICE` or `RLIMIT_RTPRIO`). A refusal of either only makes wake-ups later, and
/// lateness is measured, so it is no error.
pub(crate) fn make_prompt() -> bool {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    // The lowest real-time priority already goes before every normal thread.
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy).is_ok()
}
