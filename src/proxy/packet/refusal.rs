//! Why this machine gives no packet link, and what to do about it.
//!
//! Not for: errors of connections.

use std::io;

use rustix::io::Errno;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A network namespace, for a process with privileges or one in a user namespace of its own.
    Namespace,
    /// A user namespace.
    UserNamespace,
    /// A TUN device.
    Tun,
    /// Its addresses and routes.
    Routes,
    /// A setting below /proc/sys.
    Setting(&'static str),
    /// A socket in a namespace.
    Socket,
    /// A congestion control.
    Congestion(&'static str),
}

/// The settings that forbid user namespaces: where, and the value that does.
const FORBIDDING: &[(&str, &str, &str)] = &[
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("user/max_user_namespaces", "0", "1000"),
    ("user/max_net_namespaces", "0", "1000"),
];

/// The text for whoever asked for a packet link.
pub(super) fn told(step: Step, error: &io::Error) -> String {
    let setting = |name: &str| std::fs::read_to_string(format!("/proc/sys/{name}")).ok();
    let tun_is_there = std::fs::exists("/dev/net/tun").unwrap_or(false);
    tell(step, error, setting, tun_is_there)
}

fn tell(step: Step, error: &io::Error, setting: impl Fn(&str) -> Option<String>, tun_is_there: bool) -> String {
    let denied = matches!(error.raw_os_error().map(Errno::from_raw_os_error), Some(Errno::PERM | Errno::ACCESS));
    match step {
        Step::Tun if !tun_is_there => {
            "there is no /dev/net/tun: load the module (`modprobe tun`), or give the container the device".into()
        }
        Step::Tun if error.raw_os_error() == Some(Errno::ACCESS.raw_os_error()) => format!(
            "this user may not open /dev/net/tun ({error}): `chmod 0666 /dev/net/tun` (it is useless outside a namespace of one's own), or run as root"
        ),
        Step::UserNamespace | Step::Namespace | Step::Tun | Step::Routes => {
            let what = match step {
                Step::UserNamespace => "a user namespace",
                Step::Namespace => "a network namespace",
                Step::Tun => "a TUN device",
                _ => "addresses and routes in a namespace of its own",
            };
            let forbids = FORBIDDING.iter().find(|(name, no, _)| setting(name).is_some_and(|v| v.trim() == *no));
            match forbids {
                Some((name, no, yes)) => {
                    let name = name.replace('/', ".");
                    format!(
                        "the system refused {what} ({error}) because {name} is {no}: `sysctl -w {name}={yes}`, or run as root"
                    )
                }
                None if denied => format!(
                    "the system refused {what} ({error}): run as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN (in a container, its profile must allow them)"
                ),
                None => format!("the system refused {what} ({error}): it needs network namespaces and TUN devices"),
            }
        }
        Step::Setting(name) => {
            format!("{name} cannot be set in a namespace of its own ({error}): /proc/sys must be writable there")
        }
        Step::Socket => {
            format!("no socket in a namespace of its own ({error}): are descriptors used up? see `ulimit -n`")
        }
        Step::Congestion(name) => format!(
            "this kernel has no congestion control `{name}` ({error}): load it (`modprobe tcp_{name}`), or choose another for the link"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        let denied = || io::Error::from(Errno::PERM);
        let none = |_: &str| None;
        let is = |name: &'static str, value: &'static str| move |asked: &str| (asked == name).then(|| value.to_owned());
        let table = [
            (tell(Step::Tun, &io::Error::from(Errno::NOENT), none, false), "modprobe tun"),
            (
                tell(Step::Namespace, &denied(), is("kernel/apparmor_restrict_unprivileged_userns", "1\n"), true),
                "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`",
            ),
            (
                tell(Step::UserNamespace, &io::Error::from(Errno::NOSPC), is("user/max_user_namespaces", "0\n"), true),
                "`sysctl -w user.max_user_namespaces=1000`",
            ),
            (tell(Step::UserNamespace, &denied(), is("user/max_user_namespaces", "63000\n"), true), "run as root"),
            (tell(Step::Tun, &io::Error::from(Errno::ACCESS), none, true), "`chmod 0666 /dev/net/tun`"),
            (tell(Step::Tun, &denied(), none, true), "CAP_NET_ADMIN"),
            (tell(Step::Congestion("bbr"), &io::Error::from(Errno::NOENT), none, true), "`modprobe tcp_bbr`"),
            (tell(Step::Setting("tcp_no_metrics_save"), &denied(), none, true), "must be writable"),
        ];
        for (told, words) in table {
            assert!(told.contains(words), "{told}");
        }
    }
}
