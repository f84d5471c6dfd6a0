//! What to type where a role leaves something out: a role only adds, so its list has to say what is left.

use super::Mender;

impl Mender<'_> {
    /// What to type in place of a list of a role, from `can` on, that goes on with what it takes away. `before` is the text before it.
    pub(super) fn only_adds(&self, before: &str, list: &str, taken: &str) -> String {
        let head = before.rsplit_once('{').map_or("", |(head, _)| head);
        let head = head.rsplit_once("role ").map_or("", |(_, head)| head);
        let includes = head.split_whitespace().any(|word| word == "includes");
        let list = list.strip_prefix("can").unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        let lower: Option<Vec<String>> = taken.split(", ").map(|one| (self.known.lower)(one)).collect();
        let shown = list.len() <= super::super::SHOWN && !list.contains("//") && !list.contains(" on ") && !list.is_empty();
        // A part that the list names has its level there, and what a role includes gives its own.
        let part = |name: &str| name.rsplit_once(':').map_or("", |(part, _)| part).to_owned();
        let named = |lower: &String| list.split(',').any(|one| part(one.trim()) == part(lower));
        match lower.filter(|lower| shown && !includes && !lower.iter().any(named)) {
            Some(lower) => format!("a role has no `cannot` and only adds: type `can {list}, {}`", lower.join(", ")),
            None => {
                let known = taken.split(", ").all(|one| (self.known.permission)(one));
                let taken = if known { taken } else { "write" };
                format!(
                    "a role only adds: name what it gives and no more, or forbid the rest in a resource, such as `group staff cannot {taken}`"
                )
            }
        }
    }
}
