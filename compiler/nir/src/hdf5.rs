//! One dataset of an HDF5 file as text or numbers, whatever type, byte order, layout and compression it has.
//!
//! The only place that knows how HDF5 stores elements. It knows nothing of NIR.

use crate::limits::Budget;
use crate::tensor::{Elements, Tensor};
use hdf5_pure::{
    Dataset, Datatype, DatatypeByteOrder, FixedPointLayout, FloatingPointLayout, Layout, VlenStringReadOptions,
};

/// What a dataset holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stored {
    /// One text.
    Text(String),
    /// Texts in an array.
    Texts { shape: Vec<usize>, values: Vec<String> },
    /// Numbers.
    Numbers(Tensor),
}

/// Why a dataset could not be read.
pub(crate) enum Unreadable {
    /// It claims too much.
    TooLarge(Box<neuro_diagnostics::Diagnostic>),
    /// Its bytes cannot be found or decoded: the reason.
    Damaged(String),
    /// Its elements are neither text nor numbers that NIR uses: what they are.
    Type(String),
}

impl From<Box<neuro_diagnostics::Diagnostic>> for Unreadable {
    fn from(diagnostic: Box<neuro_diagnostics::Diagnostic>) -> Self {
        Self::TooLarge(diagnostic)
    }
}

