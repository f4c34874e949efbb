//! URI templates.
