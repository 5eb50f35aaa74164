//! Clocked models of the primitives, one file each, named like the Verilog module and its description in `hdl/rtl`.

mod act_mem;
pub mod axil_regs;
mod bits;
mod check_tap;
mod collector;
mod delay_line;
mod deskew;
mod drain;
pub mod events;
mod feed;
mod lane_sum;
mod loop_back;
mod memory_check;
pub mod pe_array;
mod pool;
mod pool_data;
mod port_b;
mod requant;
mod results;
mod rom;
mod rotator;
mod sequencer;
mod skid;
mod step_pipe;
mod uart_link;
mod weight_codes;
mod weight_memory;
mod weight_store;

use crate::model::{Model, Modelled};
use systole_rtl::primitives::Any;

/// A primitive without a model does not compile.
impl Modelled for Any {
    fn model(self) -> Box<dyn Model + Send> {
        match self {
            Any::ActMem(primitive) => Box::new(act_mem::ActMemModel::new(primitive)),
            Any::AxilRegs(primitive) => Box::new(axil_regs::AxilRegsModel::new(primitive)),
            Any::CodeMemory(primitive) => Box::new(weight_codes::CodeMemoryModel::new(primitive)),
            Any::Collector(primitive) => Box::new(collector::CollectorModel::new(primitive)),
            Any::Deskew(primitive) => Box::new(deskew::DeskewModel::new(primitive)),
            Any::Drain(primitive) => Box::new(drain::DrainModel::new(primitive)),
            Any::Events(primitive) => Box::new(events::EventsModel::new(primitive)),
            Any::Feed(primitive) => Box::new(feed::FeedModel::new(primitive)),
            Any::LaneSum(primitive) => Box::new(lane_sum::LaneSumModel::new(primitive)),
            Any::LoopBack(primitive) => Box::new(loop_back::LoopBackModel::new(primitive)),
            Any::MemoryCheck(primitive) => Box::new(memory_check::MemoryCheckModel::new(primitive)),
            Any::PeArray(primitive) => Box::new(pe_array::PeArrayModel::new(primitive)),
            Any::Pool(primitive) => Box::new(pool::PoolModel::new(primitive)),
            Any::PortB(primitive) => Box::new(port_b::PortBModel::new(primitive)),
            Any::Requant(primitive) => Box::new(requant::RequantModel::new(primitive)),
            Any::Results(primitive) => Box::new(results::ResultsModel::new(primitive)),
            Any::Rom(primitive) => Box::new(rom::RomModel::new(primitive)),
            Any::Rotator(primitive) => Box::new(rotator::RotatorModel::new(primitive)),
            Any::Sequencer(primitive) => Box::new(sequencer::SequencerModel::new(primitive)),
            Any::Skid(primitive) => Box::new(skid::SkidModel::new(primitive)),
            Any::UartLink(primitive) => Box::new(uart_link::UartLinkModel::new(primitive)),
            Any::WeightCodes(primitive) => Box::new(weight_codes::WeightCodesModel::new(primitive)),
            Any::WeightMemory(primitive) => Box::new(weight_memory::WeightMemoryModel::new(primitive)),
            Any::WeightStore(primitive) => Box::new(weight_store::WeightStoreModel::new(primitive)),
        }
    }
}
