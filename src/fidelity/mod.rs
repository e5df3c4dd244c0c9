//! How true is a link? Measures what clients see over a path and holds it against the rules of TCP.
//!
//! A [`Path`] is loopback itself, a route through a proxy of either kind, or anybody's proxy; a [`Case`] is something that
//! clients do and wait for; [`rules`] says what it should take, from the link's description alone and
//! not from the model that the proxy uses. [`table()`] measures cases over paths by turns, so that
//! whatever else the machine does hits all of them. Everything is seen by clients on blocking sockets; one [`Clock`](crate::timer::Clock)
//! stamps both ends. Loads are bounded in connections, bytes and time. Not for: what the proxy
//! itself thinks of its lateness (`proxy::RouteStats`), or saying it in words (`cli::doctor`).

mod apart;
mod case;
mod conversation;
mod crowd;
mod machine;
mod path;
mod pings;
pub mod rules;
mod sampled;
mod table;
mod transfers;
mod upstream;
mod verdict;

use std::io;

pub use apart::{APART_MOST, Apart, Told};
pub use case::Case;
pub use crowd::{Crowd, Listener, closed_loops};
pub use machine::{Probe, ProcessorTime, Waits, probe, processor_time, waits};
pub use path::{Path, PathKind};
pub use pings::{Added, added, pings};
pub use sampled::Sampled;
pub use table::{Row, table};
pub use transfers::{Rate, lossy_replies, rate};
pub use upstream::Upstream;
pub use verdict::{Verdict, against, judge, tolerance};

use crate::proxy::ProxyError;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum FidelityError {
    /// A server of its own for the measurement could not be started.
    #[error("cannot start the measurement's own server: {0}")]
    Upstream(#[source] io::Error),
    /// No route for the path.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A conversation broke off.
    #[error("{what} over the {path} path: {source}")]
    Conversation {
        /// What was measured.
        what: String,
        /// Over what.
        path: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The system refused something that measuring needs.
    #[error("cannot {what}: {source}")]
    System {
        /// What.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl FidelityError {
    fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
