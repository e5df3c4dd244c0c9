//! The same scenario against real servers: started by longhaul, and given to it by address.

use std::process::Command;

use longhaul::runfile;
use longhaul::scenario::StoreId;
use longhaul::server::Backends;

const SMOKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/smoke.yaml");

#[test]
fn spawned_servers_give_a_report() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = dir.path().to_str().expect("UTF-8");
    let args = ["run", SMOKE, "--out", place, "--stores", "spawn", "--window", "1s", "--warm-up", "300ms"];
    let loose = ["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"];
    let ended = Command::new(env!("CARGO_BIN_EXE_longhaul")).args(args).args(loose).output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{:?} {said}", ended.status);
    let run = runfile::read(&dir.path().join("run.json")).expect("a whole run file");
    assert_eq!((run.placements.len(), run.provenance.stores.as_str()), (7, "spawn"));
    assert!(run.provenance.servers.values().any(|v| v.contains("MariaDB")), "{:?}", run.provenance.servers);
    for placement in run.placements.iter().filter(|p| p.condition == "steady") {
        for part in placement.arms.iter().flat_map(|arm| &arm.parts) {
            assert!(part.errors.is_empty(), "{}: {} failed: {:?}", placement.label, part.name, part.errors);
        }
    }
}

/// Servers that longhaul did not start for this run, given by address; afterwards its schema is gone.
#[test]
fn own_servers_give_a_report_and_are_cleaned_up() {
    let scenario = longhaul::scenario::load(SMOKE.as_ref()).expect("valid").scenario;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let servers = runtime.block_on(Backends::spawn(&scenario)).expect("both programs are installed");
    let (mysql, memcached) = (servers.endpoint(StoreId(0)), servers.endpoint(StoreId(1)));
    let login = mysql.login.as_ref().expect("a MySQL store");
    let url = format!("mysql://{}:{}@{}/", login.user, login.password, mysql.addr);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = dir.path().to_str().expect("UTF-8");
    let cache = memcached.addr.to_string();
    let args = ["run", SMOKE, "--out", place, "--mysql", &url, "--memcached", &cache, "--drop-schema"];
    let short = ["--window", "600ms", "--warm-up", "200ms", "--strategy", "place-first"];
    let loose = ["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"];
    let binary = env!("CARGO_BIN_EXE_longhaul");
    let ended = Command::new(binary).args(args).args(short).args(loose).output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{:?} {said}", ended.status);
    let run = runfile::read(&dir.path().join("run.json")).expect("a whole run file");
    assert_eq!((run.strategies.len(), run.provenance.stores.as_str()), (1, "own"));
    let command = run.provenance.command.join(" ");
    assert!(command.contains("…@") && !command.contains(&format!(":{}@", login.password)), "{command}");
    assert_eq!(schemas(&runtime, &url), 0);
}

/// How many schemas of longhaul's name the server has.
fn schemas(runtime: &tokio::runtime::Runtime, url: &str) -> u64 {
    use mysql_async::prelude::Queryable;
    runtime.block_on(async {
        let options = mysql_async::OptsBuilder::from_opts(mysql_async::Opts::from_url(url).expect("a URL"));
        let mut conn = mysql_async::Conn::new(options.prefer_socket(false)).await.expect("it still runs");
        let count = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'longhaul'";
        conn.query_first(count).await.expect("it answers").expect("one row")
    })
}
