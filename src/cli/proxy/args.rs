//! What was typed after `longhaul proxy`, and the request it becomes.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::link_words;
use crate::cli::address::{self, typed as addressed};
use crate::cli::carrier::RouteRequest;
use crate::cli::{Exit, Failure, OrExit};
use crate::ledger::Speaks;
use crate::link::LinkKind;
use crate::scenario::{Link, Schedule};
use crate::seed::Seed;
use crate::units::Nanos;

const EXAMPLES: &str = "\
Examples:
  A database that is 15 ms away, and what the application waits for:
    longhaul proxy --listen 3307 --upstream 127.0.0.1:3306 --rtt 15ms

  Two stores over one bad link, changed while it carries:
    longhaul proxy --route db=3307=db.test:3306 --route cache=11212=cache.test:11211 \\
        --rtt 40ms --jitter lognormal:2ms --loss 0.1% --bandwidth 100Mbit/s --control 8474
    curl -X PATCH localhost:8474/links/link -d '{\"rtt\": \"80ms\"}'     (GET / lists what else)

Ctrl-C ends it with a summary; a second one at once.";

/// What was typed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProxyArgs {
    /// Where clients connect: PORT or ADDRESS:PORT (0: any free port); a port alone is on loopback
    #[arg(long, short, value_name = "ADDR")]
    listen: Vec<String>,
    /// Where they are connected to: HOST:PORT; the first for the first --listen, and so on
    #[arg(long, short, value_name = "ADDR")]
    upstream: Vec<String>,
    /// Both, and a name
    #[arg(long, value_name = "NAME=LISTEN=UPSTREAM")]
    route: Vec<String>,
    /// What is spoken, for the ledger: once for all routes, or once for each
    #[arg(long, value_enum, value_name = "WORD")]
    speaks: Vec<SpeaksWord>,
    /// Change the link by this file (YAML: changes: [{ at: 30s, link: { rtt: 50ms } }, { at: 60s, cut: true }])
    #[arg(long, value_name = "FILE")]
    schedule: Option<PathBuf>,
    /// Serve an HTTP API here: changes, ledger, Prometheus metrics; it knows no password
    #[arg(long, value_name = "ADDR")]
    control: Option<String>,
    /// End by itself
    #[arg(long = "for", value_name = "DURATION")]
    ends_after: Option<Nanos>,
    /// What is printed; auto: a table on a terminal, NDJSON elsewhere
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// Print only what listens where, and the summary
    #[arg(long, short)]
    quiet: bool,
    /// Write the ledger to ledger.json in this directory
    #[arg(long, value_name = "DIR", conflicts_with = "ledger")]
    out: Option<PathBuf>,
    /// Write the ledger to this file, as JSON
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    link: link_words::LinkArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SpeaksWord {
    Auto,
    Mysql,
    Memcached,
    Opaque,
}

impl From<SpeaksWord> for Speaks {
    fn from(word: SpeaksWord) -> Self {
        match word {
            SpeaksWord::Auto => Self::Auto,
            SpeaksWord::Mysql => Self::MySql,
            SpeaksWord::Memcached => Self::Memcached,
            SpeaksWord::Opaque => Self::Opaque,
        }
    }
}

/// How things are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Auto,
    Text,
    Ndjson,
}

/// What is to be done, with nothing left to default.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) routes: Vec<RouteRequest>,
    pub(super) link: Link,
    pub(super) link_name: String,
    pub(super) kind: LinkKind,
    pub(super) seed: Seed,
    pub(super) schedule: Option<Schedule>,
    pub(super) control: Option<SocketAddr>,
    pub(super) ends_after: Option<Nanos>,
    pub(super) format: Format,
    pub(super) quiet: bool,
    pub(super) ledger_file: Option<PathBuf>,
}

impl Request {
    pub(super) fn new(args: &ProxyArgs) -> Result<Self, Failure> {
        let (link, link_name, seed) = args.link.read()?;
        let schedule = args.schedule.as_deref().map(Schedule::load).transpose().or_exit(Exit::Usage)?;
        let control = args.control.as_deref().map(|text| addressed("--control", text, address::listen)).transpose()?;
        Ok(Self {
            routes: routes(args)?,
            link,
            link_name,
            kind: args.link.kind(),
            seed,
            schedule,
            control,
            ends_after: args.ends_after,
            format: args.format,
            quiet: args.quiet,
            ledger_file: args.ledger.clone().or_else(|| args.out.as_ref().map(|dir| dir.join("ledger.json"))),
        })
    }
}

fn usage(text: String) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text))
}

/// Pairs first, in order, then what was named.
fn routes(args: &ProxyArgs) -> Result<Vec<RouteRequest>, Failure> {
    let (listen, upstream) = (args.listen.len(), args.upstream.len());
    if listen != upstream {
        return Err(usage(format!(
            "--listen is given {listen} times and --upstream {upstream} times: they belong together in pairs"
        )));
    }
    let mut typed: Vec<(Option<String>, &str, &str)> = Vec::new();
    typed.extend(args.listen.iter().zip(&args.upstream).map(|(a, b)| (None, a.as_str(), b.as_str())));
    for route in &args.route {
        let (name, listen, upstream) = named(route)?;
        typed.push((Some(name), listen, upstream));
    }
    if typed.is_empty() {
        return Err(usage(
            "nothing to connect: give --listen and --upstream, such as `--listen 3307 --upstream 127.0.0.1:3306`"
                .into(),
        ));
    }
    let speaks = speaks(&args.speaks, typed.len())?;
    let mut routes: Vec<RouteRequest> = Vec::new();
    for ((name, listen, upstream), speaks) in typed.into_iter().zip(speaks) {
        let name = unused(&routes, name, upstream)?;
        let flag = |flag: &'static str| if name.is_some_named { "--route" } else { flag };
        let route = RouteRequest {
            listen: addressed(flag("--listen"), listen, address::listen)?,
            upstream_addr: addressed(flag("--upstream"), upstream, address::upstream)?,
            upstream: upstream.trim().to_owned(),
            name: name.text,
            speaks,
        };
        if route.listen == route.upstream_addr {
            return Err(usage(format!("{} is both where to listen and where to connect to", route.listen)));
        }
        routes.push(route);
    }
    Ok(routes)
}

