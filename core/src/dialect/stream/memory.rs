//! Memory for a message that arrives in pieces.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::{AssembleError, fold::PartId, fold::PartKind};

/// Memory for a message that is being put together: its text on lanes, and its structure as parts.
///
/// A lane is a text that grows at its end. All parts of a message begin on lane 0, one behind the
/// other; a part that goes on after another has begun moves to a lane of its own. A message whose
/// parts come one after the other needs one lane; each choice, tool call or list that grows beside
/// others needs one more.
pub trait MessageMemory {
    /// How many lanes there are: at least one.
    fn lanes(&self) -> usize;

    /// The text of a lane; empty for a lane that there is not.
    fn lane(&self, lane: usize) -> &[u8];

    /// Appends to a lane.
    ///
    /// # Errors
    /// [`AssembleError::Full`] if the memory is full; the lane is then as it was.
    fn append(&mut self, lane: usize, bytes: &[u8]) -> Result<(), AssembleError>;

    /// Appends a range of lane 0 to another lane.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    fn append_from_first(
        &mut self,
        lane: usize,
        start: usize,
        end: usize,
    ) -> Result<(), AssembleError>;

    /// Shortens a lane to `len` bytes.
    fn truncate(&mut self, lane: usize, len: usize);

    /// The parts so far.
    fn parts(&self) -> &[Part];

    /// The parts so far, to be changed.
    fn parts_mut(&mut self) -> &mut [Part];

    /// Adds a part.
    ///
    /// # Errors
    /// [`AssembleError::TooManyParts`] if there is no room for it.
    fn push_part(&mut self, part: Part) -> Result<(), AssembleError>;

    /// Memory for one event. Events that are alike are folded several times faster where the first
    /// of them fits; it may be empty.
    fn template(&mut self) -> &mut [u8];

    /// Forgets all text and all parts.
    fn clear(&mut self);
}

/// A member or an element of a message: 36 bytes. What it holds is the assembler's affair.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub(super) kind: PartKind,
    pub(super) lane: u16,
    /// Its value has moved once, because another one took its place.
    pub(super) has_moved: bool,
    /// Nothing is added to it any more.
    pub(super) is_closed: bool,
    /// Its text on the lane.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The name of a member, on lane 0, as it is written in JSON.
    pub(super) name_start: u32,
    pub(super) name_len: u32,
    /// The number of an element.
    pub(super) index: u32,
    pub(super) next: Option<PartId>,
    pub(super) first_child: Option<PartId>,
    pub(super) last_child: Option<PartId>,
}

impl Part {
    /// A part without content, to make memory of.
    pub const EMPTY: Self = Self {
        kind: PartKind::Raw,
        lane: 0,
        has_moved: false,
        is_closed: false,
        start: 0,
        end: 0,
        name_start: 0,
        name_len: 0,
        index: 0,
        next: None,
        first_child: None,
        last_child: None,
    };
}

/// A lane in memory of the caller's.
pub struct Lane<'m> {
    memory: &'m mut [u8],
    len: usize,
}

impl<'m> Lane<'m> {
    /// An empty lane that holds as many bytes as `memory` does.
    #[must_use]
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, len: 0 }
    }

    fn text(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), AssembleError> {
        let full = AssembleError::Full { capacity: self.memory.len() };
        let end = self.len + bytes.len();
        self.memory.get_mut(self.len..end).ok_or(full)?.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }
}

/// Memory of the caller's: lanes of any sizes, and room for so many parts.
///
/// ```
/// use llm_cache_core::dialect::stream::{FixedMemory, Lane, Part};
///
/// let (mut first, mut second) = ([0; 2048], [0; 512]);
/// let mut lanes = [Lane::new(&mut first), Lane::new(&mut second)];
/// let mut parts = [Part::EMPTY; 64];
/// let memory = FixedMemory::new(&mut lanes, &mut parts);
/// # let _ = memory;
/// ```
pub struct FixedMemory<'m, 'l> {
    lanes: &'m mut [Lane<'l>],
    parts: &'m mut [Part],
    used: usize,
    template: &'m mut [u8],
}

impl<'m, 'l> FixedMemory<'m, 'l> {
    /// Memory of these lanes and parts.
    #[must_use]
    pub const fn new(lanes: &'m mut [Lane<'l>], parts: &'m mut [Part]) -> Self {
        Self { lanes, parts, used: 0, template: &mut [] }
    }

    /// The same with memory for the last event: see [`MessageMemory::template`].
    #[must_use]
    pub const fn with_template(self, template: &'m mut [u8]) -> Self {
        Self { template, ..self }
    }
}

impl MessageMemory for FixedMemory<'_, '_> {
    fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn lane(&self, lane: usize) -> &[u8] {
        self.lanes.get(lane).map_or(&[], Lane::text)
    }

