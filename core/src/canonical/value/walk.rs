//! A walk over a value: where it is, what it writes, what it has to remember.

use core::{convert::Infallible, fmt, mem::replace};

use heapless::Vec;
use serde::{Serialize, ser};

use super::{
    REVISITS_MAX, ValueError, object,
    order::{self, Last},
};
use crate::{
    canonical::{
        CanonicalError, Place, Selection, Sink, Slot, canonicalize_at, scratch_needed,
        sink::{self, NAME_MAX},
    },
    json::{self, DEPTH_MAX, JsonStr},
};

/// Why a run ended early. A `Serialize` may hide it, so the walk and the object know it as well.
#[derive(Debug)]
pub(super) enum Stop {
    /// No other member is to be had from this run.
    Over,
    Fault(ValueError),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over => f.write_str("the rest of the run is not needed"),
            Self::Fault(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Fault(ValueError::Refused)
    }
}

/// Whose text the canonical form is that of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// What serde_json writes.
    SerdeJson,
    /// What [`write_json`](crate::canonical::write_json) writes.
    Strict,
}

pub(super) struct Walk<'a, S, K> {
    writing: Writing,
    selection: &'a S,
    out: Out<'a, K>,
    slots: &'a mut [Slot],
    /// The slots that open objects take.
    taken: usize,
    /// The most slots that were taken at once, by a walk that only counts them.
    measured: Option<usize>,
    depth: usize,
    revisits_left: usize,
    fault: Option<ValueError>,
    last: Last,
}

impl<'a, S: Selection, K: Sink> Walk<'a, S, K> {
    pub(super) const fn new(selection: &'a S, slots: &'a mut [Slot], sink: &'a mut K) -> Self {
        Self::within(REVISITS_MAX, selection, slots, sink)
    }

    /// The same with a limit of its own on revisits.
    pub(super) const fn within(
        revisits_left: usize,
        selection: &'a S,
        slots: &'a mut [Slot],
        sink: &'a mut K,
    ) -> Self {
        Self {
            writing: Writing::SerdeJson,
            selection,
            out: Out { sink, muted: false, near: Vec::new() },
            slots,
            taken: 0,
            measured: None,
            depth: 0,
            revisits_left,
            fault: None,
            last: Last::new(),
        }
    }

    /// The same for another text.
    pub(super) const fn writing_as(mut self, writing: Writing) -> Self {
        self.writing = writing;
        self
    }

    pub(super) const fn writing(&self) -> Writing {
        self.writing
    }

    /// Walks a whole value.
    pub(super) fn value<T: Serialize + ?Sized>(mut self, value: &T) -> Result<(), ValueError> {
        self.walk(value)?;
        self.out.flush_near();
        Ok(())
    }

    /// Walks a whole value in silence, and tells how many slots it takes.
    pub(super) fn measure<T: Serialize + ?Sized>(mut self, value: &T) -> Result<usize, ValueError> {
        self.out.muted = true;
        self.measured = Some(0);
        self.walk(value)?;
        Ok(self.measured.unwrap_or_default())
    }

    fn walk<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        match object::walk_value(self, value, Place::ROOT) {
            Ok(()) => Ok(()),
            Err(Stop::Fault(fault)) => Err(fault),
            // Objects keep this to themselves.
            Err(Stop::Over) => Err(ValueError::Changed),
        }
    }

    /// Remembers a fault, whatever becomes of it on its way out.
    pub(super) fn fail(&mut self, fault: ValueError) -> Stop {
        Stop::Fault(*self.fault.get_or_insert(fault))
    }

    pub(super) const fn fault(&self) -> Option<ValueError> {
        self.fault
    }

    /// Opens a container with its bracket.
    pub(super) fn enter(&mut self, bracket: &[u8]) -> Result<(), Stop> {
        if self.depth == DEPTH_MAX {
            return Err(self.fail(ValueError::TooDeep));
        }
        self.depth += 1;
        self.write(bracket);
        Ok(())
    }

    pub(super) fn leave(&mut self, bracket: &[u8]) {
        self.write(bracket);
        self.depth -= 1;
    }

    /// Where the elements of an array are.
    pub(super) fn element(&self, place: Place) -> Place {
        sink::element(self.selection, place)
    }

    /// Begins a member: writes its name, or falls silent if the member is left out, for its value
    /// is walked all the same for its faults. Tells where the value is.
    pub(super) fn begin_member(&mut self, around: Place, begun: &mut bool, name: &str) -> Member {
        let muted = self.out.muted;
        let inside = if around == Place::EVERYTHING || is_long(name) {
            Some(Place::EVERYTHING)
        } else {
            self.selection.member(around, &JsonStr::new(name, false))
        };
        let inside = match inside {
            Some(inside) => {
                self.write(if replace(begun, true) { b"," } else { b"" });
                let Ok(()) = json::write_str(&mut self.out, name);
                self.write(b":");
                inside
            }
            None => {
                self.out.muted = true;
                Place::EVERYTHING
            }
        };
        Member { inside, muted }
    }

    pub(super) const fn end_member(&mut self, member: Member) {
        self.out.muted = member.muted;
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        let Ok(()) = embedded_io::Write::write_all(&mut self.out, bytes);
    }

    /// Whether nothing is written.
    pub(super) const fn is_muted(&self) -> bool {
        self.out.muted
    }

    /// Where scalars are written.
    pub(super) const fn out(&mut self) -> &mut Out<'a, K> {
        &mut self.out
    }

    /// Walks a piece of JSON text as the value that it stands for.
    pub(super) fn raw(&mut self, text: &str, place: Place) -> Result<(), Stop> {
        let outcome = if let Some(most) = &mut self.measured {
            scratch_needed(text.as_bytes()).map_err(CanonicalError::from).map(|needed| {
                *most = (*most).max(self.taken.saturating_add(needed));
            })
        } else {
            let free = &mut self.slots[self.taken..];
            let around = (place, self.depth);
            canonicalize_at(around, text, self.selection, free, &mut self.out)
        };
        outcome.map_err(|error| {
            self.fail(match error {
                CanonicalError::ScratchTooSmall { needed } => {
                    ValueError::ScratchTooSmall { needed: needed.saturating_add(self.taken) }
                }
                error => ValueError::Raw(error),
            })
        })
    }
}

