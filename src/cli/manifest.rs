//! `roomkey.toml`: which files, which levels, which token settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::policy;
use crate::finding::{Finding, Level, RULES, Rule, did_you_mean};
use crate::rules::{self, AdminCount, Options};
use crate::{Analysis, Instant, Settings};
pub use diff::DiffTable;
use token::TokenTable;

pub mod diff;
pub mod masked;
mod reading;
#[cfg(test)]
mod schema;
pub mod token;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// A pattern of `include` that is none.
    #[error("`{0}`: {1}")]
    #[diagnostic(help("a pattern is a path relative to the manifest with `*` and `**`, such as `policies/**/*.rk`"))]
    Pattern(String, String),
    /// A field or a value that has no place in it.
    #[error("{message}")]
    #[diagnostic(code("error[manifest]"))]
    Field {
        /// The fact.
        message: String,
        /// The text of the manifest.
        #[source_code]
        source_code: Arc<NamedSource<String>>,
        /// Where.
        #[label("here")]
        span: SourceSpan,
        /// What to type.
        #[help]
        help: Option<String>,
    },
}

impl Fault {
    /// The file, and the line and the column from 1, where it has a place.
    pub fn place(&self) -> Option<(&str, (usize, usize))> {
        let Fault::Field { source_code, span, .. } = self else { return None };
        let before = source_code.inner().get(..span.offset())?;
        let column = before.rsplit('\n').next().map_or(1, |line| line.chars().count() + 1);
        Some((source_code.name(), (before.matches('\n').count() + 1, column)))
    }
}

/// What `roomkey.toml` says; the default where there is none.
///
/// The comments on the fields are what an editor shows: `docs/roomkey.schema.json` is made from them.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "roomkey.toml", description = "The manifest of a policy set"))]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Manifest {
    /// Which files the policy set has, and how its users are named.
    policy: PolicyTable,
    /// What `roomkey lint` reports, and how much it matters.
    lint: LintTable,
    /// What a change of access may not do.
    pub diff: DiffTable,
    /// How sign-in tokens are issued.
    pub token: TokenTable,
    /// The text, for what only the policy shows to be wrong.
    #[serde(skip)]
    text: Option<Arc<NamedSource<String>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "a table")]
struct PolicyTable {
    /// The files of the policy set, as paths from here with `*` and `**` [default: every `.rk` file of this folder and below].
    #[cfg_attr(test, schemars(with = "Vec<String>", example = &["policies/**/*.rk"]))]
    include: Option<Vec<String>>,
    /// Whether a policy may name users that no `user NAME` statement declares: `open` allows it, `declared` makes it an error.
    #[cfg_attr(test, schemars(extend("default" = "open")))]
    users: Users,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "lowercase")]
