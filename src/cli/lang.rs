//! The language that a reader asks for. Not for: what is said in it (`report`).

use clap::ValueEnum;

use crate::report::Language;

/// Languages of pages and of their summaries in Markdown; terminals and programs get English.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English
    #[default]
    En,
    /// Japanese
    Ja,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::English,
            Lang::Ja => Self::Japanese,
        }
    }
}
