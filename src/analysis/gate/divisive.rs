//! Change points of a series by E-divisive means (Matteson and James, *A nonparametric approach for multiple change point analysis
//! of multivariate data*, JASA 2014), as `MongoDB` and Apache Otava use it on benchmarks.
//!
//! No distribution is assumed: a series is divided where the energy distance between what is before and what is after is greatest,
//! as long as shuffled numbers seldom look as divided. Exponent 1; a candidate divides a whole segment; shuffling is seeded, so the
//! same series gives the same points. Not for: whether a change is good or bad (`history`).

use rand::seq::SliceRandom as _;

use crate::seed::{Seed, Stream};

/// Fewer numbers than this are no segment: a single outlier cannot be one.
pub const SEGMENT_LEAST: usize = 3;
/// More shufflings than this are not made.
const SHUFFLES_MOST: u32 = 100_000;

/// A change point with its probability under shuffling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The first number of the new segment.
    pub at: usize,
    /// Share of shufflings that look as divided, the series itself counted as one.
    pub p: f64,
}

/// Where a series changes, in order; `significance` is the largest `p` that a change may have.
pub fn points(series: &[f64], significance: f64, seed: Seed, name: &str) -> Vec<Point> {
    // Shuffling estimates: what cannot be significant is not left to luck.
    if series.len() < least(significance) || series.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let series = scaled(series);
    let shuffles = (5.0 / significance).ceil().clamp(99.0, f64::from(SHUFFLES_MOST)) as u32 - 1;
    let mut stream = seed.stream(&format!("change points of {name}"), 0);
    let mut found: Vec<Point> = Vec::new();
    loop {
        let segments = segments(&series, &found);
        let best = segments.iter().filter_map(|(start, part)| Some((*start, best(part)?)));
        let Some((start, (at, energy))) = best.max_by(|a, b| a.1.1.total_cmp(&b.1.1).then(b.0.cmp(&a.0))) else {
            break;
        };
        let Some(p) = probability(&segments, energy, significance, shuffles, &mut stream) else { break };
        found.push(Point { at: start + at, p });
        found.sort_by_key(|point| point.at);
    }
    found
}

/// How many numbers a series must have for a change in its middle to be significant: even the clearest one has a `p` of two
/// among all ways to choose half of them.
pub fn least(significance: f64) -> usize {
    let clearest = |n: usize| (1..=n / 2).fold(2.0, |p, k| p * k as f64 / (n - n / 2 + k) as f64);
    (2 * SEGMENT_LEAST..1_000).find(|n| clearest(*n) <= significance).unwrap_or(1_000)
}

/// The series with a range of 1, so that rounding is the same for nanoseconds and for counts.
fn scaled(series: &[f64]) -> Vec<f64> {
    let least = series.iter().copied().fold(f64::INFINITY, f64::min);
    let range = series.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least;
    series.iter().map(|value| if range > 0.0 { (value - least) / range } else { 0.0 }).collect()
}

/// The parts between change points, each with its first index.
fn segments(series: &[f64], found: &[Point]) -> Vec<(usize, Segment)> {
    let starts: Vec<usize> = std::iter::once(0).chain(found.iter().map(|point| point.at)).collect();
    let ends = starts.iter().skip(1).copied().chain([series.len()]);
    starts.iter().zip(ends).map(|(start, end)| (*start, Segment::of(&series[*start..end]))).collect()
}

/// Share of shufflings within segments that are divided as clearly; `None` if there are too many of them.
///
/// It ends as soon as that is sure.
fn probability(
    segments: &[(usize, Segment)],
    energy: f64,
    significance: f64,
    shuffles: u32,
    stream: &mut Stream,
) -> Option<f64> {
    let all = f64::from(shuffles + 1);
    let most = (significance * all).floor() - 1.0;
    if energy <= CRUMB || most < 0.0 {
        return None;
    }
    let mut as_clear = 0.0;
    let mut drawn: Vec<Segment> = segments.iter().map(|(_, part)| part.clone()).collect();
    for _ in 0..shuffles {
        let mut clearest = f64::NEG_INFINITY;
        for part in &mut drawn {
            part.order.shuffle(stream);
            clearest = clearest.max(best(part).map_or(f64::NEG_INFINITY, |(_, energy)| energy));
        }
        if clearest >= energy - CRUMB {
            as_clear += 1.0;
            if as_clear > most {
                return None;
            }
        }
    }
    Some((as_clear + 1.0) / all)
}

