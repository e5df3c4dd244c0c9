//! A histogram that is finished: its cells that hold samples, and nothing for those that do not.
//!
//! A live histogram of three digits keeps a count for every cell below its largest sample, 80 kB for times of
//! milliseconds; a run has thousands of them, nearly all of them zeros. Finished ones are kept in the encoding that they
//! have on disk before it is compressed (HdrHistogram V2: zig-zag varints, runs of zeros as one), and answer from that what
//! the library answers from its own, to the last bit. Not for: recording, and what a quantile is worth (`Hist`).

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::decode::{COMPRESSED, HEADER, varint};

/// Cells of one size before their size doubles: three digits need 1,024 (and the first 2,048 are of size one).
const HALF: u64 = 1_024;

/// The samples of a finished histogram; at least one.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    samples: u64,
    /// The plain V2 encoding, header included.
    bytes: Box<[u8]>,
}

/// Values that are counted together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// The lowest of them.
    pub(super) low: u64,
    /// How many there are.
    width: u64,
    /// Samples.
    pub(super) count: u32,
}

impl Cell {
    /// The cell of this number, as HdrHistogram numbers them with three digits from 1 upwards.
    fn numbered(index: u64, count: u32) -> Self {
        let doublings = (index / HALF).saturating_sub(1);
        let within = index - doublings * HALF;
        Self { low: within << doublings, width: 1 << doublings, count }
    }
    /// The highest value.
    pub(super) fn high(self) -> u64 {
        self.low + (self.width - 1)
    }
    fn median(self) -> u64 {
        self.low + self.width / 2
    }
}

impl Packed {
    /// The samples of `hist`, which has some.
    pub(super) fn of(hist: &Histogram<u32>) -> Self {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(hist, &mut bytes).expect("writing to memory cannot fail");
        Self { samples: hist.len(), bytes: bytes.into_boxed_slice() }
    }
    /// As the library has it, ready to record more.
    pub(super) fn open(&self) -> Histogram<u32> {
        let mut hist: Histogram<u32> =
            Deserializer::new().deserialize(&mut &*self.bytes).expect("what the library wrote, it reads");
        hist.auto(true);
        hist
    }
    /// The compressed V2 form: the same bytes as the library's own.
    pub(super) fn compressed(&self) -> Vec<u8> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = zlib.write_all(&self.bytes).and_then(|()| zlib.finish()).expect("writing to memory cannot fail");
        let mut raw = COMPRESSED.to_be_bytes().to_vec();
        raw.extend(u32::try_from(packed.len()).expect("a histogram is a few megabytes at most").to_be_bytes());
        raw.extend(packed);
        raw
    }
    /// The cells that hold samples, rising.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        let mut rest = self.bytes.get(HEADER..).unwrap_or_default();
        let mut next = 0;
        std::iter::from_fn(move || {
            loop {
                let (value, used) = varint(rest)?;
                rest = &rest[used..];
                let decoded = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
                let index = next;
                next += if decoded < 0 { decoded.unsigned_abs() } else { 1 };
                if decoded > 0 {
                    return Some(Cell::numbered(index, u32::try_from(decoded).expect("encoded from such a count")));
                }
            }
        })
    }
    /// How many samples.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }
    pub(super) fn mean(&self) -> f64 {
        let each = |cell: Cell| cell.median() as f64 * f64::from(cell.count) / self.samples as f64;
        self.cells().fold(0.0, |sum, cell| sum + each(cell))
    }
    /// The highest value of the last cell.
    pub(super) fn max(&self) -> u64 {
        self.cells().last().map_or(0, Cell::high)
    }
    /// The lowest value of the first cell.
    pub(super) fn min(&self) -> u64 {
        self.cells().next().map_or(0, |cell| cell.low)
    }
    /// The highest value of the cell in which this share of the samples is reached; of share 0, the lowest of the first.
    pub(super) fn at(&self, quantile: f64) -> u64 {
        if quantile == 0.0 {
            return self.min();
        }
        let wanted = ((quantile.min(1.0) * self.samples as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let reached = self.cells().find(|cell| {
            seen += u64::from(cell.count);
            seen >= wanted
        });
        reached.map_or(0, Cell::high)
    }
    /// The share of samples in the cell of `value` and below it.
    pub(super) fn share_at_or_below(&self, value: u64) -> f64 {
        let below: u64 = self.cells().take_while(|cell| cell.low <= value).map(|cell| u64::from(cell.count)).sum();
        below as f64 / self.samples as f64
    }
    /// Bytes that it takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::V2DeflateSerializer;
    use proptest::prelude::*;

    fn of(values: &[(u64, u32)]) -> Histogram<u32> {
        let mut hist = Histogram::new(3).expect("three digits");
        for (value, count) in values {
            hist.record_n(*value, *count).expect("grows");
        }
        hist
    }

    /// Values of every size that is recorded, small ones as often as large ones.
    fn value() -> impl Strategy<Value = u64> {
        (0..50_u32, 0.5..1.0_f64).prop_map(|(bits, part)| ((1_u64 << bits) as f64 * part) as u64)
    }

    #[test]
    fn it_takes_what_its_samples_take() {
        let narrow = of(&(0..1_000).map(|i| (15_000_000 + i * 1_000, 1)).collect::<Vec<_>>());
        assert!(narrow.distinct_values() * 4 > 50_000 && Packed::of(&narrow).size() < 500);
    }

    proptest! {
        #[test]
        fn it_answers_what_the_library_answers(
            values in prop::collection::vec((value(), 1..4_000_000_u32), 1..200),
            quantiles in prop::collection::vec(-0.1..1.1_f64, 20), asked in prop::collection::vec(value(), 20),
        ) {
            let hist = of(&values);
            let packed = Packed::of(&hist);
            prop_assert_eq!((packed.samples(), packed.max(), packed.min()), (hist.len(), hist.max(), hist.min()));
            prop_assert_eq!(packed.mean().to_bits(), hist.mean().to_bits());
            for quantile in quantiles.into_iter().chain([0.0, 0.5, 1.0]) {
                prop_assert_eq!(packed.at(quantile), hist.value_at_quantile(quantile), "{}", quantile);
            }
            for value in asked.into_iter().chain(values.iter().map(|v| v.0)).chain([0, u64::MAX]) {
                let (is, due) = (packed.share_at_or_below(value), hist.quantile_below(value));
                prop_assert_eq!(is.to_bits(), due.to_bits(), "{}", value);
            }
            let cells: Vec<_> = packed.cells().map(|cell| (cell.high(), cell.count)).collect();
            let steps: Vec<_> = hist.iter_recorded().map(|s| (s.value_iterated_to(), s.count_at_value())).collect();
            prop_assert_eq!(cells, steps);
        }
        #[test]
        fn its_bytes_are_the_librarys(values in prop::collection::vec((value(), 1..4_000_000_u32), 1..200)) {
            let hist = of(&values);
            let mut due = Vec::new();
            V2DeflateSerializer::new().serialize(&hist, &mut due).expect("memory");
            prop_assert_eq!(Packed::of(&hist).compressed(), due.clone());
            prop_assert_eq!(Packed::of(&Packed::of(&hist).open()).compressed(), due);
        }
    }
}
