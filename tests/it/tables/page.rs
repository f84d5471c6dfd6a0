//! `docs/table.md` has the numbers that the code has, all of them.

use std::collections::BTreeMap;
use std::fs;

use roomkey::model::kinds::{FOLLOW, LOWEST, NONE};
use roomkey::table::layout;
use roomkey::table::layout::{SECTIONS, around, cell, grant, header, layer, outer, pattern, place, principal, rows, summary};

macro_rules! numbers {
    ($($(:: $module:ident)? $name:ident)*) => {
        BTreeMap::from([$((concat!($(stringify!($module), "::",)? stringify!($name)), numbers!(@ $($module ::)? $name) as u64)),*])
    };
    (@ $module:ident :: $name:ident) => { $module::$name };
    (@ $name:ident) => { $name };
}

/// Every number of the layout, by its name in the code.
fn numbers() -> BTreeMap<&'static str, u64> {
    use layout::{ALIGN, BLOCK, DENSE, DIGEST, LINE, MAJOR, MARK, MINOR, NOTHING, OPEN_GROUPS, PAGE, UNSET};
    numbers! {
        MAJOR MINOR BLOCK DIGEST PAGE ALIGN LINE NOTHING OPEN_GROUPS UNSET DENSE MARK FOLLOW NONE LOWEST
        ::header MAJOR ::header MINOR ::header LENGTH ::header FILE ::header DIRECTORY ::header SECTIONS ::header ROOTS
        ::header SOURCES ::header ENDS ::header SEED ::header FLAGS ::header EVERYWHERE ::header COUNTS ::header WRITER
        ::header TABLE ::header LINE
        ::place PATTERN ::place DECLARED ::place CANNOT ::place ROLES ::place MEMBERS ::place OUTER ::place ANY_CANNOT
        ::place ANY_ROLES ::place CLOSED ::place WORDS ::place NAME_SHIFT
        ::principal EXPIRING ::principal WORDS
        ::rows WIDE ::rows MAX_USERS ::rows MAX_GROUPS ::rows MAX_EVERYONE
        ::grant KIND ::grant SET ::grant UNTIL ::grant TEXT ::grant ROLE ::grant WORDS ::grant OWNER
        ::pattern PLACE ::pattern SHORTER ::pattern FIRST ::pattern LAST ::pattern UNTIL ::pattern AROUND ::pattern AT
        ::pattern WORDS
        ::around ORGANIZATION ::around OUTER ::around PARENT ::around FLAGS ::around WORDS
        ::outer MAX ::outer WORDS
        ::summary MAX ::summary WORDS ::summary CLOSED
        ::layer WORDS ::layer TIMED ::layer MEMBERS ::layer FILTER_SHIFT ::layer FILTER ::layer PLACES ::layer ENDS ::layer FACTOR
        ::cell SILENT ::cell PLACE_SHIFT ::cell ACCESS_SHIFT ::cell ROLE_SHIFT
    }
}

/// The first two cells of every row of a table.
fn cells(page: &str) -> Vec<(&str, &str)> {
    let row = |line: &'_ str| line.starts_with('|');
    page.lines()
        .filter(|l| row(l))
        .filter_map(|l| {
            let mut cells = l.trim_matches('|').split('|').map(str::trim);
            Some((cells.next()?, cells.next()?))
        })
        .collect()
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/table.md");
    fs::read_to_string(path).expect("the page is part of the project")
}

#[test]
fn the_page_has_every_number_of_the_layout() {
    let page = page();
    let cells = cells(&page);
    let named: Vec<(&str, &str)> =
        cells.iter().filter_map(|(name, value)| Some((name.strip_prefix('`')?.strip_suffix('`')?, *value))).collect();
    let magic: Vec<String> = layout::MAGIC.iter().map(|b| format!("{b:02X}")).collect();
    assert!(named.contains(&("MAGIC", &magic.join(" "))));
    let said: BTreeMap<&str, u64> =
        named.iter().filter(|(n, _)| *n != "MAGIC").map(|(n, v)| (*n, v.parse().expect("a number"))).collect();
    assert_eq!(said, numbers());
    assert_eq!(named.len(), said.len() + 1, "each is said once");
}

/// A constant that is added to the layout and forgotten here would be forgotten on the page as well.
#[test]
fn the_list_of_numbers_is_whole() {
    let code = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/table/layout.rs")).expect("it is there");
    let constants = code.lines().filter(|l| l.trim_start().starts_with("pub const")).count();
    // `MAGIC`, `COUNTED` and `SECTIONS` are no numbers; `FOLLOW`, `NONE` and `LOWEST` are no part of the layout.
    assert_eq!(constants + 3, numbers().len() + 3);
}

#[test]
fn the_page_has_every_section() {
    let page = page();
    let said: Vec<(usize, &str)> =
        cells(&page).into_iter().filter_map(|(number, name)| Some((number.parse().ok()?, name))).collect();
    let known: Vec<(usize, &str)> = SECTIONS.iter().map(|s| (*s as usize, s.name())).collect();
    assert_eq!(said, known);
    let counted = layout::COUNTED.join(", ");
    assert!(page.contains(&counted), "the counts are {counted}");
}
