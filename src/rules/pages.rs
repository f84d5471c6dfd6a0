//! The page of each rule: what it means, why it matters, an example that fires, and the example mended.

macro_rules! pages {
    ($($name:literal)*) => {
        /// The page of a rule, in Markdown.
        pub fn page(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("pages/", $name, ".md"))),)*
                _ => None,
            }
        }
    };
}

pages! {
    "admin-count"
    "bad-date"
    "bad-id"
    "bad-name"
    "broad-audience"
    "confusable-name"
    "contradictory-list"
    "cross-organization"
    "data-columns"
    "data-file"
    "data-row"
    "default-or-everyone"
    "direct-user-grant"
    "duplicate-assignment"
    "duplicate-declaration"
    "duplicate-entry"
    "duplicate-role"
    "duplicate-user"
    "empty-group"
    "empty-policy"
    "expired-entry"
    "expires-soon"
    "forbidden-character"
    "group-cycle"
    "ineffective-nothing"
    "kind-parts"
    "kind-without-root"
    "listed-twice"
    "lowering-group"
    "member-outside-organization"
    "misplaced-star"
    "misplaced-statement"
    "no-base"
    "no-owner-role"
    "non-member-entry"
    "none-in-prohibition"
    "not-in-pattern"
    "policy-too-large"
    "prohibition-without-effect"
    "redundant-assignment"
    "redundant-entry"
    "reserved-statement"
    "resource-cycle"
    "retired-permission"
    "role-cycle"
    "role-reaches-private"
    "separation-of-duty"
    "shadowed-pattern"
    "star-keeps-feature"
    "surviving-feature"
    "syntax"
    "too-deep"
    "two-containers"
    "unclosed-block"
    "unknown-facts"
    "unknown-group"
    "unknown-kind"
    "unknown-permission"
    "unknown-resource"
    "unknown-role"
    "unknown-user"
    "unknown-vocabulary"
    "unreachable-entry"
    "unused-group"
    "unused-kind"
    "unused-role"
    "wildcard-grant"
    "wrong-container"
}
