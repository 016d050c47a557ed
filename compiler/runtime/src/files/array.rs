//! Arrays as files hold them: a shape and numbers of one type.

/// An array, last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The axes; none for a single number.
    pub shape: Vec<usize>,
    /// As many as the product of the axes.
    pub data: Data,
}

/// The numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `uint8`
    U8(Vec<u8>),
    /// `uint32`
    U32(Vec<u32>),
    /// `int64`
    I64(Vec<i64>),
    /// `float32`
    F32(Vec<f32>),
    /// `float64`
    F64(Vec<f64>),
}

impl Data {
    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; `int64` beyond 2^53 rounded.
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::U8(values) => f64::from(values[index]),
            Self::U32(values) => f64::from(values[index]),
            Self::I64(values) => values[index] as f64,
            Self::F32(values) => f64::from(values[index]),
            Self::F64(values) => values[index],
        }
    }

    /// All of them.
    pub fn to_f64(&self) -> Vec<f64> {
        (0..self.len()).map(|index| self.get(index)).collect()
    }
}

impl Array {
    /// An array of `float64` with one axis.
    pub fn of(values: Vec<f64>) -> Self {
        Self { shape: vec![values.len()], data: Data::F64(values) }
    }

    /// The length of the first axis, and the product of the others.
    pub fn rows_and_columns(&self) -> (usize, usize) {
        let rows = self.shape.first().copied().unwrap_or(1);
        (rows, self.shape.iter().skip(1).product())
    }
}