/// Differences below this are of rounding: the series has a range of 1.
const CRUMB: f64 = 1e-9;

/// Numbers in an order, prepared for sums of distances.
#[derive(Debug, Clone)]
struct Segment {
    /// Ranks in the order of the series; shuffled for the test.
    order: Vec<usize>,
    /// The numbers, rising.
    sorted: Vec<f64>,
    /// Distances of each of them to all others.
    apart: Vec<f64>,
}

impl Segment {
    fn of(part: &[f64]) -> Self {
        let mut ranks: Vec<usize> = (0..part.len()).collect();
        ranks.sort_by(|a, b| part[*a].total_cmp(&part[*b]).then(a.cmp(b)));
        let sorted: Vec<f64> = ranks.iter().map(|at| part[*at]).collect();
        let mut order = vec![0; part.len()];
        for (rank, at) in ranks.iter().enumerate() {
            order[*at] = rank;
        }
        let total: f64 = sorted.iter().sum();
        let mut below = 0.0;
        let mut apart = Vec::with_capacity(part.len());
        for (rank, value) in sorted.iter().enumerate() {
            let above = total - below - value;
            let (n_below, n_above) = (rank as f64, (sorted.len() - rank - 1) as f64);
            apart.push(value * n_below - below + above - value * n_above);
            below += value;
        }
        Self { order, sorted, apart }
    }
}

/// The division with the greatest energy between both sides: its place and that energy; `None` of too few numbers.
///
/// Numbers go from the right side to the left one by one; a tree of sums by rank gives the distances of each to all on the left,
/// so that all divisions together take n log n.
fn best(part: &Segment) -> Option<(usize, f64)> {
    let n = part.order.len();
    if n < 2 * SEGMENT_LEAST {
        return None;
    }
    let mut left = Tree::new(n);
    let whole: f64 = part.apart.iter().sum::<f64>() / 2.0;
    let (mut within_left, mut within_right) = (0.0, whole);
    let mut best: Option<(usize, f64)> = None;
    for (taken, rank) in part.order.iter().enumerate().take(n - SEGMENT_LEAST) {
        let value = part.sorted[*rank];
        let (count, sum) = left.below(*rank);
        let (all, all_sum) = (taken as f64, left.sum);
        let to_left = value * count - sum + (all_sum - sum) - value * (all - count);
        left.add(*rank, value);
        within_left += to_left;
        within_right -= part.apart[*rank] - to_left;
        let (m, k) = (taken + 1, n - taken - 1);
        if m < SEGMENT_LEAST {
            continue;
        }
        let (m, k) = (m as f64, k as f64);
        let between = 2.0 * (whole - within_left - within_right) / (m * k);
        let inside = 2.0 * within_left / (m * (m - 1.0)) + 2.0 * within_right / (k * (k - 1.0));
        let energy = (m * k / (m + k)) * (between - inside);
        if best.is_none_or(|(_, most)| energy > most + CRUMB) {
            best = Some((taken + 1, energy));
        }
    }
    best
}

/// Counts and sums by rank (a Fenwick tree).
struct Tree {
    counts: Vec<f64>,
    sums: Vec<f64>,
    sum: f64,
}

