//! A buffer of u-dma-buf, by the rules of Linux' DMA API on a processor whose caches the DMA does not see: what a side has
//! written is the other's only after it was handed over, and memory that was reserved with `no-map` cannot be.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Cpu,
    Device,
}

/// A buffer: the driver maps the file, which is the processor's caches; the DMA works on the memory behind them.
pub struct Buffer {
    caches: File,
    memory: Vec<u8>,
    /// `sync_for_cpu` and `sync_for_device`.
    attributes: [(File, Owner); 2],
    region: &'static str,
    way: u64,
    owner: Owner,
}

impl Buffer {
    /// `region`: how the device tree reserves the memory; `way`: its `sync-direction`.
    pub fn new(caches: &Path, folder: &Path, region: &'static str, way: u64) -> Buffer {
        let open =
            |path: &Path| File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        let caches = open(caches);
        let memory = vec![0xee; caches.metadata().unwrap().len() as usize];
        let attributes = [("sync_for_cpu", Owner::Cpu), ("sync_for_device", Owner::Device)]
            .map(|(name, owner)| (open(&folder.join(name)), owner));
        Buffer { caches, memory, attributes, region, way, owner: Owner::Cpu }
    }

    /// Does what was written to the attributes.
    pub fn look(&mut self) {
        for at in 0..self.attributes.len() {
            let (file, owner) = &self.attributes[at];
            let length = file.metadata().unwrap().len() as usize;
            if length == 0 {
                continue;
            }
            let mut text = vec![0; length];
            file.read_exact_at(&mut text, 0).unwrap();
            file.set_len(0).unwrap();
            let (text, owner) = (String::from_utf8(text).unwrap(), *owner);
            self.hand(u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(), owner);
        }
    }

    /// u-dma-buf's word: offset from bit 32, size in bits 31 to 4, direction in bits 3 and 2, bit 0 begins.
    fn hand(&mut self, word: u64, to: Owner) {
        assert_ne!(self.region, "no-map", "kernel panic: dma_sync_single on memory without page structures");
        assert_eq!(word & 1, 1, "nothing is begun by {word:#x}");
        assert_eq!(word >> 2 & 3, self.way, "the direction in {word:#x}, or caches are treated the wrong way");
        let (offset, size) = ((word >> 32) as usize, (word & 0xffff_fff0) as usize);
        let end = (offset + size).min(self.memory.len());
        match (to, self.way) {
            (Owner::Device, 1) => self.caches.read_exact_at(&mut self.memory[offset..end], offset as u64).unwrap(),
            (Owner::Cpu, 2) => self.caches.write_all_at(&self.memory[offset..end], offset as u64).unwrap(),
            _ => {}
        }
        self.owner = to;
    }

    /// The memory, for a transfer.
    ///
    /// # Panics
    /// When the processor has it.
    pub fn memory_of_device(&mut self) -> &mut [u8] {
        assert_eq!(self.owner, Owner::Device, "a transfer while the processor has the buffer");
        &mut self.memory
    }
}
