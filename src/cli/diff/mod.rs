//! `roomkey diff`: who gains and who loses between two policies.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;

use super::check::{instant, now};
use super::manifest::DiffTable;
use super::progress::Progress;
use super::{Exit, Failure, Globals, Outcome, Trouble, output};
use crate::query::diff::gates::{self, Breach, Gate, Most, Wanted, Why};
use crate::query::diff::missing;
use crate::query::diff::{Asked, Diff, diff_as};
use crate::report::changes::{self, How, Now, Text};
use crate::{Instant, Table};

mod elsewhere;
mod lines;
mod refused;
mod sides;

pub use elsewhere::still;
use elsewhere::{policies, standing};
use lines::Lines;
pub use sides::{Read, compiled, leave_out_named_groups};
use sides::{sides, text};

/// What `diff` compares.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The old policy: a revision of git, or a folder, a `.rk` file, a `roomkey.toml` or a `.rkb`; `OLD..NEW` names both
    /// sides, and `OLD...NEW` begins where they parted [default: in a pull request where it parted from its target, else HEAD]
    old: Option<String>,
    /// The new policy, likewise [default: the policy as it lies here]
    new: Option<String>,
    /// The time to compare at, RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
    /// Let everyone name this group at sign-in; repeatable
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// Compare everyone with the groups that the policy gives alone, and not with others that a sign-in may name
    #[arg(long)]
    no_named_groups: bool,
    /// Show every name, where else a few are shown
    #[arg(long)]
    expand: bool,
    /// Exit with 1 if any access changed
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    gates: Gates,
    /// How to print the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What fails a comparison.
#[derive(clap::Args)]
pub struct Gates {
    /// Exit with 1 if anyone gains access
    #[arg(long)]
    no_new_access: bool,
    /// Exit with 1 if anyone gains this permission, such as `admin` or `write@repository:core*`; repeatable
    #[arg(long, value_name = "PERMISSION[@KIND:PATTERN]")]
    deny: Vec<Wanted>,
    /// Exit with 1 if more users lose access: a number, or a share such as `5%`
    #[arg(long, value_name = "N|N%")]
    max_lost: Option<Most>,
    /// Exit with 1 if this user, the author of the change, gains access
    #[arg(long, value_name = "USER", value_parser = gates::user)]
    forbid_self_grant: Vec<String>,
    /// Exit with 1 if anyone gains this permission for ever; repeatable
    #[arg(long, value_name = "PERMISSION[@KIND:PATTERN]")]
    require_expiry: Vec<Wanted>,
}

const EXAMPLES: &str = "\
Examples:
  roomkey diff                                 what I changed since the last commit
  roomkey diff main                            what this branch changes
  roomkey diff v1..v2 --format markdown        what a release changed, for a comment
  roomkey diff released.rkb policies --no-new-access
  roomkey diff main --deny 'admin@repository:core*' --max-lost 5%

Gates may also stand in `[diff]` of roomkey.toml; those of both sides count, and those of the last commit.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A comment of a pull request
    Markdown,
    /// A page that a browser opens from a file
    Html,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub
    Github,
}

/// Prints who gains and who loses. A comment that says nothing would leave the one of an earlier run standing, and nothing at all
/// reads as no change, so that every format but that for people says why there is nothing to compare.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let outcome = compare(globals, args);
    if let Err(failure) = outcome.as_ref() {
        // Where it cannot be written, the failure itself is still told.
        let _ = refused::write(failure, args.format);
    }
    outcome
}

