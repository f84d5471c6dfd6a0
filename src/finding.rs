//! Rule, Level, Finding: the one shape of everything that can be wrong with a policy.

use crate::source::Span;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The policy has no sound meaning; nothing is answered from it.
    Error,
    /// The policy has a meaning, and probably not the meant one.
    Warning,
    /// Worth knowing.
    Info,
}

impl Level {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
        }
    }
}

/// A sort of finding, with a name that never changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name, such as `unknown-role`.
    pub name: &'static str,
    /// The level, unless the manifest sets another one.
    pub level: Level,
    /// Whether it is looked for where the manifest says nothing of it.
    pub on: bool,
    /// What it says, in one line.
    pub about: &'static str,
}

impl Rule {
    /// What the manifest would write for how it is without one: a level, or `off`.
    pub fn usual(&self) -> &'static str {
        if self.on { self.level.word() } else { "off" }
    }
}

/// A column of the list of rules: a level, or off.
enum Usual {
    Error,
    Warning,
    Info,
    Off,
}

impl Usual {
    const fn level(&self) -> Level {
        match self {
            Usual::Error => Level::Error,
            Usual::Warning => Level::Warning,
            Usual::Info | Usual::Off => Level::Info,
        }
    }

    const fn on(&self) -> bool {
        !matches!(self, Usual::Off)
    }
}

/// A second place that a finding speaks of, with what to say there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there, in a few words.
    pub text: String,
}

/// A change of the text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words: ``write `viewer` ``.
    pub title: String,
    /// The stretches that are replaced and what stands there then: in the order of the text, and none over another.
    pub edits: Vec<(Span, String)>,
    /// Whether it may be applied unasked: the decisions stay as they are. What is not safe is a suggestion.
    pub safe: bool,
}

impl Fix {
    /// A fix that changes no decision.
    pub fn safe(title: impl Into<String>, edits: Vec<(Span, String)>) -> Fix {
        Fix { title: title.into(), edits, safe: true }
    }

    /// A fix that a person has to agree with.
    pub fn suggestion(title: impl Into<String>, edits: Vec<(Span, String)>) -> Fix {
        Fix { title: title.into(), edits, safe: false }
    }
}

/// What the sentence of a finding does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beyond {
    /// The fact without what passes with days and neighbours.
    pub known_as: Option<String>,
    /// Whom it is about.
    pub whom: Option<Whom>,
}

/// Whom a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    /// What is true of each of them.
    pub fact: String,
    /// All their names.
    pub names: Vec<String>,
}

/// One fault of the policy, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its sort.
    pub rule: &'static Rule,
    /// Its level here.
    pub level: Level,
    /// Where it is.
    pub span: Span,
    /// The fact, in one line of lower case that stands alone.
    pub message: String,
    /// What its sentence does not say, where that is something.
    pub beyond: Option<Box<Beyond>>,
    /// Other places that belong to it.
    pub labels: Vec<Label>,
    /// What to type.
    pub help: Option<String>,
    /// The change of the text that mends it, where there is one.
    pub fix: Option<Box<Fix>>,
}

impl Finding {
    /// A finding of `rule` at `span`.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            level: rule.level,
            span,
            message: message.into(),
            beyond: None,
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Sets what it is recognized by, where its sentence has numbers that pass.
    pub fn known_as(mut self, fact: impl Into<String>) -> Finding {
        self.beyond.get_or_insert_default().known_as = Some(fact.into());
        self
    }

    /// Sets whom it is about; `fact` is what is true of each of them.
    pub fn whom(mut self, fact: impl Into<String>, names: Vec<String>) -> Finding {
        self.beyond.get_or_insert_default().whom = Some(Whom { fact: fact.into(), names });
        self
    }

    /// Whom it is about, where its sentence may not name them all.
    pub fn about(&self) -> Option<&Whom> {
        self.beyond.as_ref()?.whom.as_ref()
    }

    /// What it is recognized by: the fact as long as the policy says the same.
    pub fn constant(&self) -> &str {
        self.beyond.as_ref().and_then(|beyond| beyond.known_as.as_deref()).unwrap_or(&self.message)
    }

    /// Adds another place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Finding {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds what to type.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Adds what to type, where there is something to say.
    pub fn maybe_help(mut self, help: Option<String>) -> Finding {
        self.help = self.help.or(help);
        self
    }