enum Users {
    #[default]
    Open,
    Declared,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case", expecting = "a table")]
struct LintTable {
    /// Whether warnings, too, make `roomkey lint` exit with 1.
    #[cfg_attr(test, schemars(extend("default" = false)))]
    deny_warnings: bool,
    /// How many findings of one rule in one data file of facts are shown; those behind them are counted.
    #[cfg_attr(test, schemars(with = "u32", extend("default" = 1000)))]
    facts_limit: Option<u32>,
    /// What ends within so many days is reported by `expires-soon` [default: nothing].
    #[cfg_attr(test, schemars(with = "u32"))]
    expires_soon_days: Option<u32>,
    /// How many users may hold a permission on one resource, for `admin-count`.
    #[cfg_attr(test, schemars(with = "Bounds"))]
    #[serde(deserialize_with = "bounds")]
    admin_count: Option<Bounds>,
    /// Pairs of permissions that nobody may hold together on one resource, for `separation-of-duty`.
    #[cfg_attr(test, schemars(with = "Vec<[String; 2]>"))]
    separation_of_duty: Vec<[Spanned<String>; 2]>,
    /// The level of a rule, by its name. An error of meaning stays one.
    #[cfg_attr(test, schemars(schema_with = "schema::rules"))]
    rules: BTreeMap<Spanned<String>, Setting>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Bounds {
    /// The permission, such as `admin`.
    #[cfg_attr(test, schemars(with = "String"))]
    permission: Spanned<String>,
    /// At least so many users.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "u32"))]
    min: Option<u32>,
    /// At most so many users.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "u32"))]
    max: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Setting {
    Off,
    Info,
    Warning,
    Error,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A file that cannot be read, and the fields that are unknown or have the wrong value.
    pub fn read(path: &Path) -> Result<Manifest, Vec<policy::Fault>> {
        let text = policy::read_text(path).map_err(|fault| vec![fault])?;
        Manifest::parse(&policy::name(path), &text)
    }

    /// The manifest of a text, which messages call `name`.
    ///
    /// # Errors
    /// The fields that are unknown or have the wrong value.
    pub fn parse(name: &str, text: &str) -> Result<Manifest, Vec<policy::Fault>> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (shown, _) = masked::text(bare, &(0..0));
        let (mut manifest, mut wrong) = reading::read(bare);
        for rule in manifest.lint.rules.keys() {
            if rule_named(rule.get_ref()).is_none() {
                let help = did_you_mean(rule.get_ref(), RULES.iter().map(|r| r.name));
                wrong.push((rule.span(), format!("no rule is named `{}`", rule.get_ref()), help));
            }
        }
        if let Some((span, message, help)) = manifest.lint.admin_count.as_ref().and_then(Bounds::fault) {
            wrong.push((span, message, Some(help)));
        }
        for [one, other] in &manifest.lint.separation_of_duty {
            if one.get_ref() == other.get_ref() {
                let message = format!("the two permissions of this pair are `{}`", one.get_ref());
                let help = "name two that nobody may hold together, such as `[\"approve\", \"pay\"]`";
                wrong.push((one.span(), message, Some(help.into())));
            }
        }
        wrong.sort_by_key(|(span, ..)| span.start);
        let text = Arc::new(NamedSource::new(name, shown));
        if !wrong.is_empty() {
            let fault = |(span, message, help)| field(&text, span, message, help).into();
            return Err(wrong.into_iter().map(fault).collect());
        }
        manifest.diff.text = Some(Arc::clone(&text));
        manifest.text = Some(text);
        Ok(manifest)
    }

    /// The patterns of the files, relative to the manifest.
    pub fn include(&self) -> Option<&[String]> {
        self.policy.include.as_deref()
    }

    /// What the analysis has to know.
    pub fn settings(&self) -> Settings {
        Settings {
            users_declared: self.policy.users == Users::Declared,
            facts_limit: self.lint.facts_limit.map_or(Settings::default().facts_limit, |limit| limit as usize),
        }
    }

    /// The pairs of permissions that no token gives together.
    pub fn duties(&self) -> Vec<[String; 2]> {
        let pair = |[one, other]: &[Spanned<String>; 2]| [one.get_ref().clone(), other.get_ref().clone()];
        self.lint.separation_of_duty.iter().map(pair).chain(self.token.separation_of_duty.iter().cloned()).collect()
    }

    /// What the rules have to know, at a time.
    pub fn options(&self, now: Instant) -> Options {
        let mut options = Options::new(now);
        for (name, setting) in &self.lint.rules {
            let Some(rule) = rules::rules().find(|r| r.name == name.get_ref()) else { continue };
            match setting {
                Setting::Off => options.on.remove(rule.name),
                _ => options.on.insert(rule.name),
            };
        }
        options.facts_limit = self.settings().facts_limit;
        options.expires_soon_days = self.lint.expires_soon_days;
        options.admin_count = self.lint.admin_count.iter().map(Bounds::count).collect();
        let pair = |[one, other]: &[Spanned<String>; 2]| [one.get_ref().clone(), other.get_ref().clone()];
        options.separation_of_duty = self.lint.separation_of_duty.iter().map(pair).collect();
        options
    }

    /// The same for the rules alone that this manifest raises to errors, where there are any: without them there is no answer.
    pub fn raised(&self, now: Instant) -> Option<Options> {
        let mut options = self.options(now);
        let raised = |name: &&str| self.lint.rules.iter().any(|(n, s)| n.get_ref() == *name && *s == Setting::Error);
        options.on.retain(raised);
        (!options.on.is_empty()).then_some(options)
    }

    /// Whether a rule is raised to an error, so that a policy which was sound may be so no longer, also by the time that has passed.
    pub fn raises(&self) -> bool {
        self.lint.rules.values().any(|s| *s == Setting::Error)
    }

    /// The permissions of its rules that no kind of a policy declares: such a rule would look at nothing.
    pub fn undeclared(&self, analysis: &Analysis) -> Vec<policy::Fault> {
        let Some(text) = &self.text else { return Vec::new() };
        let counted = self.lint.admin_count.iter().map(|bounds| &bounds.permission);
        let named = counted.chain(self.lint.separation_of_duty.iter().flatten());
        let unknown = named.filter(|name| !analysis.declares(name.get_ref()));
        let fault = |name: &Spanned<String>| {
            let known = analysis.permissions();
            let help = did_you_mean(name.get_ref(), known.iter().map(String::as_str));
            Fault::Field {
                message: masked::sentence(&format!("no kind declares the permission `{}`", name.get_ref())),
                source_code: text.clone(),
                span: (name.span().start, name.span().len()).into(),
                help: help
                    .or_else(|| Some("name one that a kind of the policy declares, such as `write` or `comments:read`".into())),
            }
        };
        unknown.map(|name| fault(name).into()).collect()
    }

    /// Whether warnings count for the exit code.
    pub fn deny_warnings(&self) -> bool {
        self.lint.deny_warnings
    }

    /// Gives findings the levels of the manifest and drops those that are off; errors of meaning stay errors.
    pub fn set_levels(&self, findings: &mut Vec<Finding>) {
        if self.lint.rules.is_empty() {
            return;
        }
        let set: Vec<(&Rule, Setting)> =
            self.lint.rules.iter().filter_map(|(n, s)| Some((rule_named(n.get_ref())?, *s))).collect();
        findings.retain_mut(|finding| {
            let found = set.iter().find(|(rule, _)| *rule == finding.rule && rule.level != Level::Error);
            match found.map(|(_, setting)| *setting) {
                None => return true,
                Some(Setting::Off) => return false,
                Some(Setting::Info) => finding.level = Level::Info,
                Some(Setting::Warning) => finding.level = Level::Warning,
                Some(Setting::Error) => finding.level = Level::Error,
            }
            true
        });
    }

    /// What the manifest sets in vain, as notes: a rule that cannot be softened, a count without a bound.
    pub fn stubborn(&self) -> Vec<String> {
        let vain = |(name, setting): (&Spanned<String>, &Setting)| {
            let rule = rule_named(name.get_ref())?;
            (rule.level == Level::Error && *setting != Setting::Error).then_some(rule.name)
        };
        let rules = self.lint.rules.iter().filter_map(vain);
        let name = self.text.as_ref().map_or(policy::MANIFEST, |text| text.name());
        let rules = rules.map(|r| format!("note: `{r}` in {name} is an error of meaning and stays one"));
        let unbound = self.lint.admin_count.iter().filter(|bounds| bounds.min.is_none() && bounds.max.is_none());
        let unbound = unbound.map(|_| format!("note: `admin-count` in {name} counts nothing: add `min = 1`, `max = 3` or both"));
        rules.chain(unbound).collect()
    }
}

/// A table and no list, whose values would be taken for its fields in their order.
fn bounds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bounds>, D::Error> {
    struct Table;
    impl<'de> Visitor<'de> for Table {
        type Value = Bounds;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("one table, such as `{ permission = \"admin\", min = 1, max = 3 }`")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bounds, A::Error> {
            Bounds::deserialize(MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_map(Table).map(Some)
}

impl Bounds {
    /// What no count can be.
    fn fault(&self) -> Option<(std::ops::Range<usize>, String, String)> {
        let (min, max) = (self.min?, self.max?);
        let message = format!("no number of users is at least {min} and at most {max}");
        (min > max).then(|| (self.permission.span(), message, format!("type `min = {max}, max = {min}`")))
    }

    fn count(&self) -> AdminCount {
        AdminCount {
            permission: self.permission.get_ref().clone(),
            min: self.min.unwrap_or(0) as usize,
            max: self.max.map_or(usize::MAX, |n| n as usize),
        }
    }
}

fn rule_named(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.name == name).copied()
}

fn field(text: &Arc<NamedSource<String>>, span: std::ops::Range<usize>, message: String, help: Option<String>) -> Fault {
    let (message, help) = (masked::sentence(&message), help.as_deref().map(masked::sentence));
    Fault::Field { message, source_code: Arc::clone(text), span: (span.start, span.len()).into(), help }
}

/// The sentence of the TOML reader without the values of `[token]`, and the closest name where it lists the known ones.
fn spoken(said: &str, of_token: bool) -> (String, Option<String>) {
    let said = said.trim().replace('\n', ", ");
    if said.starts_with("wanted exactly 1 element") {
        return ("the table here has exactly one field".into(), None);
    }
    // What was found may hold any characters, and what is expected none of its own.
    let (fact, expected) = said.rsplit_once(", expected ").unwrap_or((said.as_str(), ""));
    for (kind, is_field) in [("unknown variant `", false), ("unknown field `", true)] {
        let Some(value) = fact.strip_prefix(kind).map(|value| value.strip_suffix('`').unwrap_or(value)) else { continue };
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let help = did_you_mean(value, known.iter().copied()).or_else(|| {
            let quoted: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
            (!quoted.is_empty()).then(|| format!("here stands one of {}", quoted.join(", ")))
        });
        let shown = masked::found(value, is_field, of_token);
        return (if is_field { format!("no field is named {shown}") } else { format!("{shown} cannot stand here") }, help);
    }
    if let Some(number) = fact.strip_prefix("invalid length ").filter(|_| expected == "an array of length 2") {
        return (format!("here stand two, and not {number}"), Some("type a pair, such as `[\"approve\", \"pay\"]`".into()));
    }
    let people = |text: &str| text.replace("a sequence", "a list").replace("a map", "a table");
    let expected = people(expected);
    let help = fact.starts_with("invalid ").then(|| match &*expected {
        "u32" => "type a whole number from 0 on, such as `7`".to_owned(),
        "a boolean" => "type `true` or `false`".to_owned(),
        "a string" => "type a text in quotes".to_owned(),
        "a list" => "type a list in `[` and `]`".to_owned(),
        wanted => format!("type {wanted}"),
    });
    let is_text = ["invalid type: string ", "invalid value: string "].iter().any(|kind| fact.starts_with(kind));
    let fact = if is_text && of_token { "invalid type: a text".into() } else { people(fact) };
    match expected.is_empty() {
        true => (fact, None),
        false => (format!("{fact}, expected {expected}"), help),
    }
}
