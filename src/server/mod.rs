//! The stores that a live run talks to: stand-ins in the process, spawned servers, the user's own.
//!
//! [`Backends`] has one server for each store of a scenario, whichever kind they are of, and gets
//! them ready. Only loopback is listened on. Not for: the link between client and server (`proxy`)
//! and the load (`engine`).

mod accept;
mod memcached;
mod mysql;
mod own;
mod seed;
mod spawn;
mod standin;

use std::io;
use std::net::SocketAddr;

pub use self::own::{OwnServers, hidden};
use self::spawn::Spawned;
use self::standin::StandIn;
use crate::measure::Hist;
use crate::scenario::{Scenario, StoreId, StoreKind};
use crate::timer::Timer;
use crate::workset::Needs;
use crate::workset::needs::ROW_MAX;
use crate::workset::tables::SCHEMA;

/// Why a store could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The operating system refused something.
    #[error("cannot start a server: {0}")]
    Io(#[source] io::Error),
    /// A program is not installed.
    #[error("`{program}` is not installed: install the package {package}, or use --stores stand-in")]
    Missing {
        /// What was looked for.
        program: String,
        /// What has it.
        package: &'static str,
    },
    /// A spawned server ended, or did not answer in time.
    #[error("the server for `{name}` did not start; its log ends:\n{log}")]
    NotReady {
        /// The store's name.
        name: String,
        /// The end of its log.
        log: String,
    },
    /// Nobody listens, or the connection broke.
    #[error("cannot talk to the server at {addr}: {source}")]
    Unreachable {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// MySQL said no.
    #[error("the MySQL server at {addr}: {source}")]
    Mysql {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: Box<mysql_async::Error>,
    },
    /// The schema has something that longhaul did not put there.
    #[error(
        "the MySQL server at {addr} has a schema `{SCHEMA}` that longhaul did not make (it has a table `{table}`): \
             rename it or use another server, for longhaul would overwrite it"
    )]
    NotOurs {
        /// Where.
        addr: SocketAddr,
        /// A table in it.
        table: String,
    },
    /// Memcached did not store what it was given.
    #[error("the Memcached server at {addr} did not take a value: {said}")]
    NotLoaded {
        /// Where.
        addr: SocketAddr,
        /// Its words.
        said: String,
    },
    /// Something else listens there.
    #[error("the server at {addr} is no Memcached: it answered `version` with `{said}`")]
    NotMemcached {
        /// Where.
        addr: SocketAddr,
        /// Its words.
        said: String,
    },
    /// An address could not be read or found.
    #[error("`{address}` is no address of a server ({why}): write mysql://user:password@host:3306/ or host:11211")]
    BadAddress {
        /// As given, without the password.
        address: String,
        /// Why.
        why: String,
    },
    /// A store has no server.
    #[error("the store `{store}` has no server: give its address with {flag}")]
    NoAddress {
        /// The store's name.
        store: String,
        /// The flag to use.
        flag: &'static str,
    },
    /// An address is given for a store that is not in the scenario.
    #[error(
        "an address is given for `{name}`, but the scenario has no such store of that kind as `{name}`: it has {known}"
    )]
    UnknownStore {
        /// The name.
        name: String,
        /// The names of those of that kind.
        known: String,
    },
    /// A row or value is larger than servers take.
    #[error("a row or value of {size} is more than servers take: stay at or below {largest}")]
    TooLarge {
        /// What the scenario asks for.
        size: crate::units::Bytes,
        /// The most.
        largest: crate::units::Bytes,
    },
    /// A call reads more rows, or locks are drawn from more, than is sensible to seed.
    #[error("{rows} rows would have to be seeded, more than {most}: read fewer in one call, or lock fewer")]
    TooManyRows {
        /// What the scenario asks for.
        rows: u32,
        /// The most.
        most: u32,
    },
}

/// Rows that are seeded at most.
const ROWS_MAX: u32 = 1_000_000;

/// Whom to be on a MySQL server.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
    /// The database to start in; longhaul's own statements work in any.
    pub database: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({}:…@/{})", self.user, self.database)
    }
}

/// Where a store is reached, without a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Address of the server itself.
    pub addr: SocketAddr,
    /// MySQL only.
    pub login: Option<Login>,
    /// What it is, as it tells itself.
    pub version: String,
    /// Whether statements should carry hints (`workset::sql::statement`): stand-ins only.
    pub hints: bool,
}

