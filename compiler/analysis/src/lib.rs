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
            include_str!(concat!("explain/", stringify!($id), ".md")),
        );
    };
}

pub mod builtins;
pub mod causality;
pub mod check;
pub mod dimension;
pub mod dimensions;
pub mod environment;
pub mod impulses;
pub mod initialisation;
pub mod interval;
pub mod kinds;
pub mod names;
pub mod random;
pub mod references;
pub mod resets;
pub mod shapes;
pub mod size;
pub mod spelling;
pub mod typed;
mod types;
pub mod vocabulary;

use neuro_diagnostics::Code;

/// Every code of this crate, sorted.
pub static CODES: &[&Code] = &[
    &names::E0201,
    &names::E0202,
    &names::E0203,
    &names::E0204,
    &names::E0205,
    &names::E0206,
    &names::E0207,
    &names::E0208,
    &names::E0209,
    &names::E0210,
    &names::E0211,
    &names::E0212,
    &names::E0213,
    &dimensions::E0301,
    &dimensions::E0302,
    &dimensions::E0303,
    &dimensions::E0304,
    &dimensions::E0305,
    &dimensions::W0306,
    &dimensions::E0307,
    &dimensions::W0308,
    &kinds::E0401,
    &kinds::E0402,
    &kinds::E0403,
    &impulses::E0405,
    &kinds::E0407,
    &kinds::E0408,
    &random::E0409,
    &kinds::E0411,
    &kinds::W0412,
    &causality::E0501,
    &causality::E0502,
    &causality::E0503,
    &resets::E0504,
    &resets::W0505,
    &initialisation::E0602,
    &initialisation::E0603,
    &initialisation::W0604,
    &shapes::E0701,
    &shapes::W0702,
    &shapes::E0703,
    &shapes::E0704,
];
