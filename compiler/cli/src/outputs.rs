//! Where recordings go: an archive of arrays, or a folder of them, and pictures.

use crate::arguments::Spikes;
use neuro_diagnostics::Diagnostic;
use neuro_driver::FileContent;
use neuro_runtime::files::{E1102, save, write_csv, write_npy, write_npz};
use neuro_runtime::plot::{figure_of, png, svg};
use neuro_runtime::record::SpikeForm;
use neuro_runtime::run::RunResult;
use std::io::Write;
use std::path::Path;

/// Writes the recordings of a run to `FILE.npz`, or as one `.npy` each into a folder, which is made; the paths that were written.
pub(crate) fn write_recordings(result: &RunResult, out: &Path, spikes: Spikes) -> Result<Vec<String>, Diagnostic> {
    let form = match spikes {
        Spikes::Dense => SpikeForm::Dense,
        Spikes::Events => SpikeForm::Events,
    };
    if out.extension().is_some_and(|extension| extension == "npz") {
        write_npz(out, result.arrays(form))?;
        return Ok(vec![out.display().to_string()]);
    }
    make_folder(out)?;
    let mut written = Vec::new();
    for (name, array) in result.arrays(form) {
        let path = out.join(format!("{}.npy", name.replace(['/', '\\'], "_")));
        write_npy(&path, &array)?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

/// Draws the recordings of a run, as the ending of the path says.
pub(crate) fn write_plot(result: &RunResult, path: &Path, title: &str) -> Result<String, Diagnostic> {
    let figure = figure_of(&result.recordings, result.dt, result.steps, title);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => write_text(path, &svg(&figure)),
        Some("png") => write_bytes(path, &png(&figure)),
        _ => Err(Diagnostic::unplaced(&E1102, format!("`{}` cannot be written as a picture", path.display()))
            .help("end its name in `.svg` or `.png`")),
    }
}

/// Writes a file that a program asks for.
pub(crate) fn write_output(path: &Path, content: FileContent) -> Result<String, Diagnostic> {
    match content {
        FileContent::Svg(picture) => return write_text(path, &picture),
        FileContent::Png(picture) => return write_bytes(path, &picture),
        FileContent::Npz(arrays) => write_npz(path, arrays)?,
        FileContent::Csv(columns) => write_csv(path, &columns)?,
    }
    Ok(path.display().to_string())
}

/// Writes a text file.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<String, Diagnostic> {
    write_bytes(path, text.as_bytes())
}

/// Writes a file.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<String, Diagnostic> {
    save(path, |file| file.write_all(bytes))?;
    Ok(path.display().to_string())
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), Diagnostic> {
    std::fs::create_dir_all(path).map_err(|error| {
        Diagnostic::unplaced(&E1102, format!("the folder `{}` cannot be made: {error}", path.display()))
    })
}
