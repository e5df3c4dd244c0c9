//! A platform restarts while there is load: its instances in waves, each when the one before is ready.
//!
//! A wave is told to stop; who works has the time of grace to end, and is killed then. Its workers' connections are lost,
//! and made anew when they are first needed. Then its instances start: `boot` passes, and a start-up workload on the
//! platform performs its journey, for real, beside the load. One that fails starts again after a pause, as on
//! Kubernetes. When all instances of the wave are ready its workers come back. Not for: a boot without load (`boots`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::host::Host;
use super::kept::Kept;
use super::load::{Crew, Load, Wave, script};
use super::place::Place;
use super::record::Part;
use super::walk::Walk;
use super::world::{ArmWorld, LOOK_EVERY};
use crate::plan::{portion, restart};
use crate::runfile::RestartRun;
use crate::scenario::{self, Mix, PlatformId, Startup, WorkloadKind};
use crate::strategy::Condition;
use crate::units::Nanos;

/// The first pause before a start that failed is tried again, and the longest: each is twice the one before (Kubernetes'
/// `CrashLoopBackOff`).
const BACK_OFF: (Nanos, Nanos) = (Nanos::from_secs(10), Nanos::from_secs(300));

/// A restart while it goes on.
pub(super) struct Restarting<H: Host> {
    spec: scenario::Restart,
    arms: Vec<Rc<ArmWorld<H>>>,
    loads: Vec<Load<H>>,
    boots: Vec<Rc<Starts<H>>>,
    /// When each wave was ready.
    ready: RefCell<Vec<Nanos>>,
    /// Its beginning, and the end of what is measured.
    window: (Nanos, Nanos),
}

/// What starts on the platform.
struct Starts<H: Host> {
    part: Rc<Part<H>>,
    mix: Mix,
    spec: Startup,
    instances: u32,
    boot: Nanos,
    /// Instances of the wave that are not ready.
    going: Cell<u32>,
    ready: Cell<u32>,
    failed: Cell<u32>,
}

/// Begins the restart that is the placement's condition, if it is one; the window is set.
pub(super) fn start<H: Host>(place: &Place<H>, loads: &[(usize, Load<H>)]) -> Option<Rc<Restarting<H>>> {
    let Condition::Restarting(platform) = place.world.plan.placement.condition else { return None };
    let restarting = Rc::new(Restarting::new(place, loads, platform)?);
    place.world.host.spawn(Rc::clone(&restarting).perform());
    Some(restarting)
}

