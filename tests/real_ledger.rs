//! The ledger, looking on while real clients talk to real servers through a proxy.

mod ledger;
mod stores;

use ledger::{Watched, view, waits};
use longhaul::ledger::{Phase, RouteView, Speaks, View};
use longhaul::server::Backends;
use longhaul::units::Nanos;
use stores::*;

/// The system's, which has the packages python3-pymysql and python3-pymemcache.
const PYTHON: &str = "/usr/bin/python3";

const RTT: Nanos = Nanos::from_millis(8);

fn show(view: &View) {
    println!("{}\n{}", longhaul::ledger::text::table(view, 30), view.sentences().join("\n"));
}

#[tokio::test]
async fn explore() {
    let backends = Backends::spawn(&scenario(database(), cache())).await.expect("servers start");
    let db = Watched::new(backends.endpoint(DB).addr, RTT);
    let cache = Watched::new(backends.endpoint(CACHE).addr, RTT);
    let port = db.port();
    let shell = [
        "--no-defaults",
        "-h127.0.0.1",
        "-P",
        &port,
        "-ulonghaul",
        "-plonghaul",
        "--skip-ssl",
        "-e",
        "SELECT 1; SELECT 2",
    ];
    let seen = db.during(|| {
        run("mariadb", &shell);
    });
    let v = view(&seen, Speaks::Auto);
    show(&v);
    println!("waits {}", waits(&seen));
    let shell = ["--no-defaults", "-h127.0.0.1", "-P", &port, "-ulonghaul", "-plonghaul", "-e", "SELECT 1; SELECT 2"];
    let seen = db.during(|| {
        run("mariadb", &shell);
    });
    let v = view(&seen, Speaks::Auto);
    show(&v);
    println!("waits {}", waits(&seen));
    let port = cache.port();
    let seen = cache.during(|| {
        run(PYTHON, &["tests/clients/cache.py", &port]);
    });
    let v = view(&seen, Speaks::Auto);
    show(&v);
    println!("waits {}", waits(&seen));
    let seen = cache.during(|| {
        run("php", &["tests/clients/cache.php", &port]);
    });
    let v = view(&seen, Speaks::Auto);
    show(&v);
    println!("waits {}", waits(&seen));
    panic!("show");
}