fn compare(globals: &Globals, args: &Args) -> Outcome {
    let at = args.at.unwrap_or_else(now);
    let [old, new] = sides(globals, args)?;
    if old.empty && new.empty {
        let [old, new] = [&old, &new].map(|read| crate::report::one_line(&read.name));
        let trouble = Trouble::new(format!("there is no policy on either side: neither in `{old}` nor in `{new}`"));
        return Err(trouble.help("name the folder of the policy with `--policy`").into());
    }
    let groups: Vec<String> = args.group.iter().map(|g| g.strip_prefix("group:").unwrap_or(g).to_owned()).collect();
    for group in &groups {
        let unknown = |table: &Table| table.group(group).is_ok_and(|g| g.is_none());
        if unknown(old.side().table) && unknown(new.side().table) {
            return Err(Trouble::new(format!("neither side has a group `{}`", crate::report::one_line(group))).into());
        }
    }
    let progress = Progress::spin(globals, "comparing");
    let asked = Asked { groups: &groups, named: !(args.no_named_groups || leave_out_named_groups(&old, &new)) };
    let mut found = diff_as(old.side(), new.side(), at, &asked).map_err(|damage| Trouble::new(damage.to_string()))?;
    drop(progress);
    for (read, what) in [(&old, "everything is new"), (&new, "everything is gone")].into_iter().filter(|(read, _)| read.empty) {
        found.whole.insert(0, format!("there is no policy in {}: {what}", crate::report::one_line(&read.name)));
    }
    // How the texts differ is told where nothing else does.
    let quiet = found.changes.is_empty() && found.quiet.is_empty();
    let text = if quiet { text(&old, &new) } else { Text::Other };
    let how = How { all: args.expand, old: &old.name, new: &new.name, text };
    let tables = [standing(globals, &old, &new)?, old.gates.clone(), new.gates.clone()];
    if let Some(note) = new.without(&tables) {
        found.notes.insert(0, note);
    }
    let both = [old.side().table, new.side().table];
    let all = wanted(args, &tables, both)?;
    // A change that takes away what a gate speaks of takes away the gate.
    for gate in all.iter().filter(|_| !new.empty) {
        if let Some((what, _)) = gate.wanted().and_then(|wanted| unknown(wanted, &both[1..])) {
            found.notes.insert(0, format!("`{}` guards nothing any longer: the new side has no {what}", gate.text()));
        }
    }
    for gate in &all {
        let Some(wanted) = gate.wanted() else { continue };
        if !wanted.has_any(both).map_err(|damage| Trouble::new(damage.to_string()))? {
            let kind = wanted.kind().unwrap_or_default();
            found.notes.insert(0, format!("`{}` guards nothing: it matches no {kind} of either side", gate.text()));
        }
    }
    let elsewhere = policies(globals, &old, &new)?;
    let gone: Vec<&String> = elsewhere.iter().filter(|(_, still)| !still).map(|(folder, _)| folder).collect();
    // Behind that there is no policy.
    let gone_first = [&old, &new].iter().filter(|read| read.empty).count();
    if let [first, more @ ..] = &gone[..] {
        let place = globals.policy.as_deref().map_or(".".to_owned(), super::policy::name);
        let place = if new.is_commit() { format!("{}:{place}", new.name) } else { place };
        let [old, new] = [format!("{}:{first}", old.name), place].map(|side| super::init::quoted(&side));
        let more = if more.is_empty() { String::new() } else { format!(", and {} more had", more.len()) };
        let had = format!("`{first}` had a policy that is gone{more}: `roomkey diff {old} {new}` compares with it");
        found.whole.insert(gone_first, crate::report::one_line(&had));
    }
    for gate in &all {
        let Gate::ForbidSelfGrant(user) = gate else { continue };
        if both.iter().all(|table| table.user(user).is_ok_and(|user| user.is_none())) {
            let user = crate::report::one_line(user);
            globals.summary(&format!("note: neither side names user {user}, of whom a gate speaks: it is as every stranger"));
        }
    }
    let breaches = all.iter().filter_map(|gate| gate.breach(&found, both).transpose());
    let mut breaches = breaches.collect::<Result<Vec<_>, _>>().map_err(|damage| Trouble::new(damage.to_string()))?;
    // What a policy that is still there has lost was not compared either.
    if let Some((folder, _)) = elsewhere.iter().min_by_key(|(_, still)| *still) {
        let lost = |gate: &&Gate| matches!(gate, Gate::MaxLost(_)) && breaches.iter().all(|breach| breach.gate != gate.text());
        let one = |gate: &Gate| Breach { gate: gate.text(), why: Why::Elsewhere(folder.clone()), also: Vec::new() };
        let more: Vec<Breach<'_>> = all.iter().filter(lost).map(one).collect();
        breaches.extend(more);
    }
    let lines = Lines::new(&old, &new);
    write(globals, args.format, &found, &how, &breaches, &|was| lines.line(was)).map_err(output)?;
    let mut err = BufWriter::new(io::stderr().lock());
    for breach in &breaches {
        let _ = changes::breach(&mut err, &found, breach, &how);
    }
    let _ = err.flush();
    let exit_code = args.exit_code || tables.iter().any(|t| t.exit_code());
    let same = found.changes.is_empty() && found.moved.is_empty() && found.unasked == 0;
    let fails = exit_code && !same || !breaches.is_empty();
    Ok(if fails { Exit::Not } else { Exit::Fine })
}

