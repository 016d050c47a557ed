//! How much memory a step program takes while it runs, known before any of it is asked for; and how much there is.
//!
//! A request that cannot be met ends a process, so whoever runs a program compares the two first.

use crate::{LANE_PADDING, MapKind, Number, SourceKind, StepProgram};

/// Something that takes memory while a program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is called in dumps: `net.e.s`.
    pub name: String,
    /// At most so many bytes, while memory is made.
    pub bytes: u64,
    /// How many steps it remembers; 1 if only the present one.
    pub steps: u64,
}

impl StepProgram {
    /// What the state of a run takes: buffers with their rings, event lines, and what delays remember. Tables of the
    /// program itself are there already and are not counted. What is beyond `u64` is `u64::MAX`.
    pub fn needs(&self) -> Vec<Need> {
        let size = if self.number == Number::F32 { 4 } else { 8 };
        let product = |factors: &[u64]| factors.iter().fold(1, |product: u64, factor| product.saturating_mul(*factor));
        let padded = |lanes: usize| (lanes as u64).saturating_add(LANE_PADDING as u64);
        let buffers = self.buffers.iter().map(|buffer| {
            let steps = buffer.slots as u64;
            // Initial values are laid out as binary64 before they are converted.
            Need { name: buffer.name.clone(), bytes: product(&[padded(buffer.lanes), steps, 8 + size]), steps }
        });
        let lines = self.events.iter().map(|line| {
            let bytes = padded(line.lanes).div_ceil(8);
            Need { name: line.name.clone(), bytes, steps: 1 }
        });
        let flows = self.maps.iter().filter_map(|map| match map.kind {
            MapKind::Delay { count, steps, .. } => {
                let (row, steps) = (size * count as u64 + size_of::<crate::Numbers>() as u64, u64::from(steps));
                Some(Need { name: map.name.clone(), bytes: product(&[row, steps]), steps })
            }
            MapKind::Dense { .. } | MapKind::Scale { .. } | MapKind::Broadcast { .. } => None,
        });
        let delayed = self.sources.iter().filter_map(|source| match source.kind {
            SourceKind::DelayedEvents { steps, .. } => {
                let (row, steps) = (size_of::<Vec<(u32, f64)>>() as u64, u64::from(steps));
                Some(Need { name: source.name.clone(), bytes: product(&[row, steps]), steps })
            }
            SourceKind::Table { .. }
            | SourceKind::Input { .. }
            | SourceKind::Events { .. }
            | SourceKind::Poisson { .. }
            | SourceKind::Clock { .. }
            | SourceKind::Draw { .. } => None,
        });
        buffers.chain(lines).chain(flows).chain(delayed).collect()
    }
}

/// The memory that can be had without swapping, in bytes: `MemAvailable` of Linux, and no more than the process's
/// control group may have. Nothing where that is not known.
pub fn available_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|limit| limit.trim().parse().ok()).unwrap_or(u64::MAX);
    Some(group.min(kibibytes.saturating_mul(1024)))
}

/// Bytes in the words of a message: `3.2 GB`.
pub fn size_text(bytes: f64) -> String {
    if bytes < 1e15 { format!("{:.1} GB", bytes / 1e9) } else { format!("{:.1e} GB", bytes / 1e9) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, BufferId, Initial, Map};

    #[test]
    fn what_is_beyond_counting_is_not_wrapped() {
        let mut program = StepProgram::empty(Number::F64, 1e-3);
        let buffer = |name: &str, lanes, slots| {
            let initial = Initial::Uniform(0.0);
            Buffer { slots, ..Buffer::new(name, crate::Role::Scratch, lanes, initial) }
        };
        program.buffers = vec![buffer("ring", usize::MAX, usize::MAX), buffer("v", 16, 1)];
        let kind = MapKind::Delay { count: 16, steps: 1000, source_offset: 0, target_offset: 0 };
        let (source, target) = (BufferId(1), BufferId(1));
        program.maps.push(Map { name: "late".into(), source, target, accumulate: false, first_step: 0, kind });
        let bytes: Vec<u64> = program.needs().iter().map(|need| need.bytes).collect();
        assert_eq!(bytes[..2], [u64::MAX, 32 * 16]);
        assert!((128_000..200_000).contains(&bytes[2]), "{bytes:?}");
        assert_eq!(size_text(4e15), "4.0e6 GB");
    }
}
