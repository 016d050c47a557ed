//! Which lanes of a range have an event.

use neuro_program::Events;
use std::ops::Range;

/// Replaces `lanes` by the lanes of the range that have an event, ascending, counted from the start of the range.
pub(crate) fn gather(events: &Events, range: Range<usize>, lanes: &mut Vec<u32>) {
    lanes.clear();
    for_each_lane(events, range.clone(), |lane| lanes.push((lane - range.start) as u32));
}

/// Calls with every lane of the range that has an event, ascending.
pub(crate) fn for_each_lane(events: &Events, range: Range<usize>, mut visit: impl FnMut(usize)) {
    for_each_word(events, range, |first, word| {
        let mut rest = word;
        while rest != 0 {
            visit(first + rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
    });
}

/// Calls with the first lane and the bits of every word that has a bit in the range; bits outside are 0.
pub(crate) fn for_each_word(events: &Events, range: Range<usize>, mut visit: impl FnMut(usize, u64)) {
    if range.is_empty() {
        return;
    }
    let (first, last) = (range.start / 64, (range.end - 1) / 64);
    for (index, word) in events.bits.iter().enumerate().take(last + 1).skip(first) {
        let mut word = *word;
        if word == 0 {
            continue;
        }
        if index == first {
            word &= u64::MAX << (range.start % 64);
        }
        if index == last {
            word &= u64::MAX >> (63 - (range.end - 1) % 64);
        }
        if word != 0 {
            visit(index * 64, word);
        }
    }
}
