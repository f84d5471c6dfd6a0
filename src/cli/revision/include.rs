//! The patterns of a manifest, and which folders may hold what they take.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::overrides::{Override, OverrideBuilder};

use super::super::policy;

/// The patterns of `include`.
pub struct Include {
    whole: Override,
    patterns: Vec<Pattern>,
}

/// One pattern; the last one that matches a file says whether it is taken.
enum Pattern {
    /// Files that it takes may lie in folders that these parts match, one after the other.
    Takes(Vec<Part>),
    /// Nothing is taken in folders that this matches, nor below them.
    Closes(Override),
    /// Nothing is taken but by what comes after it.
    ClosesAll,
    /// It says nothing of whole folders.
    Nothing,
}

/// What one folder on the way has to be called.
enum Part {
    /// So.
    Named(String),
    /// As this says.
    Like(Override),
    /// Anything, and everything below.
    Any,
}

impl Include {
    /// Reads the patterns.
    pub fn new(include: &[String]) -> Result<Include, ignore::Error> {
        let whole = policy::overrides(Path::new(""), include)?;
        Ok(Include { whole, patterns: include.iter().map(|pattern| Pattern::new(pattern)).collect() })
    }

    /// Whether a file is taken.
    pub fn takes(&self, file: &Path) -> bool {
        self.whole.matched(file, false).is_whitelist()
    }

    /// Whether a file may be taken that lies in a folder or below.
    pub fn may_hold(&self, folder: &Path) -> bool {
        self.patterns.iter().fold(false, |holds, pattern| match pattern {
            Pattern::Takes(parts) => holds || leads(parts, folder),
            Pattern::Closes(over) => holds && !folder.ancestors().any(|above| over.matched(above, true).is_whitelist()),
            Pattern::ClosesAll => false,
            Pattern::Nothing => holds,
        })
    }
}

impl Pattern {
    fn new(pattern: &str) -> Pattern {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let Some(closed) = pattern.strip_prefix('!') else { return Pattern::takes(pattern) };
        if ["*", "*.rk", "**", "**/*", "**/*.rk", "/**", "/**/*", "/**/*.rk"].contains(&closed) {
            return Pattern::ClosesAll;
        }
        let below = ["/**", "/**/*", "/**/*.rk"].into_iter().find_map(|end| closed.strip_suffix(end));
        below.and_then(|folder| like(folder.trim_start_matches('/'))).map_or(Pattern::Nothing, Pattern::Closes)
    }

    fn takes(pattern: &str) -> Pattern {
        if pattern.ends_with('/') {
            // Folders alone, and those are no policy files.
            return Pattern::Nothing;
        }
        if !pattern.contains('/') {
            return Pattern::Takes(vec![Part::Any]);
        }
        let part = |part: &str| match part {
            "**" => Part::Any,
            part if part.contains(['{', '}', '[', ']', '\\', ' ']) => Part::Any,
            part if !part.contains(['*', '?']) => Part::Named(part.to_owned()),
            part => like(part).map_or(Part::Any, Part::Like),
        };
        Pattern::Takes(pattern.trim_start_matches('/').split('/').map(part).collect())
    }
}

/// What a pattern says of a path from the folder of the manifest on.
fn like(pattern: &str) -> Option<Override> {
    let mut builder = OverrideBuilder::new("");
    builder.add(&format!("/{pattern}")).ok()?;
    builder.build().ok()
}

/// Whether parts lead into a folder, with at least one more for what lies in it.
fn leads(parts: &[Part], folder: &Path) -> bool {
    let mut parts = parts.iter();
    for name in folder.components() {
        let name = name.as_os_str();
        match parts.next() {
            None => return false,
            Some(Part::Any) => return true,
            Some(part) if !part.is(name) => return false,
            Some(_) => {}
        }
    }
    parts.next().is_some()
}

impl Part {
    fn is(&self, name: &OsStr) -> bool {
        match self {
            Part::Named(named) => name == named.as_str(),
            Part::Like(over) => over.matched(PathBuf::from(name), true).is_whitelist(),
            Part::Any => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_may_hold_something() {
        let holds = |patterns: &[&str], folder: &str| {
            let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
            Include::new(&patterns).expect("patterns").may_hold(Path::new(folder))
        };
        for (patterns, folder, may) in [
            (&["pol/**/*.rk"][..], "pol", true),
            (&["pol/**/*.rk"], "pol/old", true),
            (&["./pol/**/*.rk"], "pol/old/deep", true),
            (&["pol/**/*.rk"], "vendor", false),
            (&["pol/*.rk"], "pol", true),
            (&["pol/*.rk"], "pol/old", false),
            (&["/pol/*/a.rk"], "pol/old", true),
            (&["/pol/*d/a.rk"], "pol/new", false),
            (&["pol/{a,b/c}/*.rk"], "pol/b/c", true),
            (&["*.rk"], "any/where", true),
            (&["/p.rk"], "sub", false),
            (&["pol/"], "pol", false),
            (&["pol/**/*.rk", "!pol/old/**"], "pol/old", false),
            (&["pol/**/*.rk", "!pol/old/**"], "pol/old/deep", false),
            (&["pol/**/*.rk", "!pol/old/**"], "pol/older", true),
            (&["pol/**/*.rk", "!pol/old"], "pol/old", true),
            (&["!pol/old/**", "pol/**/*.rk"], "pol/old", true),
            (&["**/*.rk", "!**/old/**"], "pol/old", false),
            (&["**/*.rk", "!old/**/*.rk"], "old", false),
            (&["**/*.rk", "!old/*.rk"], "old", true),
            (&["**/*.rk", "!*.rk"], "old", false),
            (&["**/*.rk", "!**", "keep/*.rk"], "keep", true),
            (&["!old/**"], "new", false),
        ] {
            assert_eq!(holds(patterns, folder), may, "{patterns:?} in {folder}");
        }
    }
}
