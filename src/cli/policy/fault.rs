//! Why the files of a policy cannot be read.

use miette::Diagnostic;

use super::MANIFEST;
use crate::cli::manifest;
use crate::report::Unread;

/// Why a file or folder of a policy cannot be read.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// Nothing has this path.
    #[error("there is no file or folder `{0}`")]
    #[diagnostic(help("give a folder, a `.rk` file or a `roomkey.toml`, or type `roomkey init` to start a policy"))]
    Missing(String),
    /// The operating system refuses.
    #[error("cannot read `{0}`: {1}")]
    Unreadable(String, String),
    /// A link that leads nowhere.
    #[error("cannot read `{0}`: it is a link to something that is not there")]
    #[diagnostic(help("take the link away, or make what it leads to"))]
    Dangling(String),
    /// Nothing to import has this path.
    #[error("there is no file or folder `{0}`")]
    Gone(String),
    /// Bytes that are no text.
    #[error("{file}:{line}: not UTF-8 at byte {offset}, in column {column}")]
    #[diagnostic(help("save the file as UTF-8"))]
    NotText {
        /// The file as it was given.
        file: String,
        /// The line from 1.
        line: usize,
        /// The column from 1.
        column: usize,
        /// The byte from 0.
        offset: usize,
    },
    /// A folder that is named like a policy.
    #[error("`{0}` is a folder, and names in `.rk` are for policy files")]
    #[diagnostic(help("rename the folder, such as to `{}`", .0.trim_end_matches(".rk")))]
    Folder(String),
    /// A pipe, a socket or a device: reading it could wait for ever.
    #[error("`{0}` is no file, and only files hold policies")]
    #[diagnostic(help("give a folder, a `.rk` file or a `roomkey.toml`"))]
    NoFile(String),
    /// A folder without policies.
    #[error("no policy in `{0}`: no file in it or below it ends in `.rk`")]
    #[diagnostic(help("names that begin with a dot are passed over; type `roomkey init` to start a policy here"))]
    Empty(String),
    /// A folder whose policies each have a manifest of their own.
    #[error("`{0}` holds several policies: {1}")]
    #[diagnostic(help(
        "name one of them, such as `-p {2}`; or write a `roomkey.toml` in `{0}` that includes all of their files"
    ))]
    Several(String, String, String),
    /// A manifest whose patterns match nothing.
    #[error("`{0}` includes no file: nothing matches {1}")]
    #[diagnostic(help("patterns are relative to the manifest, such as `policies/**/*.rk`"))]
    Unmatched(String, String),
    /// A compiled table where text is wanted.
    #[error("`{0}` is a compiled policy, and this needs the text that it was built from")]
    #[diagnostic(help("give the folder or the `.rk` files"))]
    Compiled(String),
    /// Something else.
    #[error("`{0}` is no policy: its name does not end in `.rk`")]
    #[diagnostic(help("give a folder, a `.rk` file or a `roomkey.toml`"))]
    Other(String),
    /// More text than spans can point into.
    #[error("`{0}` is too large: a policy file has less than 4 GiB")]
    TooLarge(String),
    /// A manifest that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] manifest::Fault),
}

impl Fault {
    /// What formats of findings say of it.
    pub fn unread(&self) -> Unread {
        let (file, place) = match self {
            Fault::NotText { file, line, column, .. } => (file.as_str(), Some((*line, *column))),
            Fault::Manifest(fault) => fault.place().map_or((MANIFEST, None), |(file, place)| (file, Some(place))),
            Fault::Missing(file) | Fault::Unreadable(file, _) | Fault::Gone(file) | Fault::Folder(file) => (file.as_str(), None),
            Fault::Dangling(file)
            | Fault::NoFile(file)
            | Fault::Empty(file)
            | Fault::Unmatched(file, _)
            | Fault::Compiled(file) => (file.as_str(), None),
            Fault::Other(file) | Fault::TooLarge(file) | Fault::Several(file, ..) => (file.as_str(), None),
        };
        Unread { file: file.to_owned(), place, message: self.to_string(), help: self.help().map(|help| help.to_string()) }
    }

    /// Whether it says that a file is no text.
    pub fn is_about(&self, name: &str) -> bool {
        matches!(self, Fault::NotText { file, .. } if file == name)
    }
}
