//! What is measured: histograms of times, estimates with their uncertainty.
//!
//! A [`Hist`] records nanoseconds and is exact to three digits; it is merged, never averaged. A
//! number leaves it only as an [`Estimate`], and only where its samples support it. Not for:
//! deciding what a number means (`analysis`).

mod decode;
pub mod lag;
mod packed;
pub mod turns;

use std::fmt;
use std::sync::OnceLock;

use base64::Engine as _;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::units::Nanos;
use packed::Packed;

/// A histogram of times (or of counts), three significant digits, growing as needed; up to four thousand million samples
/// a bucket. Most of a run are empty and take no memory; one that is finished is [packed](Self::pack).
#[derive(Clone, Default)]
pub struct Hist(Form);

#[derive(Clone, Default)]
enum Form {
    #[default]
    Empty,
    /// It is being recorded; it has a sample.
    Open(Box<Histogram<u32>>),
    Packed(Packed),
}

/// Above this a value is recorded as this: about 11 days.
const HIGHEST: u64 = 1_000_000_000_000_000;

/// The two-sided normal quantile of a 95 % interval.
pub const Z95: f64 = 1.959_963_985;

impl Hist {
    /// An empty one.
    pub const fn new() -> Self {
        Self(Form::Empty)
    }
    fn opened(&mut self) -> &mut Histogram<u32> {
        match &self.0 {
            Form::Open(_) => {}
            Form::Empty => self.0 = Form::Open(Box::new(empty())),
            Form::Packed(packed) => self.0 = Form::Open(Box::new(packed.open())),
        }
        let Form::Open(hist) = &mut self.0 else { unreachable!("it was opened just now") };
        hist
    }
    /// Keeps it in the little room that its samples need. It answers the same, and opens again where more is recorded.
    pub fn pack(&mut self) {
        if let Form::Open(hist) = &self.0 {
            self.0 = Form::Packed(Packed::of(hist));
        }
    }
    /// Records one time.
    pub fn record(&mut self, time: Nanos) {
        self.record_value(time.0);
    }
    /// Records one plain count (round trips of a journey, for example).
    pub fn record_value(&mut self, value: u64) {
        self.opened().record(value.min(HIGHEST)).expect("a resizing histogram takes every value below its bound");
    }
    /// Records one time so many times over; none leaves it as it is. A cell holds 2³² − 1 at most.
    pub fn record_many(&mut self, time: Nanos, count: u64) {
        if let Some(count) = u32::try_from(count.min(u64::from(u32::MAX))).ok().filter(|count| *count > 0) {
            let hist = self.opened();
            hist.record_n(time.0.min(HIGHEST), count).expect("a resizing histogram takes every value below its bound");
        }
    }
    /// Adds all samples of `other`.
    #[expect(clippy::missing_panics_doc, reason = "both resize and have the same precision")]
    pub fn merge(&mut self, other: &Self) {
        match &other.0 {
            Form::Empty => {}
            Form::Open(other) => {
                self.opened().add(&**other).expect("auto-resizing histograms of one precision add up");
            }
            Form::Packed(_) if self.is_empty() => self.clone_from(other),
            Form::Packed(other) => {
                let hist = self.opened();
                for cell in other.cells() {
                    hist.record_n(cell.low, cell.count).expect("a resizing histogram takes every value");
                }
            }
        }
    }
    /// How many samples.
    pub fn count(&self) -> u64 {
        self.answer(0, Histogram::len, Packed::samples)
    }
    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Form::Empty)
    }
    /// The mean of the samples, in nanoseconds (or the counted unit).
    pub fn mean(&self) -> f64 {
        self.answer(0.0, Histogram::mean, Packed::mean)
    }
    /// The sum of the samples as the histogram holds them (within 0.1 %).
    pub fn sum(&self) -> f64 {
        self.mean() * self.count() as f64
    }
    /// The largest sample.
    pub fn max(&self) -> u64 {
        self.answer(0, Histogram::max, Packed::max)
    }
    /// The smallest sample.
    pub fn min(&self) -> u64 {
        self.answer(0, Histogram::min, Packed::min)
    }
    /// The sample at a quantile, whether or not the samples support a claim about it.
    pub fn at(&self, quantile: f64) -> u64 {
        self.answer(0, |hist| hist.value_at_quantile(quantile), |packed| packed.at(quantile))
    }
    /// The share of samples at or below `time`.
    pub fn share_at_or_below(&self, time: Nanos) -> f64 {
        self.answer(0.0, |hist| hist.quantile_below(time.0), |packed| packed.share_at_or_below(time.0))
    }
    fn answer<T>(
        &self,
        of_none: T,
        of_open: impl FnOnce(&Histogram<u32>) -> T,
        of_packed: impl FnOnce(&Packed) -> T,
    ) -> T {
        match &self.0 {
            Form::Empty => of_none,
            Form::Open(hist) => of_open(hist),
            Form::Packed(packed) => of_packed(packed),
        }
    }
    /// The quantile with its 95 % interval, if the samples support one.
    ///
    /// The interval is the distribution-free one of order statistics (ranks from the normal
    /// approximation of the binomial; Conover, *Practical Nonparametric Statistics*, 3.2). A
    /// quantile whose upper rank lies beyond the last sample is not known, and `None`: p50 needs
    /// 6 samples, p99 about 370, p99.9 about 3,700 (exactly: `q^n ≤ 2.5 %`).
    pub fn estimate(&self, quantile: f64) -> Option<Estimate> {
        let n = self.count();
        let supported = n > 0
            && (n as f64) * quantile.ln() <= 0.025_f64.ln()
            && (n as f64) * (1.0 - quantile).ln() <= 0.025_f64.ln();
        if !supported {
            return None;
        }
        let half = Z95 * (quantile * (1.0 - quantile) / n as f64).sqrt();
        Some(Estimate {
            value: self.at(quantile) as f64,
            low: self.at((quantile - half).max(0.0)) as f64,
            high: self.at((quantile + half).min(1.0)) as f64,
            n,
        })
    }
    /// The recorded values with their counts, rising: what distributions are mixed from.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let (open, packed) = match &self.0 {
            Form::Empty => (None, None),
            Form::Open(hist) => (Some(hist.iter_recorded()), None),
            Form::Packed(packed) => (None, Some(packed.cells())),
        };
        let open = open.into_iter().flatten().map(|step| (step.value_iterated_to(), u64::from(step.count_at_value())));
        open.chain(packed.into_iter().flatten().map(|cell| (cell.high(), u64::from(cell.count))))
    }
    /// HdrHistogram's V2 form, compressed, in base64, as run files and histogram logs hold it.
    pub fn encoded(&self) -> String {
        static NOTHING: OnceLock<String> = OnceLock::new();
        let of = |packed: &Packed| base64::engine::general_purpose::STANDARD.encode(packed.compressed());
        match &self.0 {
            Form::Empty => NOTHING.get_or_init(|| of(&Packed::of(&empty()))).clone(),
            Form::Open(hist) => of(&Packed::of(hist)),
            Form::Packed(packed) => of(packed),
        }
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let read = decode::histogram(text)?;
        Ok(if read.is_empty() { Self::new() } else { Self(Form::Packed(Packed::of(&read))) })
    }
}

