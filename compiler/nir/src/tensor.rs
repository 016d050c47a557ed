//! Arrays as a NIR file holds them: a shape, and elements of the type they are stored in.
//!
//! Nothing is converted on the way in or out, so that writing what was read gives the same numbers, bit for bit.

use neuro_mathematics::from_binary16;

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    elements: Elements,
}

/// The elements of an array, by their stored type.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// IEEE 754 binary16, as bits.
    F16(Vec<u16>),
    /// Binary32.
    F32(Vec<f32>),
    /// Binary64.
    F64(Vec<f64>),
    /// 8-bit integers.
    I8(Vec<i8>),
    /// 16-bit integers.
    I16(Vec<i16>),
    /// 32-bit integers.
    I32(Vec<i32>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// Unsigned 8-bit integers.
    U8(Vec<u8>),
    /// Unsigned 16-bit integers.
    U16(Vec<u16>),
    /// Unsigned 32-bit integers.
    U32(Vec<u32>),
    /// Unsigned 64-bit integers.
    U64(Vec<u64>),
    /// Truths.
    Bool(Vec<bool>),
}

/// The types that elements are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum ElementType {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
}

impl ElementType {
    /// The name that numpy gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        }
    }
}

/// Applies one expression to whatever vector the elements are.
macro_rules! each {
    ($elements:expr, $values:ident => $body:expr) => {
        match $elements {
            Elements::F16($values) => $body,
            Elements::F32($values) => $body,
            Elements::F64($values) => $body,
            Elements::I8($values) => $body,
            Elements::I16($values) => $body,
            Elements::I32($values) => $body,
            Elements::I64($values) => $body,
            Elements::U8($values) => $body,
            Elements::U16($values) => $body,
            Elements::U32($values) => $body,
            Elements::U64($values) => $body,
            Elements::Bool($values) => $body,
        }
    };
}

impl Elements {
    /// How many.
    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their type.
    pub fn element_type(&self) -> ElementType {
        match self {
            Self::F16(_) => ElementType::F16,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
            Self::I8(_) => ElementType::I8,
            Self::I16(_) => ElementType::I16,
            Self::I32(_) => ElementType::I32,
            Self::I64(_) => ElementType::I64,
            Self::U8(_) => ElementType::U8,
            Self::U16(_) => ElementType::U16,
            Self::U32(_) => ElementType::U32,
            Self::U64(_) => ElementType::U64,
            Self::Bool(_) => ElementType::Bool,
        }
    }
}

impl Tensor {
    /// An array; `None` if the shape does not hold exactly these elements.
    pub fn new(shape: Vec<usize>, elements: Elements) -> Option<Self> {
        let count = shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis))?;
        (count == elements.len()).then_some(Self { shape, elements })
    }

    /// A vector of binary64.
    pub fn vector(values: Vec<f64>) -> Self {
        Self { shape: vec![values.len()], elements: Elements::F64(values) }
    }

    /// An array of one number everywhere, in the type of `like` and of its shape.
    pub fn filled_like(like: &Self, value: f64) -> Self {
        let count = like.elements.len();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only 0 and 1 are asked for")]
        let elements = match like.elements {
            Elements::F16(_) => Elements::F16(vec![if value == 0.0 { 0 } else { 0x3c00 }; count]),
            Elements::F32(_) => Elements::F32(vec![value as f32; count]),
            Elements::F64(_) => Elements::F64(vec![value; count]),
            Elements::I8(_) => Elements::I8(vec![value as i8; count]),
            Elements::I16(_) => Elements::I16(vec![value as i16; count]),
            Elements::I32(_) => Elements::I32(vec![value as i32; count]),
            Elements::I64(_) => Elements::I64(vec![value as i64; count]),
            Elements::U8(_) => Elements::U8(vec![value as u8; count]),
            Elements::U16(_) => Elements::U16(vec![value as u16; count]),
            Elements::U32(_) => Elements::U32(vec![value as u32; count]),
            Elements::U64(_) => Elements::U64(vec![value as u64; count]),
            Elements::Bool(_) => Elements::Bool(vec![value != 0.0; count]),
        };
        Self { shape: like.shape.clone(), elements }
    }

    /// Its axes; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its elements.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements as binary64: exact for all types but 64-bit integers beyond 2⁵³.
    #[allow(clippy::cast_precision_loss, reason = "said in the doc comment")]
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.elements {
            Elements::F16(values) => values.iter().map(|&bits| from_binary16(bits)).collect(),
            Elements::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::F64(values) => values.clone(),
            Elements::I8(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::I16(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::I32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::I64(values) => values.iter().map(|&value| value as f64).collect(),
            Elements::U8(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::U16(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::U32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Elements::U64(values) => values.iter().map(|&value| value as f64).collect(),
            Elements::Bool(values) => values.iter().map(|&value| f64::from(u8::from(value))).collect(),
        }
    }

    /// The elements as whole numbers; `None` if one is not whole or does not fit.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        match &self.elements {
            Elements::I8(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::I16(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::I32(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::I64(values) => Some(values.clone()),
            Elements::U8(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::U16(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::U32(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
            Elements::U64(values) => values.iter().map(|&value| i64::try_from(value).ok()).collect(),
            Elements::F16(_) | Elements::F32(_) | Elements::F64(_) | Elements::Bool(_) => {
                self.to_f64().into_iter().map(whole).collect()
            }
        }
    }
}

/// A binary64 that is a whole number, as one.
#[allow(clippy::cast_possible_truncation, reason = "whole and below 2⁵³")]
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_must_hold_its_elements() {
        assert!(Tensor::new(vec![2, 3], Elements::F32(vec![0.0; 6])).is_some());
        assert!(Tensor::new(vec![2, 3], Elements::F32(vec![0.0; 5])).is_none());
        assert!(Tensor::new(vec![usize::MAX, 2], Elements::F32(vec![])).is_none());
        assert!(Tensor::new(vec![], Elements::I8(vec![4])).is_some());
    }

    #[test]
    fn whole_numbers_of_any_type() {
        assert_eq!(Tensor::vector(vec![3.0, -1.0]).to_i64(), Some(vec![3, -1]));
        assert_eq!(Tensor::vector(vec![0.5]).to_i64(), None);
        assert_eq!(Tensor::new(vec![1], Elements::U64(vec![u64::MAX])).expect("one element").to_i64(), None);
    }
}
