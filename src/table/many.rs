//! Many checks at once: what each will look at is brought near while the ones before it are decided.

use super::Table;
use super::decide::{Permission, Resource, ResourceId};
use super::layout::Section;
use super::names::Sought;
use super::sign_in::UserId;
use super::view::Damage;
use crate::Instant;

/// How many are on their way at once: about as many as a core can wait for.
const AT_ONCE: usize = 16;

/// A check in numbers.
pub type Check<'q> = (UserId, Permission, Resource<'q>);

/// A check in names: user, permission, id of the resource.
pub type NamedCheck<'q> = (&'q str, Permission, &'q str);

impl Table {
    /// Answers many checks of users that the policy names, each as [`Table::check`] does, and several times as fast
    /// where the table is larger than the cache. One answer a check, in their order.
    ///
    /// # Errors
    /// Damage; the answers behind it are not set. And as many answers as checks are needed.
    pub fn check_many(&self, checks: &[Check<'_>], at: Instant, answers: &mut [bool]) -> Result<(), Damage> {
        if checks.len() != answers.len() {
            return Err(Damage::Answers);
        }
        for (checks, answers) in checks.chunks(AT_ONCE).zip(answers.chunks_mut(AT_ONCE)) {
            for (user, _, on) in checks {
                self.view().prefetch(Section::Users, user.0);
                if let Resource::Declared(ResourceId(at)) = on {
                    self.view().prefetch(Section::Places, *at);
                }
            }
            for ((user, permission, on), answer) in checks.iter().zip(answers) {
                *answer = self.check_user(*user, *permission, *on, at)?;
            }
        }
        Ok(())
    }

    /// Answers many checks by name: a user that the policy does not name is a stranger, and on a resource that it does
    /// not know nobody has anything.
    ///
    /// # Errors
    /// As [`Table::check_many`].
    pub fn check_many_named(&self, checks: &[NamedCheck<'_>], at: Instant, answers: &mut [bool]) -> Result<(), Damage> {
        if checks.len() != answers.len() {
            return Err(Damage::Answers);
        }
        let view = self.view();
        let stranger = self.sign_in_with(None, &[])?;
        for (checks, answers) in checks.chunks(AT_ONCE).zip(answers.chunks_mut(AT_ONCE)) {
            let nobody = Sought::user(0, "");
            let mut sought = [(nobody, nobody); AT_ONCE];
            for ((user, permission, id), (who, what)) in checks.iter().zip(&mut sought) {
                *who = Sought::user(self.seed, user);
                *what = Sought::resource(self.seed, permission.kind(), id);
                who.bring_slot(view);
                what.bring_slot(view);
            }
            for (who, what) in &sought[..checks.len()] {
                who.bring_record(view);
                what.bring_record(view);
            }
            for (((_, permission, id), (who, what)), answer) in checks.iter().zip(&sought).zip(answers) {
                let on = match what.find(view)? {
                    Some(at) => Some(Resource::Declared(ResourceId(at))),
                    None => self.undeclared(permission.kind(), id)?,
                };
                *answer = match (on, who.find(view)?) {
                    (None, _) => false,
                    (Some(on), Some(user)) => self.check_user(UserId(user), *permission, on, at)?,
                    (Some(on), None) => self.check(&stranger, *permission, on, at)?,
                };
            }
        }
        Ok(())
    }
}
