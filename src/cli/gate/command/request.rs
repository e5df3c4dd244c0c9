//! What was typed about a command and its stores, and the request it becomes.
//!
//! Not for: budgets and snapshots (`counted`).

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;

use crate::analysis::gate::Place;
use crate::analysis::gate::observed::{MEMCACHED, MYSQL};
use crate::cli::address::{self, typed};
use crate::cli::carrier::RouteRequest;
use crate::cli::{Exit, Failure};
use crate::ledger::Speaks;
use crate::units::Nanos;

/// What was typed.
#[expect(clippy::doc_markdown, reason = "help shows the names of variables as they are")]
#[derive(Debug, Args)]
#[command(next_help_heading = "A command, counted behind proxies (after --)")]
pub(in crate::cli::gate) struct CommandArgs {
    /// A MySQL server: where the command connects (PORT or ADDRESS:PORT, 0 for any free one) and what is behind it; the command
    /// finds it in LONGHAUL_MYSQL_HOST and LONGHAUL_MYSQL_PORT, the second in LONGHAUL_MYSQL_2_HOST and so on
    #[arg(long, value_name = "[[NAME=]LISTEN=]UPSTREAM")]
    mysql: Vec<String>,
    /// A Memcached server, in the same way: LONGHAUL_MEMCACHED_HOST, LONGHAUL_MEMCACHED_PORT
    #[arg(long, value_name = "[[NAME=]LISTEN=]UPSTREAM")]
    memcached: Vec<String>,
    /// Hold every call back by the first --rtt, too; else it is only what round trips are told to cost
    #[arg(long)]
    inject: bool,
    /// Where the command names the journeys that it performs, if that is not a free port of this machine
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", requires = "command")]
    journeys: String,
    /// End the command after this
    #[arg(long, value_name = "DURATION", default_value = "1h", requires = "command")]
    timeout: Nanos,
    /// Run the command once for each size of data, told in LONGHAUL_SIZE and for {size} in its arguments: round trips may grow
    /// with it at most as the budget allows
    #[arg(long, value_name = "N,N,…", value_delimiter = ',')]
    sizes: Vec<u64>,
    /// The command and its arguments; it gets this terminal, and names the journeys it performs by requests to
    /// `$LONGHAUL_JOURNEY<name>` (without a name: none)
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What is to be done, with nothing left to default.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) routes: Vec<RouteRequest>,
    /// The flags that they were typed as, each behind a blank.
    stores: String,
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    /// Where journeys are named.
    pub(super) journeys: SocketAddr,
    /// What it prints does not go to standard output.
    pub(super) apart: bool,
    pub(super) inject: bool,
    pub(super) timeout: Duration,
    /// `None` alone where no sizes were asked for.
    pub(super) sizes: Vec<Option<u64>>,
}

fn usage(text: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text.into()))
}

impl CommandArgs {
    /// Whether a command is to be run.
    pub(in crate::cli::gate) fn is_asked(&self) -> bool {
        !(self.command.is_empty() && self.mysql.is_empty() && self.memcached.is_empty())
    }
    /// The first flag that decides how one is run, if one was typed.
    pub(in crate::cli::gate) fn first_asked(&self) -> Option<&'static str> {
        match (self.inject, self.sizes.is_empty()) {
            (true, _) => Some("--inject"),
            (false, false) => Some("--sizes"),
            (false, true) => None,
        }
    }
}

impl Request {
    pub(super) fn new(args: &CommandArgs, apart: bool) -> Result<Self, Failure> {
        let Some((program, arguments)) = args.command.split_first() else {
            return Err(usage("no command: write it last, after --, such as `-- vendor/bin/phpunit`"));
        };
        let (mut routes, mut stores) = (Vec::new(), String::new());
        for (flag, store, speaks, all) in [
            ("--mysql", MYSQL, Speaks::MySql, &args.mysql),
            ("--memcached", MEMCACHED, Speaks::Memcached, &args.memcached),
        ] {
            for text in all {
                let route = route(flag, store, speaks, text, &routes)?;
                routes.push(route);
                stores.extend([" ", flag, " ", text]);
            }
        }
        if routes.is_empty() {
            let text = "nothing would be counted: say what the command connects to, such as `--mysql 0=127.0.0.1:3306`";
            return Err(usage(text));
        }
        Ok(Self {
            routes,
            stores,
            program: program.clone(),
            arguments: arguments.to_vec(),
            journeys: typed("--journeys", &args.journeys, address::listen)?,
            apart,
            inject: args.inject,
            timeout: args.timeout.into(),
            sizes: sizes(&args.sizes)?,
        })
    }

    /// The variables that tell the command where the first store of each kind is.
    pub(super) fn variables(&self) -> Vec<&'static str> {
        let of = |speaks, names: [&'static str; 2]| {
            self.routes.iter().any(|route| route.speaks == speaks).then_some(names).into_iter().flatten()
        };
        of(Speaks::MySql, ["LONGHAUL_MYSQL_HOST", "LONGHAUL_MYSQL_PORT"])
            .chain(of(Speaks::Memcached, ["LONGHAUL_MEMCACHED_HOST", "LONGHAUL_MEMCACHED_PORT"]))
            .collect()
    }

    /// The flags that ask for the same stores and sizes again, each behind a blank.
    pub(super) fn words(&self) -> String {
        let sizes: Vec<String> = self.sizes.iter().flatten().map(u64::to_string).collect();
        let sizes = if sizes.is_empty() { String::new() } else { format!(" --sizes {}", sizes.join(",")) };
        self.stores.clone() + &sizes
    }

    /// The file that is run: the first word of the command that is one, else what is called.
    pub(super) fn place(&self) -> Place {
        let words = || std::iter::once(&self.program).chain(&self.arguments);
        let file = words().find(|word| Path::new(word).is_relative() && Path::new(word).is_file());
        Place::whole(file.unwrap_or(&self.program).to_string_lossy().into_owned())
    }

    /// The command as a person would type it, on one line.
    pub(super) fn title(&self) -> String {
        const MOST: usize = 200;
        let words: Vec<String> = std::iter::once(&self.program).chain(&self.arguments).map(quoted).collect();
        crate::ledger::text::cut(&words.join(" "), MOST)
    }
}

