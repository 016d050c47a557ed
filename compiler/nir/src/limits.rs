//! What a file may ask for. A file of strangers can claim any size and point anywhere, also back to itself; nothing is
//! allocated or followed before it is held against the number of bytes that are really there.

use neuro_diagnostics::{Code, Diagnostic};

/// A file that claims more than it can hold.
pub static E1205: Code = Code::new("E1205", "NIR file claims more than it can hold", include_str!("explain/E1205.md"));

/// DEFLATE cannot make more than 1032 bytes out of one (RFC 1951: a match of 258 bytes in 2 bits); LZF far less.
const LARGEST_EXPANSION: u64 = 1032;
/// Small files may hold arrays that were never written, which cost no bytes.
const SMALLEST_ALLOWANCE: u64 = 1 << 16;
/// All arrays of one file together. Far above any network that fits the memory of one machine's program.
const LARGEST_TOTAL: u64 = 1 << 35;
/// Every object of HDF5 has a header and an entry in its group, of at least this many bytes together.
const SMALLEST_OBJECT: u64 = 32;
/// Graphs within graphs, and metadata within metadata.
const DEEPEST: usize = 32;

/// What is left of the allowance of one file.
#[derive(Debug)]
pub(crate) struct Budget {
    file: u64,
    bytes: u64,
    objects: u64,
}

impl Budget {
    /// The allowance of a file of so many bytes.
    pub(crate) fn of_file(length: usize) -> Self {
        let file = length as u64;
        let bytes = file.saturating_mul(LARGEST_EXPANSION).clamp(SMALLEST_ALLOWANCE, LARGEST_TOTAL);
        Self { file, bytes, objects: file / SMALLEST_OBJECT + 8 }
    }

    /// The number of bytes that the file has.
    pub(crate) fn file_length(&self) -> u64 {
        self.file
    }

    /// Takes the bytes of an array of `count` elements of `size` bytes; `packed` if they may be compressed.
    pub(crate) fn take(&mut self, path: &str, shape: &[u64], size: u64, packed: bool) -> Result<(), Box<Diagnostic>> {
        let count = shape.iter().try_fold(1_u64, |count, &axis| count.checked_mul(axis));
        let bytes = count.and_then(|count| count.checked_mul(size));
        let allowed = if packed { self.bytes } else { self.bytes.min(self.file.max(SMALLEST_ALLOWANCE)) };
        match bytes {
            Some(bytes) if bytes <= allowed => {
                self.bytes -= bytes;
                Ok(())
            }
            _ => Err(self.too_large(path, shape)),
        }
    }

    /// Whether a chunk of such a shape can be in the file at all.
    pub(crate) fn admits_chunk(&self, path: &str, shape: &[u64], size: u64) -> Result<(), Box<Diagnostic>> {
        let bytes = shape.iter().try_fold(size, |bytes, &axis| bytes.checked_mul(axis));
        let allowed = self.file.saturating_mul(LARGEST_EXPANSION).clamp(SMALLEST_ALLOWANCE, LARGEST_TOTAL);
        if bytes.is_some_and(|bytes| bytes <= allowed) { Ok(()) } else { Err(self.too_large(path, shape)) }
    }

    /// Whether `stored` bytes can hold a chunk.
    pub(crate) fn chunk_holds(
        &self,
        path: &str,
        shape: &[u64],
        size: u64,
        stored: u64,
        packed: bool,
    ) -> Result<(), Box<Diagnostic>> {
        let bytes = shape.iter().try_fold(size, |bytes, &axis| bytes.checked_mul(axis));
        // Beside the data, DEFLATE has a header of a few bytes.
        let holds = if packed { stored.saturating_mul(LARGEST_EXPANSION) } else { stored };
        if bytes.is_some_and(|bytes| bytes <= holds) { Ok(()) } else { Err(self.too_large(path, shape)) }
    }

    /// Whether an array may have parts that were never written.
    pub(crate) fn unwritten(&self, path: &str, shape: &[u64], size: u64) -> Result<(), Box<Diagnostic>> {
        let bytes = shape.iter().try_fold(size, |bytes, &axis| bytes.checked_mul(axis));
        if bytes.is_some_and(|bytes| bytes <= SMALLEST_ALLOWANCE) { Ok(()) } else { Err(self.too_large(path, shape)) }
    }

    /// Takes one object, `depth` groups deep.
    pub(crate) fn enter(&mut self, path: &str, depth: usize) -> Result<(), Box<Diagnostic>> {
        if depth > DEEPEST {
            let message = format!("{path} lies more than {DEEPEST} graphs deep");
            let help = "a group of the file contains itself, or the file is damaged";
            return Err(Box::new(Diagnostic::unplaced(&E1205, message).help(help)));
        }
        match self.objects.checked_sub(1) {
            Some(left) => {
                self.objects = left;
                Ok(())
            }
            None => {
                let message = format!("the file claims more nodes and fields than its {} bytes can hold", self.file);
                let help = "a group of the file contains itself, or the file is damaged";
                Err(Box::new(Diagnostic::unplaced(&E1205, message).help(help)))
            }
        }
    }

    fn too_large(&self, path: &str, shape: &[u64]) -> Box<Diagnostic> {
        let axes: Vec<String> = shape.iter().take(8).map(u64::to_string).collect();
        let message =
            format!("`{path}` claims the shape [{}], which a file of {} bytes cannot hold", axes.join(", "), self.file);
        Box::new(Diagnostic::unplaced(&E1205, message).help("the file is damaged, or was made to do harm"))
    }
}
