//! A step program as text.
