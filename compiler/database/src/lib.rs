//! The only salsa crate: files in, answers out. Its queries are thin wrappers that call the pure functions of `syntax`, `analysis` and
//! `nir`; it knows no rule of the language.
//!
//! The grain is the item. A file's text is split into the texts of its items; what an item means depends on its own text and on what
//! it asks about others (their signatures, not their bodies). Places inside an item are relative to it, so an edit above an
//! item re-runs nothing of it, and an edit of a body re-checks only that item while its signature stays the same.

mod bringing;
mod files;
mod interface;
mod modules;
mod project;
mod queries;
mod uses;
mod workspace;

pub use files::{Content, Entry, EntryKind, FileSystem, Nowhere, listed};
pub use project::Project;
pub use queries::{Db, SourceFile};
pub use workspace::{Answers, Workspace};
