//! How a command names the journey that it performs: a request to an address that it finds in its environment.
//!
//! `GET` or `POST $LONGHAUL_JOURNEY<name>` begins a pass of that journey on all connections, until the next name; without a name, calls
//! are outside of journeys. One line in a test's set-up in any language, with persistent connections and without, and nothing of it
//! crosses a proxy. When it is answered, everything sent before is on the other side of the line. Not for: journeys at the
//! same time, which are told (`analysis::gate::observed`).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;

use super::watch::{Watch, reachable};
use crate::cli::carrier::lock;
use crate::cli::http::{self, Answer, Asked, decoded};
use crate::cli::{Exit, Failure, OrExit};

/// Longer names than this say too much.
const NAME_MOST: usize = 200;

/// The server; what it names journeys of changes with each run of the command.
pub(super) struct Journeys {
    addr: SocketAddr,
    watch: Arc<Mutex<Option<Arc<Watch>>>>,
}

impl Journeys {
    /// Listens.
    pub(super) fn start(addr: SocketAddr) -> Result<Self, Failure> {
        let watch: Arc<Mutex<Option<Arc<Watch>>>> = Arc::default();
        let theirs = Arc::clone(&watch);
        let answering = move |asked: &Asked<'_>| {
            let watch = lock(&theirs).clone();
            answer(asked, |journey| watch.map(|watch| watch.name(journey)).is_some())
        };
        let addr = http::start(addr, "longhaul-names", Arc::new(answering)).context("--journeys");
        Ok(Self { addr: reachable(addr.or_exit(Exit::Environment)?), watch })
    }

    /// The address that a name is put behind.
    pub(super) fn url(&self) -> String {
        format!("http://{}/journey/", self.addr)
    }

    /// From now on, names are of calls that cross these proxies; of none with `None`.
    pub(super) fn follow(&self, watch: Option<Arc<Watch>>) {
        *lock(&self.watch) = watch;
    }
}

/// `name` says whether there is anybody to tell.
fn answer(asked: &Asked<'_>, name: impl FnOnce(Option<&str>) -> bool) -> Answer {
    let hint = "ask for $LONGHAUL_JOURNEY<name>, its name percent-encoded";
    let Some(text) = asked.path.strip_prefix("/journey/").map(decoded) else {
        return Answer::error(404, "there is nothing at this path", hint);
    };
    if !matches!(asked.method, "GET" | "POST") {
        let answer = Answer::error(405, "this path does not take this method", "it takes GET, POST");
        return Answer { allow: Some("GET, POST"), ..answer };
    }
    if text.chars().count() > NAME_MOST || text.chars().any(char::is_control) {
        return Answer::error(400, "this is not a name", "use up to 200 characters, no control characters");
    }
    let journey = Some(text.trim()).filter(|text| !text.is_empty());
    if !name(journey) {
        return Answer::error(503, "no command is being counted", "ask while it runs");
    }
    Answer::text("text/plain; charset=utf-8", format!("{}\n", journey.unwrap_or("(no journey)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status, and the names that were told.
    fn named(method: &str, path: &str) -> (u16, Vec<Option<String>>) {
        let mut told = Vec::new();
        let answer = answer(&Asked { method, path, body: b"" }, |journey| {
            told.push(journey.map(str::to_owned));
            true
        });
        (answer.status, told)
    }

    #[test]
    fn a_path_is_a_name() {
        let name = |text: &str| (200, vec![Some(text.to_owned())]);
        assert_eq!(named("GET", "/journey/checkout"), name("checkout"));
        assert_eq!(named("POST", "/journey/App%5CTests%5CPay::test%20one"), name("App\\Tests\\Pay::test one"));
        assert_eq!(named("GET", "/journey/tests/pay.py"), name("tests/pay.py"));
        assert_eq!(named("POST", "/journey/"), (200, vec![None]));
        let long = format!("/journey/{}", "x".repeat(201));
        for (method, path, status) in
            [("GET", "/", 404), ("DELETE", "/journey/a", 405), ("GET", "/journey/a%0Ab", 400), ("GET", &long, 400)]
        {
            assert_eq!(named(method, path), (status, Vec::new()), "{method} {path}");
        }
        assert_eq!(answer(&Asked { method: "GET", path: "/journey/a", body: b"" }, |_| false).status, 503);
    }
}
