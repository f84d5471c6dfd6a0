//! What the columns of each sort of facts are called.

use crate::facts::Sort;
use crate::finding::did_you_mean;

/// The most columns that a sort has.
pub const WIDTH: usize = 7;

/// A column, by its number in the list of its sort.
pub type Column = usize;

/// The names of the columns of a sort; the numbers are those of the constants below.
pub fn names(sort: Sort) -> &'static [&'static str] {
    match sort {
        Sort::Members => &["group", "user", "member_kind", "member", "until"],
        Sort::Resources => &["kind", "id", "parent_kind", "parent"],
        Sort::Accesses => &["kind", "id", "principal_kind", "principal", "verb", "permissions", "until"],
        Sort::Assignments => &["role", "subject_kind", "subject", "scope_kind", "scope", "until"],
    }
}

/// The column that a name stands for; the verb has the other names that the guide's notation suggests.
pub fn named(sort: Sort, name: &str) -> Option<Column> {
    let name = if sort == Sort::Accesses && matches!(name, "can|cannot" | "effect") { "verb" } else { name };
    names(sort).iter().position(|n| *n == name)
}

/// Help for a name that stands for no column.
pub fn help(sort: Sort, name: &str) -> String {
    if sort == Sort::Accesses && matches!(name, "can" | "cannot") {
        return "`can` and `cannot` stand in a column named `verb`".into();
    }
    did_you_mean(name, names(sort).iter().copied()).unwrap_or_else(|| usual(sort).into())
}

/// How the columns of a sort are usually given.
pub fn usual(sort: Sort) -> &'static str {
    match sort {
        Sort::Members => "the columns are `group,user` or `group,member_kind,member`, and perhaps `until`",
        Sort::Resources => "the columns are `kind,id`, and perhaps `parent_kind,parent`",
        Sort::Accesses => "the columns are `kind,id,principal_kind,principal,verb,permissions`, and perhaps `until`",
        Sort::Assignments => "the columns are `role,subject_kind,subject,scope_kind,scope`, and perhaps `until`",
    }
}

/// What is said where a member is named in both forms.
pub const CLASH: &str = "`user` and `member` both name the member";

/// Whether a column names what one of those that are there names too.
pub fn clash(sort: Sort, column: Column, there: &[bool; WIDTH]) -> bool {
    sort == Sort::Members && (column == 1 && there[3] || column == 3 && there[1])
}

/// The columns that a sort needs and that are not there.
pub fn missing(sort: Sort, there: &[bool; WIDTH]) -> Vec<&'static str> {
    let needed: &[Column] = match sort {
        Sort::Members if there[2] || there[3] => &[0, 2, 3],
        Sort::Members => &[0, 1],
        Sort::Resources if there[2] || there[3] => &[0, 1, 2, 3],
        Sort::Resources => &[0, 1],
        Sort::Accesses => &[0, 1, 2, 3, 4, 5],
        Sort::Assignments => &[0, 1, 2, 3, 4],
    };
    needed.iter().filter(|c| !there[**c]).map(|c| names(sort)[*c]).collect()
}