impl Tree {
    fn new(n: usize) -> Self {
        Self { counts: vec![0.0; n + 1], sums: vec![0.0; n + 1], sum: 0.0 }
    }
    fn add(&mut self, rank: usize, value: f64) {
        self.sum += value;
        let mut at = rank + 1;
        while at < self.counts.len() {
            self.counts[at] += 1.0;
            self.sums[at] += value;
            at += at & at.wrapping_neg();
        }
    }
    /// How many have a lower rank, and their sum.
    fn below(&self, rank: usize) -> (f64, f64) {
        let (mut count, mut sum, mut at) = (0.0, 0.0, rank);
        while at > 0 {
            count += self.counts[at];
            sum += self.sums[at];
            at -= at & at.wrapping_neg();
        }
        (count, sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: [usize; 0] = [];

    /// A level and noise around it, a length each.
    fn steps(levels: &[(f64, usize)], noise: f64) -> Vec<f64> {
        let mut stream = Seed(1).stream("noise", 0);
        let of = |(level, n): &(f64, usize)| vec![*level; *n];
        levels.iter().flat_map(of).map(|level| level + noise * (stream.random::<f64>() - 0.5)).collect()
    }

    fn places(series: &[f64]) -> Vec<usize> {
        points(series, 0.01, Seed(42), "test").iter().map(|point| point.at).collect()
    }

    #[test]
    fn steps_are_found_where_they_are() {
        for (levels, expected) in [
            (vec![(100.0, 20), (110.0, 20)], vec![20]),
            (vec![(100.0, 15), (110.0, 12), (104.0, 15)], vec![15, 27]),
            (vec![(100.0, 30), (120.0, 3)], vec![30]),
        ] {
            assert_eq!(places(&steps(&levels, 4.0)), expected, "{levels:?}");
            assert_eq!(places(&steps(&levels, 0.0)), expected, "without noise: {levels:?}");
        }
    }

    #[test]
    fn nothing_and_outliers_are_no_change() {
        assert_eq!(places(&[5.0; 40]), NONE);
        assert_eq!(places(&steps(&[(100.0, 60)], 10.0)), NONE);
        for at in [7, 20, 38, 39] {
            let mut series = steps(&[(100.0, 40)], 4.0);
            series[at] = 500.0;
            assert_eq!(places(&series), NONE, "an outlier at {at}");
        }
        assert_eq!(places(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]), NONE, "too few to be sure");
        assert_eq!(places(&[f64::NAN; 30]), NONE);
    }

    #[test]
    fn false_alarms_are_as_rare_as_asked() {
        let mut stream = Seed(3).stream("null", 0);
        let alarms = (0..200).filter(|_| {
            let series: Vec<f64> = (0..30).map(|_| stream.random::<f64>()).collect();
            !places(&series).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 7, "{alarms} of 200 at 1 %");
    }

    #[test]
    fn as_many_are_needed_as_make_half_of_them_rare() {
        // 2 / C(10, 5) = 0.0079 and 2 / C(9, 4) = 0.0159.
        assert_eq!((least(0.01), least(0.05)), (10, 8));
        let of = |n: usize| steps(&[(1.0, n / 2), (9.0, n - n / 2)], 0.0);
        assert_eq!((places(&of(10)), places(&of(9))), (vec![5], vec![]));
    }

    /// The statistic by its definition.
    fn energy(left: &[f64], right: &[f64]) -> f64 {
        let sum = |a: &[f64], b: &[f64]| a.iter().flat_map(|x| b.iter().map(move |y| (x - y).abs())).sum::<f64>();
        let (m, k) = (left.len() as f64, right.len() as f64);
        let inside = |part: &[f64], n: f64| sum(part, part) / (n * (n - 1.0));
        m * k / (m + k) * (2.0 / (m * k) * sum(left, right) - inside(left, m) - inside(right, k))
    }

    proptest! {
        #[test]
        fn the_quick_sum_is_the_definition(series in prop::collection::vec(0.0..1.0_f64, 6..40)) {
            let (at, found) = best(&Segment::of(&series)).expect("enough");
            let all = (SEGMENT_LEAST..=series.len() - SEGMENT_LEAST).map(|at| energy(&series[..at], &series[at..]));
            let most = all.fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((found - most).abs() < 1e-8, "{found} and {most}");
            prop_assert!((energy(&series[..at], &series[at..]) - most).abs() < 1e-8);
        }
        #[test]
        fn segments_are_never_too_short(series in prop::collection::vec(prop_oneof![Just(1.0), Just(2.0), Just(9.0)], 0..60)) {
            let mut ends: Vec<usize> = places(&series);
            ends.push(series.len());
            let mut start = 0;
            for end in ends.into_iter().filter(|_| !series.is_empty()) {
                prop_assert!(end - start >= SEGMENT_LEAST || start == 0);
                start = end;
            }
        }
    }
}