    /// Adds the change of the text that mends it.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fix = Some(Box::new(fix));
        self
    }

    /// Adds the closest names. Where it is clear which one is meant, `written` in its place is a suggestion.
    pub fn near(mut self, near: Option<Near>, written: impl FnOnce(&str) -> String) -> Finding {
        let Some(Near { help, meant }) = near else { return self };
        if let Some(text) = meant.map(|name| written(&name)) {
            let span = self.span;
            self.fix.get_or_insert_with(|| Box::new(Fix::suggestion(format!("write `{text}`"), vec![(span, text)])));
        }
        self.maybe_help(Some(help))
    }
}

/// The names that are closest to an unknown one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The question to the user: ``did you mean `viewer`?``
    pub help: String,
    /// The only one, where there are no others as close.
    pub meant: Option<String>,
}

impl Near {
    /// Looks for `name` among those that are known.
    pub fn find<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Near> {
        let near = closest(name, known);
        let quoted: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
        let meant = if let [one] = near[..] { Some(one.to_owned()) } else { None };
        (!near.is_empty()).then(|| Near { help: format!("did you mean {}?", quoted.join(" or ")), meant })
    }

    /// The one of the known names that another one shortens: `repo` or `repos` for `repository`.
    pub fn shortened<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Near> {
        let lower = name.to_lowercase();
        let begins = |known: &str| [&*lower, lower.trim_end_matches('s')].iter().any(|s| s.len() >= 3 && known.starts_with(*s));
        let mut found: Vec<&str> = known.into_iter().filter(|known| *known != name && begins(known)).collect();
        found.sort_unstable();
        found.dedup();
        let [one] = found[..] else { return None };
        Some(Near { help: format!("did you mean `{one}`?"), meant: Some(one.to_owned()) })
    }
}

/// The names of `known` that are closest to `name`, as a help line: ``did you mean `viewer`?``
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    Near::find(name, known).map(|near| near.help)
}

/// Names longer than any id have no near misses: a comparison costs the product of the lengths.
const LONGEST: usize = 256;

