//! NumPy's `.npy` format, versions 1.0 to 3.0: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! Bytes in, numbers out: knows no file. Errors are half sentences about the bytes.

use super::array::{Array, Data};
use neuro_mathematics::from_binary16;
use std::io::Write;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The bytes of an array, little-endian, last axis fastest.
pub fn encode(array: &Array) -> Vec<u8> {
    let mut bytes = header(array);
    bytes.reserve(array.data.len() * 8);
    each_part(&array.data, |part| bytes.extend_from_slice(part));
    bytes
}

/// Writes an array without holding its bytes in memory.
pub fn write(file: &mut impl Write, array: &Array) -> std::io::Result<()> {
    file.write_all(&header(array))?;
    let mut outcome = Ok(());
    each_part(&array.data, |part| {
        if outcome.is_ok() {
            outcome = file.write_all(part);
        }
    });
    outcome
}

/// How many bytes an array takes at most.
pub fn size(array: &Array) -> u64 {
    array.data.len() as u64 * 8 + 1024
}

fn each_part(data: &Data, mut visit: impl FnMut(&[u8])) {
    fn parts<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N], mut visit: impl FnMut(&[u8])) {
        let mut part = Vec::with_capacity(1 << 16);
        for values in values.chunks((1 << 16) / N) {
            part.clear();
            values.iter().for_each(|value| part.extend_from_slice(&bytes(*value)));
            visit(&part);
        }
    }
    match data {
        Data::U8(values) => visit(values),
        Data::U32(values) => parts(values, u32::to_le_bytes, visit),
        Data::I64(values) => parts(values, i64::to_le_bytes, visit),
        Data::F32(values) => parts(values, f32::to_le_bytes, visit),
        Data::F64(values) => parts(values, f64::to_le_bytes, visit),
    }
}

fn header(array: &Array) -> Vec<u8> {
    let kind = match array.data {
        Data::U8(_) => "|u1",
        Data::U32(_) => "<u4",
        Data::I64(_) => "<i8",
        Data::F32(_) => "<f4",
        Data::F64(_) => "<f8",
    };
    let mut axes = array.shape.iter().map(|axis| format!("{axis}, ")).collect::<String>();
    // As Python writes tuples: `(3,)`, `(3, 4)`.
    axes.truncate(axes.len().saturating_sub(if array.shape.len() == 1 { 1 } else { 2 }));
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({axes}), }}");
    // The numbers begin at a multiple of 64 bytes, the header ends in a newline.
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    match u16::try_from(text.len()) {
        Ok(length) => {
            bytes.extend_from_slice(&[1, 0]);
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        Err(_) => {
            bytes.extend_from_slice(&[2, 0]);
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        }
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// What is wrong with the bytes of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NpyError {
    /// They are not an array at all, or a broken one.
    Broken(String),
    /// They are one, of things that are not numbers.
    NotNumbers(String),
}

/// The array that the bytes are. Floats become `float64`, as do integers below 2^53 in size; `int64` and `uint64` become `int64`.
pub fn decode(bytes: &[u8]) -> Result<Array, NpyError> {
    let broken = |reason: &str| NpyError::Broken(reason.to_owned());
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| broken("it does not begin as a NumPy array does"))?;
    let (version, rest) = rest.split_at_checked(2).ok_or_else(|| broken("it ends in its header"))?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(|| broken("it ends in its header"))?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(|| broken("it ends in its header"))?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        other => return Err(NpyError::Broken(format!("it is of version {other} of the format, which is not known"))),
    };
    let (header, body) = rest.split_at_checked(length).ok_or_else(|| broken("it ends in its header"))?;
    let header = Header::parse(&String::from_utf8_lossy(header))?;
    let count = header
        .shape
        .iter()
        .try_fold(1usize, |product, axis| product.checked_mul(*axis))
        .ok_or_else(|| broken("its axes are too long"))?;
    let size = header.element.size();
    if count.checked_mul(size).is_none_or(|needed| body.len() < needed) {
        return Err(NpyError::Broken(format!("it ends after {} of its {count} numbers", body.len() / size.max(1))));
    }
    let data = header.element.numbers(&body[..count * size]).ok_or_else(too_great)?;
    let data = if header.fortran_order { last_axis_fastest(&data, &header.shape) } else { data };
    Ok(Array { shape: header.shape, data })
}

fn too_great() -> NpyError {
    NpyError::NotNumbers("whole numbers above 2^63 - 1".to_owned())
}

