//! The files of this machine, for whoever works on the user's behalf.

use neuro_database::FileSystem;

/// Reads files from the disk.
pub struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => error.to_string(),
        })
    }
}
