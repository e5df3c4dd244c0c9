//! Hands journeys over at their intended starts, whatever became of the ones before.
//!
//! The plan is made from the seed before the load begins; being late shifts nothing that follows. Not
//! for: what is done with a journey.

use std::rc::Rc;

use crate::engine::perform::host::Host;
use crate::engine::perform::record::Part;
use crate::plan::day;
use crate::plan::pacer::Pacer;
use crate::scenario::Arrivals;
use crate::units::Nanos;

/// A journey that should start just before the window ends may be handed over this much later.
const IN_TIME: Nanos = Nanos::from_millis(10);

/// The arrivals of a part from `origin` on; a ramp begins with the measuring.
fn pacer<H: Host>(part: &Part<H>, arrivals: &Arrivals, origin: Nanos) -> Pacer {
    let world = &part.arm.world;
    let lead = world.window.get().0.saturating_sub(origin);
    let arrivals = day::at(&world.scenario, world.plan.placement.condition, arrivals);
    Pacer::new(&arrivals, part.arm.part(), lead, part.stream("arrivals", 0))
}

/// Starts handing over; `hand` gets the number and the intended start. Nothing is awaited but time.
pub(super) fn start<H: Host>(
    part: &Rc<Part<H>>,
    arrivals: &Arrivals,
    origin: Nanos,
    hand: impl Fn(u64, Nanos) + 'static,
) {
    let (from, to) = part.arm.world.window.get();
    let planned = pacer(part, arrivals, origin).map(|at| origin + at).take_while(|at| *at < to);
    part.set_planned(planned.filter(|at| *at >= from).count() as u64);
    let (plan, part) = (pacer(part, arrivals, origin), Rc::clone(part));
    let host = part.arm.world.host.clone();
    host.spawn(async move {
        let world = &part.arm.world;
        for (number, at) in plan.enumerate() {
            let intended = origin + at;
            if world.now() < intended {
                world.sleep_until(intended).await;
            } else {
                // Behind the plan: let others run, and say how late it is.
                world.host.yield_now().await;
                if world.measured(intended) {
                    world.lateness.borrow_mut().record(world.now() - intended);
                }
            }
            part.open(number as u64, intended, world.now() < to + IN_TIME);
            hand(number as u64, intended);
        }
    });
}
