//! Files are written beside their place and renamed when they are complete, so that nobody ever finds half a file, and what stood there
//! before stays whole if something fails. A link is followed; what is no plain file (`/dev/stdout`, a named pipe) is written into, as it
//! cannot be replaced.

use super::codes::E1102;
use neuro_diagnostics::Diagnostic;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

/// Writes a file; `write` is given a buffered, seekable file.
///
/// # Errors
/// E1102 with the path and the system's reason.
pub fn save(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut std::fs::File>) -> std::io::Result<()>,
) -> Result<(), Diagnostic> {
    let fault = |error: &std::io::Error| cannot_write(path, error);
    // Of a link, the file that it leads to is written; a link to nothing is replaced.
    let linked = std::fs::canonicalize(path);
    let place = linked.as_deref().unwrap_or(path);
    let known = std::fs::metadata(place);
    if known.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
        return Err(fault(&std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    if known.is_ok_and(|known| !known.is_file()) {
        return into_device(place, write).map_err(|error| fault(&error));
    }
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".neuro-").tempfile_in(folder).map_err(|error| fault(&error))?;
    let mut buffered = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(|error| fault(&error))?;
    drop(buffered);
    readable_by_others(beside.as_file()).map_err(|error| fault(&error))?;
    beside.persist(place).map_err(|error| fault(&error.error))?;
    Ok(())
}

/// Writes into what is there and is no plain file. Such a thing cannot be sought in, so that all is made elsewhere first.
fn into_device(
    place: &Path,
    write: impl FnOnce(&mut BufWriter<&mut std::fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut made = tempfile::tempfile()?;
    let mut buffered = BufWriter::with_capacity(1 << 20, &mut made);
    write(&mut buffered).and_then(|()| buffered.flush())?;
    drop(buffered);
    made.rewind()?;
    let mut device = std::fs::OpenOptions::new().write(true).open(place)?;
    std::io::copy(&mut made, &mut device)?;
    device.flush()
}

/// Temporary files are private; results get the permissions that any new file gets here. `umask` can only be read by setting it, so
/// read for all and write for the owner is what is given.
#[cfg(unix)]
fn readable_by_others(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Diagnostic {
    let text = error.to_string();
    // `tempfile` names its own file behind the system's reason.
    let reason = text.split(" at path ").next().unwrap_or(&text);
    let diagnostic = Diagnostic::unplaced(&E1102, format!("`{}` cannot be written: {reason}", path.display()));
    match path.parent() {
        Some(folder)
            if error.kind() == std::io::ErrorKind::NotFound && !folder.as_os_str().is_empty() && !folder.exists() =>
        {
            diagnostic.help(format!("make the folder `{}` first", folder.display()))
        }
        _ if error.kind() == std::io::ErrorKind::IsADirectory => {
            diagnostic.help(format!("name a file in it: `{}/…`", path.display()))
        }
        _ => diagnostic.help("choose a place that may be written and has room"),
    }
}
