//! What is measured: histograms of times, estimates with their uncertainty.
//!
//! A [`Hist`] records nanoseconds and is exact to three digits; it is merged, never averaged. A
//! number leaves it only as an [`Estimate`], and only where its samples support it. Not for:
//! deciding what a number means (`analysis`).

mod decode;

use std::fmt;
use std::sync::OnceLock;

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// A histogram of times (or of counts), three significant digits, growing as needed; up to four thousand million samples
/// a bucket. Most of a run are empty and take no memory.
#[derive(Clone, PartialEq, Default)]
pub struct Hist(Option<Box<Histogram<u32>>>);

/// Above this a value is recorded as this: about 11 days.
const HIGHEST: u64 = 1_000_000_000_000_000;

/// The two-sided normal quantile of a 95 % interval.
pub const Z95: f64 = 1.959_963_985;

impl Hist {
    /// An empty one.
    pub const fn new() -> Self {
        Self(None)
    }
    fn made(&mut self) -> &mut Histogram<u32> {
        self.0.get_or_insert_with(|| Box::new(empty()))
    }
    /// Records one time.
    pub fn record(&mut self, time: Nanos) {
        self.record_value(time.0);
    }
    /// Records one plain count (round trips of a journey, for example).
    pub fn record_value(&mut self, value: u64) {
        self.made().record(value.min(HIGHEST)).expect("a resizing histogram takes every value below its bound");
    }
    /// Adds all samples of `other`.
    #[expect(clippy::missing_panics_doc, reason = "both resize and have the same precision")]
    pub fn merge(&mut self, other: &Self) {
        if let Some(other) = &other.0 {
            self.made().add(&**other).expect("auto-resizing histograms of one precision add up");
        }
    }
    /// How many samples.
    pub fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |hist| hist.len())
    }
    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    /// The mean of the samples, in nanoseconds (or the counted unit).
    pub fn mean(&self) -> f64 {
        self.0.as_ref().map_or(0.0, |hist| hist.mean())
    }
    /// The sum of the samples as the histogram holds them (within 0.1 %).
    pub fn sum(&self) -> f64 {
        self.mean() * self.count() as f64
    }
    /// The largest sample.
    pub fn max(&self) -> u64 {
        self.0.as_ref().map_or(0, |hist| hist.max())
    }
    /// The smallest sample.
    pub fn min(&self) -> u64 {
        self.0.as_ref().map_or(0, |hist| hist.min())
    }
    /// The sample at a quantile, whether or not the samples support a claim about it.
    pub fn at(&self, quantile: f64) -> u64 {
        self.0.as_ref().map_or(0, |hist| hist.value_at_quantile(quantile))
    }
    /// The share of samples at or below `time`.
    pub fn share_at_or_below(&self, time: Nanos) -> f64 {
        self.0.as_ref().map_or(0.0, |hist| hist.quantile_below(time.0))
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
        let steps = self.0.iter().flat_map(|hist| hist.iter_recorded());
        steps.map(|step| (step.value_iterated_to(), u64::from(step.count_at_value())))
    }
    /// HdrHistogram's V2 form, compressed, in base64, as run files and histogram logs hold it.
    pub fn encoded(&self) -> String {
        static NOTHING: OnceLock<String> = OnceLock::new();
        match &self.0 {
            Some(hist) => text_of(hist),
            None => NOTHING.get_or_init(|| text_of(&empty())).clone(),
        }
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let read = decode::histogram(text)?;
        Ok(Self((!read.is_empty()).then(|| Box::new(read))))
    }
}

fn empty() -> Histogram<u32> {
    Histogram::new(3).expect("three significant digits are in range")
}

/// HdrHistogram's V2 form, compressed, in base64.
fn text_of(hist: &Histogram<u32>) -> String {
    let mut raw = Vec::new();
    V2DeflateSerializer::new().serialize(hist, &mut raw).expect("writing to memory cannot fail");
    base64::engine::general_purpose::STANDARD.encode(raw)
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
}
