//! Which register holds which value, in straight-line code: when none is free, the value that is needed last makes room (Belady 1966, which
//! is best for such code). A value that went to memory once need not be written again, since values do not change.

use super::assembler::{General, Place, RSP};

/// Names a value in one of the vectors of a turn.
pub(super) type Id = usize;

/// What has to be written so that a register is free, or holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// The register's value to a place on the stack.
    Spill(u8, Place),
    /// A place to the register.
    Fill(u8, Place),
}

/// The registers of one kind.
#[derive(Debug)]
pub(super) struct Registers {
    holders: Vec<Holder>,
    /// By value: its register now.
    registers: Vec<Option<u8>>,
    /// By value: where it is in memory, if it is.
    memory: Vec<Option<Place>>,
    /// By value: the positions of its uses, ascending.
    uses: Vec<Vec<u32>>,
    position: u32,
    /// The most registers that were in use at once.
    pub(super) peak: usize,
    /// Whether anything had to be spilled.
    pub(super) spilled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Nothing,
    Value(Id),
    /// Not to be touched: of the present instruction, or for the whole loop.
    Reserved,
}

impl Registers {
    /// Registers of these numbers for so many values.
    pub(super) fn new(numbers: std::ops::Range<u8>, uses: Vec<Vec<u32>>) -> Self {
        let holders =
            (0..numbers.end).map(|number| if numbers.contains(&number) { Holder::Nothing } else { Holder::Reserved });
        let count = uses.len();
        Self {
            holders: holders.collect(),
            registers: vec![None; count],
            memory: vec![None; count],
            uses,
            position: 0,
            peak: 0,
            spilled: false,
        }
    }

    /// Says where a value is in memory from the start.
    pub(super) fn set_memory(&mut self, id: Id, place: Place) {
        self.memory[id] = Some(place);
    }

    /// Gives a value a register for the whole loop.
    pub(super) fn hold(&mut self, id: Id) -> Option<u8> {
        let register = self.holders.iter().position(|holder| *holder == Holder::Nothing)?;
        self.holders[register] = Holder::Reserved;
        self.registers[id] = Some(register as u8);
        Some(register as u8)
    }

    /// Goes on to the next position: values that are not used any more give their registers back.
    pub(super) fn advance(&mut self, position: u32) {
        self.position = position;
        for register in 0..self.holders.len() {
            if let Holder::Value(id) = self.holders[register]
                && self.next_use(id, position).is_none()
            {
                self.holders[register] = Holder::Nothing;
                self.registers[id] = None;
            }
        }
    }

    /// The position of the first use at or behind a position.
    fn next_use(&self, id: Id, position: u32) -> Option<u32> {
        let uses = &self.uses[id];
        uses.get(uses.partition_point(|at| *at < position)).copied()
    }

    /// Where a value is: in a register rather than in memory.
    pub(super) fn place(&self, id: Id) -> Option<Place> {
        self.registers[id].map(Place::Register).or(self.memory[id])
    }

    /// Brings a value into a register.
    pub(super) fn fetch(&mut self, id: Id, keep: &[Id], slots: &mut Slots, moves: &mut Vec<Move>) -> Option<u8> {
        if let Some(register) = self.registers[id] {
            return Some(register);
        }
        let place = self.memory[id]?;
        let register = self.free(keep, slots, moves)?;
        self.occupy(register, id);
        moves.push(Move::Fill(register, place));
        Some(register)
    }

    /// A register for a value that the present instruction defines.
    pub(super) fn define(&mut self, id: Id, keep: &[Id], slots: &mut Slots, moves: &mut Vec<Move>) -> Option<u8> {
        let register = self.free(keep, slots, moves)?;
        self.occupy(register, id);
        Some(register)
    }

    /// A register for a moment; to be given back by [`Self::release`].
    pub(super) fn borrow(&mut self, keep: &[Id], slots: &mut Slots, moves: &mut Vec<Move>) -> Option<u8> {
        let register = self.free(keep, slots, moves)?;
        self.holders[usize::from(register)] = Holder::Reserved;
        Some(register)
    }

    pub(super) fn release(&mut self, register: u8) {
        self.holders[usize::from(register)] = Holder::Nothing;
    }

    fn occupy(&mut self, register: u8, id: Id) {
        self.holders[usize::from(register)] = Holder::Value(id);
        self.registers[id] = Some(register);
        let used = self.holders.iter().filter(|holder| **holder != Holder::Nothing).count();
        self.peak = self.peak.max(used);
    }

    /// A register that holds nothing, if need be after its value went to memory.
    fn free(&mut self, keep: &[Id], slots: &mut Slots, moves: &mut Vec<Move>) -> Option<u8> {
        if let Some(register) = self.holders.iter().position(|holder| *holder == Holder::Nothing) {
            let used = 1 + self.holders.iter().filter(|holder| **holder != Holder::Nothing).count();
            self.peak = self.peak.max(used);
            return Some(register as u8);
        }
        self.spilled = true;
        let candidates = self.holders.iter().enumerate().filter_map(|(register, holder)| match holder {
            Holder::Value(id) if !keep.contains(id) => {
                Some((self.next_use(*id, self.position).unwrap_or(u32::MAX), register, *id))
            }
            Holder::Value(_) | Holder::Nothing | Holder::Reserved => None,
        });
        let (_, register, id) = candidates.max()?;
        if self.memory[id].is_none() {
            let place = slots.next();
            self.memory[id] = Some(place);
            moves.push(Move::Spill(register as u8, place));
        }
        self.registers[id] = None;
        self.holders[register] = Holder::Nothing;
        Some(register as u8)
    }
}

/// Places on the stack, each as large as a vector.
#[derive(Debug)]
pub(super) struct Slots {
    size: u32,
    count: u32,
}

impl Slots {
    pub(super) fn new(size: u32) -> Self {
        Self { size, count: 0 }
    }

    pub(super) fn next(&mut self) -> Place {
        self.count += 1;
        Place::Memory { base: RSP, index: None::<General>, displacement: ((self.count - 1) * self.size) as i32 }
    }

    /// Bytes of all of them.
    pub(super) fn bytes(&self) -> u32 {
        self.count * self.size
    }
}
