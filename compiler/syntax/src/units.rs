//! The closed table of units: what a unit's name measures, and how much of it.
//!
//! Pure data. It knows nothing of expressions, types or scopes: whether a name *is* a unit where it stands is for the
//! lexer (behind a number) and for the analysis (in a type) to decide.

/// What the name of a unit stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitInfo {
    /// How much it is in SI base units: 1e-3 for `mV`, 60 for `min`. For `step` 1: how long a step is, the run says.
    pub scale: f64,
    /// The exponents of m, kg, s, A, K, mol, cd.
    pub dimension: [i8; 7],
    /// Whether it is `step`, the run's dt: a time whose size is not known before the run.
    pub is_step: bool,
    /// `scale` is `factor` times ten to the power of `power_of_ten`, which lets scales be multiplied without rounding.
    pub power_of_ten: i16,
    /// See `power_of_ten`; 1 but for `min` and `deg`.
    pub factor: f64,
}

/// The names of the base dimensions, in the order of [`UnitInfo::dimension`].
pub const BASE_UNITS: [&str; 7] = ["m", "kg", "s", "A", "K", "mol", "cd"];

/// The prefixes with their powers of ten. Unicode has two signs each for micro and for ohm: all are read.
pub const PREFIXES: [(&str, i16); 14] = [
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("u", -6),
    ("\u{00B5}", -6),
    ("\u{03BC}", -6),
    ("m", -3),
    ("c", -2),
    ("d", -1),
    ("da", 1),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
];

/// Units that take a prefix: name, power of ten of the unit itself in SI, dimension.
const BASES: [(&str, i16, [i8; 7]); 21] = [
    ("m", 0, [1, 0, 0, 0, 0, 0, 0]),
    ("g", -3, [0, 1, 0, 0, 0, 0, 0]),
    ("s", 0, [0, 0, 1, 0, 0, 0, 0]),
    ("A", 0, [0, 0, 0, 1, 0, 0, 0]),
    ("K", 0, [0, 0, 0, 0, 1, 0, 0]),
    ("mol", 0, [0, 0, 0, 0, 0, 1, 0]),
    ("Hz", 0, [0, 0, -1, 0, 0, 0, 0]),
    ("V", 0, [2, 1, -3, -1, 0, 0, 0]),
    ("F", 0, [-2, -1, 4, 2, 0, 0, 0]),
    ("S", 0, [-2, -1, 3, 2, 0, 0, 0]),
    ("Ohm", 0, [2, 1, -3, -2, 0, 0, 0]),
    ("\u{03A9}", 0, [2, 1, -3, -2, 0, 0, 0]),
    ("\u{2126}", 0, [2, 1, -3, -2, 0, 0, 0]),
    ("W", 0, [2, 1, -3, 0, 0, 0, 0]),
    ("J", 0, [2, 1, -2, 0, 0, 0, 0]),
    ("C", 0, [0, 0, 1, 1, 0, 0, 0]),
    ("N", 0, [1, 1, -2, 0, 0, 0, 0]),
    ("Pa", 0, [-1, 1, -2, 0, 0, 0, 0]),
    ("L", -3, [3, 0, 0, 0, 0, 0, 0]),
    ("M", 3, [-3, 0, 0, 0, 0, 1, 0]),
    ("rad", 0, [0; 7]),
];

/// What a unit's name stands for, `None` if the table does not have it. Generic names, `real`, `int` and `bool` are
/// not units.
pub fn parse_unit_name(name: &str) -> Option<UnitInfo> {
    match name {
        "min" => return Some(special(60.0, [0, 0, 1, 0, 0, 0, 0], false)),
        "deg" => return Some(special(std::f64::consts::PI / 180.0, [0; 7], false)),
        "step" => return Some(special(1.0, [0, 0, 1, 0, 0, 0, 0], true)),
        _ => {}
    }
    // No name can be split in two ways: every prefix is followed by a base that no base begins with.
    if let Some((power, dimension)) = base(name) {
        return Some(decimal(power, dimension));
    }
    PREFIXES.iter().find_map(|(prefix, prefix_power)| {
        let (power, dimension) = base(name.strip_prefix(prefix)?)?;
        Some(decimal(power + prefix_power, dimension))
    })
}

