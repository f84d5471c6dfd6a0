//! One test binary: the product through its public doors, against the reference and real organizations.

#[path = "../reference/mod.rs"]
mod reference;

mod agree;
mod asking;
mod books;
mod ci;
mod cli;
mod cli_bad;
mod cli_fmt;
mod cli_import;
mod cli_shell;
mod cli_table;
mod cli_tokens;
mod consoles;
mod coverage;
mod diff;
mod diff_cli;
mod facts;
mod findings;
mod fixes;
mod format;
mod graphs;
mod import_github;
mod import_json;
mod import_rust_team;
mod import_safe;
mod lint_formats;
mod lint_life;
mod lint_schemas;
mod lint_since;
mod manifest;
mod newcomer;
mod openings;
mod oracle;
mod pages;
mod pictures;
mod proofs;
mod proving;
mod real;
mod rules;
mod shapes;
mod tables;
mod tidy;
mod tokens;
mod vectors;
