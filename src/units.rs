//! Quantities with their units: durations, rates, sizes, bandwidths, fractions.
//!
//! Every quantity of a scenario file is written with its unit (`15ms`, `200/s`, `4KiB`, `1Gbit/s`,
//! `95%`); a bare number is refused with the remedy in the message. Inside, everything is one of
//! these newtypes, so that nanoseconds never meet milliseconds. Not for: points in wall-clock time.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A text that is not a quantity of the asked kind; the message names the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnitError(String);

/// Splits `12.5ms` into `12.5` and `ms`.
fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(i, c)| {
            let exponent =
                matches!(c, 'e' | 'E') && text[i + 1..].starts_with(|d: char| d.is_ascii_digit() || d == '-');
            let sign = c == '-' && (i == 0 || text[..i].ends_with(['e', 'E']));
            !(c.is_ascii_digit() || c == '.' || c == '_' || exponent || sign)
        })
        .map_or(text.len(), |(i, _)| i);
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim()))
}

/// Parses `text` as a number and one of `units`, each with its factor.
fn scaled(text: &str, kind: &str, example: &str, units: &[(&str, f64)]) -> Result<f64, UnitError> {
    let names = || units.iter().map(|u| u.0).collect::<Vec<_>>().join(", ");
    let Some((number, unit)) = split(text) else {
        return Err(UnitError(format!("`{text}` is not a {kind}: write a number and a unit, such as `{example}`")));
    };
    if number < 0.0 {
        return Err(UnitError(format!("`{text}` is negative: a {kind} is zero or more")));
    }
    if unit.is_empty() && number != 0.0 {
        return Err(UnitError(format!("`{text}` has no unit: write for example `{example}` (units: {})", names())));
    }
    if unit.is_empty() {
        return Ok(0.0);
    }
    match units.iter().find(|u| u.0 == unit) {
        Some((_, factor)) => Ok(number * factor),
        None => Err(UnitError(format!("unknown unit `{unit}` in `{text}`: a {kind} takes one of {}", names()))),
    }
}

/// Serde and `JsonSchema` for a newtype that is written as text.
macro_rules! textual {
    ($type:ty, $name:literal, $pattern:literal, $about:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $about })
            }
        }
    };
}

/// A duration or a point on the run's own clock, in nanoseconds.
///
/// As an instant it counts from an origin that the holder names (the start of a run, of a phase).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

const NANOS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The farthest point that is ever scheduled.
    pub const MAX: Self = Self(u64::MAX);

    /// From microseconds.
    pub const fn from_micros(us: u64) -> Self {
        Self(us * 1_000)
    }
    /// From milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }
    /// From whole seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000_000)
    }
    /// From seconds with a fraction; negative and non-finite values become zero.
    pub fn from_secs_f64(s: f64) -> Self {
        Self((s * 1e9).round().max(0.0) as u64)
    }
    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// In milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
    /// In days.
    pub fn as_days_f64(self) -> f64 {
        self.0 as f64 / 86_400e9
    }
    /// The difference, zero if `other` is later.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// The sum, stopping at [`Nanos::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
    /// This many nanoseconds times `factor`, rounded; negative factors give zero.
    #[must_use]
    pub fn scale(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor).round().max(0.0) as u64)
    }
}

impl Add for Nanos {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sub for Nanos {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Mul<u64> for Nanos {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0 * times)
    }
}
impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}
impl From<Duration> for Nanos {
    fn from(d: Duration) -> Self {
        Self(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
    }
}
impl From<Nanos> for Duration {
    fn from(n: Nanos) -> Self {
        Self::from_nanos(n.0)
    }
}
impl FromStr for Nanos {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let value = scaled(text, "duration", "15ms", NANOS)?;
        if value > 3.2e17 {
            return Err(UnitError(format!("`{text}` is more than ten years: nothing here takes that long")));
        }
        Ok(Self(value.round() as u64))
    }
}
impl fmt::Display for Nanos {
    /// The largest unit that shows the value exactly with at most three digits behind the point: `15ms`, `1.5s`, `14d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let shown = [(86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "min")];
        if let Some((size, unit)) = shown.iter().find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(*size)) {
            return write!(f, "{}{unit}", self.0 / size);
        }
        let shown = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
        let exact = |size: &u64| self.0 >= *size && self.0.is_multiple_of(size / 1000);
        let (size, unit) = shown.iter().find(|(size, _)| exact(size)).unwrap_or(&(1, "ns"));
        let text = format!("{:.3}", self.0 as f64 / *size as f64);
        write!(f, "{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}
textual!(
    Nanos,
    "Duration",
    r"^[0-9][0-9_.eE-]*\s*(ns|us|µs|ms|s|min|h|d|w)$|^0$",
    "a duration with its unit: 0.5ms, 15ms, 3s, 10min, 14d"
);

/// A round-trip time: there and back, never one way.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Rtt(pub Nanos);

impl Rtt {
    /// Half of it, for one crossing.
    pub const fn one_way(self) -> Nanos {
        Nanos(self.0.0 / 2)
    }
}
impl fmt::Display for Rtt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Events per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

impl FromStr for Rate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let units = &[("/s", 1.0), ("/min", 1.0 / 60.0), ("/h", 1.0 / 3600.0), ("/d", 1.0 / 86_400.0)];
        scaled(text, "rate", "200/s", units).map(Self)
    }
}
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}
textual!(Rate, "Rate", r"^[0-9][0-9_.eE-]*\s*/(s|min|h|d)$|^0$", "a rate with its unit: 200/s, 30/min");

