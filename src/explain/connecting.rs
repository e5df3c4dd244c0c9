//! What a journey's connections cost on average: a store that is called only sometimes is connected to only then.
//!
//! Not for: the typical path, which connects or does not ([`trips::connecting`]).

use crate::scenario::trips::{self, Connecting};
use crate::scenario::{Call, Count, JourneyId, Request, Scenario, Step, StoreId, Workload};
use crate::units::Fraction;

/// Round trips of a journey's connections to one store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreConnecting {
    /// Which store.
    pub store: StoreId,
    /// When the journey calls it: as on the typical path, or, where that does not call it, if all that may be called is.
    pub each: Connecting,
    /// The probability that the journey calls it (of a lognormal repeat, at its mean).
    pub used: f64,
}

impl StoreConnecting {
    /// Mean round trips a journey.
    pub fn mean(&self) -> f64 {
        self.each.total() as f64 * self.used
    }
}

/// The connections of a journey as `workload` performs it, one for each store that it may have to connect to.
pub fn connecting(scenario: &Scenario, journey: JourneyId, workload: &Workload) -> Vec<StoreConnecting> {
    let steps = &scenario.journeys[journey.0].steps;
    let mut certain = steps.clone();
    make_certain(&mut certain);
    let of = |steps: &[Step]| trips::connecting_of(scenario, steps, &workload.mysql, &workload.memcached);
    let pairs = of(steps).into_iter().zip(of(&certain)).enumerate();
    pairs
        .map(|(store, (typical, certain))| StoreConnecting {
            store: StoreId(store),
            each: if typical.total() > 0 { typical } else { certain },
            used: 1.0 - spares(steps, StoreId(store)),
        })
        .filter(|it| it.mean() > 0.0)
        .collect()
}

/// Makes every get miss, and everything that may repeat run.
fn make_certain(steps: &mut [Step]) {
    for step in steps {
        match step {
            Step::Call(Call { request: Request::Get(get), .. }) => {
                get.hit = Fraction(0.0);
                make_certain(&mut get.on_miss);
            }
            Step::Call(_) | Step::Think(_) => {}
            Step::Repeat { times, steps } => {
                *times = Count::Fixed(times.typical().max(1));
                make_certain(steps);
            }
            Step::Transaction(transaction) => make_certain(&mut transaction.steps),
            Step::Parallel(branches) => branches.iter_mut().for_each(|branch| make_certain(branch)),
        }
    }
}

/// The probability that these steps never call a store (of a lognormal repeat, at its mean).
fn spares(steps: &[Step], store: StoreId) -> f64 {
    let one = |step: &Step| match step {
        Step::Call(call) if call.store == store => 0.0,
        Step::Call(Call { request: Request::Get(get), .. }) => {
            let found = get.hit.0.powf(f64::from(get.keys));
            found + (1.0 - found) * spares(&get.on_miss, store)
        }
        Step::Call(_) | Step::Think(_) => 1.0,
        Step::Repeat { times: Count::Chance(chance), steps } => 1.0 - chance.0 * (1.0 - spares(steps, store)),
        Step::Repeat { times, steps } => spares(steps, store).powf(times.mean()),
        Step::Transaction(transaction) if transaction.store == store => 0.0,
        Step::Transaction(transaction) => spares(&transaction.steps, store),
        Step::Parallel(branches) => branches.iter().map(|branch| spares(branch, store)).product(),
    };
    steps.iter().map(one).product()
}