impl From<hdf5_pure::Error> for Unreadable {
    fn from(error: hdf5_pure::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// HDF5 filter numbers that need no library: deflate, shuffle, fletcher32, scale-offset, and h5py's LZF.
const FILTERS: [u16; 5] = [1, 2, 3, 6, 32000];

/// Reads a dataset. `path` is for messages.
pub(crate) fn load(dataset: &Dataset, budget: &mut Budget, path: &str) -> Result<Stored, Unreadable> {
    let datatype = dataset.datatype()?;
    let shape = dataset.shape()?;
    if let Some(filter) = dataset.filters().into_iter().find(|filter| !FILTERS.contains(filter)) {
        return Err(Unreadable::Type(format!(
            "compressed with HDF5 filter {filter}, which is not supported (gzip and lzf are)"
        )));
    }
    let size = dataset.element_size()?;
    match dataset.layout()? {
        Layout::Chunked { chunk_shape, .. } => {
            budget.admits_chunk(path, &chunk_shape, size)?;
            budget.take(path, &shape, size, true)?;
            check_chunks(dataset, budget, path, &shape, &chunk_shape, size)?;
        }
        Layout::Compact { .. } | Layout::Contiguous { .. } => budget.take(path, &shape, size, false)?,
        _ => return Err(Unreadable::Type("stored in other files (a virtual dataset)".to_owned())),
    }
    let shape = shape
        .iter()
        .map(|&axis| usize::try_from(axis).map_err(|_| Unreadable::Damaged("an axis is too long".to_owned())))
        .collect::<Result<Vec<usize>, _>>()?;
    match text(dataset, &datatype, budget)? {
        Some(mut values) if shape.is_empty() && values.len() == 1 => Ok(Stored::Text(values.remove(0))),
        Some(values) => Ok(Stored::Texts { shape, values }),
        None => {
            let elements = decode(&datatype, &dataset.read_raw()?)?;
            let tensor = Tensor::new(shape, elements).ok_or_else(|| {
                Unreadable::Damaged("it holds another number of elements than its shape says".to_owned())
            })?;
            Ok(Stored::Numbers(tensor))
        }
    }
}

/// Holds the chunks that a file lists against what they claim: that they lie in the array, and that their bytes can hold
/// their elements. A kind of index that cannot be listed is left to the reading itself.
fn check_chunks(
    dataset: &Dataset,
    budget: &Budget,
    path: &str,
    shape: &[u64],
    chunk: &[u64],
    size: u64,
) -> Result<(), Unreadable> {
    let Ok(chunks) = dataset.chunks() else { return Ok(()) };
    let outside = |chunk: &hdf5_pure::Chunk| chunk.offset.iter().zip(shape).any(|(offset, size)| offset >= size);
    if chunks.iter().any(outside) {
        return Err(Unreadable::Damaged("a part of it lies outside of its shape".to_owned()));
    }
    let packed = !dataset.filters().is_empty();
    for stored in &chunks {
        budget.chunk_holds(path, chunk, size, stored.storage_size, packed && stored.filter_mask == 0)?;
    }
    let needed = shape.iter().zip(chunk).map(|(axis, chunk)| axis.div_ceil((*chunk).max(1)));
    let needed = needed.fold(1_u64, u64::saturating_mul);
    if (chunks.len() as u64) < needed {
        // What was never written reads as zeros and costs the file nothing; no writer of NIR leaves anything unwritten.
        budget.unwritten(path, shape, size)?;
    }
    Ok(())
}

/// The texts of a dataset; `None` if it holds no text.
fn text(dataset: &Dataset, datatype: &Datatype, budget: &Budget) -> Result<Option<Vec<String>>, Unreadable> {
    match datatype {
        // Texts of variable length lie in the file uncompressed, each once.
        Datatype::VariableLength { is_string, base_type, .. }
            if *is_string || matches!(**base_type, Datatype::String { .. }) =>
        {
            let bytes = usize::try_from(budget.file_length()).unwrap_or(usize::MAX);
            let options = VlenStringReadOptions::new().with_max_elements(bytes).with_max_payload_bytes(bytes);
            Ok(Some(dataset.read_vlen_strings(options)?))
        }
        Datatype::String { .. } => Ok(Some(dataset.read_string()?)),
        _ => Ok(None),
    }
}

/// The numbers in the bytes of a dataset.
fn decode(datatype: &Datatype, bytes: &[u8]) -> Result<Elements, Unreadable> {
    let odd = |what: String| Err(Unreadable::Type(what));
    match datatype {
        Datatype::FloatingPoint { size, byte_order, layout } => match (size, layout) {
            (2, &BINARY16) => Ok(Elements::F16(values(bytes, byte_order, u16::from_le_bytes, u16::from_be_bytes)?)),
            (4, &FloatingPointLayout::IEEE754_BINARY32) => {
                Ok(Elements::F32(values(bytes, byte_order, f32::from_le_bytes, f32::from_be_bytes)?))
            }
            (8, &FloatingPointLayout::IEEE754_BINARY64) => {
                Ok(Elements::F64(values(bytes, byte_order, f64::from_le_bytes, f64::from_be_bytes)?))
            }
            _ => odd(format!("floating-point numbers of {size} bytes that are not IEEE 754")),
        },
        Datatype::FixedPoint { size, byte_order, layout } => integers(bytes, *size, byte_order, layout),
        // h5py stores numpy's bool as an enumeration of FALSE and TRUE over one byte.
        Datatype::Enumeration { size: 1, members, .. }
            if members.len() == 2
                && members.iter().any(|m| m.name == "FALSE")
                && members.iter().any(|m| m.name == "TRUE") =>
        {
            Ok(Elements::Bool(bytes.iter().map(|&byte| byte != 0).collect()))
        }
        other => {
            // A type within types within types has a name without end.
            let name: String = other.to_string().chars().take(60).collect();
            odd(format!("elements of type {name}"))
        }
    }
}

/// IEEE 754 binary16, which the HDF5 crate has no name for.
pub(crate) const BINARY16: FloatingPointLayout = FloatingPointLayout {
    bit_offset: 0,
    bit_precision: 16,
    exponent_location: 10,
    exponent_size: 5,
    mantissa_location: 0,
    mantissa_size: 10,
    exponent_bias: 15,
};

fn integers(
    bytes: &[u8],
    size: u32,
    order: &DatatypeByteOrder,
    layout: &FixedPointLayout,
) -> Result<Elements, Unreadable> {
    if layout.bit_offset != 0 || u32::from(layout.bit_precision) != size * 8 {
        return Err(Unreadable::Type(format!("integers of {} bits in {size} bytes", layout.bit_precision)));
    }
    Ok(match (size, layout.signed) {
        (1, true) => Elements::I8(values(bytes, order, i8::from_le_bytes, i8::from_be_bytes)?),
        (2, true) => Elements::I16(values(bytes, order, i16::from_le_bytes, i16::from_be_bytes)?),
        (4, true) => Elements::I32(values(bytes, order, i32::from_le_bytes, i32::from_be_bytes)?),
        (8, true) => Elements::I64(values(bytes, order, i64::from_le_bytes, i64::from_be_bytes)?),
        (1, false) => Elements::U8(values(bytes, order, u8::from_le_bytes, u8::from_be_bytes)?),
        (2, false) => Elements::U16(values(bytes, order, u16::from_le_bytes, u16::from_be_bytes)?),
        (4, false) => Elements::U32(values(bytes, order, u32::from_le_bytes, u32::from_be_bytes)?),
        (8, false) => Elements::U64(values(bytes, order, u64::from_le_bytes, u64::from_be_bytes)?),
        _ => return Err(Unreadable::Type(format!("integers of {size} bytes"))),
    })
}

/// Numbers of N bytes each, in the file's byte order.
fn values<T, const N: usize>(
    bytes: &[u8],
    order: &DatatypeByteOrder,
    little: fn([u8; N]) -> T,
    big: fn([u8; N]) -> T,
) -> Result<Vec<T>, Unreadable> {
    let convert = match order {
        DatatypeByteOrder::LittleEndian => little,
        DatatypeByteOrder::BigEndian => big,
        DatatypeByteOrder::Vax => return Err(Unreadable::Type("numbers in VAX byte order".to_owned())),
    };
    let (chunks, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(Unreadable::Damaged("its last element is cut off".to_owned()));
    }
    Ok(chunks.iter().map(|&chunk| convert(chunk)).collect())
}
