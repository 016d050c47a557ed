//! Shapes: the codes.

use crate::size::Size;

code!(E0701, "shapes do not match");
code!(W0702, "a window does not cover its input");
code!(E0703, "a size or unit is not solved");
code!(E0704, "an index is out of bounds");

/// `[3, n]`; of one value: `one value`.
pub(crate) fn shown(shape: &[Size]) -> String {
    if shape.is_empty() {
        return "one value".into();
    }
    let sizes: Vec<String> = shape.iter().map(Size::to_string).collect();
    format!("[{}]", sizes.join(", "))
}
