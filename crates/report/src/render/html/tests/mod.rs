//! The page as a file, and as a browser shows it.

mod browser;
mod page;
mod shown;
