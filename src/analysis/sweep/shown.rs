//! Values of a swept quantity, as a reader wants them. Not for: numbers that were measured (`analysis::words`).

use crate::analysis::words;
use crate::strategy::vary::Over;

/// A value with its unit: `22.9 ms`, `0.1 %`, `1.5 ×`.
pub fn shown(over: Over, value: f64) -> String {
    match over {
        Over::Rtt => words::time(value),
        Over::Loss => words::percent(value),
        Over::Rate | Over::Workers => format!("{} ×", words::digits(value)),
        Over::Hit => format!("{} %", hits(value)),
    }
}

/// A share of hits in percent, with as many decimals as tell its misses to two digits.
fn hits(value: f64) -> String {
    let missed = (1.0 - value) * 100.0;
    let decimals = if missed > 0.0 { (1.0 - missed.log10().floor()).clamp(0.0, 9.0) as usize } else { 0 };
    let text = format!("{:.decimals$}", value * 100.0);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What a quantity is called at the head of a sentence or an axis.
pub const fn named(over: Over) -> &'static str {
    match over {
        Over::Rtt => "RTT",
        Over::Loss => "loss",
        Over::Rate => "rate of arrivals",
        Over::Workers => "workers",
        Over::Hit => "hit rate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_their_unit() {
        for (over, value, text) in [
            (Over::Rtt, 22.94e6, "22.9 ms"),
            (Over::Loss, 1e-4, "0.01 %"),
            (Over::Rate, 1.5, "1.5 ×"),
            (Over::Hit, 0.5, "50 %"),
            (Over::Hit, 0.9512, "95.1 %"),
            (Over::Hit, 0.99943, "99.943 %"),
        ] {
            assert_eq!(shown(over, value), text);
        }
    }
}