/// A size in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        scaled(text, "size", "4KiB", BYTES).map(|v| Self(v.round() as u64))
    }
}
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = [
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("KiB", 1 << 10),
            ("GB", 1_000_000_000),
            ("MB", 1_000_000),
            ("kB", 1_000),
        ];
        match exact.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}B", self.0),
        }
    }
}
textual!(Bytes, "Size", r"^[0-9][0-9_.eE-]*\s*(B|kB|MB|GB|KiB|MiB|GiB)$|^0$", "a size with its unit: 300B, 4KiB, 1MB");

/// A bandwidth in bits per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Bandwidth(pub f64);

impl Bandwidth {
    /// How long `bytes` take to be put on the wire.
    pub fn serialisation(self, bytes: u64) -> Nanos {
        Nanos::from_secs_f64(bytes as f64 * 8.0 / self.0)
    }
}
const BANDWIDTHS: &[(&str, f64)] = &[("bit/s", 1.0), ("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)];

impl FromStr for Bandwidth {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let value = scaled(text, "bandwidth", "1Gbit/s", BANDWIDTHS)?;
        if value < 1.0 {
            return Err(UnitError(format!("`{text}` carries nothing: leave the key out for an unlimited link")));
        }
        Ok(Self(value))
    }
}
impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = BANDWIDTHS.iter().rev().find(|(_, size)| self.0 >= *size).unwrap_or(&("bit/s", 1.0));
        write!(f, "{}{unit}", self.0 / size)
    }
}
textual!(
    Bandwidth,
    "Bandwidth",
    r"^[0-9][0-9_.eE-]*\s*(bit/s|kbit/s|Mbit/s|Gbit/s)$",
    "a bandwidth in bits per second: 100Mbit/s, 1.5Gbit/s"
);

/// A fraction from 0 to 1, written as a percentage or as a plain probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Fraction(pub f64);

impl Fraction {
    /// All of it.
    pub const ONE: Self = Self(1.0);
}
impl FromStr for Fraction {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let Some((number, unit)) = split(text) else {
            return Err(UnitError(format!("`{text}` is not a fraction: write for example `20%` or `1e-4`")));
        };
        let value = match unit {
            "%" => number / 100.0,
            "" => number,
            _ => return Err(UnitError(format!("unknown unit `{unit}` in `{text}`: write a percentage such as `20%`"))),
        };
        match value {
            v if v < 0.0 => Err(UnitError(format!("`{text}` is negative: a fraction lies between 0% and 100%"))),
            v if v > 1.0 && unit.is_empty() => {
                Err(UnitError(format!("`{text}` is more than 1: write `{text}%` if a percentage is meant")))
            }
            v if v > 1.0 => Err(UnitError(format!("`{text}` is more than 100%"))),
            v => Ok(Self(v)),
        }
    }
}
impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.6}", self.0 * 100.0);
        if self.0 > 0.0 && self.0 < 1e-3 {
            return write!(f, "{:e}", self.0);
        }
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}
textual!(Fraction, "Fraction", r"^[0-9][0-9_.eE-]*\s*%?$", "a percentage (20%) or a probability (1e-4)");

#[cfg(test)]
mod tests {
    use super::*;

    fn says<T: FromStr<Err = UnitError> + fmt::Debug>(text: &str, message: &str) {
        assert_eq!(text.parse::<T>().expect_err(text).to_string(), message);
    }

    #[test]
    fn durations_read_and_print() {
        for (text, ns, shown) in [
            ("15ms", 15_000_000, "15ms"),
            ("0.5ms", 500_000, "500us"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("14d", 14 * 86_400_000_000_000, "14d"),
            ("90s", 90_000_000_000, "90s"),
            ("2w", 14 * 86_400_000_000_000, "14d"),
            ("0", 0, "0s"),
            ("1e3us", 1_000_000, "1ms"),
        ] {
            let read: Nanos = text.parse().expect(text);
            assert_eq!((read.0, read.to_string().as_str()), (ns, shown), "{text}");
            assert_eq!(read.to_string().parse::<Nanos>(), Ok(read));
        }
    }

    #[test]
    fn what_is_no_quantity_is_told_so() {
        says::<Nanos>("15", "`15` has no unit: write for example `15ms` (units: ns, us, µs, ms, s, min, h, d, w)");
        says::<Nanos>(
            "15mss",
            "unknown unit `mss` in `15mss`: a duration takes one of ns, us, µs, ms, s, min, h, d, w",
        );
        says::<Nanos>("fast", "`fast` is not a duration: write a number and a unit, such as `15ms`");
        says::<Nanos>("-1ms", "`-1ms` is negative: a duration is zero or more");
        says::<Rate>("200", "`200` has no unit: write for example `200/s` (units: /s, /min, /h, /d)");
        says::<Fraction>("120%", "`120%` is more than 100%");
        says::<Fraction>("20", "`20` is more than 1: write `20%` if a percentage is meant");
    }

    #[test]
    fn other_quantities_round_trip() {
        assert_eq!("4KiB".parse::<Bytes>().map(|b| (b.0, b.to_string())), Ok((4096, "4KiB".into())));
        assert_eq!("300B".parse::<Bytes>().map(|b| (b.0, b.to_string())), Ok((300, "300B".into())));
        assert_eq!("1.5Gbit/s".parse::<Bandwidth>().map(|b| (b.0, b.to_string())), Ok((1.5e9, "1.5Gbit/s".into())));
        assert_eq!("95%".parse::<Fraction>().map(|b| (b.0, b.to_string())), Ok((0.95, "95%".into())));
        assert_eq!("1e-5".parse::<Fraction>().map(|b| (b.0, b.to_string())), Ok((1e-5, "1e-5".into())));
        assert_eq!("30/min".parse::<Rate>().map(|r| r.0), Ok(0.5));
        assert_eq!(Bandwidth(1e9).serialisation(1_250_000), Nanos::from_millis(10));
    }
}