fn quoted(word: &OsString) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+{}".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn sizes(typed: &[u64]) -> Result<Vec<Option<u64>>, Failure> {
    match typed {
        [] => return Ok(vec![None]),
        [_] => return Err(usage("--sizes: growth needs two sizes at least, such as `--sizes 1,10,100`")),
        _ => {}
    }
    if typed[0] == 0 || typed.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(usage("--sizes: write each size once, the smallest first, from 1 on, such as `--sizes 1,10,100`"));
    }
    Ok(typed.iter().copied().map(Some).collect())
}

/// `UPSTREAM`, `LISTEN=UPSTREAM` or `NAME=LISTEN=UPSTREAM`.
fn route(
    flag: &str,
    store: &str,
    speaks: Speaks,
    text: &str,
    before: &[RouteRequest],
) -> Result<RouteRequest, Failure> {
    let parts: Vec<&str> = text.split('=').collect();
    let (name, listen, upstream) = match parts.as_slice() {
        [upstream] => (None, "0", *upstream),
        [listen, upstream] => (None, *listen, *upstream),
        [name, listen, upstream] => (Some(*name), *listen, *upstream),
        _ => {
            return Err(usage(format!(
                "{flag}: `{text}` is not LISTEN=UPSTREAM: write for example `0=127.0.0.1:3306`"
            )));
        }
    };
    let taken = |name: &str| before.iter().any(|route| route.name == name);
    let name = match name {
        Some(name) if taken(name) => return Err(usage(format!("{flag}: there are two stores `{name}`"))),
        Some(name) if is_name(name) => name.to_owned(),
        Some(name) => {
            return Err(usage(format!(
                "{flag}: `{name}` is not a name: use up to 64 letters, digits, `-`, `_` and `.`"
            )));
        }
        None => {
            let more = (2..).map(|n| format!("{store}-{n}"));
            std::iter::once(store.to_owned()).chain(more).find(|name| !taken(name)).unwrap_or_default()
        }
    };
    let route = RouteRequest {
        name,
        listen: typed(flag, listen, address::listen)?,
        upstream_addr: typed(flag, upstream, address::upstream)?,
        upstream: upstream.trim().to_owned(),
        speaks,
    };
    if route.listen == route.upstream_addr {
        return Err(usage(format!("{flag}: {} is both where to listen and where to connect to", route.listen)));
    }
    Ok(route)
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 64 && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        args: CommandArgs,
    }

    fn request(words: &str) -> Result<Request, String> {
        let typed = Typed::try_parse_from(std::iter::once("gate").chain(words.split(' ')));
        let args = typed.map_err(|error| error.to_string())?.args;
        Request::new(&args, false).map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn stores_are_named_and_addressed() {
        let words = "--mysql 0=127.0.0.1:3306 --mysql :4000=127.0.0.1:3306 --memcached c=1=127.0.0.1:9 \
                     --memcached 127.0.0.1:11211 -- php -r echo";
        let request = request(words).expect("in order");
        let routes: Vec<_> = request.routes.iter().map(|r| format!("{} {} {}", r.name, r.listen, r.upstream)).collect();
        assert_eq!(
            routes,
            [
                "mysql 127.0.0.1:0 127.0.0.1:3306",
                "mysql-2 127.0.0.1:4000 127.0.0.1:3306",
                "c 127.0.0.1:1 127.0.0.1:9",
                "memcached 127.0.0.1:0 127.0.0.1:11211",
            ]
        );
        assert_eq!((request.title().as_str(), request.sizes.as_slice()), ("php -r echo", &[None][..]));
    }

    #[test]
    fn a_title_can_be_typed() {
        assert_eq!(quoted(&"SELECT 1; it's".into()), r"'SELECT 1; it'\''s'");
        assert_eq!((quoted(&"".into()), quoted(&"--a=b".into())), ("''".into(), "--a=b".into()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (words, message) in [
            ("--mysql 0=127.0.0.1:3306", "no command: write it last, after --"),
            ("-- true", "nothing would be counted"),
            ("--mysql a=b=c=d -- true", "`a=b=c=d` is not LISTEN=UPSTREAM"),
            ("--mysql 0=db -- true", "--mysql: `db` has no port"),
            ("--memcached x=127.0.0.1:1 -- true", "--memcached: `x` has no port"),
            ("--mysql 1=127.0.0.1:1 -- true", "is both where to listen and where to connect to"),
            ("--mysql a=0=127.0.0.1:1 --memcached a=0=127.0.0.1:2 -- true", "there are two stores `a`"),
            ("--mysql a/b=0=127.0.0.1:1 -- true", "`a/b` is not a name"),
            ("--mysql 127.0.0.1:1 --sizes 5 -- true", "growth needs two sizes"),
            ("--mysql 127.0.0.1:1 --sizes 10,1 -- true", "the smallest first"),
            ("--mysql 127.0.0.1:1 --sizes 0,1 -- true", "from 1 on"),
            ("--mysql 127.0.0.1:1 --timeout 5 -- true", "has no unit"),
            ("--mysql 127.0.0.1:1 --journeys here -- true", "--journeys: `here` has no port"),
        ] {
            let told = request(words).expect_err(words);
            assert!(told.contains(message), "{words}: {told}");
        }
    }
}
