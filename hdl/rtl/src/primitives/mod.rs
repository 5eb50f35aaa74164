//! The primitives, one file each, named like their Verilog module; their clocked models have the same names in `sim/cycle`.

pub mod act_mem;
pub mod axil_regs;
pub mod bits;
mod check_tap;
pub mod code_memory;
pub mod collector;
pub mod deskew;
pub mod drain;
pub mod events;
pub mod feed;
pub mod lane_sum;
pub mod loop_back;
pub mod memory_check;
pub mod pe_array;
pub mod pool;
pub mod port_b;
pub mod requant;
pub mod results;
pub mod rom;
pub mod rotator;
pub mod sequencer;
pub mod skid;
pub mod uart_link;
pub mod weight_codes;
pub mod weight_memory;
pub mod weight_store;

use crate::primitive::{Module, Parameter, Primitive};

/// Lists every primitive once.
macro_rules! any {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// Any primitive of the machine.
        #[derive(Clone, Debug)]
        pub enum Any {
            $($name($module::$name),)*
        }

        $(impl From<$module::$name> for Any {
            fn from(primitive: $module::$name) -> Any {
                Any::$name(primitive)
            }
        })*

        impl Any {
            fn primitive(&self) -> &dyn Primitive {
                match self {
                    $(Any::$name(primitive) => primitive,)*
                }
            }
        }
    };
}

any! {
    act_mem::ActMem,
    axil_regs::AxilRegs,
    code_memory::CodeMemory,
    collector::Collector,
    deskew::Deskew,
    drain::Drain,
    events::Events,
    feed::Feed,
    lane_sum::LaneSum,
    loop_back::LoopBack,
    memory_check::MemoryCheck,
    pe_array::PeArray,
    pool::Pool,
    port_b::PortB,
    requant::Requant,
    results::Results,
    rom::Rom,
    rotator::Rotator,
    sequencer::Sequencer,
    skid::Skid,
    uart_link::UartLink,
    weight_codes::WeightCodes,
    weight_memory::WeightMemory,
    weight_store::WeightStore,
}

impl Primitive for Any {
    fn verilog(&self) -> &'static Module {
        self.primitive().verilog()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.primitive().parameters()
    }

    fn submodules(&self) -> Vec<(&'static str, &'static str)> {
        self.primitive().submodules()
    }

    fn models(&self) -> Vec<(&'static str, &'static str)> {
        self.primitive().models()
    }
}
