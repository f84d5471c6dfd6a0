//! What an engine beside Roomkey has to offer to be measured.

use super::questions::Named;
use super::world::World;

/// An engine beside Roomkey.
pub struct Peer {
    pub name: &'static str,
    /// The most rooms that it answers in a reasonable time.
    pub most_rooms: usize,
    /// How many questions a pass asks: fewer, where one takes milliseconds.
    pub questions: usize,
    pub load: fn(&World) -> Box<dyn Engine>,
}

/// An engine with a world in it.
pub trait Engine {
    /// A question, prepared as far as the engine can.
    fn question<'a>(&'a self, question: &Named<'_>) -> Box<dyn Fn() -> bool + 'a>;
}
