//! (being written)

mod disk;

pub use disk::Disk;
