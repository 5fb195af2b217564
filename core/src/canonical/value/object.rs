//! The runs over an object: first for its names, then for its members in canonical order.

use core::{cmp::Ordering, mem::replace};

use serde::Serialize;

use super::{
    ValueError,
    order::{self, CHUNK, Twins},
    serializer::Run,
    walk::{Member, Stop, Walk},
};
use crate::canonical::{Place, Selection, Sink, Slot};

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// To see what the value is. If it is no object the run walks it as well, and is the only one.
    Look,
    /// To read the names from this byte on.
    Chunks(usize),
    /// To walk members in canonical order.
    Walk,
}

/// What kind of object a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    /// `{"variant":{..}}`, of which the runs concern the inner one.
    Variant(&'static str),
}

/// A value, from run to run.
pub(super) struct Object {
    place: Place,
    aim: Aim,
    /// `None` until the value turns out to be an object.
    shape: Option<Shape>,
    /// How many members there are.
    members: usize,
    /// They are handed out in canonical order, and need no slots.
    in_order: bool,
    /// The first of the slots.
    base: usize,
    /// The sum of the names' digests when they were first seen.
    seen: u64,
    /// The same sum as names are seen again.
    seen_again: u64,
    /// How many members have been walked.
    done: usize,
    /// One of them was not left out.
    begun: bool,
    /// How many members this run has handed out.
    index: usize,
    /// The index of the member that is to be walked next.
    wanted: usize,
    /// The run has passed that member by.
    over: bool,
    /// A name was handed out whose value is due.
    named: bool,
    /// The member that is being walked.
    member: Option<Member>,
}

/// Walks a value.
pub(super) fn walk_value<T, S, K>(
    walk: &mut Walk<'_, S, K>,
    value: &T,
    place: Place,
) -> Result<(), Stop>
where
    T: Serialize + ?Sized,
    S: Selection,
    K: Sink,
{
    let mut object = Object::new(place, walk.taken());
    object.run(walk, value)?;
    match object.shape {
        None => Ok(()),
        Some(Shape::Plain) => object.walk(walk, value),
        Some(Shape::Variant(name)) => {
            walk.enter(b"{")?;
            let member = walk.begin_member(place, &mut false, name);
            object.place = member.inside;
            object.walk(walk, value)?;
            walk.end_member(member);
            walk.leave(b"}");
            Ok(())
        }
    }
}

impl Object {
    const fn new(place: Place, base: usize) -> Self {
        Self {
            place,
            aim: Aim::Look,
            shape: None,
            members: 0,
            in_order: true,
            base,
            seen: 0,
            seen_again: 0,
            done: 0,
            begun: false,
            index: 0,
            wanted: 0,
            over: false,
            named: false,
            member: None,
        }
    }

