//! How round trips grow with the size of the data: not at all, or at most linearly.
//!
//! Counts have no noise, so that two sizes tell whether something is constant, and three whether it is at most linear: from the second
//! size on it may not grow by more for each unit of size than between the first two. Not for: running a command at several sizes (`cli`).

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::{Budget, Growth, Shape};
use crate::units::Nanos;

use super::budget::place;
use super::counts::{Counts, Unit};
use super::telling::{changes, cost, difference};
use super::{Check, Kind, Outcome, id};

/// Judges what was counted at each size of the data; `rtts` are those at which a sentence says what round trips cost.
pub fn judge<'a>(sizes: &[(f64, &'a Counts)], budget: &Budget, rtts: &[Nanos]) -> Vec<Check> {
    let mut sizes: Vec<(f64, &'a Counts)> = sizes.iter().filter(|(size, _)| size.is_finite()).copied().collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    if !budget.grows() {
        return Vec::new();
    }
    let units = |counts: &'a Counts| counts.units.iter().map(|unit| (unit.name.as_str(), unit)).collect();
    let units: Vec<BTreeMap<&str, &Unit>> = sizes.iter().map(|(_, counts)| units(counts)).collect();
    let judging = Judging { sizes: &sizes, units: &units, budget, rtts };
    let mut names: Vec<&str> = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for unit in sizes.iter().flat_map(|(_, counts)| &counts.units) {
        if known.insert(&unit.name) {
            names.push(&unit.name);
        }
    }
    let unit = |name: &&str| Some(judging.check(Some(name), budget.limits(name).growth?));
    let total = budget.total.growth.map(|growth| judging.check(None, growth));
    names.iter().filter_map(unit).chain(total).collect()
}

struct Judging<'a> {
    /// Rising.
    sizes: &'a [(f64, &'a Counts)],
    /// At each of them, by name.
    units: &'a [BTreeMap<&'a str, &'a Unit>],
    budget: &'a Budget,
    rtts: &'a [Nanos],
}

/// What became of a shape.
enum Found {
    Held,
    /// At this size (an index) no more than this was allowed.
    Exceeded(usize, f64),
    Unknown(&'static str),
}

impl Judging<'_> {
    /// Checks a unit, or everything.
    fn check(&self, unit: Option<&str>, growth: Growth) -> Check {
        let subject = unit.unwrap_or("in total");
        let points = self.points(unit);
        let found = points.as_ref().map_or_else(|| Found::Unknown(self.why(unit)), |points| shape(growth, points));
        let word = growth.shape.word();
        let last = points.as_ref().and_then(|points| points.last()).map(|(_, trips)| *trips);
        let series = points.as_deref().map(series).unwrap_or_default();
        let mut check = Check {
            id: unit.map_or_else(|| id(&["budget-total", "growth"]), |name| id(&["budget", name, "growth"])),
            subject: subject.to_owned(),
            quantity: "growth of round trips".into(),
            unit: "round trips".into(),
            found: last.map(|trips| trips as f64),
            place: Some(place(&self.budget.file, growth.at)),
            ..Check::blank(Kind::Budget)
        };
        match (found, points) {
            (Found::Exceeded(at, most), Some(points)) => {
                let by = self.grown(unit, at);
                let beyond = (points[at].1 as f64 - most).floor() as i128;
                check.outcome = Outcome::OverBudget;
                check.found = Some(points[at].1 as f64);
                check.limit = Some(most);
                check.sentence = format!(
                    "{subject}: {series} is not {word}{}{}",
                    changes(by),
                    cost(beyond, self.rtts, self.side_by_side(unit))
                );
                check.details = vec![format!("at size {} at most {} are {word}", points[at].0, most.floor())];
            }
            (Found::Unknown(why), _) => {
                check.outcome = Outcome::Inconclusive;
                check.sentence = format!("{subject}: whether its growth is {word} cannot be told: {why}");
                check.details = self.sizes.iter().flat_map(|(_, counts)| counts.unknown.iter().cloned()).collect();
            }
            (..) => check.sentence = format!("{subject}: {series} is {word}"),
        }
        check
    }

