//! Which tables lie in block RAM, and which in LUTs.

use crate::cost::{cost, logic};
use crate::geometry::RESULT_BITS;
use crate::plan::Plan;
use crate::report::CostLine;

/// Bits from which a table goes to block RAM, where there is enough of it.
const BLOCK_BITS: usize = 4096;
/// The class sums' name in [`Plan::lut_tables`], their module's.
pub const CLASS_SUMS: &str = "results";

/// 18 Kbit blocks of a line of cost.
fn halves(line: &CostLine) -> usize {
    line.bram18 + 2 * line.bram36
}

impl Plan {
    /// Whether this table of `words` words of `bits` bits lies in block RAM rather than LUTs.
    pub fn in_block_ram(&self, table: &str, words: usize, bits: usize) -> bool {
        words * bits > BLOCK_BITS && self.lut_tables.iter().all(|name| name != table)
    }

    /// Whether the class sums lie in block RAM.
    pub fn sums_in_block_ram(&self) -> bool {
        self.in_block_ram(CLASS_SUMS, self.classes, RESULT_BITS)
    }

    /// 18 Kbit blocks in all.
    pub fn ram18(&self) -> usize {
        halves(&self.cost.total())
    }

    /// The plan with as many tables in LUTs as it takes to keep to `bram18` blocks, all of them where that is not enough: first
    /// those that take the fewest LUTs for a block.
    pub(crate) fn within_blocks(mut self, bram18: usize) -> Plan {
        self.set_lut_tables(Vec::new());
        while self.ram18() > bram18 {
            let Some(table) = self.cheapest_to_move() else { return self };
            let moved = [self.lut_tables.clone(), vec![table]].concat();
            self.set_lut_tables(moved);
        }
        for table in self.lut_tables.clone() {
            let others = self.lut_tables.iter().filter(|name| **name != table).cloned().collect();
            let moved = std::mem::replace(&mut self.lut_tables, others);
            self.count();
            if self.ram18() > bram18 {
                self.set_lut_tables(moved);
            }
        }
        self
    }

    pub(crate) fn set_lut_tables(&mut self, tables: Vec<String>) {
        self.lut_tables = tables;
        self.count();
    }

    /// Counts the cost anew, and whether the part has so much block RAM.
    pub(crate) fn count(&mut self) {
        self.cost = cost(self);
        self.ram_assumed = self.ram18() > self.board.part.bram18;
    }

    fn cheapest_to_move(&self) -> Option<String> {
        let tables = self.tables();
        let luts = |name: &str| match tables.iter().find(|table| table.name == name) {
            Some(table) => Some(logic::rom(table).lut),
            None => (name == CLASS_SUMS).then(|| logic::sums(self.classes).lut),
        };
        let movable = self.cost.lines.iter().filter(|line| halves(line) > 0);
        let costs = movable.filter_map(|line| Some((luts(&line.module)? / halves(line), line.module.clone())));
        costs.min().map(|(_, name)| name)
    }
}