/// The gates of the command line and of the manifests, those of the new side last. One about a permission that neither side
/// has is a slip of who typed it, and of the new side's manifest; elsewhere nothing can break it any longer.
fn wanted(args: &Args, manifests: &[DiffTable; 3], tables: [&Table; 2]) -> Result<Vec<Gate>, Failure> {
    let [standing, old, new] = manifests;
    let mut all = args.gates.all();
    for wanted in all.iter().filter_map(Gate::wanted) {
        if let Some((message, near)) = neither(wanted, tables) {
            return Err(Trouble { message, help: near }.into());
        }
    }
    let faults = new.faults(|wanted| neither(wanted, tables));
    if !faults.is_empty() {
        return Err(Failure::Faults(faults));
    }
    for gate in [standing, old, new].into_iter().flat_map(DiffTable::gates) {
        if !all.contains(&gate) && gate.wanted().is_none_or(|wanted| unknown(wanted, &tables).is_none()) {
            all.push(gate);
        }
    }
    let between = |gate: Gate| gate.between(tables).map_err(|damage| Trouble::new(damage.to_string()).into());
    all.into_iter().map(between).collect()
}

/// That neither side has a permission, and the closest one.
fn neither(wanted: &Wanted, tables: [&Table; 2]) -> Option<(String, Option<String>)> {
    unknown(wanted, &tables).map(|(what, near)| (format!("neither side has a {what}"), near))
}

/// What of a permission none of some sides has, and the closest one.
fn unknown(wanted: &Wanted, tables: &[&Table]) -> Option<(String, Option<String>)> {
    let kinds: Vec<_> = tables.iter().flat_map(|table| table.kinds()).collect();
    missing::of(wanted, &kinds)
}

impl Gates {
    fn all(&self) -> Vec<Gate> {
        let mut all = Vec::new();
        all.extend(self.no_new_access.then_some(Gate::NoNewAccess));
        all.extend(self.deny.iter().cloned().map(Gate::Deny));
        all.extend(self.max_lost.map(Gate::MaxLost));
        all.extend(self.forbid_self_grant.iter().cloned().map(Gate::ForbidSelfGrant));
        all.extend(self.require_expiry.iter().cloned().map(Gate::RequireExpiry));
        all
    }
}

fn write(globals: &Globals, format: Format, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>], now: Now<'_>) -> io::Result<()> {
    let color = globals.color_on(&io::stdout());
    let mut out = BufWriter::new(super::stdout());
    match format {
        Format::Text => changes::text(&mut out, diff, how, color)?,
        Format::Markdown => changes::markdown(&mut out, diff, how, failed)?,
        Format::Html => changes::html(&mut out, diff, how, failed)?,
        Format::Json => changes::json(&mut out, diff, how, failed)?,
        Format::Sarif => changes::sarif(&mut out, diff, how, failed, now)?,
        Format::Github => changes::github(&mut out, diff, how, failed, now)?,
    }
    out.flush()
}