/// The slots.
impl<S: Selection, K: Sink> Walk<'_, S, K> {
    /// The slots of the object whose names are being seen, which nothing has taken yet.
    pub(super) fn free(&mut self) -> &mut [Slot] {
        // Whoever only counts slots takes more than there are.
        self.slots.get_mut(self.taken..).unwrap_or_default()
    }

    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Whether slots are only counted.
    pub(super) const fn is_measuring(&self) -> bool {
        self.measured.is_some()
    }

    /// Takes a slot for each member of an object.
    pub(super) fn take(&mut self, members: usize) -> Result<(), Stop> {
        let needed = self.taken.saturating_add(members);
        if let Some(most) = &mut self.measured {
            *most = (*most).max(needed);
        } else if members > order::MEMBERS_MAX || needed > self.slots.len() {
            return Err(self.fail(ValueError::ScratchTooSmall { needed }));
        }
        self.taken = needed;
        Ok(())
    }

    pub(super) const fn give_back(&mut self, taken: usize) {
        self.taken = taken;
    }

    /// The beginning of the name that was seen last.
    pub(super) const fn last(&mut self) -> &mut Last {
        &mut self.last
    }

    /// The slots of an object.
    pub(super) fn members(&mut self, base: usize, members: usize) -> &mut [Slot] {
        &mut self.slots[base..base + members]
    }

    /// Counts members that are handed out again.
    pub(super) fn revisit(&mut self, members: usize) -> Result<(), Stop> {
        match self.revisits_left.checked_sub(members) {
            Some(left) => {
                self.revisits_left = left;
                Ok(())
            }
            None => Err(self.fail(ValueError::TooUnordered)),
        }
    }
}

/// Whether a name is written with more bytes than a selection is asked about.
fn is_long(name: &str) -> bool {
    const ESCAPE_MAX: usize = 6;
    let written = |byte| json::escape(byte, &mut [0; ESCAPE_MAX]).len().max(1);
    name.len() > NAME_MAX / ESCAPE_MAX && name.bytes().map(written).sum::<usize>() > NAME_MAX
}

/// A member whose value is being walked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Where the value is.
    pub(super) inside: Place,
    /// Whether what is around it is left out.
    muted: bool,
}

/// Pieces of this many bytes and more go straight to the sink.
const NEAR: usize = 64;

/// The sink, unless the walk is in a member that is left out. Small pieces are gathered: a hash
/// takes about as long for a byte as for a block.
pub(super) struct Out<'a, K> {
    sink: &'a mut K,
    muted: bool,
    near: Vec<u8, NEAR>,
}

impl<K: Sink> Out<'_, K> {
    fn flush_near(&mut self) {
        self.sink.write(&self.near);
        self.near.clear();
    }
}

impl<K: Sink> Sink for Out<'_, K> {
    fn write(&mut self, bytes: &[u8]) {
        if self.muted || self.near.extend_from_slice(bytes).is_ok() {
            return;
        }
        self.flush_near();
        if self.near.extend_from_slice(bytes).is_err() {
            self.sink.write(bytes);
        }
    }
}

impl<K> embedded_io::ErrorType for Out<'_, K> {
    type Error = Infallible;
}

impl<K: Sink> embedded_io::Write for Out<'_, K> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Sink::write(self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
