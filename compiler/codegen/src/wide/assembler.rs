//! Bytes of the few x86-64 instructions that kernels need: VEX and EVEX forms of Intel's manual, volume 2, chapters 2.3 and 2.7.
//!
//! It knows encodings; not kernels, and not which register holds what.

/// The vector instructions that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// 512 bits, 32 registers, mask registers: AVX-512 F, DQ, BW and VL.
    Avx512,
    /// 256 bits, 16 registers: AVX2 and FMA.
    Avx2,
}

impl InstructionSet {
    /// Bytes of a vector.
    pub(super) fn bytes(self) -> u32 {
        match self {
            Self::Avx512 => 64,
            Self::Avx2 => 32,
        }
    }
}

/// A general register, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct General(pub(super) u8);

pub(super) const RAX: General = General(0);
pub(super) const RCX: General = General(1);
pub(super) const RDX: General = General(2);
pub(super) const RBX: General = General(3);
pub(super) const RSP: General = General(4);
pub(super) const RBP: General = General(5);
pub(super) const RSI: General = General(6);
pub(super) const RDI: General = General(7);
pub(super) const R8: General = General(8);
pub(super) const R9: General = General(9);
pub(super) const R10: General = General(10);
pub(super) const R11: General = General(11);
pub(super) const R12: General = General(12);
pub(super) const R13: General = General(13);
pub(super) const R14: General = General(14);
pub(super) const R15: General = General(15);

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a register, of vectors, masks or numbers, as the instruction says.
    Register(u8),
    /// In memory, a whole vector.
    Memory { base: General, index: Option<General>, displacement: i32 },
    /// Among the constants behind the code: one number for all lanes (AVX-512) or a whole vector (AVX2).
    Pool(u32),
    /// Among the constants behind the code: as many bytes as the instruction reads.
    PoolVector(u32),
}

/// An instruction: its map of opcodes (1: 0F, 2: 0F38, 3: 0F3A), prefix (1: 66, 2: F3, 3: F2), W bit and opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opcode {
    pub(super) map: u8,
    pub(super) prefix: u8,
    pub(super) w: bool,
    pub(super) code: u8,
}

/// How a mask register acts on a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Masking {
    /// All lanes are written.
    None,
    /// Lanes outside the mask stay (or, of a blend, come from the first source).
    Merge(u8),
    /// Lanes outside the mask become 0.
    Zero(u8),
}

/// Code being written.
#[derive(Debug)]
pub(super) struct Assembler {
    pub(super) set: InstructionSet,
    code: Vec<u8>,
    pool: Vec<u8>,
    /// Displacements to the pool: where they stand, where their instruction ends, and what they point to.
    fixups: Vec<(usize, usize, u32)>,
}

impl Assembler {
    pub(super) fn new(set: InstructionSet) -> Self {
        Self { set, code: Vec::new(), pool: Vec::new(), fixups: Vec::new() }
    }

    /// The offset of these bytes in the pool.
    pub(super) fn constant(&mut self, bytes: &[u8]) -> u32 {
        let found = self.pool.chunks_exact(bytes.len()).position(|known| known == bytes);
        let aligned = self.pool.len().next_multiple_of(bytes.len());
        let offset = found.map_or(aligned, |index| index * bytes.len());
        if found.is_none() {
            self.pool.resize(aligned, 0);
            self.pool.extend_from_slice(bytes);
        }
        offset as u32
    }

