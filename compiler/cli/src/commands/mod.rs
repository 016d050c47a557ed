//! The commands, one file each.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod convergence;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod lsp;
pub(crate) mod manual;
pub(crate) mod new;
pub(crate) mod nir;
pub(crate) mod run;
pub(crate) mod test;
