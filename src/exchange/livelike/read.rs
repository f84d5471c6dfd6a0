//! The published JSON shapes, old and new spelling alike, as plain facts.

use std::path::Path;

use crate::exchange::liveblocks::json::{Fields, Node};
use crate::exchange::{ImportError, Note};

/// Everything that the inputs say, in their order.
#[derive(Default)]
pub struct Facts<'p> {
    pub roles: Vec<RoleFact<'p>>,
    pub permissions: Vec<PermissionFact>,
    pub resources: Vec<(Scope, Place<'p>)>,
    pub groups: Vec<(GroupFact, Place<'p>)>,
    pub assignments: Vec<Assignment<'p>>,
    pub notes: Vec<Note>,
    /// Whether a section was read, even an empty one.
    pub any: bool,
}

/// Where a fact stands.
pub type Place<'p> = (&'p Path, u32);

/// A role as it is listed.
pub struct RoleFact<'p> {
    /// Its key, or what comes closest to one.
    pub key: String,
    /// Every other name that an assignment may use for it.
    pub aliases: Vec<String>,
    /// What it is called, for people.
    pub name: Option<String>,
    /// What it holds; none where the listing does not say.
    pub permissions: Option<Vec<PermissionFact>>,
    pub place: Place<'p>,
}

/// A permission, by key and perhaps by id and kind of resource.
#[derive(Clone)]
pub struct PermissionFact {
    pub key: String,
    pub id: Option<String>,
    pub kind: Option<String>,
}

/// A group of profiles, with the members that are listed.
pub struct GroupFact {
    pub id: String,
    pub members: Vec<String>,
}

/// A role for subjects on scopes.
pub struct Assignment<'p> {
    /// What the assignment calls the role, the surest name first.
    pub role: Vec<String>,
    pub subjects: Vec<Subject>,
    /// The scopes; none where the assignment does not speak of any.
    pub scopes: Option<Vec<Scope>>,
    pub until: Option<String>,
    pub active: bool,
    pub place: Place<'p>,
}

/// Who an assignment is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Every profile of an application.
    Everyone,
    /// The members of a group.
    Group(String),
    /// One profile.
    Profile(String),
}

/// A resource as the API names it.
#[derive(Clone, Default)]
pub struct Scope {
    pub kind: Option<String>,
    pub id: Option<String>,
    pub application: Option<String>,
    pub program: Option<String>,
}

impl Facts<'_> {
    /// Whether nothing of the format was found.
    pub fn is_empty(&self) -> bool {
        !self.any
    }
}

/// Reads one value of a file: an object of sections, a page, a list, or a single item.
pub fn value<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    if node.is_list() {
        return node.list("the assignments")?.into_iter().try_for_each(|node| item(path, node, facts));
    }
    if !node.is_object() {
        return Err(node.wrong("an object with `roles` and `role_assignments`, or a list of assignments"));
    }
    let fields = node.fields("the roles and assignments")?.in_snake_case();
    if fields.get(&["results"])?.is_some_and(|results| results.is_list()) {
        return items(node)?.into_iter().try_for_each(|node| item(path, node, facts));
    }
    let known = |name: &str| SECTIONS.iter().find(|(known, _)| known.contains(&name));
    if !fields.iter().any(|field| known(&field.name).is_some_and(|_| !field.value.is_text()) && field.name != "permissions") {
        return item(path, node, facts);
    }
    for field in fields.iter() {
        match known(&field.name) {
            Some(_) if field.value.is_null() => {}
            Some((_, read)) => {
                facts.any = true;
                items(field.value)?.into_iter().try_for_each(|node| read(path, node, facts))?;
            }
            None if ["count", "next", "previous"].contains(&&*field.name) => {}
            None => facts.notes.push(Note::at(path, field.value.line(), format!("`{}` is not read", field.name))),
        }
    }
    Ok(())
}

type Read = for<'p> fn(&'p Path, Node<'_>, &mut Facts<'p>) -> Result<(), ImportError>;

const SECTIONS: [(&[&str], Read); 10] = [
    (&["roles"], role),
    (&["permissions"], |_, node, facts| permission(node).map(|fact| facts.permissions.push(fact))),
    (&["role_assignments", "assignments", "assigned_roles"], assignment),
    (&["role_grants", "grants"], assignment),
    (&["base_roles"], base_role),
    (&["groups", "profile_groups"], group),
    (&["applications"], |path, node, facts| resource(path, node, "application", facts)),
    (&["programs"], |path, node, facts| resource(path, node, "program", facts)),
    (&["comment_boards"], |path, node, facts| resource(path, node, "comment_board", facts)),
    (&["chat_rooms"], |path, node, facts| resource(path, node, "chat_room", facts)),
];

