//! One test binary: the product through its public doors, against the reference and real organizations.

#[path = "../reference/mod.rs"]
mod reference;

mod agree;
mod books;
mod cli;
mod cli_table;
mod cli_bad;
mod cli_import;
mod cli_shell;
mod consoles;
mod facts;
mod findings;
mod import_github;
mod import_json;
mod import_rust_team;
mod manifest;
mod oracle;
mod real;
mod rules;
mod tables;
mod tidy;
mod vectors;
