//! What is measured: histograms of times, estimates with their uncertainty.
//!
//! A [`Hist`] records nanoseconds and is exact to three digits; it is merged, never averaged. A
//! number leaves it only as an [`Estimate`], and only where its samples support it. Not for:
//! deciding what a number means (`analysis`).

mod decode;

use std::fmt;

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// A histogram of times (or of counts), three significant digits, growing as needed.
#[derive(Clone, PartialEq)]
pub struct Hist(Histogram<u64>);

impl Default for Hist {
    fn default() -> Self {
        Self::new()
    }
}

/// Above this a value is recorded as this: about 11 days.
const HIGHEST: u64 = 1_000_000_000_000_000;

/// The two-sided normal quantile of a 95 % interval.
pub const Z95: f64 = 1.959_963_985;

impl Hist {
    /// An empty one.
    #[expect(clippy::missing_panics_doc, reason = "three digits are always accepted")]
    pub fn new() -> Self {
        Self(Histogram::new(3).expect("three significant digits are in range"))
    }
    /// Records one time.
    pub fn record(&mut self, time: Nanos) {
        self.record_value(time.0);
    }
    /// Records one plain count (round trips of a journey, for example).
    pub fn record_value(&mut self, value: u64) {
        self.0.record(value.min(HIGHEST)).expect("a resizing histogram takes every value below its bound");
    }
    /// Adds all samples of `other`.
    #[expect(clippy::missing_panics_doc, reason = "both resize and have the same precision")]
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("auto-resizing histograms of one precision add up");
    }
    /// How many samples.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The mean of the samples, in nanoseconds (or the counted unit).
    pub fn mean(&self) -> f64 {
        self.0.mean()
    }
    /// The sum of the samples as the histogram holds them (within 0.1 %).
    pub fn sum(&self) -> f64 {
        self.0.mean() * self.0.len() as f64
    }
    /// The largest sample.
    pub fn max(&self) -> u64 {
        self.0.max()
    }
    /// The smallest sample.
    pub fn min(&self) -> u64 {
        if self.0.is_empty() { 0 } else { self.0.min() }
    }
    /// The sample at a quantile, whether or not the samples support a claim about it.
    pub fn at(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }
    /// The share of samples at or below `time`.
    pub fn share_at_or_below(&self, time: Nanos) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.quantile_below(time.0) }
    }
    /// The quantile with its 95 % interval, if the samples support one.
    ///
    /// The interval is the distribution-free one of order statistics (ranks from the normal
    /// approximation of the binomial; Conover, *Practical Nonparametric Statistics*, 3.2). A
    /// quantile whose upper rank lies beyond the last sample is not known, and `None`: p50 needs
    /// 6 samples, p99 about 370, p99.9 about 3,700 (exactly: `q^n ≤ 2.5 %`).
    pub fn estimate(&self, quantile: f64) -> Option<Estimate> {
        let n = self.0.len();
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
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()))
    }
    fn to_text(&self) -> String {
        let mut raw = Vec::new();
        V2DeflateSerializer::new().serialize(&self.0, &mut raw).expect("writing to memory cannot fail");
        base64::engine::general_purpose::STANDARD.encode(raw)
    }
    fn from_text(text: &str) -> Result<Self, String> {
        decode::histogram(text).map(Self)
    }
}

impl fmt::Debug for Hist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hist(n {}, p50 {}, max {})", self.count(), Nanos(self.at(0.5)), Nanos(self.max()))
    }
}
impl Serialize for Hist {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_text())
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
    }
}