/// The items of a list, or of a page with `results`.
fn items(node: Node<'_>) -> Result<Vec<Node<'_>>, ImportError> {
    if node.is_object()
        && let Some(results) = node.fields("a page")?.get(&["results"])?
    {
        return results.list("`results`");
    }
    node.list("a section")
}

/// An item that stands alone: told apart by its fields.
fn item<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    let expected = "a role assignment with `profile_id`, `role_key`, `resource_kind` and `resource_key`";
    if !node.is_object() {
        return Err(node.wrong(expected));
    }
    let fields = node.fields("an assignment")?.in_snake_case();
    facts.any = true;
    let has = |names: &[&str]| fields.get(names).map(|value| value.is_some());
    if has(&PROFILE)? || has(&GROUP)? || has(&["profile_ids"])? {
        assignment(path, node, facts)
    } else if has(&["permissions"])? {
        role(path, node, facts)
    } else if has(&["resource_key"])? {
        let scope = scope(&fields)?;
        facts.resources.push((scope, (path, node.line())));
        Ok(())
    } else {
        Err(node.fault(format!("expected {expected}")))
    }
}

const PROFILE: [&str; 2] = ["profile_id", "profile"];
const GROUP: [&str; 5] = ["group_id", "group_key", "profile_group_id", "group", "profile_group"];
const MEMBERS: [&str; 3] = ["profile_ids", "profiles", "members"];
const APPLICATION: [&str; 3] = ["application_id", "client_id", "application"];

fn role<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    let fields = node.fields("a role")?.in_snake_case();
    let names = names(&fields)?;
    let Some(key) = names.first().cloned() else {
        return Err(node.fault("this role has no `key`".to_owned()));
    };
    let permissions = match fields.get(&["permissions", "permission_keys"])? {
        Some(list) => Some(list.list("the permissions of a role")?.into_iter().map(permission).collect::<Result<_, _>>()?),
        None => None,
    };
    let name = fields.text(&["name"])?.map(String::from).filter(|name| *name != key);
    facts.roles.push(RoleFact { key, aliases: names, name, permissions, place: (path, node.line()) });
    Ok(())
}

/// A role that every profile of an application has while it is active.
fn base_role<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    let fields = node.fields("a base role")?.in_snake_case();
    let inner = fields.get(&["role"])?.filter(|role| role.is_object());
    let named = fields.get(&["role_key", "role_slug", "role_id", "role"])?.is_some();
    let known = if named { named_by(&fields, "role")? } else { names(&fields)? };
    if let Some(inner) = inner {
        role(path, inner, facts)?;
    } else if !named {
        role(path, node, facts)?;
    }
    let application = text_or_id(&fields, &APPLICATION)?;
    let scope = application.map(|id| Scope { kind: Some("application".to_owned()), id: Some(id), ..Scope::default() });
    facts.assignments.push(Assignment {
        role: known,
        subjects: vec![Subject::Everyone],
        scopes: scope.map(|scope| vec![scope]),
        until: None,
        active: is_active(&fields)?,
        place: (path, node.line()),
    });
    Ok(())
}

fn assignment<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    let fields = node.fields("a role assignment")?.in_snake_case();
    let role = named_by(&fields, "role")?;
    if role.is_empty() {
        return Err(node.fault("this assignment has no `role_key` and no `role_id`".to_owned()));
    }
    let mut subjects: Vec<Subject> = text_or_id(&fields, &PROFILE)?.map(Subject::Profile).into_iter().collect();
    if let Some(group) = fields.get(&GROUP)? {
        subjects.push(Subject::Group(group_of(path, group, facts)?));
    } else if let Some(list) = fields.get(&["profile_ids"])? {
        subjects.extend(profiles(list)?.into_iter().map(Subject::Profile));
    }
    if subjects.is_empty() {
        return Err(node.fault("this assignment has no `profile_id` and no `group_id`".to_owned()));
    }
    facts.assignments.push(Assignment {
        role,
        subjects,
        scopes: scopes(&fields)?,
        until: fields.text(&["expires_at", "valid_until", "until"])?.map(String::from),
        active: is_active(&fields)?,
        place: (path, node.line()),
    });
    Ok(())
}

fn scopes(fields: &Fields<'_>) -> Result<Option<Vec<Scope>>, ImportError> {
    let listed = match fields.get(&["scopes", "scope"])? {
        Some(list) if list.is_list() => list.list("`scopes`")?,
        Some(one) => vec![one],
        None => {
            let inline = scope(fields)?;
            return Ok((inline.kind.is_some() || inline.id.is_some()).then(|| vec![inline]));
        }
    };
    let around = text_or_id(fields, &APPLICATION)?;
    let read = |node: Node<'_>| {
        let mut scope = scope(&node.fields("a scope")?.in_snake_case())?;
        scope.application = scope.application.or_else(|| around.clone());
        Ok(scope)
    };
    listed.into_iter().map(read).collect::<Result<Vec<_>, _>>().map(Some)
}

