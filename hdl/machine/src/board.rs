//! Devices and boards as data: what a plan may use.

mod check;

use crate::geometry::ColumnsPerLink;
use crate::serial;
use crate::wiring::{AxiDma, Card, Flash, Link, Pins, Vivado};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a board file.
#[derive(Debug, Error)]
pub enum BoardError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("{field} is {found}, must be {wanted}")]
    Field { field: String, wanted: String, found: String },
}

/// A device family; decides how memories and multipliers are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Xilinx 7 series: RAMB36, DSP48E1.
    Xc7,
    /// Xilinx UltraScale+: RAMB36, URAM, DSP48E2.
    Xcup,
    /// Lattice ECP5: DP16KD, MULT18X18D.
    Ecp5,
    /// Gowin GW5A: BSRAM, and DSP blocks of two MULT12X12 or one MULTALU27X18.
    Gw5a,
}

impl Family {
    /// Columns of the array that share a link of the drain chain: as many as one level of LUTs chooses from, beside the chain.
    pub fn columns_per_link(self) -> ColumnsPerLink {
        match self {
            Family::Xc7 | Family::Xcup => ColumnsPerLink(3),
            Family::Ecp5 | Family::Gw5a => ColumnsPerLink(2),
        }
    }

    /// DSP slices in a row that hand an operand on without the fabric: those of a column within a clock region, 20 on 7 series
    /// (UG479), 24 on UltraScale+ (UG579). A column goes on beyond that, but a shorter chain finds more places.
    pub fn cascade(self) -> usize {
        match self {
            Family::Xc7 => 20,
            Family::Xcup => 24,
            Family::Ecp5 | Family::Gw5a => 1,
        }
    }

    /// Bits of the wide operand of its multipliers where these have no sum of their own and the output stage is made of them; `None`
    /// where a slice has one, and where two such parts of an accumulator, or 18 bits of a multiplier with its sign, are too few.
    pub fn wide_operand(self, acc_bits: usize, mult_bits: usize) -> Option<usize> {
        let wide = match self {
            Family::Xc7 | Family::Xcup => return None,
            Family::Ecp5 => 18,
            Family::Gw5a => 27,
        };
        (acc_bits < 2 * wide && mult_bits < 18).then_some(wide)
    }

    /// Whether its DSP slices take two weights that share an activation, and their carries and sums lie in LUTs beside them.
    pub fn pairs_products(self) -> bool {
        match self {
            Family::Xc7 | Family::Xcup => true,
            Family::Ecp5 | Family::Gw5a => false,
        }
    }
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub name: String,
    pub family: Family,
    /// 18 Kbit block RAMs (a RAMB36 is two).
    pub bram18: usize,
    #[serde(default)]
    pub uram: usize,
    /// DSP slices or multipliers; on GW5A multipliers of 12 x 12, of which one of 27 x 18 takes two.
    pub dsp: usize,
    pub lut: usize,
    pub ff: usize,
    /// Where the numbers come from.
    pub source: String,
}

impl Device {
    /// Bytes that all its RAM holds, parity bits among them.
    pub fn ram_bytes(&self) -> usize {
        const BRAM18_BITS: usize = 18 << 10;
        const URAM_BITS: usize = 288 << 10;
        (self.bram18 * BRAM18_BITS + self.uram * URAM_BITS) / 8
    }
}

/// A board: a device, a clock, a link. One file in `constraints/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    pub name: String,
    pub title: String,
    pub device: Device,
    /// Clock that the machine is meant to run at.
    pub clock_mhz: f64,
    /// Bytes of an input beat.
    pub in_bytes: usize,
    /// Fixed array shape; the planner chooses where absent.
    #[serde(default)]
    pub rows: Option<usize>,
    #[serde(default)]
    pub cols: Option<usize>,
    /// Multiply-accumulates per cycle that the planner may use at most.
    #[serde(default)]
    pub max_macs: Option<usize>,
    /// Constraint file beside this one, if the board has pins.
    #[serde(default)]
    pub constraints: Option<String>,
    /// The way to the host; without one the design ends at the pins of its top level.
    #[serde(default)]
    pub link: Option<Link>,
    /// Where the clock and a serial line come in.
    #[serde(default)]
    pub pins: Option<Pins>,
    /// Pins of a PCIe card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    #[serde(default)]
    pub vivado: Vivado,
    #[serde(default)]
    pub flash: Option<Flash>,
}

impl Board {
    /// Block RAMs of 18 Kbit that the link takes beside the machine.
    pub fn link_bram18(&self) -> usize {
        match self.link {
            Some(Link::AxiDma(_)) => AxiDma::BRAM18,
            Some(Link::Uart { .. }) => serial::BRAM18,
            // A PCIe core's are not counted.
            Some(Link::Pcie) | None => 0,
        }
    }

    /// Block RAMs of 18 Kbit that the machine may have.
    pub fn free_bram18(&self) -> usize {
        self.device.bram18.saturating_sub(self.link_bram18())
    }

    /// Reads a board file and checks it.
    ///
    /// # Errors
    /// [`BoardError::Toml`] says line, column and field; the others as [`Board::check`].
    pub fn parse(text: &str) -> Result<Board, BoardError> {
        let board: Board = toml::from_str(text)?;
        board.check()?;
        Ok(board)
    }

    /// Whether every number and every string is one that the planner and the tools' languages can take.
    ///
    /// # Errors
    /// [`BoardError::Field`] with the first field that is not.
    pub fn check(&self) -> Result<(), BoardError> {
        check::board(self)
    }
}