/// One server for each store of a scenario.
#[derive(Debug, Default)]
pub struct Backends {
    endpoints: Vec<Endpoint>,
    stand_ins: Vec<StandIn>,
    /// Dropped with this, which ends them.
    spawned: Vec<Spawned>,
}

impl Backends {
    /// Stand-ins in this process, each on a thread of its own; nothing to install.
    pub fn stand_in(scenario: &Scenario, timer: &Timer) -> Result<Self, ServerError> {
        let needs = checked(scenario)?;
        let mut backends = Self::default();
        for store in &scenario.stores {
            let draws = scenario.seed.stream(&format!("stand-in {}", store.name), 0);
            let server = StandIn::start(&store.name, &store.kind, &needs, timer.clone(), draws);
            let server = server.map_err(ServerError::Io)?;
            let (login, version) = match store.kind {
                StoreKind::Mysql(_) => {
                    let login = Login { user: "longhaul".into(), password: "longhaul".into(), database: SCHEMA.into() };
                    (Some(login), mysql::VERSION)
                }
                StoreKind::Memcached(_) => (None, memcached::VERSION),
            };
            let version = format!("stand-in {version}");
            backends.endpoints.push(Endpoint { addr: server.addr, login, version, hints: true });
            backends.stand_ins.push(server);
        }
        Ok(backends)
    }
    /// `mariadbd` and `memcached` as installed, one process a store, gone when this is dropped.
    pub async fn spawn(scenario: &Scenario) -> Result<Self, ServerError> {
        checked(scenario)?;
        let mut backends = Self::default();
        for store in &scenario.stores {
            let server = match &store.kind {
                StoreKind::Mysql(settings) => spawn::mysql(&store.name, settings).await?,
                StoreKind::Memcached(settings) => spawn::memcached(&store.name, settings).await?,
            };
            backends.endpoints.push(server.endpoint.clone());
            backends.spawned.push(server);
        }
        Ok(backends)
    }
    /// The user's own servers; each is logged in to once, for its version.
    pub async fn own(scenario: &Scenario, servers: &OwnServers) -> Result<Self, ServerError> {
        checked(scenario)?;
        Ok(Self { endpoints: servers.endpoints(scenario).await?, ..Self::default() })
    }
    /// The server of a store.
    pub fn endpoint(&self, store: StoreId) -> &Endpoint {
        &self.endpoints[store.0]
    }
    /// Seeds the schema of real MySQL servers and loads caches; call it before load and after a cache was emptied.
    pub async fn prepare(&self, scenario: &Scenario) -> Result<(), ServerError> {
        let needs = checked(scenario)?;
        for endpoint in self.distinct() {
            match &endpoint.login {
                // A stand-in has the rows that it was started with.
                Some(_) if endpoint.hints => {}
                Some(_) => seed::mysql(endpoint, &needs).await?,
                None => seed::memcached(endpoint, &needs).await?,
            }
        }
        Ok(())
    }
    /// Removes longhaul's schema from MySQL servers that are not stand-ins.
    pub async fn drop_schema(&self) -> Result<(), ServerError> {
        for endpoint in self.distinct().filter(|endpoint| endpoint.login.is_some() && !endpoint.hints) {
            seed::drop_schema(endpoint).await?;
        }
        Ok(())
    }
    /// How late the stand-ins answered, against arrival plus service time; empty without service times.
    pub fn lateness(&self) -> Hist {
        let mut all = Hist::new();
        self.stand_ins.iter().for_each(|server| all.merge(&server.lateness()));
        all
    }
    /// Ends everything that was started, and returns when it has ended. Dropping does the same.
    pub fn shutdown(self) {
        drop(self);
    }
    /// Several stores may share a server of the user's.
    fn distinct(&self) -> impl Iterator<Item = &Endpoint> {
        let first = |index: usize| self.endpoints[..index].iter().all(|e| e.addr != self.endpoints[index].addr);
        self.endpoints.iter().enumerate().filter(move |(index, _)| first(*index)).map(|(_, endpoint)| endpoint)
    }
}

fn checked(scenario: &Scenario) -> Result<Needs, ServerError> {
    let needs = Needs::of(scenario);
    let largest = crate::units::Bytes(ROW_MAX);
    if needs.largest > largest {
        return Err(ServerError::TooLarge { size: needs.largest, largest });
    }
    let rows = needs.hot.iter().fold(needs.items, |rows, (_, slots)| rows.saturating_add(*slots));
    if rows > ROWS_MAX {
        return Err(ServerError::TooManyRows { rows, most: ROWS_MAX });
    }
    Ok(needs)
}