struct RouteName {
    text: String,
    is_some_named: bool,
}

/// The name that was given, which must be new, or one made of the upstream.
fn unused(routes: &[RouteRequest], name: Option<String>, upstream: &str) -> Result<RouteName, Failure> {
    let taken = |name: &str| routes.iter().any(|route| route.name == name);
    match name {
        Some(name) if taken(&name) => Err(usage(format!("--route: there are two routes `{name}`"))),
        Some(text) => Ok(RouteName { text, is_some_named: true }),
        None => {
            let made = upstream.trim().replace(['[', ']'], "");
            let more = (2..).map(|n| format!("{made}-{n}"));
            let text = std::iter::once(made.clone()).chain(more).find(|name| !taken(name)).unwrap_or(made);
            Ok(RouteName { text, is_some_named: false })
        }
    }
}

fn named(text: &str) -> Result<(String, &str, &str), Failure> {
    let parts: Vec<&str> = text.split('=').collect();
    let [name, listen, upstream] = parts.as_slice() else {
        return Err(usage(format!(
            "--route: `{text}` is not NAME=LISTEN=UPSTREAM: write for example `db=3307=127.0.0.1:3306`"
        )));
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(usage(format!("--route: `{name}` is not a name: use up to 64 letters, digits, `-`, `_` and `.`")));
    }
    Ok(((*name).to_owned(), listen, upstream))
}

/// One word for all routes, or one for each.
fn speaks(words: &[SpeaksWord], routes: usize) -> Result<Vec<Speaks>, Failure> {
    match words {
        [] => Ok(vec![Speaks::Auto; routes]),
        [one] => Ok(vec![(*one).into(); routes]),
        all if all.len() == routes => Ok(all.iter().map(|word| (*word).into()).collect()),
        all => Err(usage(format!(
            "--speaks is given {} times for {routes} routes: give it once for all, or once for each",
            all.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        args: ProxyArgs,
    }

    fn request(words: &str) -> Result<Request, String> {
        let typed = Typed::try_parse_from(std::iter::once("proxy").chain(words.split(' ')));
        let args = typed.map_err(|error| error.to_string())?.args;
        Request::new(&args).map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn pairs_and_names_become_routes() {
        let words = "--rtt 1ms -l 1 -u 127.0.0.1:10 -l 2 -u 127.0.0.1:10 --route c=0.0.0.0:3=[::1]:30 --speaks mysql";
        let request = request(words).expect("in order");
        let routes: Vec<_> = request
            .routes
            .iter()
            .map(|r| (r.name.as_str(), r.listen.to_string(), r.upstream_addr.to_string()))
            .collect();
        assert_eq!(
            routes,
            [
                ("127.0.0.1:10", "127.0.0.1:1".into(), "127.0.0.1:10".into()),
                ("127.0.0.1:10-2", "127.0.0.1:2".into(), "127.0.0.1:10".into()),
                ("c", "0.0.0.0:3".into(), "[::1]:30".into()),
            ]
        );
        assert!(request.routes.iter().all(|route| route.speaks == Speaks::MySql));
        assert_eq!((request.kind, request.link_name.as_str()), (LinkKind::Stream, "link"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (words, message) in [
            ("--rtt 1ms", "nothing to connect"),
            ("--rtt 1ms -l 1", "--listen is given 1 times and --upstream 0 times"),
            ("-l 1 -u 127.0.0.1:10", "no round-trip time"),
            ("--rtt 15 -l 1 -u 127.0.0.1:10", "--rtt: `15` has no unit: write for example `15ms`"),
            ("--rtt -15ms -l 1 -u 127.0.0.1:10", "--rtt: `-15ms` is negative"),
            ("--rtt 11s -l 1 -u 127.0.0.1:10", "--rtt: `11s` is too large"),
            ("--rtt 1ms --loss 30% -l 1 -u 127.0.0.1:10", "--loss: `30%` is too large"),
            ("--rtt 1ms --jitter 1ms -l 1 -u 127.0.0.1:10", "--jitter: jitter is a distribution"),
            ("--rtt 1ms --jitter wild:1ms -l 1 -u 127.0.0.1:10", "--jitter: unknown word `wild`"),
            ("--rtt 1ms -l 1 -u db", "--upstream: `db` has no port"),
            ("--rtt 1ms -l x -u 127.0.0.1:10", "--listen: `x` has no port"),
            ("--rtt 1ms -l 1 -u 127.0.0.1:1", "both where to listen and where to connect"),
            ("--rtt 1ms --route a=1", "--route: `a=1` is not NAME=LISTEN=UPSTREAM"),
            ("--rtt 1ms --route a/b=1=127.0.0.1:2", "is not a name"),
            ("--rtt 1ms --route a=1=127.0.0.1:2 --route a=3=127.0.0.1:2", "there are two routes `a`"),
            ("--rtt 1ms -l 1 -u 127.0.0.1:10 --speaks mysql --speaks auto", "--speaks is given 2 times for 1 routes"),
            ("--between a,b -l 1 -u 127.0.0.1:10", "--scenario"),
        ] {
            let told = request(words).expect_err(words);
            assert!(told.contains(message), "{words}: {told}");
        }
    }
}
