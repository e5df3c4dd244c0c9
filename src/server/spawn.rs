//! Real servers from the installed packages, each in a temporary directory, gone with this process.
//!
//! A small shell script starts the server, and ends it when its own standard input is closed: by
//! [`Spawned`] being dropped, or by the kernel when this process dies in whatever way. It then
//! removes the directory. The servers are in process groups of their own, so that Ctrl-C reaches
//! longhaul alone and it ends them. Not for: servers that are already there (`own`).

use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Endpoint, Login, ServerError, seed};
use crate::scenario::{MemcachedStore, MysqlStore};
use crate::workset::tables::SCHEMA;

/// `$1` is the directory, the rest is the command. Descriptor 3 is our standard input, which a
/// background job would not get as its own.
const KEEPER: &str = r#"dir=$1; shift
exec 3<&0
"$@" 3<&- </dev/null >"$dir/log" 2>&1 &
server=$!
( read -r _ <&3; kill -KILL $server ) &
watch=$!
wait $server
kill -KILL $watch
rm -rf "$dir"
"#;

/// How long a server may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// How often a port that somebody else took meanwhile is tried anew.
const ATTEMPTS: u32 = 3;

/// A server that was started here; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Spawned {
    keeper: Child,
    dir: PathBuf,
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
    let user = as_user("mysql");
    let login = Login { user: "longhaul".into(), password: "longhaul".into(), database: SCHEMA.into() };
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let dir = directory(user.as_ref())?;
        let started = mysql_in(&dir, store, user.as_ref(), &login);
        match started {
            Ok((keeper, addr)) => match ready(name, keeper, dir, addr, Some(login.clone())).await {
                Ok(spawned) => return Ok(spawned),
                Err(error) => last = Some(error),
            },
            Err(error) => {
                // Nothing runs in it yet.
                drop(std::fs::remove_dir_all(&dir));
                return Err(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| ServerError::NotReady { name: name.into(), log: "no attempt was made".into() }))
}

fn mysql_in(
    dir: &Path,
    store: &MysqlStore,
    user: Option<&User>,
    login: &Login,
) -> Result<(Child, SocketAddr), ServerError> {
    let data = format!("--datadir={}", dir.join("data").display());
    let as_user = user.map(|user| format!("--user={}", user.name));
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal", &data]);
    let output = install
        .args(&as_user)
        .stdin(Stdio::null())
        .output()
        .map_err(missing("mariadb-install-db", "mariadb-server"))?;
    if !output.status.success() {
        return Err(ServerError::NotReady { name: "mariadb-install-db".into(), log: tail(&output.stderr) });
    }
    let init = dir.join("init.sql");
    let grant = format!(
        "CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO '{user}'@'%';\n",
        user = login.user,
        password = login.password
    );
    std::fs::write(&init, grant).map_err(ServerError::Io)?;
    let addr = free_port()?;
    let mut command = vec![
        "mariadbd".to_owned(),
        "--no-defaults".into(),
        data,
        format!("--socket={}", dir.join("socket").display()),
        format!("--pid-file={}", dir.join("pid").display()),
        format!("--init-file={}", init.display()),
        format!("--port={}", addr.port()),
        "--bind-address=127.0.0.1".into(),
        "--skip-name-resolve".into(),
        format!("--max-connections={}", store.max_connections),
        "--max-allowed-packet=64M".into(),
        "--innodb-buffer-pool-size=128M".into(),
    ];
    command.extend(as_user);
    Ok((keep(dir, &command)?, addr))
}

/// Starts `memcached` for a store.
pub(super) async fn memcached(name: &str, store: &MemcachedStore) -> Result<Spawned, ServerError> {
    // Without an account of its own it refuses to run as root.
    let user = as_user("memcache").or_else(|| as_user("nobody"));
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let dir = directory(None)?;
        let addr = free_port()?;
        let mut command: Vec<String> = ["memcached", "-l", "127.0.0.1", "-U", "0"].map(String::from).into();
        let megabytes = (store.memory.0 >> 20).max(1);
        command.extend(["-p".into(), addr.port().to_string(), "-m".into(), megabytes.to_string()]);
        command.extend(["-c".into(), store.max_connections.to_string()]);
        command.extend(user.iter().flat_map(|user| ["-u".into(), user.name.clone()]));
        let keeper = keep(&dir, &command)?;
        match ready(name, keeper, dir, addr, None).await {
            Ok(spawned) => return Ok(spawned),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ServerError::NotReady { name: name.into(), log: "no attempt was made".into() }))
}

/// Runs the command under the script that ends it with us.
fn keep(dir: &Path, command: &[String]) -> Result<Child, ServerError> {
    if let Some(program) = command.first() {
        find(program).ok_or_else(|| ServerError::Missing { program: program.clone(), package: package(program) })?;
    }
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "longhaul"]).arg(dir).args(command);
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    keeper.spawn().map_err(ServerError::Io)
}

/// Waits until a server answers, and asks for its version.
async fn ready(
    name: &str,
    keeper: Child,
    dir: PathBuf,
    addr: SocketAddr,
    login: Option<Login>,
) -> Result<Spawned, ServerError> {
    let endpoint = Endpoint { addr, login, version: String::new(), hints: false };
    let mut spawned = Spawned { keeper, dir, endpoint };
    let log = spawned.dir.join("log");
    let deadline = tokio::time::Instant::now() + READY_WITHIN;
    loop {
        // The log goes with the directory as soon as the server ends: read it before looking.
        let said = std::fs::read(&log).unwrap_or_default();
        match version(&spawned.endpoint).await {
            Ok(version) => {
                spawned.endpoint.version = version;
                return Ok(spawned);
            }
            Err(error) => {
                let ended = spawned.keeper.try_wait().map_err(ServerError::Io)?.is_some();
                if ended || tokio::time::Instant::now() > deadline {
                    let log = if said.is_empty() { error.to_string() } else { tail(&said) };
                    return Err(ServerError::NotReady { name: name.into(), log });
                }
            }
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

fn directory(owner: Option<&User>) -> Result<PathBuf, ServerError> {
    let dir = tempfile::Builder::new().prefix("longhaul-").tempdir().map_err(ServerError::Io)?;
    if let Some(user) = owner {
        chown(dir.path(), Some(user.uid), Some(user.gid)).map_err(ServerError::Io)?;
    }
    // From here on the script removes it, for it outlives us if we are killed.
    Ok(dir.keep())
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

/// Where a program is, in `PATH` and where servers are installed.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    places.map(|place| place.join(program)).find(|file| file.is_file())
}

fn package(program: &str) -> &'static str {
    if program == "memcached" { "memcached" } else { "mariadb-server" }
}

fn missing(program: &'static str, package: &'static str) -> impl Fn(std::io::Error) -> ServerError {
    move |error| match error.kind() {
        std::io::ErrorKind::NotFound => ServerError::Missing { program: program.into(), package },
        _ => ServerError::Io(error),
    }
}

/// The last lines of a log.
fn tail(log: &[u8]) -> String {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