impl<H: Host> Restarting<H> {
    fn new(place: &Place<H>, loads: &[(usize, Load<H>)], platform: PlatformId) -> Option<Self> {
        let world = &place.world;
        let spec = world.scenario.platforms[platform.0].restart.clone()?;
        let starting: Vec<_> = restart::boots(&world.scenario, &world.plan.placement, platform).collect();
        let boot = restart::boot_time(&spec, !starting.is_empty());
        let starts =
            |(index, _, startup): &(usize, _, &Startup)| Starts::new(&place.arms[*index], *index, startup, boot);
        let on_it = |arm: usize| place.arms[arm].restarts();
        Some(Self {
            arms: place.arms.iter().filter(|arm| arm.restarts()).cloned().collect(),
            loads: loads.iter().filter(|(arm, _)| on_it(*arm)).map(|(_, load)| load.clone()).collect(),
            boots: starting.iter().map(starts).map(Rc::new).collect(),
            ready: RefCell::default(),
            window: world.window.get(),
            spec,
        })
    }
    fn crews(&self) -> impl Iterator<Item = &Crew<H>> {
        self.loads.iter().filter_map(Load::crew)
    }
    async fn perform(self: Rc<Self>) {
        let Some(arm) = self.arms.first() else { return };
        let host = arm.world.host.clone();
        host.sleep_until(self.window.0).await;
        let of = self.spec.waves();
        for number in 0..of {
            self.stop(&host, Wave { number, of }).await;
            self.boot(&host, Wave { number, of }).await;
            self.loads.iter().for_each(Load::come_back);
            self.ready.borrow_mut().push(host.now());
        }
    }
    /// Lets a wave end what it does, or ends it.
    async fn stop(&self, host: &H, wave: Wave) {
        self.crews().for_each(|crew| crew.leave(wave));
        for path in self.arms.iter().flat_map(|arm| arm.paths.iter().flatten()) {
            if let Some(pool) = &path.pool {
                pool.lose(wave.of - wave.number);
            }
        }
        let until = host.now() + self.spec.grace;
        while !self.crews().all(Crew::has_left) {
            if host.now() >= until {
                self.crews().for_each(Crew::kill);
            }
            let next = host.now() + LOOK_EVERY;
            host.sleep_until(if host.now() < until { next.min(until) } else { next }).await;
        }
    }
    /// Starts the instances of a wave, and waits until all are ready.
    async fn boot(&self, host: &H, wave: Wave) {
        if self.boots.is_empty() {
            host.sleep_until(host.now() + restart::boot_time(&self.spec, false)).await;
        }
        for starts in &self.boots {
            starts.start(wave);
        }
        while self.boots.iter().any(|starts| starts.going.get() > 0) {
            host.sleep_until(host.now() + LOOK_EVERY).await;
        }
    }
    /// What it came to.
    pub(super) fn finish(&self) -> RestartRun {
        let (from, to) = self.window;
        let ready = self.ready.borrow();
        let waves = self.spec.waves();
        let last = ready.last().filter(|_| ready.len() == waves as usize);
        let sum = |of: fn(&Starts<H>) -> u32| self.boots.iter().map(|starts| of(starts)).sum();
        RestartRun {
            waves,
            waves_done: ready.len() as u32,
            took_ns: last.map(|at| (*at - from).0),
            window_ns: (to - from).0,
            ready: sum(|starts| starts.ready.get()),
            failed_starts: sum(|starts| starts.failed.get()),
            killed: self.loads.iter().map(Load::killed).sum(),
        }
    }
}

impl<H: Host> Starts<H> {
    fn new(arm: &Rc<ArmWorld<H>>, index: usize, spec: &Startup, boot: Nanos) -> Self {
        debug_assert!(matches!(arm.workload().kind, WorkloadKind::Startup(_)));
        let instances = portion(spec.instances, arm.part());
        Self {
            // Its own numbers are never told: those of a boot are of one without load.
            part: Part::new(arm, index, 1, &arm.workload().name, instances),
            mix: Mix(vec![(spec.journey, 1.0)]),
            spec: spec.clone(),
            instances,
            boot,
            going: Cell::new(0),
            ready: Cell::new(0),
            failed: Cell::new(0),
        }
    }
    /// Starts the instances of a wave, spread over the time that the workload says.
    fn start(self: &Rc<Self>, wave: Wave) {
        let of_wave: Vec<u32> = (0..self.instances).filter(|instance| wave.takes(*instance)).collect();
        self.going.set(of_wave.len() as u32);
        let world = &self.part.arm.world;
        for (n, instance) in of_wave.iter().enumerate() {
            let after = self.spec.stagger.scale(n as f64 / of_wave.len() as f64);
            world.host.spawn(Rc::clone(self).instance(*instance, world.now() + after + self.boot));
        }
    }
    /// One instance: starts until it is ready.
    async fn instance(self: Rc<Self>, number: u32, mut at: Nanos) {
        let host = &self.part.arm.world.host;
        let mut pause = BACK_OFF.0;
        loop {
            host.sleep_until(at).await;
            let script = script(&self.part, &self.mix, u64::from(number), at);
            let kept = Kept::default();
            if Walk::new(&self.part, &kept, false).journey(&script, at).await.is_ok() {
                break;
            }
            self.failed.set(self.failed.get() + 1);
            at = host.now() + pause + self.boot;
            pause = (pause * 2).min(BACK_OFF.1);
        }
        self.ready.set(self.ready.get() + 1);
        self.going.set(self.going.get() - 1);
    }
}
