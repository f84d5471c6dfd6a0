//! Grammar rule → a person's word, for "expected …".

use pest::error::{Error, ErrorVariant};

use super::Rule;

/// What was expected where the parser stopped, as a person says it.
pub fn expected(error: &Error<Rule>) -> String {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else { return "something else".into() };
    let mut words: Vec<&str> = positives.iter().map(|r| word(*r)).collect();
    words.sort_unstable_by_key(|w| (w.starts_with('`'), *w));
    words.dedup();
    match words.as_slice() {
        [] => "something else".into(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn word(rule: Rule) -> &'static str {
    match rule {
        Rule::WHITESPACE | Rule::COMMENT => "a space",
        Rule::word_char | Rule::raw_word | Rule::word => "a name",
        Rule::string | Rule::escape | Rule::id => "an id",
        Rule::permission | Rule::path | Rule::permission_list => "a permission",
        Rule::feature => "a feature",
        Rule::date => "a date",
        Rule::kw_use => "`use`",
        Rule::kw_kind => "`kind`",
        Rule::kw_group => "`group`",
        Rule::kw_user => "`user`",
        Rule::kw_role => "`role`",
        Rule::kw_assign => "`assign`",
        Rule::kw_in => "`in`",
        Rule::kw_on | Rule::on => "`on`",
        Rule::kw_to => "`to`",
        Rule::kw_until | Rule::until => "`until`",
        Rule::kw_can | Rule::can | Rule::verb => "`can`",
        Rule::kw_cannot | Rule::cannot => "`cannot`",
        Rule::kw_nothing => "`nothing`",
        Rule::kw_default => "`default`",
        Rule::kw_everyone => "`everyone`",
        Rule::kw_everywhere => "`everywhere`",
        Rule::kw_includes => "`includes`",
        Rule::kw_owner => "`owner`",
        Rule::kw_gets => "`gets`",
        Rule::kw_member => "`member`",
        Rule::kw_levels => "`levels`",
        Rule::kw_features => "`features`",
        Rule::kw_retired => "`retired`",
        Rule::kw_permissions => "`permissions`",
        Rule::kw_facts => "`facts`",
        Rule::kw_from => "`from`",
        Rule::sort => "`members`, `resources`, `accesses` or `assignments`",
        Rule::kw_test => "`test`",
        Rule::kw_invariant => "`invariant`",
        Rule::kw_with => "`with`",
        Rule::kw_organization => "`organization`",
        Rule::kw_at | Rule::moment => "`at`",
        Rule::kw_no => "`no`",
        Rule::kw_one => "`one`",
        Rule::kw_only => "`only`",
        Rule::kw_most => "`most`",
        Rule::kw_least => "`least`",
        Rule::kw_both | Rule::both => "`both`",
        Rule::kw_and => "`and`",
        Rule::number => "a number",
        Rule::plain_list => "a permission",
        Rule::within => "`in`",
        Rule::sign_in => "`group` or `organization`",
        Rule::test_item | Rule::test_question => "a question such as `user ann can read on room lobby`",
        Rule::law_item | Rule::law | Rule::no_one | Rule::only | Rule::bound => {
            "a line such as `no group guests can write on room \"*\"`, `only …`, `at most N …` or `at least N …`"
        }
        Rule::kw_reserved | Rule::keyword => "a keyword",
        Rule::next_test
        | Rule::next_law
        | Rule::next_top
        | Rule::next_member
        | Rule::next_role
        | Rule::next_kind
        | Rule::next_block
        | Rule::unread => "an item",
        Rule::open => "`{`",
        Rule::close => "`}`",
        Rule::comma | Rule::trailing => "`,`",
        Rule::less => "`<`",
        Rule::kind_name | Rule::kind_list => "a kind",
        Rule::top_item
        | Rule::use_statement
        | Rule::kind_statement
        | Rule::group_statement
        | Rule::user_statement
        | Rule::role_statement
        | Rule::assign_statement
        | Rule::facts_statement
        | Rule::test_statement
        | Rule::invariant_statement
        | Rule::reserved_statement
        | Rule::resource_statement => "a statement",
        Rule::role_list => "a role",
        Rule::subject => "`user`, `group` or `everyone`",
        Rule::scope => "a resource such as `room lobby`",
        Rule::member_item | Rule::group_member | Rule::member_one => "a member (`user ID` or `group ID`)",
        Rule::role_item | Rule::role_entry => "`can` with a list of permissions",
        Rule::kind_item | Rule::levels | Rule::features | Rule::retired | Rule::permissions | Rule::owner_gets => {
            "`levels`, `features`, `permissions`, `retired` or `owner gets`"
        }
        Rule::block_item | Rule::default_entry | Rule::principal_entry => "an access entry or a resource",
        Rule::owner => "`owner`",
        Rule::member => "`member`",
    }
}
