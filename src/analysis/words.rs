//! Numbers as a reader wants them: three digits, the unit that fits, no false precision.
//!
//! Every number that a person reads passes through here, so that text, HTML and sentences agree.
//! Not for: machine output, which keeps full precision.

/// `value` with three significant digits, never in exponent form, thousands apart: `1.92`, `16`, `12,300`.
pub fn digits(value: f64) -> String {
    if !value.is_finite() {
        return "∞".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let step = 10_f64.powi(magnitude - 2);
    let rounded = (value / step).round() * step;
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0).min(9);
    let text = format!("{rounded:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    apart(text)
}

/// A whole number with its thousands apart: `12,345`.
pub fn count(value: u64) -> String {
    apart(&value.to_string())
}

/// Puts commas between the thousands of a decimal number's whole part.
fn apart(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("−", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A time in the unit that fits: `52 µs`, `612 ms`, `1.92 s`, `16.2 min`, `5 h`, `14 d`.
pub fn time(nanos: f64) -> String {
    const UNITS: [(f64, f64, &str); 7] = [
        (1e3, 1.0, "ns"),
        (1e6, 1e3, "µs"),
        (1e9, 1e6, "ms"),
        (120e9, 1e9, "s"),
        (7_200e9, 60e9, "min"),
        (172_800e9, 3_600e9, "h"),
        (f64::INFINITY, 86_400e9, "d"),
    ];
    if nanos == 0.0 {
        return "0 ms".into();
    }
    let (_, size, unit) = UNITS.iter().find(|unit| nanos.abs() < unit.0 * 0.999_5).unwrap_or(&UNITS[6]);
    format!("{} {unit}", digits(nanos / size))
}

/// A share as a percentage: `0.1 %`, `20 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// A length on the calendar: `28 days`, `1 day`, `6 hours`, `10 minutes`.
pub fn days(nanos: u64) -> String {
    let of = |value: f64, unit: &str| {
        let shown = digits(value);
        let plural = if shown == "1" { "" } else { "s" };
        format!("{shown} {unit}{plural}")
    };
    match nanos as f64 / 86_400e9 {
        d if d >= 1.0 => of(d, "day"),
        d if d >= 1.0 / 24.0 => of(d * 24.0, "hour"),
        d => of(d * 1_440.0, "minute"),
    }
}

/// How often something recurs: `daily`, `every 12 hours`.
pub fn every(nanos: u64) -> String {
    if nanos == 86_400_000_000_000 { "daily".into() } else { format!("every {}", days(nanos)) }
}

/// A quantile's name: `p50`, `p99`, `p99.9`.
pub fn quantile(q: f64) -> String {
    let text = format!("{:.4}", q * 100.0);
    format!("p{}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A point in time as a date and time, UTC: `2026-11-23 10:31 UTC`.
///
/// The civil-from-days algorithm of Howard Hinnant (*chrono-compatible low-level date algorithms*).
pub fn date(unix_seconds: u64) -> String {
    let (day, second) = ((unix_seconds / 86_400).cast_signed(), unix_seconds % 86_400);
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02} UTC", second / 3_600, second % 3_600 / 60)
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, shown) in [
            (0.0, "0"),
            (1.0, "1"),
            (1.916, "1.92"),
            (999.6, "1,000"),
            (12_345.6, "12,300"),
            (0.012_345, "0.0123"),
            (-4.0, "−4"),
            (100.0, "100"),
            (1_234_567.0, "1,230,000"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(digits(value), shown, "{value}");
        }
    }

    #[test]
    fn times_take_the_unit_that_fits() {
        for (nanos, shown) in [
            (0.0, "0 ms"),
            (52_340.0, "52.3 µs"),
            (612e6, "612 ms"),
            (1.916e9, "1.92 s"),
            (999.9e6, "1 s"),
            (90e9, "90 s"),
            (972e9, "16.2 min"),
            (18_000e9, "5 h"),
            (14.0 * 86_400e9, "14 d"),
            (-15e6, "−15 ms"),
        ] {
            assert_eq!(time(nanos), shown);
        }
    }

    #[test]
    fn words_for_the_rest() {
        assert_eq!((percent(0.001).as_str(), percent(0.2).as_str()), ("0.1 %", "20 %"));
        assert_eq!(days(28 * 86_400_000_000_000), "28 days");
        assert_eq!(days(86_400_000_000_000), "1 day");
        assert_eq!(days(600_000_000_000), "10 minutes");
        assert_eq!((quantile(0.5).as_str(), quantile(0.999).as_str()), ("p50", "p99.9"));
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(1_795_429_911), "2026-11-23 10:31 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