struct Header {
    element: Element,
    fortran_order: bool,
    shape: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Element {
    kind: char,
    size: usize,
    big_endian: bool,
}

impl Header {
    /// Reads the Python dictionary of a header. Its keys are known and its values are flat, so looking for them is enough.
    fn parse(text: &str) -> Result<Self, NpyError> {
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}'"))?;
            Some(rest.trim_start().strip_prefix(':')?.trim_start())
        };
        let missing = |key: &str| NpyError::Broken(format!("its header has no `{key}`"));
        let descr = value("descr").ok_or_else(|| missing("descr"))?;
        if descr.starts_with('[') {
            return Err(NpyError::NotNumbers("structures of several fields".to_owned()));
        }
        let descr = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(descr, _)| descr);
        let element = Element::parse(descr.ok_or_else(|| missing("descr"))?)?;
        let fortran_order = value("fortran_order").ok_or_else(|| missing("fortran_order"))?.starts_with("True");
        let shape = value("shape").and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.split_once(')'));
        let (axes, _) = shape.ok_or_else(|| missing("shape"))?;
        let axes = axes.split(',').map(|axis| axis.trim().trim_end_matches('L')).filter(|axis| !axis.is_empty());
        let shape = axes.map(str::parse).collect::<Result<_, _>>().map_err(|_| missing("shape"))?;
        Ok(Self { element, fortran_order, shape })
    }
}

impl Element {
    fn parse(descr: &str) -> Result<Self, NpyError> {
        let other = || NpyError::NotNumbers(format!("values of NumPy's type `{descr}`"));
        let big_endian = descr.starts_with('>') || (descr.starts_with('=') && cfg!(target_endian = "big"));
        let bare = descr.trim_start_matches(['<', '>', '|', '=']);
        let mut letters = bare.chars();
        let kind = letters.next().ok_or_else(other)?;
        let size: usize = if bare == "?" { 1 } else { letters.as_str().parse().map_err(|_| other())? };
        let known = match kind {
            'b' | '?' => size == 1,
            'i' | 'u' => matches!(size, 1 | 2 | 4 | 8),
            'f' => matches!(size, 2 | 4 | 8),
            _ => false,
        };
        if known { Ok(Self { kind, size, big_endian }) } else { Err(other()) }
    }

    fn size(self) -> usize {
        self.size
    }

    /// Nothing if one of them is too great for `int64`.
    fn numbers(self, bytes: &[u8]) -> Option<Data> {
        let bits = bytes.chunks_exact(self.size).map(|chunk| {
            let push = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
            if self.big_endian { chunk.iter().fold(0, push) } else { chunk.iter().rev().fold(0, push) }
        });
        let unused = 64 - 8 * self.size as u32;
        Some(match (self.kind, self.size) {
            ('b' | '?', _) => Data::U8(bits.map(|bits| u8::from(bits != 0)).collect()),
            ('u', 1) => Data::U8(bits.map(|bits| bits as u8).collect()),
            ('u', 8) => Data::I64(bits.map(|bits| i64::try_from(bits).ok()).collect::<Option<_>>()?),
            ('u', _) => Data::U32(bits.map(|bits| bits as u32).collect()),
            ('i', _) => Data::I64(bits.map(|bits| (bits << unused) as i64 >> unused).collect()),
            ('f', 2) => Data::F32(bits.map(|bits| from_binary16(bits as u16) as f32).collect()),
            ('f', 4) => Data::F32(bits.map(|bits| f32::from_bits(bits as u32)).collect()),
            _ => Data::F64(bits.map(f64::from_bits).collect()),
        })
    }
}

fn last_axis_fastest(data: &Data, shape: &[usize]) -> Data {
    match data {
        Data::U8(values) => Data::U8(reordered(values, shape)),
        Data::U32(values) => Data::U32(reordered(values, shape)),
        Data::I64(values) => Data::I64(reordered(values, shape)),
        Data::F32(values) => Data::F32(reordered(values, shape)),
        Data::F64(values) => Data::F64(reordered(values, shape)),
    }
}

fn reordered<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    // Strides of an array whose first axis is fastest.
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for axis in shape {
        strides.push(stride);
        stride *= axis;
    }
    let mut index = vec![0usize; shape.len()];
    let mut result = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        result.push(values[index.iter().zip(&strides).map(|(index, stride)| index * stride).sum::<usize>()]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    result
}
