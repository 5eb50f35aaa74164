//! Models of the demonstration's primitives.

use crate::demo::Demo;
use systole_cycle::model::{Model, Modelled};
use systole_rtl::primitive::{Primitive, Values};

/// A register's lanes, or a counter's count.
struct DemoModel {
    module: &'static str,
    width: usize,
    value: Vec<u64>,
}

impl Modelled for Demo {
    fn model(self) -> Box<dyn Model + Send> {
        Box::new(DemoModel { module: self.module(), width: self.width, value: vec![0; self.lanes] })
    }
}

impl Model for DemoModel {
    fn outputs(&self, inputs: &Values, outputs: &mut Values) {
        if self.module != "demo_adder" {
            outputs[0].copy_from_slice(&self.value);
            return;
        }
        for (lane, out) in outputs[0].iter_mut().enumerate() {
            *out = (inputs[0][lane] + inputs[1][lane]) % (1 << self.width);
        }
    }

    fn is_registered(&self) -> bool {
        false
    }

    fn clock(&mut self, reset: bool, inputs: &Values) {
        match (reset, self.module) {
            (true, _) => self.value.fill(0),
            (_, "demo_counter") => self.value[0] = (self.value[0] + inputs[0][0]) % (1 << self.width),
            (_, "demo_register") => self.value.copy_from_slice(&inputs[0]),
            _ => {}
        }
    }
}
