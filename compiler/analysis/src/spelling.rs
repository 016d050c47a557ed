//! Units as people write them: products of powers of unit names, kept beside dimensions for messages, hovers and fixes.
//!
//! What is checked is the dimension (`dimension.rs`); this is only for reading.

use crate::dimension::{BASE_UNITS, Dimension, Exponent, Factor};
use neuro_mathematics::{Elementary, Evaluate};
use neuro_syntax::tree;
use neuro_syntax::units::parse_unit_name;
use smol_str::SmolStr;
use std::fmt;

/// A product of powers of unit names in the order in which they were met.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelling {
    factors: Vec<(SmolStr, Exponent)>,
    scale: f64,
    dimension: Dimension,
}

impl Spelling {
    /// Of plain numbers.
    pub fn one() -> Self {
        Self { factors: Vec::new(), scale: 1.0, dimension: Dimension::one() }
    }

    /// One name.
    pub fn of(name: impl Into<SmolStr>, scale: f64, dimension: Dimension) -> Self {
        Self { factors: vec![(name.into(), Exponent::ONE)], scale, dimension }
    }

    /// The size in SI; 1 for generic units.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The power of ten that it is in SI, if it is one.
    fn power_of_ten(&self) -> Option<i32> {
        self.factors.iter().try_fold(0i32, |sum, (name, exponent)| {
            let (numerator, denominator) = exponent.parts();
            let info = parse_unit_name(name)?;
            let is_whole = denominator == 1 && info.factor == 1.0;
            is_whole.then(|| sum.checked_add(numerator.checked_mul(info.power_of_ten.into())?))?
        })
    }

    /// What it measures.
    pub fn dimension(&self) -> &Dimension {
        &self.dimension
    }

    /// Whether it is made of units that each use solves.
    pub fn is_generic(&self) -> bool {
        self.factors.iter().any(|(name, _)| parse_unit_name(name).is_none())
    }

    /// The product; equal names are put together, names that cancel vanish.
    pub fn times(&self, other: &Self) -> Self {
        let mut factors = self.factors.clone();
        for (name, exponent) in &other.factors {
            match factors.iter().position(|(known, _)| known == name) {
                Some(at) => match factors[at].1.plus(*exponent) {
                    Some(sum) if sum.is_zero() => drop(factors.remove(at)),
                    Some(sum) => factors[at].1 = sum,
                    None => {}
                },
                None => factors.push((name.clone(), *exponent)),
            }
        }
        Self { factors, scale: self.scale * other.scale, dimension: self.dimension.times(&other.dimension) }
    }

    /// The quotient.
    pub fn over(&self, other: &Self) -> Self {
        self.times(&other.power(Exponent::whole(-1)))
    }

    /// A power.
    pub fn power(&self, exponent: Exponent) -> Self {
        let factors = self.factors.iter().filter_map(|(name, known)| Some((name.clone(), known.times(exponent)?)));
        Self {
            factors: factors.filter(|(_, exponent)| !exponent.is_zero()).collect(),
            scale: Evaluate::<f64>::new().power(self.scale, exponent.value()),
            dimension: self.dimension.power(exponent),
        }
    }

    /// As it stands behind a number: `mV^-1/ms`, never `1/ms`. Empty for plain numbers.
    pub fn behind_a_number(&self) -> String {
        let mut ordered: Vec<&(SmolStr, Exponent)> = self.factors.iter().filter(|(_, e)| e.value() > 0.0).collect();
        ordered.extend(self.factors.iter().filter(|(_, e)| e.value() < 0.0));
        let mut text = String::new();
        for (name, exponent) in ordered {
            if text.is_empty() {
                text = format!("{name}{exponent}");
            } else {
                text.push_str(&joined(name, *exponent));
            }
        }
        text
    }

