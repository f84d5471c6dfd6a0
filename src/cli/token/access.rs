//! `roomkey token access`: what its bearer can, by room.

use std::io::{self, BufWriter, Write};

use super::super::signing::{duties, trouble};
use super::super::{Failure, Globals, Outcome, Trouble, answers, output};
use super::{Issue, WhoArgs};
use crate::Table;
use crate::finding::did_you_mean;
use crate::model::kinds::KindId;
use crate::report::plain;
use crate::token::{self, Access, Extent, Grants};

const EXAMPLES: &str = "\
Examples:
  roomkey token access --user guest --allow 'design:*=*:write,comments:read'
  roomkey token access --user guest --allow 'lobby=*:read' --allow 'lobby=comments:write' --ttl 15m
  roomkey token access --user marie@example.com --from-policy
  roomkey token access --user marie@example.com --from-policy --resource 'room:design:*' --partial

Several `--allow` of one pattern add up. Where patterns of a token overlap, the highest base of all that match counts, \
and each feature comes from the longest pattern that names it. A token holds at most 10 patterns, of 128 characters.

`--from-policy` gives exactly what the policy gives the user, to declared resources and to those that only a pattern \
matches, and ends with the first of what it carries. What a token cannot hold is an error.";

/// What an access token says.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    who: WhoArgs,
    /// What to open: an id, or a prefix and `*`, then `=` and permissions (repeatable; entries of one name add up)
    #[arg(long, value_name = "PATTERN=PERMISSIONS", required_unless_present = "from_policy")]
    allow: Vec<String>,
    /// Open exactly what the policy gives the user
    #[arg(long, conflicts_with = "allow")]
    from_policy: bool,
    /// The kind of resource that this is about [default: room, else the only kind]
    #[arg(long)]
    kind: Option<String>,
    /// Only this resource, as KIND:ID, or those that begin alike, as KIND:PREFIX* (repeatable)
    #[arg(long = "resource", value_name = "RESOURCE", requires = "from_policy")]
    resources: Vec<String>,
    /// A group named at sign-in, next to those of the policy; the token says it in `gids` (repeatable)
    #[arg(short, long = "group", value_name = "GROUP", requires = "from_policy")]
    groups: Vec<String>,
    /// Leave out what does not fit into a token, and list it
    #[arg(long, requires = "from_policy")]
    partial: bool,
}

impl Args {
    /// Refuses what goes with `--from-policy` alone: the parser asks for it no more where `--allow` stands in its way.
    fn fit(&self) -> Result<(), Trouble> {
        let given =
            [("--resource", !self.resources.is_empty()), ("--group", !self.groups.is_empty()), ("--partial", self.partial)];
        match given.iter().find(|(_, given)| *given && !self.from_policy) {
            Some((name, _)) => {
                Err(Trouble::new(format!("`{name}` goes with `--from-policy`, and `--allow` says all that is given"))
                    .help(format!("leave `{name}` out, or type `--from-policy` in the place of `--allow`")))
            }
            None => Ok(()),
        }
    }
}

/// Issues an access token.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    args.fit()?;
    let issue = Issue::load(globals, &args.who)?;
    let access = if args.from_policy { exact(globals, args, &issue)? } else { by_hand(globals, args, &issue)? };
    super::print(globals, &issue.issuer.access(&access, issue.at).map_err(|e| trouble(&e))?)
}

/// What `--allow` gives.
fn by_hand(globals: &Globals, args: &Args, issue: &Issue<'_>) -> Result<Access, Failure> {
    let table = super::vocabulary(globals)?;
    let id = super::kind(&table, args.kind.as_deref())?;
    let kind = &table.kinds()[id as usize];
    let mut grants = Grants::default();
    for allow in &args.allow {
        let (pattern, list) = entry(allow)?;
        grants.allow(kind, pattern, list).map_err(|e| trouble(&e))?;
    }
    grants.keep_apart(&table, id, &duties(globals)?).map_err(|e| trouble(&e))?;
    if grants.open_nothing(kind) {
        let level = kind.levels.iter().next().map_or_else(String::new, |level| format!(": add one, such as `*:{level}`"));
        eprintln!("warning: the token opens nothing, since no entry gives a base{level}");
    }
    let who = issue.who(&[]);
    // What is given by hand ends with the membership of the organization, as far as the policy knows one.
    let until = match who.organization {
        Some(_) => token::identity(&table, &who, issue.at, issue.ttl).map_err(|e| trouble(&e))?.until,
        None => None,
    };
    Ok(Access { grants, until, kind: super::named(kind), ..issue.nothing()? })
}

/// The pattern and the permissions of `--allow`.
fn entry(allow: &str) -> Result<(&str, Vec<&str>), Trouble> {
    // An id may hold `=`, and a permission never does.
    let (pattern, list) = allow.rsplit_once('=').unwrap_or((allow, ""));
    let list: Vec<&str> = list.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    if list.is_empty() {
        let shown: String = allow.chars().take(60).collect();
        let help = "type `PATTERN=PERMISSIONS`, such as 'design:*=*:write,comments:read'";
        return Err(Trouble::new(format!("`--allow {}` gives no permissions", plain(&shown))).help(help));
    }
    Ok((pattern, list))
}

/// What the policy gives, or, with `--partial`, as much of it as fits.
fn exact(globals: &Globals, args: &Args, issue: &Issue<'_>) -> Result<Access, Failure> {
    let table = answers::table(globals)?;
    let (kind, only) = asked(&table, args)?;
    super::note_unknown(globals, &table, &args.groups)?;
    let extent = Extent { kind, only: &only, partial: args.partial };
    let opening = token::from_policy(&table, &issue.who(&args.groups), issue.at, issue.ttl, &extent);
    let opening = opening.map_err(|e| trouble(&e))?;
    opening.grants.keep_apart(&table, kind, &duties(globals)?).map_err(|e| trouble(&e))?;
    // What is cut is always said, also where little is to be printed.
    let mut err = BufWriter::new(io::stderr().lock());
    opening.left_out.iter().try_for_each(|left| writeln!(err, "{left}")).and_then(|()| err.flush()).map_err(output)?;
    drop(err);
    let kind = super::named(&table.kinds()[kind as usize]);
    let groups = args.groups.clone();
    Ok(Access { grants: opening.grants, until: opening.until, kind, groups, ..issue.nothing()? })
}

/// The kind that is asked for, and the ids and patterns.
fn asked(table: &Table, args: &Args) -> Result<(KindId, Vec<String>), Failure> {
    let mut kind = args.kind.as_deref();
    let mut only = Vec::new();
    for resource in &args.resources {
        let (of, id) = resource.split_once(':').unwrap_or(("", resource));
        let shown = plain(resource).to_string();
        if table.kind(of).is_none() {
            let help = did_you_mean(of, table.kinds().iter().map(|k| &*k.name));
            let help = help.unwrap_or_else(|| "type `--resource KIND:ID` or `--resource 'KIND:PREFIX*'`".into());
            return Err(Trouble::new(format!("`{shown}` begins with no kind of the policy")).help(help).into());
        }
        if kind.is_some_and(|kind| kind != of) {
            return Err(Trouble::new(format!("a token is about one kind, and `{shown}` is of another")).into());
        }
        let start = id.strip_suffix('*').unwrap_or(id);
        if start.contains('*') || id.is_empty() {
            return Err(Trouble::new(format!("`{shown}` is neither an id nor a prefix with one `*` at its end")).into());
        }
        kind = Some(of);
        only.push(id.to_owned());
    }
    Ok((super::kind(table, kind)?, only))
}