    /// Round trips of one pass at each size; `None` if that is not known.
    fn points(&self, unit: Option<&str>) -> Option<Vec<(f64, u64)>> {
        let point = |((size, counts), units): (&(f64, &Counts), &BTreeMap<&str, &Unit>)| {
            let trips = match unit {
                Some(name) => units.get(name)?.most_round_trips,
                None => counts.round_trips(),
            };
            counts.unknown.is_empty().then_some((*size, trips))
        };
        self.sizes.iter().zip(self.units).map(point).collect()
    }

    fn why(&self, unit: Option<&str>) -> &'static str {
        if unit.is_some_and(|name| self.units.iter().any(|units| !units.contains_key(name))) {
            "it did not happen at every size"
        } else {
            "not everything could be counted"
        }
    }

    /// What grew from the smallest size to the one at `at`, by statement, all passes together.
    fn grown(&self, unit: Option<&str>, at: usize) -> Vec<(String, i128)> {
        let mut by: BTreeMap<(&str, &str), i128> = BTreeMap::new();
        for (side, sign) in [(at, 1), (0, -1)] {
            let units = self.units[side].iter().filter(|(name, _)| unit.is_none_or(|unit| unit == **name));
            for statement in units.flat_map(|(_, unit)| &unit.statements) {
                let key = (statement.store.as_str(), statement.text.as_str());
                *by.entry(key).or_default() += i128::from(statement.round_trips) * sign;
            }
        }
        by.into_iter().filter(|(_, sum)| *sum > 0).map(|((_, text), sum)| (text.to_owned(), sum)).collect()
    }

    fn side_by_side(&self, unit: Option<&str>) -> bool {
        let side_by_side = |name| self.units.iter().filter_map(|units| units.get(name)).any(|unit| unit.side_by_side);
        unit.is_none_or(side_by_side)
    }
}

/// Whether round trips at rising sizes have the shape.
fn shape(Growth { shape, tolerance, .. }: Growth, points: &[(f64, u64)]) -> Found {
    let different = points.windows(2).filter(|two| two[0].0 < two[1].0).count() + usize::from(!points.is_empty());
    let tolerance = tolerance as f64;
    let Some(&(size, first)) = points.first() else { return Found::Unknown("it was counted at no size") };
    if different < 2 {
        return Found::Unknown("it was counted at one size of the data only");
    }
    if shape == Shape::Constant || points.iter().all(|(_, trips)| *trips <= first) {
        return exceeded(points, |_| first as f64 + tolerance);
    }
    if different < 3 {
        return Found::Unknown("any two sizes lie on a line: count it at a third");
    }
    // Where the smallest size was counted several times, its last count and the first one of the next size.
    let second = points.iter().find(|point| point.0 > size).copied().unwrap_or((size, first));
    let slope = (difference(second.1, first).max(0) as f64 + tolerance) / (second.0 - size);
    exceeded(
        points,
        |at| {
            if at <= second.0 { f64::INFINITY } else { second.1 as f64 + (at - second.0) * slope + tolerance }
        },
    )
}

/// The last size with more than `most` allows there.
fn exceeded(points: &[(f64, u64)], most: impl Fn(f64) -> f64) -> Found {
    let over = points.iter().rposition(|(size, trips)| *trips as f64 > most(*size) + 1e-9);
    over.map_or(Found::Held, |at| Found::Exceeded(at, most(points[at].0)))
}

/// `12 → 102 round trips from size 10 to 100`, all sizes told.
fn series(points: &[(f64, u64)]) -> String {
    let trips: Vec<String> = points.iter().map(|(_, trips)| trips.to_string()).collect();
    let sizes: Vec<String> = points.iter().map(|(size, _)| size.to_string()).collect();
    format!("{} round trips at sizes {}", trips.join(" → "), sizes.join(", "))
}

#[cfg(test)]
#[path = "growth_tests.rs"]
mod tests;