    /// The unit of the number 1 with this unit: `1 mV`, `1 ms^-1`, `1`.
    pub fn one_of_it(&self) -> String {
        let unit = self.behind_a_number();
        if unit.is_empty() { "1".into() } else { format!("1 {unit}") }
    }

    /// Its first name that is a time with exponent ±1, for spelling rates in the same.
    fn time_name(&self) -> Option<&SmolStr> {
        self.factors.iter().map(|(name, _)| name).find(|name| {
            parse_unit_name(name).is_some_and(|unit| unit.dimension == [0, 0, 1, 0, 0, 0, 0] && !unit.is_step)
        })
    }

    /// This per time, in the time unit that `like` uses.
    pub fn per_time(&self, like: Option<&Self>) -> Self {
        let name = like.and_then(Self::time_name).cloned().unwrap_or_else(|| "s".into());
        let scale = parse_unit_name(&name).map_or(1.0, |unit| unit.scale);
        self.over(&Self::of(name, scale, Dimension::time()))
    }
}

fn joined(name: &str, exponent: Exponent) -> String {
    let (numerator, denominator) = exponent.parts();
    if numerator < 0 {
        let positive = Exponent::new(-i64::from(numerator), i64::from(denominator)).unwrap_or(Exponent::ONE);
        format!("/{name}{positive}")
    } else {
        format!("*{name}{exponent}")
    }
}

/// As in a type: `mV/ms`, `1/ms`, `1` for plain numbers.
impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positive: Vec<String> = self
            .factors
            .iter()
            .filter(|(_, exponent)| exponent.value() > 0.0)
            .map(|(name, exponent)| format!("{name}{exponent}"))
            .collect();
        if positive.is_empty() {
            f.write_str("1")?
        } else {
            f.write_str(&positive.join("*"))?
        }
        for (name, exponent) in self.factors.iter().filter(|(_, exponent)| exponent.value() < 0.0) {
            f.write_str(&joined(name, *exponent))?;
        }
        Ok(())
    }
}

/// A literal in SI, rounded once where the unit's size is a power of ten.
pub fn to_si(value: f64, written: &str, unit: &Spelling) -> f64 {
    let Some(power) = unit.power_of_ten() else { return value * unit.scale };
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "0"));
    let exponent = exponent.parse::<i32>().ok().and_then(|exponent| exponent.checked_add(power));
    exponent.and_then(|exponent| format!("{mantissa}e{exponent}").parse().ok()).unwrap_or(value * unit.scale)
}

/// A number as people write it: without needless zeros.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value != 0.0 && value.is_finite() && !(1e-4..1e7).contains(&magnitude) {
        return format!("{value:e}");
    }
    // Twelve digits hide what the conversion to SI and back has rounded.
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// A quantity in a unit: `-52 mV`.
pub fn quantity(si: f64, unit: &Spelling) -> String {
    let text = unit.behind_a_number();
    let value = number(if unit.scale == 0.0 { si } else { si / unit.scale });
    if text.is_empty() { value } else { format!("{value} {text}") }
}

/// The unit as written, if each of its names is in the table or `generic` knows it; else the index of the first that is
/// not. `real` is 1; `bool` and `int` are no units, and whoever calls has looked.
pub fn of_unit(unit: &tree::Unit, generic: &dyn Fn(&str) -> bool) -> Result<Spelling, usize> {
    let mut spelling = Spelling::one();
    for (index, factor) in unit.factors.iter().enumerate() {
        let name = factor.name.text.as_str();
        let (numerator, denominator) = factor.exponent;
        let Some(exponent) = Exponent::new(numerator.into(), denominator.into()) else { return Err(index) };
        let one = if generic(name) {
            Spelling::of(name, 1.0, Dimension::of(Factor::Generic(name.into())))
        } else if matches!(name, "real" | "1") {
            continue;
        } else {
            let Some(info) = parse_unit_name(name) else { return Err(index) };
            Spelling::of(name, info.scale, Dimension::from_base(info.dimension))
        };
        spelling = spelling.times(&one.power(exponent));
    }
    if let Some(power) = spelling.power_of_ten().and_then(|power| i16::try_from(power).ok()) {
        spelling.scale = neuro_syntax::units::power(power);
    }
    Ok(spelling)
}

