//! Real servers from the installed packages, each in a temporary directory, gone with this process.
//!
//! A small shell script starts the server, and ends it when its own standard input is closed: by
//! [`Spawned`] being dropped, or by the kernel when this process dies in whatever way. It then
//! removes the directory. The servers are in process groups of their own, so that Ctrl-C reaches
//! longhaul alone and it ends them. Not for: servers that are already there (`own`).

use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Endpoint, Login, ServerError, seed};
use crate::scenario::{MemcachedStore, MysqlStore};
use crate::workset::tables::SCHEMA;

/// `$1` is the directory, the rest is the command. Descriptor 3 is our standard input, which a
/// background job would not get as its own. The end of the log is for us, if we are still there.
const KEEPER: &str = r#"dir=$1; shift
exec 3<&0
"$@" 3<&- </dev/null >"$dir/log" 2>&1 &
server=$!
( read -r _ <&3; kill -KILL $server ) >/dev/null &
watch=$!
wait $server
kill -KILL $watch
tail -n 12 "$dir/log"
rm -rf "$dir" || { sleep 1; rm -rf "$dir"; }
"#;

/// `$1` is the data directory, `$2` an option for the account or nothing, the rest the server's command.
const INSTALL: &str = r#"data=$1; user=$2; shift 2
mariadb-install-db --no-defaults --skip-test-db --auth-root-authentication-method=normal "$data" $user && exec "$@"
"#;

/// How long a server may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// How often a port that somebody else took meanwhile is tried anew.
const ATTEMPTS: u32 = 3;

/// A server that was started here; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Spawned {
    keeper: Child,
    pub(super) endpoint: Endpoint,
}

impl Drop for Spawned {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The script ends as soon as it has removed the directory.
        drop(self.keeper.wait());
    }
}

/// Starts `mariadbd` for a store.
pub(super) async fn mysql(name: &str, store: &MysqlStore) -> Result<Spawned, ServerError> {
    for program in ["mariadb-install-db", "mariadbd"] {
        check_installed(program, "mariadb-server")?;
    }
    let user = as_user("mysql");
    let login = Login { user: "longhaul".into(), password: "longhaul".into(), database: SCHEMA.into() };
    let start = |dir: &Path, addr: SocketAddr| {
        let init = dir.join("init.sql");
        let (user, password) = (&login.user, &login.password);
        let grant =
            format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO '{user}'@'%';\n");
        std::fs::write(init, grant).map_err(ServerError::Io)?;
        keep(dir, &mysql_command(dir, addr, store))
    };
    attempts(name, user.as_ref(), Some(&login), start).await
}

fn mysql_command(dir: &Path, addr: SocketAddr, store: &MysqlStore) -> Vec<String> {
    let data = format!("--datadir={}", dir.join("data").display());
    let account = as_user("mysql").map(|user| format!("--user={}", user.name));
    let mut command = ["sh", "-c", INSTALL, "longhaul", &data].map(String::from).to_vec();
    command.push(account.clone().unwrap_or_default());
    command.extend(["mariadbd".into(), "--no-defaults".into(), data]);
    command.extend([
        format!("--tmpdir={}", dir.display()),
        format!("--socket={}", dir.join("socket").display()),
        format!("--pid-file={}", dir.join("pid").display()),
        format!("--init-file={}", dir.join("init.sql").display()),
        format!("--port={}", addr.port()),
        "--bind-address=127.0.0.1".into(),
        "--skip-name-resolve".into(),
        format!("--max-connections={}", store.max_connections),
        "--max-allowed-packet=64M".into(),
        "--innodb-buffer-pool-size=128M".into(),
    ]);
    command.extend(account);
    command
}

/// Starts `memcached` for a store.
pub(super) async fn memcached(name: &str, store: &MemcachedStore) -> Result<Spawned, ServerError> {
    check_installed("memcached", "memcached")?;
    // Without an account of its own it refuses to run as root.
    let user = as_user("memcache").or_else(|| as_user("nobody"));
    let start = |dir: &Path, addr: SocketAddr| {
        let mut command: Vec<String> = ["memcached", "-l", "127.0.0.1", "-U", "0"].map(String::from).into();
        let megabytes = (store.memory.0 >> 20).max(1);
        command.extend(["-p".into(), addr.port().to_string(), "-m".into(), megabytes.to_string()]);
        command.extend(["-c".into(), store.max_connections.to_string()]);
        command.extend(user.iter().flat_map(|user| ["-u".into(), user.name.clone()]));
        keep(dir, &command)
    };
    attempts(name, None, None, start).await
}

