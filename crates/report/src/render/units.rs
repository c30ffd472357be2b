//! Numbers as people read them: three significant digits, and the unit or prefix that fits.

/// A number with three digits that count, without a prefix.
#[must_use]
pub fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.095 || size == 0.0 => 2,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// A time with the unit that fits: `9.40 µs`.
#[must_use]
pub fn seconds(value: f64) -> String {
    let (factor, unit) = match value.abs() {
        size if size < 0.9995e-6 => (1e9, "ns"),
        size if size < 0.9995e-3 => (1e6, "µs"),
        size if size < 0.9995 => (1e3, "ms"),
        _ => (1.0, "s"),
    };
    format!("{} {unit}", plain(value * factor))
}

/// A size of memory with the unit that fits: `5.20 MiB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    let kib = f64::from(1 << 10);
    let (factor, unit) = match value {
        size if size >= 0.9995 * kib.powi(3) => (kib.powi(3), "GiB"),
        size if size >= 0.9995 * kib.powi(2) => (kib.powi(2), "MiB"),
        size if size >= 0.9995 * kib => (kib, "KiB"),
        _ => (1.0, "B"),
    };
    format!("{} {unit}", plain(value / factor))
}

/// A number up to the prefix of its unit: `5.20 G`.
#[must_use]
pub fn scaled(value: f64) -> String {
    let (factor, prefix) = match value.abs() {
        size if size >= 0.9995e9 => (1e-9, "G"),
        size if size >= 0.9995e6 => (1e-6, "M"),
        size if size >= 0.9995e3 => (1e-3, "k"),
        _ => (1.0, ""),
    };
    format!("{} {prefix}", plain(value * factor))
}