    /// The code with its pool behind it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let start = self.code.len().next_multiple_of(64);
        for (at, end, offset) in std::mem::take(&mut self.fixups) {
            let displacement = (start + offset as usize - end) as i32;
            self.code[at..at + 4].copy_from_slice(&displacement.to_le_bytes());
        }
        // Behind the code nothing is executed; 0xCC would stop if it were.
        self.code.resize(start, 0xcc);
        self.code.extend_from_slice(&self.pool);
        self.code
    }

    /// A vector instruction of the set in use: `register` is the result (or an extension of the opcode), `first` the first source.
    pub(super) fn vector(&mut self, opcode: Opcode, register: u8, first: u8, last: Place, immediate: Option<u8>) {
        match self.set {
            InstructionSet::Avx512 => self.evex(opcode, register, first, last, Masking::None, immediate),
            InstructionSet::Avx2 => self.vex(opcode, true, register, first, last, immediate),
        }
    }

    /// An EVEX instruction on 512 bits.
    pub(super) fn evex(
        &mut self,
        opcode: Opcode,
        register: u8,
        first: u8,
        last: Place,
        masking: Masking,
        immediate: Option<u8>,
    ) {
        let (x, b) = extension(last, true);
        let bit = |value: bool, at: u8| u8::from(value) << at;
        let inverted = |value: u8, position: u8, at: u8| u8::from(value >> position & 1 == 0) << at;
        let (mask, zero) = match masking {
            Masking::None => (0, false),
            Masking::Merge(mask) => (mask, false),
            Masking::Zero(mask) => (mask, true),
        };
        let broadcast = matches!(last, Place::Pool(_));
        self.code.extend_from_slice(&[
            0x62,
            inverted(register, 3, 7) | bit(!x, 6) | bit(!b, 5) | inverted(register, 4, 4) | opcode.map,
            bit(opcode.w, 7) | (!first & 15) << 3 | 4 | opcode.prefix,
            bit(zero, 7) | 2 << 5 | bit(broadcast, 4) | inverted(first, 4, 3) | mask,
            opcode.code,
        ]);
        self.operand(register, last, immediate);
    }

    /// A VEX instruction, on 256 bits if `long`.
    pub(super) fn vex(
        &mut self,
        opcode: Opcode,
        long: bool,
        register: u8,
        first: u8,
        last: Place,
        immediate: Option<u8>,
    ) {
        let (x, b) = extension(last, false);
        let bit = |value: bool, at: u8| u8::from(value) << at;
        self.code.extend_from_slice(&[
            0xc4,
            bit(register & 8 == 0, 7) | bit(!x, 6) | bit(!b, 5) | opcode.map,
            bit(opcode.w, 7) | (!first & 15) << 3 | bit(long, 2) | opcode.prefix,
            opcode.code,
        ]);
        self.operand(register, last, immediate);
    }

    /// An instruction on general registers of 64 bits (or without `wide` 32), with a one-byte opcode.
    pub(super) fn general(&mut self, wide: bool, code: u8, register: u8, last: Place) {
        let (x, b) = extension(last, false);
        self.code.push(0x40 | u8::from(wide) << 3 | (register >> 3 & 1) << 2 | u8::from(x) << 1 | u8::from(b));
        self.code.push(code);
        self.operand(register, last, None);
    }

    /// The same with the prefix of 16-bit operands.
    pub(super) fn general16(&mut self, code: u8, register: u8, last: Place) {
        self.code.push(0x66);
        self.general(false, code, register, last);
    }

    /// `add`, `and` or `sub` of a number, by the extension of the opcode (0, 4, 5).
    pub(super) fn arithmetic(&mut self, extension: u8, register: General, number: i32) {
        self.general(true, 0x81, extension, Place::Register(register.0));
        self.code.extend_from_slice(&number.to_le_bytes());
    }

    /// A shift by a number: left (4) or right (5).
    pub(super) fn shift(&mut self, extension: u8, wide: bool, register: General, amount: u8) {
        self.general(wide, 0xc1, extension, Place::Register(register.0));
        self.code.push(amount);
    }

    /// `register = [base + displacement]`.
    pub(super) fn load(&mut self, register: General, base: General, displacement: i32) {
        self.general(true, 0x8b, register.0, Place::Memory { base, index: None, displacement });
    }

    /// `target = source`.
    pub(super) fn copy(&mut self, target: General, source: General) {
        self.general(true, 0x89, source.0, Place::Register(target.0));
    }

    pub(super) fn push(&mut self, register: General) {
        self.code.extend_from_slice(&[0x40 | register.0 >> 3, 0x50 | register.0 & 7]);
    }

    pub(super) fn pop(&mut self, register: General) {
        self.code.extend_from_slice(&[0x40 | register.0 >> 3, 0x58 | register.0 & 7]);
    }

    /// `vzeroupper; ret`.
    pub(super) fn leave(&mut self) {
        self.code.extend_from_slice(&[0xc5, 0xf8, 0x77, 0xc3]);
    }

    /// Where the next instruction will stand.
    pub(super) fn here(&self) -> usize {
        self.code.len()
    }

    /// A jump if unsigned above or equal (3), above (7), or always (`None`), to a place not yet known; gives what [`Self::land`] wants.
    pub(super) fn jump(&mut self, condition: Option<u8>) -> usize {
        match condition {
            Some(condition) => self.code.extend_from_slice(&[0x0f, 0x80 | condition]),
            None => self.code.push(0xe9),
        }
        self.code.extend_from_slice(&[0; 4]);
        self.code.len()
    }

    /// Makes a jump end at a place.
    pub(super) fn land(&mut self, jump: usize, place: usize) {
        self.patch(jump - 4, (place as i64 - jump as i64) as i32);
    }

    /// Replaces four bytes.
    pub(super) fn patch(&mut self, at: usize, number: i32) {
        self.code[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    fn operand(&mut self, register: u8, place: Place, immediate: Option<u8>) {
        let register = (register & 7) << 3;
        let mut fixup = None;
        match place {
            Place::Register(number) => self.code.push(0xc0 | register | number & 7),
            Place::Pool(offset) | Place::PoolVector(offset) => {
                self.code.push(register | 5);
                fixup = Some((self.code.len(), offset));
                self.code.extend_from_slice(&[0; 4]);
            }
            Place::Memory { base, index, displacement } => {
                // Short forms of a displacement count in vectors in EVEX; only that of 0 is used, which is the same in all.
                let mode = if displacement == 0 { 0x40 } else { 0x80 };
                let needs_index = index.is_some() || base.0 & 7 == RSP.0;
                self.code.push(mode | register | if needs_index { 4 } else { base.0 & 7 });
                if needs_index {
                    self.code.push(index.map_or(4, |index| index.0 & 7) << 3 | base.0 & 7);
                }
                if displacement == 0 {
                    self.code.push(0);
                } else {
                    self.code.extend_from_slice(&displacement.to_le_bytes());
                }
            }
        }
        self.code.extend(immediate);
        if let Some((at, offset)) = fixup {
            self.fixups.push((at, self.code.len(), offset));
        }
    }
}

/// The X and B bits of an operand; a vector register's fifth bit is in X.
fn extension(place: Place, evex: bool) -> (bool, bool) {
    match place {
        Place::Register(number) => (evex && number & 16 != 0, number & 8 != 0),
        Place::Memory { base, index, .. } => (index.is_some_and(|index| index.0 & 8 != 0), base.0 & 8 != 0),
        Place::Pool(_) | Place::PoolVector(_) => (false, false),
    }
}