impl PartialEq for Hist {
    fn eq(&self, other: &Self) -> bool {
        self.count() == other.count() && self.recorded().eq(other.recorded())
    }
}

fn empty() -> Histogram<u32> {
    Histogram::new(3).expect("three significant digits are in range")
}

impl fmt::Debug for Hist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hist(n {}, p50 {}, max {})", self.count(), Nanos(self.at(0.5)), Nanos(self.max()))
    }
}
impl Serialize for Hist {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.encoded())
    }
}
impl<'de> Deserialize<'de> for Hist {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::from_text(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// A number with its 95 % interval and how many samples it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Samples behind it.
    pub n: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: u64) -> Hist {
        let mut hist = Hist::new();
        (1..=n).for_each(|ms| hist.record(Nanos::from_millis(ms)));
        hist
    }

    #[test]
    fn a_quantile_needs_its_samples() {
        for (n, quantile, known) in [
            (5, 0.5, false),
            (6, 0.5, true),
            (367, 0.99, false),
            (368, 0.99, true),
            (3_687, 0.999, false),
            (3_688, 0.999, true),
        ] {
            assert_eq!(of(n).estimate(quantile).is_some(), known, "{n} samples, quantile {quantile}");
        }
    }

    #[test]
    fn simulated_windows_are_planned_for_as_many() {
        for quantile in [0.5, 0.9, 0.99, 0.999] {
            let needs = crate::plan::horizon::samples(quantile);
            assert!(of(needs).estimate(quantile).is_some() && of(needs - 1).estimate(quantile).is_none(), "{quantile}");
        }
    }

    #[test]
    fn an_interval_holds_the_value() {
        let median = of(1_000).estimate(0.5).expect("enough samples");
        assert!((median.value - 500e6).abs() < 1e6 && median.low < 471e6 && median.high > 529e6, "{median:?}");
    }

    #[test]
    fn text_round_trips_and_still_grows() {
        let hist = of(100);
        let text = serde_json::to_string(&hist).expect("serialises");
        let mut back: Hist = serde_json::from_str(&text).expect("reads back");
        assert_eq!(hist, back);
        back.record(Nanos::from_secs(86_400));
        assert_eq!(back.count(), 101);
        let nothing = serde_json::to_string(&Hist::new()).expect("serialises");
        assert_eq!(serde_json::from_str::<Hist>(&nothing).expect("reads back"), Hist::new());
    }

    #[test]
    fn packing_changes_nothing_but_the_room() {
        let (open, mut packed) = (of(1_000), of(1_000));
        packed.pack();
        assert!(matches!(packed.0, Form::Packed(_)));
        assert_eq!(packed, open);
        assert_eq!(packed.estimate(0.99), open.estimate(0.99));
        assert_eq!(
            serde_json::to_string(&packed).expect("serialises"),
            serde_json::to_string(&open).expect("serialises")
        );
        let mut nothing = Hist::new();
        nothing.pack();
        assert!(nothing.is_empty());
        // Merged in any form, the samples are the same.
        let mut due = of(2_500);
        due.merge(&open);
        for (first, second) in [(of(2_500), &packed), (packed.clone(), &of(2_500)), (open.clone(), &of(2_500))] {
            let mut first = first;
            first.merge(second);
            assert_eq!(first, due);
        }
        nothing.merge(&packed);
        packed.record(Nanos::from_secs(2));
        assert_eq!(
            (nothing.count(), packed.count(), packed.max()),
            (1_000, 1_001, {
                let mut one = Hist::new();
                one.record(Nanos::from_secs(2));
                one.max()
            })
        );
    }
}
