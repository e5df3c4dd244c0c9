//! Reading an HdrHistogram V2 text without trusting it.
//!
//! The library allocates what a header asks for and negates what a payload holds; a file from
//! somewhere else may ask for gigabytes. So the text is inflated under a bound and looked through
//! here first. Not for: what a histogram means (`measure`).

use std::io::Read;

use base64::Engine as _;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

/// No histogram of three digits needs more: 1,024 counts a doubling, 64 doublings, nine bytes a count at most.
const INFLATED_MAX: u64 = 4 << 20;
/// Cookie, payload length, offset, digits, lowest, highest, ratio.
pub(super) const HEADER: usize = 40;
/// `V2` with a zlib stream behind it, and `V2` plain.
pub(super) const COMPRESSED: u32 = 0x1c84_9314;
/// More samples than this are no measurement.
const SAMPLES_MAX: u64 = 1 << 50;

/// A histogram from its base64 text, or why it is none.
pub(super) fn histogram(text: &str) -> Result<Histogram<u32>, String> {
    let raw = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|e| format!("a histogram is not base64: {e}"))?;
    let plain = inflate(&raw)?;
    inspect(&plain)?;
    let mut read: Histogram<u32> = Deserializer::new()
        .deserialize(&mut plain.as_slice())
        .map_err(|e| format!("a histogram is not HdrHistogram V2: {e}"))?;
    if read.len() > SAMPLES_MAX {
        return Err("a histogram claims more samples than any run can take".into());
    }
    read.auto(true);
    Ok(read)
}

/// The plain V2 encoding inside the compressed one.
fn inflate(raw: &[u8]) -> Result<Vec<u8>, String> {
    if number(raw, 0) != Some(COMPRESSED) || raw.len() < 8 {
        return Err("a histogram is not HdrHistogram V2, compressed".into());
    }
    let mut plain = Vec::new();
    ZlibDecoder::new(&raw[8..])
        .take(INFLATED_MAX + 1)
        .read_to_end(&mut plain)
        .map_err(|e| format!("a histogram does not inflate: {e}"))?;
    if plain.len() as u64 > INFLATED_MAX {
        return Err("a histogram is larger than three digits ever need".into());
    }
    Ok(plain)
}

/// Refuses what the library would panic over or allocate without bound.
fn inspect(plain: &[u8]) -> Result<(), String> {
    let (Some(length), Some(digits)) = (number(plain, 4), number(plain, 12)) else {
        return Err("a histogram is cut short".into());
    };
    if plain.len() < HEADER || plain.len() - HEADER != length as usize {
        return Err("a histogram's length is not the one that it claims".into());
    }
    if digits != 3 || plain[16..24] != 1_u64.to_be_bytes() {
        return Err("a histogram has not three digits from 1 upwards".into());
    }
    let mut rest = &plain[HEADER..];
    while !rest.is_empty() {
        let (value, used) = varint(rest).ok_or("a histogram is cut short")?;
        let decoded = (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
        if decoded < -(1 << 32) {
            return Err("a histogram skips more counts than there are".into());
        }
        rest = &rest[used..];
    }
    Ok(())
}

/// Four bytes at `at`, most significant first.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// LEB128 of at most nine bytes, the ninth whole (the V2 encoding): the value and how many bytes it took.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().enumerate().take(9) {
        if i == 8 {
            return Some((value | u64::from(byte) << 56, 9));
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text that holds this plain encoding.
    fn text(plain: &[u8]) -> String {
        use std::io::Write as _;
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(plain).expect("memory");
        let packed = zlib.finish().expect("memory");
        let mut raw = COMPRESSED.to_be_bytes().to_vec();
        raw.extend((packed.len() as u32).to_be_bytes());
        raw.extend(packed);
        base64::engine::general_purpose::STANDARD.encode(raw)
    }

    fn plain(length: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = 0x1c84_9313_u32.to_be_bytes().to_vec();
        bytes.extend(length.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(3_u32.to_be_bytes());
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(10_000_u64.to_be_bytes());
        bytes.extend(1_f64.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn what_would_harm_is_refused() {
        for (bytes, told) in [
            (plain(4_000_000_000, &[2]), "length"),
            (plain(9, &[0xff; 9]), "skips"),
            (plain(1, &[0x80]), "cut short"),
            (vec![0; 5 << 20], "larger"),
        ] {
            let error = histogram(&text(&bytes)).expect_err(told);
            assert!(error.contains(told), "{error}");
        }
        assert_eq!(histogram(&text(&plain(2, &[1, 2]))).expect("one sample").len(), 1);
    }

    proptest! {
        #[test]
        fn no_payload_makes_it_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = histogram(&text(&plain(payload.len() as u32, &payload)));
        }
        #[test]
        fn no_text_makes_it_panic(noise in "[A-Za-z0-9+/=]{0,80}") {
            let _ = histogram(&noise);
        }
    }
}