/// Starts a server in a new directory on a free port, again if somebody else took the port meanwhile.
async fn attempts(
    name: &str,
    owner: Option<&User>,
    login: Option<&Login>,
    start: impl Fn(&Path, SocketAddr) -> Result<Child, ServerError>,
) -> Result<Spawned, ServerError> {
    let mut left = ATTEMPTS;
    loop {
        let addr = free_port()?;
        let dir = directory(owner)?;
        let keeper = start(dir.path(), addr)?;
        // From here on the script removes it, for it may outlive us.
        drop(dir.keep());
        let endpoint = Endpoint { addr, login: login.cloned(), version: String::new(), hints: false };
        left -= 1;
        match ready(name, Spawned { keeper, endpoint }).await {
            Err(ServerError::NotReady { .. }) if left > 0 => {}
            ended => return ended,
        }
    }
}

/// Runs the command under the script that ends it with us.
fn keep(dir: &Path, command: &[String]) -> Result<Child, ServerError> {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "longhaul"]).arg(dir).args(command).env("TMPDIR", dir);
    keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    keeper.spawn().map_err(ServerError::Io)
}

/// Waits until a server answers, and asks for its version.
async fn ready(name: &str, mut spawned: Spawned) -> Result<Spawned, ServerError> {
    let deadline = tokio::time::Instant::now() + READY_WITHIN;
    loop {
        let error = match version(&spawned.endpoint).await {
            Ok(version) => {
                spawned.endpoint.version = version;
                return Ok(spawned);
            }
            Err(error) => error,
        };
        let name = name.to_owned();
        if spawned.keeper.try_wait().map_err(ServerError::Io)?.is_some() {
            let mut log = String::new();
            if let Some(mut told) = spawned.keeper.stdout.take() {
                told.read_to_string(&mut log).map_err(ServerError::Io)?;
            }
            return Err(ServerError::NotReady { name, log });
        }
        if tokio::time::Instant::now() > deadline {
            return Err(ServerError::NotReady { name, log: error.to_string() });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The version that a server tells after a login.
pub(super) async fn version(endpoint: &Endpoint) -> Result<String, ServerError> {
    if endpoint.login.is_some() {
        return seed::mysql_version(endpoint).await;
    }
    let unreachable = |source| ServerError::Unreachable { addr: endpoint.addr, source };
    let mut stream = tokio::net::TcpStream::connect(endpoint.addr).await.map_err(unreachable)?;
    stream.write_all(b"version\r\n").await.map_err(unreachable)?;
    let mut reply = [0; 256];
    let length = stream.read(&mut reply).await.map_err(unreachable)?;
    let text = String::from_utf8_lossy(&reply[..length]);
    match text.strip_prefix("VERSION ") {
        Some(version) => Ok(format!("memcached {}", version.trim())),
        None => Err(ServerError::NotMemcached { addr: endpoint.addr, said: text.trim().to_owned() }),
    }
}

fn free_port() -> Result<SocketAddr, ServerError> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(ServerError::Io)?;
    listener.local_addr().map_err(ServerError::Io)
}

fn directory(owner: Option<&User>) -> Result<tempfile::TempDir, ServerError> {
    let dir = tempfile::Builder::new().prefix("longhaul-").tempdir().map_err(ServerError::Io)?;
    if let Some(user) = owner {
        chown(dir.path(), Some(user.uid), Some(user.gid)).map_err(ServerError::Io)?;
    }
    Ok(dir)
}

struct User {
    name: String,
    uid: u32,
    gid: u32,
}

/// The account to run a server as, when we are root and there is such an account.
fn as_user(name: &str) -> Option<User> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let (uid, gid) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(User { name: name.into(), uid, gid })
}

/// Looks for a program in `PATH`, to name the package that has it.
fn check_installed(program: &str, package: &'static str) -> Result<(), ServerError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|place| place.join(program).is_file()) {
        return Ok(());
    }
    Err(ServerError::Missing { program: program.into(), package })
}
