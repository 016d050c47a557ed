//! Syntax tree to typed program: names, dimensions, kinds, shapes, wires, causality, initialisation. One file a judgment.
//!
//! Pure: reads no file, knows no database. User mistakes come back as diagnostics beside the typed item; a part with a
//! mistake is [`typed::ExprKind::Error`], about which later passes stay silent.

/// Declares a code with its page, which stands in `explain/`.
macro_rules! code {
    ($id:ident, $title:literal) => {
        #[doc = $title]
        pub static $id: neuro_diagnostics::Code = neuro_diagnostics::Code::new(
            stringify!($id),
            $title,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/explain/", stringify!($id), ".md")),
        );
    };
}

pub mod builtins;
mod causality;
pub mod check;
pub mod dimension;
pub mod environment;
mod impulses;
pub mod interval;
mod invariants;
pub mod manifest;
pub mod names;
mod random;
pub mod references;
mod resets;
pub mod size;
pub mod spelling;
pub mod typed;
mod types;
pub mod vocabulary;

use neuro_diagnostics::Code;

/// The codes by name, each declared next to the check that raises it.
pub mod codes {
    pub use crate::causality::{E0501, E0502, E0503};
    pub use crate::check::arithmetic::E0305;
    pub use crate::check::builtins::{E0213, E0303, W0412};
    pub use crate::check::calls::{E0204, E0205};
    pub use crate::check::clocks::E0403;
    pub use crate::check::declarations::W0306;
    pub use crate::check::edges::E0208;
    pub use crate::check::events::E0402;
    pub use crate::check::expressions::{E0212, E0408};
    pub use crate::check::fields::E0203;
    pub use crate::check::handlers::{E0206, E0307, E0411};
    pub use crate::check::indices::E0704;
    pub use crate::check::initialisation::{E0602, E0603, W0604};
    pub use crate::check::instances::{E0210, E0703};
    pub use crate::check::junctions::{E0304, E0401};
    pub use crate::check::mentions::E0207;
    pub use crate::check::needs::{E0301, W0308};
    pub use crate::check::ranges::{E0310, E0705};
    pub use crate::check::settings::E0901;
    pub use crate::check::shapes::E0701;
    pub use crate::check::statements::{E0302, E0407};
    pub use crate::check::windows::W0702;
    pub use crate::impulses::E0405;
    pub use crate::manifest::{E0215, E0216, E0217};
    pub use crate::names::{E0201, E0202, E0209, E0211, E0214};
    pub use crate::random::E0409;
    pub use crate::resets::{E0504, E0507, W0504, W0505};
}

/// Every code that only this crate raises, sorted.
pub static CODES: &[&Code] = &[
    &codes::E0201,
    &codes::E0202,
    &codes::E0203,
    &codes::E0204,
    &codes::E0205,
    &codes::E0206,
    &codes::E0207,
    &codes::E0208,
    &codes::E0209,
    &codes::E0210,
    &codes::E0211,
    &codes::E0212,
    &codes::E0213,
    &codes::E0214,
    &codes::E0215,
    &codes::E0216,
    &codes::E0217,
    &codes::E0301,
    &codes::E0302,
    &codes::E0303,
    &codes::E0304,
    &codes::E0305,
    &codes::W0306,
    &codes::E0307,
    &codes::W0308,
    &codes::E0310,
    &codes::E0401,
    &codes::E0402,
    &codes::E0403,
    &codes::E0405,
    &codes::E0407,
    &codes::E0408,
    &codes::E0409,
    &codes::E0411,
    &codes::W0412,
    &codes::E0503,
    &codes::E0504,
    &codes::W0504,
    &codes::W0505,
    &codes::E0507,
    &codes::E0602,
    &codes::E0603,
    &codes::W0604,
    &codes::W0702,
    &codes::E0703,
    &codes::E0704,
    &codes::E0705,
    &codes::E0901,
];