/// A scope, or an assignment that names its resource itself. The plain `id` is that of the scope, never of the resource.
fn scope(fields: &Fields<'_>) -> Result<Scope, ImportError> {
    let mut kind = fields.text(&["resource_slug", "resource_kind"])?.map(String::from);
    let mut id = fields.text(&["resource_key", "resource_id"])?.map(String::from);
    if let Some(resource) = fields.get(&["resource"])? {
        if resource.is_object() {
            let inner = resource.fields("a resource")?.in_snake_case();
            kind = kind.or(inner.text(&["kind", "slug"])?.map(String::from));
            id = id.or(inner.text(&["key", "id"])?.map(String::from));
        } else {
            kind = kind.or(Some(resource.text("`resource`")?.into_owned()));
        }
    }
    let application = text_or_id(fields, &APPLICATION)?;
    Ok(Scope { kind, id, application, program: text_or_id(fields, &["program_id"])? })
}

fn resource<'p>(path: &'p Path, node: Node<'_>, kind: &str, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    let fields = node.fields("a resource")?.in_snake_case();
    let of_its_own: &[&str] = if kind == "application" { &["id", "client_id"] } else { &["id", "key"] };
    let Some(id) = fields.text(of_its_own)? else {
        return Err(node.fault("this resource has no `id`".to_owned()));
    };
    let id = Some(id.into_owned());
    let (mut application, mut program) = (None, None);
    if kind != "application" {
        application = text_or_id(&fields, &APPLICATION)?;
        program = text_or_id(&fields, &["program_id", "program"])?;
    }
    facts.resources.push((Scope { kind: Some(kind.to_owned()), id, application, program }, (path, node.line())));
    Ok(())
}

fn permission(node: Node<'_>) -> Result<PermissionFact, ImportError> {
    if node.is_text() {
        return Ok(PermissionFact { key: node.text("a permission")?.into_owned(), id: None, kind: None });
    }
    let fields = node.fields("a permission")?.in_snake_case();
    let Some(key) = fields.text(&["key", "slug", "name", "id"])? else {
        return Err(node.fault("this permission has no `key`".to_owned()));
    };
    let id = fields.text(&["id"])?.map(String::from);
    Ok(PermissionFact { key: key.into_owned(), id, kind: scope(&fields)?.kind })
}

fn group<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<(), ImportError> {
    group_of(path, node, facts).map(drop)
}

/// The id of a group, whose members are kept where it lists them.
fn group_of<'p>(path: &'p Path, node: Node<'_>, facts: &mut Facts<'p>) -> Result<String, ImportError> {
    if !node.is_object() {
        return node.text("a group").map(String::from);
    }
    let fields = node.fields("a group")?.in_snake_case();
    let Some(id) = fields.text(&["key", "slug", "id", "name"])? else {
        return Err(node.fault("this group has no `id`".to_owned()));
    };
    let members = fields.get(&MEMBERS)?.map(profiles).transpose()?.unwrap_or_default();
    let fact = GroupFact { id: id.clone().into_owned(), members };
    facts.groups.push((fact, (path, node.line())));
    Ok(id.into_owned())
}

/// The ids of a list of profiles, each an id or an object that has one.
fn profiles(list: Node<'_>) -> Result<Vec<String>, ImportError> {
    list.list("the profiles")?.into_iter().map(|node| id_of(node, "a profile")).collect()
}

fn id_of(node: Node<'_>, what: &str) -> Result<String, ImportError> {
    if !node.is_object() {
        return node.text(what).map(String::from);
    }
    match node.fields(what)?.in_snake_case().text(&["profile_id", "id", "client_id"])? {
        Some(id) => Ok(id.into_owned()),
        None => Err(node.fault(format!("{what} has no `id`"))),
    }
}

fn text_or_id(fields: &Fields<'_>, names: &[&str]) -> Result<Option<String>, ImportError> {
    let named = names.first().unwrap_or(&"").trim_end_matches("_id");
    fields.get(names)?.map(|node| id_of(node, &format!("`{named}`"))).transpose()
}

/// Every name of the thing that these fields are, the surest first.
fn names(fields: &Fields<'_>) -> Result<Vec<String>, ImportError> {
    let mut names = Vec::new();
    for field in ["key", "slug", "name", "id"] {
        names.extend(fields.text(&[field])?.map(String::from));
    }
    Ok(names)
}

/// Every name of the thing that these fields point to: `role_key`, `role_id`, or an object `role`.
fn named_by(fields: &Fields<'_>, what: &str) -> Result<Vec<String>, ImportError> {
    let mut found = Vec::new();
    for field in ["key", "slug", "id"] {
        found.extend(fields.text(&[&format!("{what}_{field}")])?.map(String::from));
    }
    match fields.get(&[what])? {
        Some(node) if node.is_object() => found.extend(names(&node.fields(what)?.in_snake_case())?),
        Some(node) => found.push(node.text(&format!("`{what}`"))?.into_owned()),
        None => {}
    }
    Ok(found)
}

fn is_active(fields: &Fields<'_>) -> Result<bool, ImportError> {
    match fields.get(&["is_active", "active"])? {
        None => Ok(true),
        Some(node) => match node.raw() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(node.wrong("`true` or `false`")),
        },
    }
}
