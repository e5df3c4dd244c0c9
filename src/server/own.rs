//! The user's own servers, by address.
//!
//! `mysql://user:password@host:port/` and `host:port`, each perhaps with `STORE=` before it when a
//! scenario has several stores of the kind. Not for: starting anything.

use std::net::SocketAddr;

use super::{Endpoint, Login, ServerError, spawn};
use crate::scenario::{Scenario, Store, StoreKind};
use crate::workset::tables::SCHEMA;

/// Addresses as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnServers {
    /// `[STORE=]mysql://user:password@host:port/[database]`.
    pub mysql: Vec<String>,
    /// `[STORE=]host:port`.
    pub memcached: Vec<String>,
}

/// An address, and the store that it is meant for if one is named.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((store, address)) if !store.contains([':', '/']) => (Some(store), address),
        _ => (None, text),
    }
}

impl OwnServers {
    /// Takes addresses whose form is right; whether somebody answers there is seen later.
    pub fn parse(mysql: &[String], memcached: &[String]) -> Result<Self, ServerError> {
        for text in mysql {
            options(split(text).1)?;
        }
        for text in memcached {
            let address = split(text).1;
            let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse());
            if !matches!(port, Some(Ok(1..=u16::MAX))) {
                return Err(ServerError::BadAddress { address: hidden(address), why: "it has no port".into() });
            }
        }
        Ok(Self { mysql: mysql.to_vec(), memcached: memcached.to_vec() })
    }
    /// Whether no address was given at all.
    pub fn is_empty(&self) -> bool {
        self.mysql.is_empty() && self.memcached.is_empty()
    }
    /// The address of a store: the one with its name, of a copy else that of what it is a copy of, else the one without a
    /// name.
    fn address(&self, scenario: &Scenario, store: &Store) -> Result<&str, ServerError> {
        let (all, flag) = match store.kind {
            StoreKind::Mysql(_) => (&self.mysql, "--mysql"),
            StoreKind::Memcached(_) => (&self.memcached, "--memcached"),
        };
        let by_name = |store: &Store| all.iter().map(|text| split(text)).find(|it| it.0 == Some(store.name.as_str()));
        let named = by_name(store).or_else(|| by_name(&scenario.stores[store.copy_of?.0]));
        let any = || all.iter().map(|text| split(text)).find(|(name, _)| name.is_none());
        let address = named.or_else(any).map(|(_, address)| address);
        address.ok_or_else(|| ServerError::NoAddress { store: store.name.clone(), flag })
    }
    /// Every name must be one of a store of its kind, and every store must have an address: all of that is known
    /// before anybody is called.
    fn check(&self, scenario: &Scenario) -> Result<(), ServerError> {
        let known = |mysql: bool| {
            let of_kind = move |store: &&Store| matches!(store.kind, StoreKind::Mysql(_)) == mysql;
            scenario.stores.iter().filter(of_kind).map(|store| store.name.as_str())
        };
        let wrong = |texts: &[String], mysql| {
            let mut names = texts.iter().filter_map(|text| split(text).0);
            let name = names.find(|name| !known(mysql).any(|known| known == *name))?.to_owned();
            let all: Vec<&str> = known(mysql).collect();
            Some((name, if all.is_empty() { "none".into() } else { all.join(", ") }))
        };
        match wrong(&self.mysql, true).or_else(|| wrong(&self.memcached, false)) {
            Some((name, known)) => Err(ServerError::UnknownStore { name, known }),
            None => scenario.stores.iter().try_for_each(|store| self.address(scenario, store).map(drop)),
        }
    }
    /// Logs in to each, for their versions.
    pub(super) async fn endpoints(&self, scenario: &Scenario) -> Result<Vec<Endpoint>, ServerError> {
        self.check(scenario)?;
        let mut all = Vec::new();
        for store in &scenario.stores {
            let address = self.address(scenario, store)?;
            let mut endpoint = match store.kind {
                StoreKind::Mysql(_) => mysql(address).await?,
                StoreKind::Memcached(_) => {
                    let addr = resolve(address, address).await?;
                    Endpoint { addr, login: None, version: String::new(), hints: false }
                }
            };
            endpoint.version = spawn::version(&endpoint).await?;
            all.push(endpoint);
        }
        Ok(all)
    }
}

fn options(url: &str) -> Result<mysql_async::Opts, ServerError> {
    let bad = |error: mysql_async::UrlError| ServerError::BadAddress { address: hidden(url), why: error.to_string() };
    mysql_async::Opts::from_url(url).map_err(bad)
}

async fn mysql(url: &str) -> Result<Endpoint, ServerError> {
    let opts = options(url)?;
    let addr = resolve(&format!("{}:{}", opts.ip_or_hostname(), opts.tcp_port()), &hidden(url)).await?;
    let login = Login {
        user: opts.user().unwrap_or_default().to_owned(),
        password: opts.pass().unwrap_or_default().to_owned(),
        database: opts.db_name().filter(|name| !name.is_empty()).unwrap_or(SCHEMA).to_owned(),
    };
    Ok(Endpoint { addr, login: Some(login), version: String::new(), hints: false })
}

async fn resolve(address: &str, shown: &str) -> Result<SocketAddr, ServerError> {
    let bad = |why: String| ServerError::BadAddress { address: shown.to_owned(), why };
    let mut found = tokio::net::lookup_host(address).await.map_err(|error| bad(error.to_string()))?;
    found.next().ok_or_else(|| bad("it has no address".into()))
}

/// A URL without its password, for messages.
pub fn hidden(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:…@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_may_be_named_before_an_address() {
        for (text, store, address) in [
            ("mysql://a:b=c@host/", None, "mysql://a:b=c@host/"),
            ("main-db=mysql://a:b@host/", Some("main-db"), "mysql://a:b@host/"),
            ("cache=localhost:11211", Some("cache"), "localhost:11211"),
            ("main-db@cloud=mysql://a:b@host/", Some("main-db@cloud"), "mysql://a:b@host/"),
            ("localhost:11211", None, "localhost:11211"),
        ] {
            assert_eq!(split(text), (store, address));
        }
    }

    #[test]
    fn addresses_of_another_form_are_refused() {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let parse = |mysql: &[&str], memcached: &[&str]| OwnServers::parse(&texts(mysql), &texts(memcached));
        assert!(parse(&[], &[]).is_ok_and(|none| none.is_empty()));
        assert!(
            parse(&["db=mysql://a:b@h:3306/", "mysql://h/"], &["c=h:11211", "[::1]:11211"])
                .is_ok_and(|s| !s.is_empty())
        );
        for (mysql, memcached) in [
            (&["h:3306"][..], &[][..]),
            (&["http://h/"], &[]),
            (&[], &["h"]),
            (&[], &[":11211"]),
            (&[], &["h:0"]),
            (&[], &["h:x"]),
        ] {
            let refused = parse(mysql, memcached);
            assert!(matches!(refused, Err(ServerError::BadAddress { .. })), "{mysql:?} {memcached:?}: {refused:?}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(hidden("mysql://me:secret@host:3306/db"), "mysql://me:…@host:3306/db");
        assert_eq!(hidden("mysql://me:s@cr:et@host/"), "mysql://me:…@host/");
        assert_eq!(hidden("host:1"), "host:1");
    }
}
