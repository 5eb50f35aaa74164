//! From the description of a top to its tree of modules, checked and printed.

use crate::emit::verilog;
use crate::error::RtlError;
use crate::primitive::{Parameter, Primitive};
use crate::primitives::Any;
use crate::top::{Body, Netlist, Pin, Top};

/// Text parameters that name a memory image, or what the names of several begin with.
const IMAGES: [&str; 2] = ["INIT", "PREFIX"];

/// A top that has been checked: what it is made of, how that is wired, and its Verilog.
pub struct Composed<P = Any> {
    pub module: String,
    pub ports: Vec<Pin>,
    pub netlist: Netlist,
    /// Instances by name, in the order of the netlist.
    pub cells: Vec<(String, Cell<P>)>,
    /// The module's own Verilog, where no module before it in the tree is the same one.
    pub code: String,
    /// Of the topmost top: every module's name and Verilog, those without children first.
    sources: Vec<(String, String)>,
    models: Vec<String>,
}

/// An instance.
pub enum Cell<P> {
    /// A primitive, and the Verilog that it brings: nothing after a module's first instance.
    Primitive(P, String),
    Top(Box<Composed<P>>),
}

impl<P: Primitive> Top<P> {
    /// Checks the description and prints it.
    ///
    /// # Errors
    /// Whatever is wrong with the description, by name; [`RtlError::TwoOfOneFile`] if a module has two sources.
    pub fn build(self) -> Result<Composed<P>, RtlError> {
        let mut sources = Sources::default();
        let mut composed = build(self, &mut sources)?;
        composed.sources = sources.all;
        composed.models = sources.models;
        Ok(composed)
    }
}

impl<P: Primitive> Composed<P> {
    /// Module names and Verilog of the whole tree, each module once, in the order in which tools like them; of the
    /// topmost top only.
    pub fn sources(&self) -> &[(String, String)] {
        &self.sources
    }

    /// Modules among the sources that are models of vendors' cells, for simulation alone; of the topmost top only.
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// The memory images that primitives name in text parameters, with the path of the instance.
    pub fn image_names(&self) -> Vec<(String, String)> {
        let mut names = Vec::new();
        for (instance, cell) in &self.cells {
            match cell {
                Cell::Top(top) => {
                    let inner = top.image_names();
                    names.extend(inner.into_iter().map(|(path, file)| (format!("{instance}.{path}"), file)));
                }
                Cell::Primitive(primitive, _) => {
                    let files = primitive.parameters().into_iter().filter_map(image_name);
                    names.extend(files.map(|file| (instance.clone(), file)));
                }
            }
        }
        names
    }
}

fn image_name(parameter: Parameter) -> Option<String> {
    match parameter {
        Parameter::Text(name, file) if IMAGES.contains(&name) && !file.is_empty() => Some(file),
        _ => None,
    }
}

/// Modules printed so far.
#[derive(Default)]
struct Sources {
    all: Vec<(String, String)>,
    /// Those that are models for simulation.
    models: Vec<String>,
}

impl Sources {
    /// Takes a module's text; true if it is new.
    fn add(&mut self, module: &str, text: &str) -> Result<bool, RtlError> {
        match self.all.iter().find(|s| s.0 == module) {
            Some((_, known)) if known == text => Ok(false),
            Some(_) => Err(RtlError::TwoOfOneFile { name: format!("{module}.v") }),
            None => {
                self.all.push((module.to_string(), text.to_string()));
                Ok(true)
            }
        }
    }
}

fn build<P: Primitive>(top: Top<P>, sources: &mut Sources) -> Result<Composed<P>, RtlError> {
    let netlist = top.resolve()?;
    let text = verilog(&top, &netlist);
    let Top { name: module, ports, instances, .. } = top;
    let cell = |(name, body)| Ok((name, self::cell(body, sources)?));
    let cells = instances.into_iter().map(|i| (i.name, i.body)).map(cell).collect::<Result<_, RtlError>>()?;
    let code = if sources.add(&module, &text)? { text } else { String::new() };
    Ok(Composed { module, ports, netlist, cells, code, sources: Vec::new(), models: Vec::new() })
}

fn cell<P: Primitive>(body: Body<P>, sources: &mut Sources) -> Result<Cell<P>, RtlError> {
    let primitive = match body {
        Body::Top(top) => return Ok(Cell::Top(Box::new(build(*top, sources)?))),
        Body::Primitive(primitive) => primitive,
    };
    check_ports(&primitive)?;
    let mut code = String::new();
    for (module, text) in primitive.models() {
        if sources.add(module, text)? {
            sources.models.push(module.to_string());
            code.push_str(text);
        }
    }
    for (module, text) in primitive.submodules().into_iter().chain([(primitive.module(), primitive.source())]) {
        if sources.add(module, text)? {
            code.push_str(text);
        }
    }
    Ok(Cell::Primitive(primitive, code))
}

fn check_ports(primitive: &impl Primitive) -> Result<(), RtlError> {
    match primitive.ports().into_iter().find(|port| !port.shape().is_possible()) {
        Some(port) => Err(RtlError::BadPort {
            module: primitive.module().into(),
            port: port.name.into(),
            lanes: port.lanes,
            width: port.width,
        }),
        None => Ok(()),
    }
}
