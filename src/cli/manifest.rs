//! `roomkey.toml`: which files, which levels, which token settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use toml::Spanned;

use super::policy;
use crate::Settings;
use crate::finding::{Finding, Level, RULES, Rule, did_you_mean};

/// Rules that the guide names and this version does not check.
const PLANNED: &[&str] = &["wildcard-grant"];

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// The operating system refuses.
    #[error("cannot read `{0}`: {1}")]
    Unreadable(String, String),
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

/// What `roomkey.toml` says; the default where there is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manifest {
    policy: PolicyTable,
    lint: LintTable,
    #[allow(dead_code, reason = "its shape is checked here; the token commands read it")]
    token: TokenTable,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PolicyTable {
    include: Option<Vec<String>>,
    users: Users,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Users {
    #[default]
    Open,
    Declared,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct LintTable {
    deny_warnings: bool,
    rules: BTreeMap<Spanned<String>, Setting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Setting {
    Off,
    Info,
    Warning,
    Error,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(dead_code, reason = "its shape is checked here; the token commands read it")]
struct TokenTable {
    issuer: Option<String>,
    audience: Option<String>,
    ttl: Option<String>,
    algorithm: Option<Algorithm>,
    key: Option<Key>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    EdDSA,
    #[serde(rename = "HS256")]
    Hs256,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "its shape is checked here; the token commands read it")]
enum Key {
    File(String),
    Env(String),
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A file that cannot be read, and the first field that is unknown or has the wrong value.
    pub fn read(path: &Path) -> Result<Manifest, Fault> {
        let name = policy::name(path);
        let bytes = fs::read(path).map_err(|e| Fault::Unreadable(name.clone(), policy::reason(&e)))?;
        let text = String::from_utf8(bytes).map_err(|_| Fault::Unreadable(name.clone(), "it is not UTF-8".into()))?;
        Manifest::parse(&name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Manifest, Fault> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let manifest: Manifest = toml::from_str(bare).map_err(|e| {
            let (message, help) = spoken(e.message());
            field(name, bare, e.span().unwrap_or(0..0), message, help)
        })?;
        for rule in manifest.lint.rules.keys() {
            let known = rule_named(rule.get_ref()).is_some() || PLANNED.contains(&rule.get_ref().as_str());
            if !known {
                let help = did_you_mean(rule.get_ref(), RULES.iter().map(|r| r.name));
                let message = format!("no rule is named `{}`", rule.get_ref());
                return Err(field(name, bare, rule.span(), message, help));
            }
        }
        Ok(manifest)
    }

    /// The patterns of the files, relative to the manifest.
    pub fn include(&self) -> Option<&[String]> {
        self.policy.include.as_deref()
    }

    /// What the analysis has to know.
    pub fn settings(&self) -> Settings {
        Settings { users_declared: self.policy.users == Users::Declared }
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

    /// The rules that the manifest tries to soften in vain, as notes.
    pub fn stubborn(&self) -> Vec<String> {
        let vain = |(name, setting): (&Spanned<String>, &Setting)| {
            let rule = rule_named(name.get_ref())?;
            (rule.level == Level::Error && *setting != Setting::Error).then_some(rule.name)
        };
        let rules = self.lint.rules.iter().filter_map(vain);
        rules.map(|r| format!("note: `{r}` in {} is an error of meaning and stays one", policy::MANIFEST)).collect()
    }
}

fn rule_named(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.name == name).copied()
}

fn field(name: &str, text: &str, span: std::ops::Range<usize>, message: String, help: Option<String>) -> Fault {
    let source_code = Arc::new(NamedSource::new(name, text.to_owned()));
    Fault::Field { message, source_code, span: (span.start, span.len()).into(), help }
}

/// The sentence of the TOML reader, and the closest name where it lists the known ones.
fn spoken(message: &str) -> (String, Option<String>) {
    let message = message.trim().replace('\n', ", ");
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(first) = names.next().filter(|_| message.starts_with("unknown ")) else { return (message, None) };
    let known: Vec<&str> = names.collect();
    let help = did_you_mean(first, known.iter().copied()).or_else(|| {
        let quoted: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
        (!quoted.is_empty()).then(|| format!("here stands one of {}", quoted.join(", ")))
    });
    let fact = message
        .split(", expected")
        .next()
        .unwrap_or("")
        .replace("variant", "value")
        .replace("unknown field", "no field is named")
        .replace("unknown value", "no value is named");
    (fact, help)
}