fn base(name: &str) -> Option<(i16, [i8; 7])> {
    if name == "bit" {
        return Some((0, [0; 7]));
    }
    BASES.iter().find(|(base, ..)| *base == name).map(|(_, power, dimension)| (*power, *dimension))
}

fn special(factor: f64, dimension: [i8; 7], is_step: bool) -> UnitInfo {
    UnitInfo { scale: factor, dimension, is_step, power_of_ten: 0, factor }
}

fn decimal(power_of_ten: i16, dimension: [i8; 7]) -> UnitInfo {
    UnitInfo { scale: power(power_of_ten), dimension, is_step: false, power_of_ten, factor: 1.0 }
}

/// Ten to a power, correctly rounded: `powi` is not.
pub fn power(of_ten: i16) -> f64 {
    const POWERS: [f64; 37] = [
        1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2,
        1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ];
    match usize::try_from(of_ten + 18).ok().and_then(|index| POWERS.get(index)) {
        Some(power) => *power,
        None => format!("1e{of_ten}").parse().unwrap_or(f64::NAN),
    }
}

/// Every name of the table, in a fixed order: for completion and for "did you mean".
pub fn unit_names() -> Vec<String> {
    let bases = || BASES.iter().map(|(name, ..)| *name).chain(["bit"]);
    let prefixed = PREFIXES.iter().flat_map(|(prefix, _)| bases().map(move |name| format!("{prefix}{name}")));
    ["min", "deg", "step"].into_iter().map(String::from).chain(bases().map(String::from)).chain(prefixed).collect()
}

/// The unit that people mean by a name that the table does not have: `ms` for `msec`, `m^2` for `m2`.
pub fn usual(name: &str) -> Option<String> {
    let usual = match name {
        "sec" | "second" | "seconds" => "s",
        "msec" | "millisecond" | "milliseconds" => "ms",
        "usec" => "us",
        "hz" => "Hz",
        "khz" | "KHz" => "kHz",
        "volt" | "volts" | "v" => "V",
        "mv" | "mvolt" => "mV",
        "ohm" | "ohms" => "Ohm",
        "Mohm" => "MOhm",
        "siemens" => "S",
        "amp" | "ampere" => "A",
        "minute" | "minutes" => "min",
        "degree" | "degrees" => "deg",
        "steps" | "dt" => "step",
        _ => {
            // `m2` for `m^2`.
            let base = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
            let power = name.strip_prefix(base).filter(|power| !power.is_empty())?;
            parse_unit_name(base)?;
            return Some(format!("{base}^{power}"));
        }
    };
    Some(usual.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_and_dimensions() {
        let scale = |name| parse_unit_name(name).map(|unit| unit.scale);
        assert_eq!(scale("mV"), Some(1e-3));
        assert_eq!(scale("µm"), Some(1e-6));
        assert_eq!(scale("um"), Some(1e-6));
        assert_eq!(scale("kg"), Some(1.0));
        assert_eq!(scale("min"), Some(60.0));
        assert_eq!(scale("mL"), Some(1e-6));
        assert_eq!(scale("mM"), Some(1.0));
        assert_eq!(scale("daN"), Some(10.0));
        assert_eq!(scale("dN"), Some(0.1));
        assert_eq!(scale("MOhm"), scale("MΩ"));
        assert_eq!(scale("TW"), Some(1e12));
        for name in ["foo", "real", "mmin", "kstep", "", "cd", "h", "mv", "Mm2"] {
            assert_eq!(scale(name), None, "{name}");
        }
        assert_eq!(parse_unit_name("nS").map(|unit| unit.dimension), Some([-2, -1, 3, 2, 0, 0, 0]));
        assert!(parse_unit_name("step").is_some_and(|unit| unit.is_step));
    }

    #[test]
    fn no_name_means_two_things() {
        let mut names = unit_names();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
