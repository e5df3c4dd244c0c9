//! What machine this is, for the provenance of a run. Not for: measuring it (`doctor`).

use crate::runfile::Machine;

/// Describes the machine; what cannot be told is empty or zero, never a guess.
pub(crate) fn describe(realtime: bool) -> Machine {
    let name = rustix::system::uname();
    let words = [name.sysname(), name.release(), name.machine()].map(|w| w.to_string_lossy().into_owned());
    Machine {
        system: words.join(" "),
        processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(0, |n| n.get() as u32),
        memory: field("/proc/meminfo", "MemTotal").and_then(|text| kibibytes(&text)).unwrap_or(0),
        realtime,
    }
}

/// The value of the first `key : value` line of a file.
fn field(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `24113652 kB` in bytes.
fn kibibytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kibibytes_are_read() {
        assert_eq!(kibibytes("24113652 kB"), Some(24_113_652 * 1024));
        assert_eq!(kibibytes("many"), None);
    }

    #[test]
    fn this_machine_has_cores() {
        assert!(describe(false).cores > 0);
    }
}
