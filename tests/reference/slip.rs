//! Sentences of the language, each with the mistake of having overlooked it.

/// A mistake that the reference makes on purpose, to see whether a set of questions would notice it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slip {
    /// No mistake.
    None,
    /// A resource neither declared nor matched is judged like any other.
    UnknownResource,
    /// An assignment's undeclared pattern makes no resource known.
    ScopeMakesNothingKnown,
    /// The organization signed in to is not compared.
    ForeignOrganization,
    /// A closed organization lets everyone in.
    OpenDoors,
    /// Members of an organization are its users alone.
    MembersAreUsers,
    /// An organization whose members have all expired is open.
    ExpiredOpens,
    /// What is in no organization is in none, and not in `default`.
    NoDefaultOrganization,
    /// Groups named at sign-in count for nothing.
    NoSignInGroups,
    /// Groups do not nest.
    FlatGroups,
    /// Patterns say nothing.
    NoPatterns,
    /// The shortest pattern comes first.
    ShortestPatternFirst,
    /// A pattern in a container speaks everywhere.
    PatternLeavesContainer,
    /// Containers say nothing about what is in them.
    NoInheritance,
    /// An undeclared resource has no parent.
    Orphan,
    /// An undeclared resource takes its parent from the shortest pattern.
    ShortestPatternAdopts,
    /// The outermost place decides.
    FarthestPlace,
    /// A closer place that sets any part decides all of them.
    PlaceDecidesWhole,
    /// Groups come before the user.
    GroupsBeforeUser,
    /// The default entry comes before groups.
    DefaultBeforeGroups,
    /// The lowest of several groups counts.
    LowestGroup,
    /// *Follow the base* outranks a named level.
    FollowOutranks,
    /// `nothing` leaves features alone.
    NothingKeepsFeatures,
    /// `nothing` leaves flat permissions alone.
    NothingKeepsFlats,
    /// `nothing` sets features to none.
    NothingSilencesFeatures,
    /// A feature does not name its sub-features.
    FeatureAlone,
    /// A feature names its sub-features even where the list names those too.
    FeatureOverSub,
    /// A sub-feature that nothing names is none.
    NoFollow,
    /// `*` sets every feature.
    StarSetsFeatures,
    /// `*` sets no flat permission.
    StarSparesFlats,
    /// `on` limits nothing.
    OnIgnored,
    /// `until` of an entry is not read.
    EntryNeverExpires,
    /// `until` of a member is not read.
    MemberNeverExpires,
    /// `until` of an assignment is not read.
    AssignmentNeverExpires,
    /// The last instant is one too late.
    UntilIncluded,
    /// Roles give nothing.
    NoRoles,
    /// `includes` gives nothing.
    NoIncludes,
    /// An included role is added before it is completed.
    IncludedBeforeCompletion,
    /// A role's unset features follow the base of all together.
    RoleFollowsAll,
    /// `on` in a role limits nothing.
    RoleOnIgnored,
    /// An assignment reaches the scope itself alone.
    ScopeAlone,
    /// A pattern as scope counts for nothing.
    NoPatternScopes,
    /// A declared pattern as scope leaves its container.
    ScopeLeavesContainer,
    /// `everywhere` counts for nothing.
    NoEverywhere,
    /// `everyone` counts for nothing.
    NoEveryone,
    /// Owners get nothing.
    NoOwners,
    /// An owner's role does not reach what the resource contains.
    OwnerOfShell,
    /// Roles count only where accesses say nothing.
    RolesFillGaps,
    /// Prohibitions of `default` count for nothing.
    DefaultUnforbidden,
    /// Prohibitions of groups count for nothing.
    GroupUnforbidden,
    /// Prohibitions of users count for nothing.
    UserUnforbidden,
    /// Prohibitions reach no contained resource.
    ProhibitionStays,
    /// A prohibition of the base spares features.
    BaseSparesFeatures,
    /// A prohibition of a feature spares its sub-features.
    FeatureSparesSub,
    /// A narrower prohibition of the same list replaces a wider one.
    NarrowSoftens,
    /// A prohibition takes that level alone, not those that imply it.
    ExactLevel,
    /// `cannot *` takes the highest level alone.
    StarTakesTop,
    /// Roles are added after prohibitions.
    RolesAfterProhibitions,
    /// Features count without a base.
    EntryWithoutBase,
    /// A feature is asked without its sub-features.
    AskedAlone,
}

/// Every mistake.
pub const SLIPS: &[Slip] = &[
    Slip::UnknownResource,
    Slip::ScopeMakesNothingKnown,
    Slip::ForeignOrganization,
    Slip::OpenDoors,
    Slip::MembersAreUsers,
    Slip::ExpiredOpens,
    Slip::NoDefaultOrganization,
    Slip::NoSignInGroups,
    Slip::FlatGroups,
    Slip::NoPatterns,
    Slip::ShortestPatternFirst,
    Slip::PatternLeavesContainer,
    Slip::NoInheritance,
    Slip::Orphan,
    Slip::ShortestPatternAdopts,
    Slip::FarthestPlace,
    Slip::PlaceDecidesWhole,
    Slip::GroupsBeforeUser,
    Slip::DefaultBeforeGroups,
    Slip::LowestGroup,
    Slip::FollowOutranks,
    Slip::NothingKeepsFeatures,
    Slip::NothingKeepsFlats,
    Slip::NothingSilencesFeatures,
    Slip::FeatureAlone,
    Slip::FeatureOverSub,
    Slip::NoFollow,
    Slip::StarSetsFeatures,
    Slip::StarSparesFlats,
    Slip::OnIgnored,
    Slip::EntryNeverExpires,
    Slip::MemberNeverExpires,
    Slip::AssignmentNeverExpires,
    Slip::UntilIncluded,
    Slip::NoRoles,
    Slip::NoIncludes,
    Slip::IncludedBeforeCompletion,
    Slip::RoleFollowsAll,
    Slip::RoleOnIgnored,
    Slip::ScopeAlone,
    Slip::NoPatternScopes,
    Slip::ScopeLeavesContainer,
    Slip::NoEverywhere,
    Slip::NoEveryone,
    Slip::NoOwners,
    Slip::OwnerOfShell,
    Slip::RolesFillGaps,
    Slip::DefaultUnforbidden,
    Slip::GroupUnforbidden,
    Slip::UserUnforbidden,
    Slip::ProhibitionStays,
    Slip::BaseSparesFeatures,
    Slip::FeatureSparesSub,
    Slip::NarrowSoftens,
    Slip::ExactLevel,
    Slip::StarTakesTop,
    Slip::RolesAfterProhibitions,
    Slip::EntryWithoutBase,
    Slip::AskedAlone,
];
