//! The control API: what is asked over HTTP of a proxy that runs.
//!
//! Not for: the server (`cli::http`), and what a request means (`answer`).

mod answer;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;

use super::outbox::By;
use super::running::Running;
use super::shown::{LinkShown, RouteShown};
use answer::Desk;

use crate::cli::http;
use crate::ledger::View;
use crate::scenario::Happening;

impl Desk for Running {
    fn links(&self) -> Vec<LinkShown> {
        self.links()
    }
    fn alter(&self, link: &str, happening: &Happening) -> Option<LinkShown> {
        self.alter(link, happening, By::Control)
    }
    fn routes(&self) -> Vec<RouteShown> {
        self.routes()
    }
    fn reset(&self, route: &str) -> Option<u64> {
        self.reset(route)
    }
    fn ledger(&self) -> View {
        self.view()
    }
    fn reset_ledger(&self) {
        self.reset_ledger();
    }
    fn metrics(&self) -> String {
        super::metrics::text(&self.sample())
    }
}

/// Serves until the process ends: where it listens.
pub(super) fn start(addr: SocketAddr, running: Arc<Running>) -> anyhow::Result<SocketAddr> {
    let answering = Arc::new(move |asked: &http::Asked<'_>| answer::answer(asked, &*running));
    http::start(addr, "longhaul-control", answering).context("--control")
}