    fn append(&mut self, lane: usize, bytes: &[u8]) -> Result<(), AssembleError> {
        let lanes = self.lanes.len();
        self.lanes.get_mut(lane).ok_or(AssembleError::NeedLanes { lanes })?.append(bytes)
    }

    fn append_from_first(
        &mut self,
        lane: usize,
        start: usize,
        end: usize,
    ) -> Result<(), AssembleError> {
        let lanes = self.lanes.len();
        let need = AssembleError::NeedLanes { lanes };
        let (first, others) = self.lanes.split_first_mut().ok_or(need)?;
        let other = lane.checked_sub(1).and_then(|lane| others.get_mut(lane)).ok_or(need)?;
        other.append(first.text().get(start..end).unwrap_or_default())
    }

    fn truncate(&mut self, lane: usize, len: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.len = lane.len.min(len);
        }
    }

    fn parts(&self) -> &[Part] {
        self.parts.get(..self.used).unwrap_or_default()
    }

    fn parts_mut(&mut self) -> &mut [Part] {
        self.parts.get_mut(..self.used).unwrap_or_default()
    }

    fn push_part(&mut self, part: Part) -> Result<(), AssembleError> {
        let full = AssembleError::TooManyParts { capacity: self.parts.len() };
        *self.parts.get_mut(self.used).ok_or(full)? = part;
        self.used += 1;
        Ok(())
    }

    fn template(&mut self) -> &mut [u8] {
        self.template
    }

    fn clear(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.len = 0);
        self.used = 0;
    }
}

/// Memory on the heap, which grows up to a limit of bytes, parts included.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub struct HeapMemory {
    lanes: Vec<Vec<u8>>,
    parts: Vec<Part>,
    used: usize,
    limit: usize,
    template: Vec<u8>,
}

#[cfg(feature = "alloc")]
impl HeapMemory {
    /// The most lanes that a message may need: 128 choices with text, and lists beside it.
    const LANES_MAX: usize = 1024;
    /// Longer than the events of text are.
    const TEMPLATE_LEN: usize = 1024;

    /// Memory for a message of at most so many bytes, its structure included.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        let template = Vec::new();
        Self { lanes: Vec::new(), parts: Vec::new(), used: 0, limit, template }
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), AssembleError> {
        let used = self.used + bytes;
        if used > self.limit {
            return Err(AssembleError::Full { capacity: self.limit });
        }
        self.used = used;
        Ok(())
    }

    fn lane_mut(&mut self, lane: usize) -> Result<&mut Vec<u8>, AssembleError> {
        let needed = (lane + 1).min(Self::LANES_MAX);
        if self.lanes.len() < needed {
            self.lanes.resize_with(needed, Vec::new);
        }
        self.lanes.get_mut(lane).ok_or(AssembleError::NeedLanes { lanes: Self::LANES_MAX })
    }
}

#[cfg(feature = "alloc")]
impl MessageMemory for HeapMemory {
    fn lanes(&self) -> usize {
        Self::LANES_MAX
    }

    fn lane(&self, lane: usize) -> &[u8] {
        self.lanes.get(lane).map_or(&[], |lane| lane)
    }

    fn append(&mut self, lane: usize, bytes: &[u8]) -> Result<(), AssembleError> {
        self.reserve(bytes.len())?;
        self.lane_mut(lane)?.extend_from_slice(bytes);
        Ok(())
    }

    fn append_from_first(
        &mut self,
        lane: usize,
        start: usize,
        end: usize,
    ) -> Result<(), AssembleError> {
        self.reserve(end.saturating_sub(start))?;
        self.lane_mut(lane)?;
        let need = AssembleError::NeedLanes { lanes: Self::LANES_MAX };
        let (first, others) = self.lanes.split_first_mut().ok_or(need)?;
        let other = lane.checked_sub(1).and_then(|lane| others.get_mut(lane)).ok_or(need)?;
        other.extend_from_slice(first.get(start..end).unwrap_or_default());
        Ok(())
    }

    fn truncate(&mut self, lane: usize, len: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            self.used -= lane.len().saturating_sub(len);
            lane.truncate(len);
        }
    }

    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn parts_mut(&mut self) -> &mut [Part] {
        &mut self.parts
    }

    fn push_part(&mut self, part: Part) -> Result<(), AssembleError> {
        self.reserve(size_of::<Part>())?;
        self.parts.push(part);
        Ok(())
    }

    fn template(&mut self) -> &mut [u8] {
        self.template.resize(Self::TEMPLATE_LEN, 0);
        &mut self.template
    }

    fn clear(&mut self) {
        self.lanes.iter_mut().for_each(Vec::clear);
        self.parts.clear();
        self.used = 0;
    }
}
