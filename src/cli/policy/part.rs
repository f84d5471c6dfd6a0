//! A file that is a part of a larger policy: what it lacks the other files may have.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Finder, name, upwards};

/// That files which were named alone are a part of the policy of the nearest manifest above, and what to type for all of it.
pub fn note(paths: &[PathBuf]) -> Option<String> {
    let [first, rest @ ..] = paths else { return None };
    if paths.iter().any(|path| path.extension().is_none_or(|e| e != "rk") || !path.is_file()) {
        return None;
    }
    let folder = first.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let manifest = upwards(folder)?;
    let mut finder = Finder::default();
    finder.manifest(&manifest);
    finder.once();
    let all: HashSet<PathBuf> = finder.files.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let given: HashSet<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    if !finder.faults.is_empty() || !given.is_subset(&all) || given.len() == all.len() {
        return None;
    }
    let home = manifest.parent().unwrap_or(Path::new(""));
    let above = home.components().all(|part| matches!(part, std::path::Component::ParentDir));
    let type_it = if above { "roomkey lint".to_owned() } else { format!("roomkey lint {}", name(home)) };
    let subject = if rest.is_empty() { format!("`{}` is", name(first)) } else { "these files are".to_owned() };
    Some(format!("note: {subject} a part of the policy of `{}`: type `{type_it}`", name(&manifest)))
}