/// Up to three names of `known` within a third of the length of `name` in edits, nearest first.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|k| !k.is_empty() && *k != name && name.len() <= LONGEST && k.len().abs_diff(name.len()) <= limit * 4)
        .map(|k| (strsim::osa_distance(&lower, &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(if near.first().is_some_and(|(d, _)| *d <= 1) { 1 } else { 3 });
    near.into_iter().map(|(_, k)| k).collect()
}

macro_rules! rules {
    ($($ident:ident $name:literal $level:ident $about:literal;)*) => {
        $(
            #[doc = $about]
            pub static $ident: Rule =
                Rule { name: $name, level: Usual::$level.level(), on: Usual::$level.on(), about: $about };
        )*
        /// Every rule, in the order of the guide.
        pub static RULES: &[&Rule] = &[$(&$ident),*];
    };
}

rules! {
    SYNTAX "syntax" Error "the text is not in the language here";
    UNCLOSED "unclosed-block" Error "a `{` is never closed";
    TOO_DEEP "too-deep" Error "blocks are nested too deeply";
    MISPLACED "misplaced-statement" Error "a statement stands where it cannot";
    RESERVED "reserved-statement" Error "a statement that this version does not read";
    CHARACTER "forbidden-character" Error "a control or bidirectional-override character in the text";
    BAD_ID "bad-id" Error "an id is out of bounds";
    BAD_STAR "misplaced-star" Error "a `*` stands where no pattern can be";
    BAD_DATE "bad-date" Error "a date or time that does not exist";
    BAD_NAME "bad-name" Error "a name that a kind, level, feature or permission cannot have";
    UNKNOWN_VOCABULARY "unknown-vocabulary" Error "`use` names no standard vocabulary";
    UNKNOWN_KIND "unknown-kind" Error "no kind has this name";
    UNKNOWN_PERMISSION "unknown-permission" Error "no kind in question declares this permission";
    UNKNOWN_ROLE "unknown-role" Error "no role has this name";
    UNKNOWN_GROUP "unknown-group" Error "a group is used and never declared";
    UNKNOWN_USER "unknown-user" Error "users must be declared, and this one is not";
    UNKNOWN_RESOURCE "unknown-resource" Error "a container or scope that is never declared";
    DUPLICATE "duplicate-declaration" Error "the same thing is declared twice";
    LISTED_TWICE "listed-twice" Error "one list names the same thing twice";
    DUPLICATE_ENTRY "duplicate-entry" Error "a principal has two entries for one kind in one place";
    CONTRADICTION "contradictory-list" Error "a list gives two levels to the same part";
    NONE_PROHIBITED "none-in-prohibition" Error "`none` stands in a prohibition or without a feature";
    GROUP_CYCLE "group-cycle" Error "groups contain each other in a circle";
    ROLE_CYCLE "role-cycle" Error "roles include each other in a circle";
    RESOURCE_CYCLE "resource-cycle" Error "resources contain each other in a circle";
    KIND_ROOT "kind-without-root" Error "kinds contain each other in a circle that nothing outside can hold";
    WRONG_CONTAINER "wrong-container" Error "a resource is in a kind that may not contain it";
    TWO_CONTAINERS "two-containers" Error "a resource is given two containers";
    NO_OWNER "no-owner-role" Error "an owner on a kind without an owner role";
    NOT_HERE "not-in-pattern" Error "an owner, a member or a resource inside a pattern";
    MEMBER_HERE "member-outside-organization" Error "`member` outside an organization";
    UNKNOWN_FACTS "unknown-facts" Error "`facts` names a sort that does not exist";
    DATA_FILE "data-file" Error "a data file of facts cannot be read";
    DATA_COLUMNS "data-columns" Error "the header of a data file does not fit its sort of facts";
    DATA_ROW "data-row" Error "a row of a data file cannot be read";
    KIND_PARTS "kind-parts" Error "the parts of a kind do not fit together";
    DUPLICATE_ASSIGNMENT "duplicate-assignment" Warning "the same role is assigned twice to the same subject in the same scope";
    DUPLICATE_USER "duplicate-user" Warning "a user is declared twice";
    RETIRED "retired-permission" Warning "a retired permission has no effect";
    UNUSED_ALLOW "unused-allow" Warning "a comment allows a finding that is not there";
    MALFORMED_ALLOW "malformed-allow" Warning "a comment for Roomkey that cannot be read";
    UNUSED_GROUP "unused-group" Info "a group that nothing speaks of";
    UNUSED_ROLE "unused-role" Warning "a role that nobody can get";
    UNUSED_KIND "unused-kind" Warning "a kind without any resource or pattern";
    UNREACHABLE "unreachable-entry" Warning "an entry that never decides anything";
    REDUNDANT_ENTRY "redundant-entry" Warning "an entry without which every decision is the same";
    SHADOWED_PATTERN "shadowed-pattern" Warning "an entry about what a closer pattern decides everywhere";
    EMPTY_GROUP "empty-group" Warning "a group that lists its members, and has none";
    LOWERING_GROUP "lowering-group" Info "who joins this group loses what the default gives";
    REDUNDANT_ASSIGNMENT "redundant-assignment" Warning "an assignment that another one contains";
    DUPLICATE_ROLE "duplicate-role" Info "two roles have the same permissions";
    IDLE_PROHIBITION "prohibition-without-effect" Info "a prohibition of what nothing grants";
    INEFFECTIVE_NOTHING "ineffective-nothing" Warning "`can nothing` for someone whom something else still lets in";
    ROLE_PRIVATE "role-reaches-private" Info "an assignment opens a resource whose default is `nothing`";
    DEFAULT_EVERYONE "default-or-everyone" Warning "a role for everyone opens a resource whose default is `nothing`";
    SURVIVING_FEATURE "surviving-feature" Info "a feature keeps its level beside a new base";
    NO_BASE "no-base" Warning "a list of features that can grant nothing, because nothing gives a base";
    STAR_FEATURE "star-keeps-feature" Warning "`*` leaves a feature at a lower level";
    CONFUSABLE "confusable-name" Warning "two ids that a reader takes for one";
    ADMIN_COUNT "admin-count" Warning "more or fewer users hold a permission than the manifest sets";
    SEPARATION "separation-of-duty" Warning "someone holds two permissions that the manifest keeps apart";
    WILDCARD_GRANT "wildcard-grant" Off "`can *` grants what is declared later, too";
    DIRECT_GRANT "direct-user-grant" Off "a user has access without a group or a role";
    BROAD_AUDIENCE "broad-audience" Off "more than the lowest level for everyone who can sign in to an open organization";
    CROSS_ORGANIZATION "cross-organization" Off "access for members of another organization";
    NON_MEMBER "non-member-entry" Warning "an entry or assignment for a user who is no member of the closed organization";
    EXPIRED "expired-entry" Warning "something that has ended still stands here";
    EXPIRES_SOON "expires-soon" Info "something ends within the days that the manifest sets";
    TOO_LARGE "policy-too-large" Error "a policy stands for more facts than a table or memory can hold";
    EMPTY_POLICY "empty-policy" Error "the policy says nothing";
}
