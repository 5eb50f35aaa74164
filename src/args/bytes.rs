//! Sizes in bytes, as `20000`, `20KB` or `512KiB`.

/// What a unit stands for: powers of a thousand, and with an `i` of 1024.
const UNITS: [(&str, usize); 7] =
    [("kib", 1 << 10), ("mib", 1 << 20), ("kb", 1_000), ("mb", 1_000_000), ("k", 1_000), ("m", 1_000_000), ("b", 1)];

/// For clap: whole bytes.
pub fn bytes(text: &str) -> Result<usize, String> {
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, size)| Some((lower.strip_suffix(unit)?, *size)));
    let (number, size) = unit.unwrap_or((&lower, 1));
    let wrong = || format!("wanted bytes such as 500000, 500KB or 512KiB, found {text}");
    let number: f64 = number.trim_end().parse().map_err(|_| wrong())?;
    let bytes = number * size as f64;
    if !(bytes.is_finite() && bytes >= 0.0 && bytes <= f64::from(u32::MAX)) || bytes.fract() != 0.0 {
        return Err(wrong());
    }
    Ok(bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        let all = ["500000", "500KB", "0.5 MB", "500k", "512KiB", "2mib", "7 B"];
        let found = all.map(|text| bytes(text).unwrap());
        assert_eq!(found, [500_000, 500_000, 500_000, 500_000, 524_288, 2_097_152, 7]);
        for wrong in ["", "KB", "-1", "1.5", "0.0001KB", "1GB2", "nan", "inf", "1e99"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