    /// Walks an object that has been looked at.
    fn walk<T, S, K>(&mut self, walk: &mut Walk<'_, S, K>, value: &T) -> Result<(), Stop>
    where
        T: Serialize + ?Sized,
        S: Selection,
        K: Sink,
    {
        walk.enter(b"{")?;
        if !self.in_order {
            walk.take(self.members)?;
            self.sort(walk, value)?;
        }
        (self.aim, self.seen_again) = (Aim::Walk, 0);
        while self.done < self.members {
            self.wanted = self.next_wanted(walk);
            self.run(walk, value)?;
            if self.over {
                walk.revisit(self.index)?;
            }
        }
        if self.seen_again != self.seen {
            return Err(walk.fail(ValueError::Changed));
        }
        walk.give_back(self.base);
        walk.leave(b"}");
        Ok(())
    }

    /// Sorts the members, with as many runs more as it takes to tell their names apart.
    fn sort<T, S, K>(&mut self, walk: &mut Walk<'_, S, K>, value: &T) -> Result<(), Stop>
    where
        T: Serialize + ?Sized,
        S: Selection,
        K: Sink,
    {
        let mut read = 0;
        // Whoever only counts slots has none.
        while !walk.is_measuring() {
            let tied = match order::sort(walk.members(self.base, self.members)) {
                Ok(0) => break,
                Ok(tied) => tied,
                Err(Twins) => return Err(walk.fail(ValueError::DuplicateName)),
            };
            // Sorting them again takes its time, too.
            walk.revisit(self.members + 8 * tied)?;
            read += CHUNK;
            (self.aim, self.seen_again) = (Aim::Chunks(read), 0);
            self.run(walk, value)?;
            if self.seen_again != self.seen {
                return Err(walk.fail(ValueError::Changed));
            }
        }
        // In silence any order will do.
        self.in_order = walk.is_muted();
        Ok(())
    }

    /// Runs the value's `serialize` once, to its end or until it is over for us.
    fn run<T, S, K>(&mut self, walk: &mut Walk<'_, S, K>, value: &T) -> Result<(), Stop>
    where
        T: Serialize + ?Sized,
        S: Selection,
        K: Sink,
    {
        (self.index, self.over, self.named) = (0, false, false);
        let outcome = value.serialize(Run { walk, object: self, in_some: false });
        match (walk.fault(), outcome) {
            (Some(fault), _) => Err(Stop::Fault(fault)),
            (None, Err(Stop::Fault(fault))) if !self.over => Err(walk.fail(fault)),
            (None, _) => Ok(()),
        }
    }

    fn next_wanted<S: Selection, K: Sink>(&self, walk: &mut Walk<'_, S, K>) -> usize {
        if self.done == self.members {
            usize::MAX
        } else if self.in_order {
            self.done
        } else {
            walk.members(self.base, self.members)[self.done].index()
        }
    }
}

/// What happens within a run.
impl Object {
    /// Whether this is the run that looks at the value.
    pub(super) fn is_looked_at(&self) -> bool {
        self.aim == Aim::Look && self.shape.is_none()
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The value is an object.
    pub(super) fn open<S: Selection, K: Sink>(
        &mut self,
        walk: &mut Walk<'_, S, K>,
        shape: Shape,
    ) -> Result<(), Stop> {
        if self.aim == Aim::Look && self.shape.is_some() || self.index > 0 {
            return Err(walk.fail(ValueError::Refused));
        }
        if *self.shape.get_or_insert(shape) == shape {
            Ok(())
        } else {
            Err(walk.fail(ValueError::Changed))
        }
    }

    /// Whether the next member is not this run's business; if so it is passed by.
    #[inline]
    pub(super) fn passes(&mut self) -> bool {
        let passes = self.is_passing();
        self.index += usize::from(passes);
        passes
    }

    #[inline]
    pub(super) fn is_passing(&self) -> bool {
        self.index != self.wanted && self.aim == Aim::Walk
    }

    /// The next member's name.
    pub(super) fn name<S: Selection, K: Sink>(
        &mut self,
        walk: &mut Walk<'_, S, K>,
        name: &str,
    ) -> Result<(), Stop> {
        if replace(&mut self.named, true) {
            return Err(walk.fail(ValueError::Refused));
        }
        let digest = order::digest(self.index, name);
        match self.aim {
            Aim::Look => {
                self.seen = self.seen.wrapping_add(digest);
                return self.look_at(walk, name);
            }
            Aim::Chunks(at) => {
                walk.revisit(name.len() / 32)?;
                let members = walk.members(self.base, self.members);
                order::load(members, self.index, order::chunk(name, at));
            }
            Aim::Walk => {
                self.member = Some(walk.begin_member(self.place, &mut self.begun, name));
            }
        }
        self.seen_again = self.seen_again.wrapping_add(digest);
        Ok(())
    }

    fn look_at<S: Selection, K: Sink>(
        &mut self,
        walk: &mut Walk<'_, S, K>,
        name: &str,
    ) -> Result<(), Stop> {
        let chunk = order::chunk(name, 0);
        if self.in_order {
            let last = walk.last();
            if self.index == 0 {
                last.set(name, chunk);
            } else {
                match last.compare(name, chunk) {
                    Some(Ordering::Less) => {}
                    Some(Ordering::Equal) => return Err(walk.fail(ValueError::DuplicateName)),
                    Some(Ordering::Greater) | None => self.in_order = false,
                }
            }
        }
        if let Some(slot) = walk.free().get_mut(self.index) {
            *slot = Slot::unsorted(self.index, chunk);
        }
        Ok(())
    }

    /// The value of the member that was named.
    pub(super) fn value<T, S, K>(
        &mut self,
        walk: &mut Walk<'_, S, K>,
        value: &T,
    ) -> Result<(), Stop>
    where
        T: Serialize + ?Sized,
        S: Selection,
        K: Sink,
    {
        if !replace(&mut self.named, false) {
            return Err(walk.fail(ValueError::Refused));
        }
        self.index += 1;
        let Some(member) = self.member.take() else { return Ok(()) };
        walk_value(walk, value, member.inside)?;
        walk.end_member(member);
        self.done += 1;
        self.wanted = self.next_wanted(walk);
        self.over = self.wanted < self.index;
        if self.over { Err(Stop::Over) } else { Ok(()) }
    }

    /// The end of the object.
    pub(super) fn close<S: Selection, K: Sink>(
        &mut self,
        walk: &mut Walk<'_, S, K>,
    ) -> Result<(), Stop> {
        if self.named {
            return Err(walk.fail(ValueError::Refused));
        }
        if self.aim == Aim::Look {
            self.members = self.index;
        }
        if self.over || self.index == self.members {
            Ok(())
        } else {
            Err(walk.fail(ValueError::Changed))
        }
    }
}