/// SI units with names of their own, in the order in which they are preferred.
const NAMED: [&str; 10] = ["V", "A", "S", "F", "Ohm", "C", "W", "J", "N", "Pa"];

/// A dimension in SI.
pub fn of_dimension(dimension: &Dimension) -> Spelling {
    let single = dimension.factors().len() == 1;
    if !single && let Some(spelling) = with_a_named_unit(dimension) {
        return spelling;
    }
    let mut spelling = Spelling::one();
    for (factor, exponent) in dimension.factors() {
        let one = Dimension::of(factor.clone());
        let name: SmolStr = match factor {
            Factor::Base(base) => BASE_UNITS.get(usize::from(*base)).copied().unwrap_or("?").into(),
            Factor::Generic(name) => name.clone(),
            Factor::Variable(_) => "?".into(),
            Factor::Overflow => "(exponent too large)".into(),
        };
        spelling = spelling.times(&Spelling::of(name, 1.0, one).power(*exponent));
    }
    spelling
}

/// `V`, `V/s`, `1/(Ohm*s)`, `V^0.5`: a power of a named unit and of time.
fn with_a_named_unit(dimension: &Dimension) -> Option<Spelling> {
    let halves = [0i64, -2, 2, -4, 4, -1, 1, -3, 3];
    for halves_of_time in halves {
        let exponent = Exponent::new(halves_of_time, 2)?;
        let rest = dimension.over(&Dimension::time().power(exponent));
        for halves_of_unit in [2i64, -2, 1, -1, 4, -4] {
            let power = Exponent::new(halves_of_unit, 2)?;
            for name in NAMED {
                let info = parse_unit_name(name)?;
                let unit = Spelling::of(name, info.scale, Dimension::from_base(info.dimension)).power(power);
                if rest == unit.dimension {
                    return Some(unit.times(&Spelling::of("s", 1.0, Dimension::time()).power(exponent)));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str) -> Spelling {
        let info = parse_unit_name(name).unwrap();
        Spelling::of(name, info.scale, Dimension::from_base(info.dimension))
    }

    #[test]
    fn prints_as_people_write() {
        let rate = unit("mV").over(&unit("ms"));
        assert_eq!(rate.to_string(), "mV/ms");
        assert_eq!(of_dimension(rate.dimension()).to_string(), "V/s");
        assert_eq!(of_dimension(&unit("mV").dimension().power(Exponent::new(1, 2).unwrap())).to_string(), "V^0.5");
        assert_eq!(of_dimension(&unit("mV").dimension().power(Exponent::whole(2))).to_string(), "V^2");
        assert_eq!(rate.times(&unit("ms")).to_string(), "mV");
        assert_eq!(Spelling::one().over(&unit("ms")).to_string(), "1/ms");
        assert_eq!(Spelling::one().over(&unit("ms")).one_of_it(), "1 ms^-1");
        assert_eq!(unit("nS").times(&unit("mV")).to_string(), "nS*mV");
        assert_eq!(of_dimension(unit("nS").times(&unit("mV")).dimension()).to_string(), "A");
        assert_eq!(of_dimension(&Dimension::time().power(Exponent::whole(-1))).to_string(), "1/s");
        assert_eq!(to_si(0.1, "0.1", &unit("ms")), 1e-4);
        assert_eq!(to_si(3.0, "3", &unit("us")), 3e-6);
        assert_eq!(to_si(5.0, "5", &unit("min")), 300.0);
        assert_eq!(quantity(-0.052, &unit("mV")), "-52 mV");
        assert_eq!(quantity(1.62e-3, &unit("mV")), "1.62 mV");
    }
}
