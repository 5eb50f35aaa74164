//! A compiled design in this process: its ports, the shim's functions, and the library that has them.

use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::path::PathBuf;

use crate::cache;
use crate::error::{Error, Result};
use crate::spec::{BuildSpec, DEFAULT_CLOCK};

/// Which way a port goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Driven by the caller.
    Input,
    /// Driven by the design.
    Output,
}

/// What is known of a port of the top module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// The Verilog name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Width in bits.
    pub width: u32,
}

/// A port resolved once by name; good for every model of the [`Verilated`] that gave it, and for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    pub(crate) index: u32,
    pub(crate) tag: u32,
}

/// What all models of a design share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) top: String,
    pub(crate) ports: Vec<PortInfo>,
    pub(crate) clock: Option<Port>,
    pub(crate) clock_name: String,
    pub(crate) calls: Calls,
    pub(crate) tag: u32,
    images: Vec<(CString, Vec<u8>)>,
    pub(crate) path: PathBuf,
    pub(crate) hit: bool,
    // Last, so that the code outlives everything above.
    _library: libloading::Library,
}

/// The shim's functions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    pub(crate) new: unsafe extern "C" fn(*const CImage, usize, *mut c_char, usize) -> *mut c_void,
    pub(crate) free: unsafe extern "C" fn(*mut c_void),
    pub(crate) eval: unsafe extern "C" fn(*mut c_void) -> c_int,
    pub(crate) port: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub(crate) complaint: unsafe extern "C" fn(*mut c_char, usize),
    pub(crate) trace: Option<TraceCalls>,
}

/// The shim's functions for a VCD, in libraries built with tracing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceCalls {
    pub(crate) open: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    pub(crate) dump: unsafe extern "C" fn(*mut c_void, u64),
    pub(crate) close: unsafe extern "C" fn(*mut c_void),
}

/// `Image` of the shim.
#[repr(C)]
pub(crate) struct CImage {
    pub(crate) name: *const c_char,
    pub(crate) bytes: *const u8,
    pub(crate) length: usize,
}

/// `Port` of the shim.
#[repr(C)]
struct CPort {
    name: *const c_char,
    is_input: c_int,
    width: c_int,
    at: *const c_void,
}

impl Shared {
    pub(crate) fn load(spec: &BuildSpec, entry: cache::Entry) -> Result<Self> {
        let images = c_images(&spec.top, &spec.images)?;
        let odd = |reason: String| Error::Load { path: entry.path.clone(), reason };
        // SAFETY: the file was written by this crate's own build; its initialisers are Verilator's and touch nothing of ours.
        let library = unsafe { libloading::Library::new(&entry.path) }.map_err(|error| odd(error.to_string()))?;
        // SAFETY: the symbols have the types that the shim declares, which its key vouches for.
        let (calls, found, ports) = unsafe {
            let read = || -> Result<_, libloading::Error> {
                let key = *library.get::<unsafe extern "C" fn() -> *const c_char>(b"systole_key")?;
                let ports = *library.get::<unsafe extern "C" fn() -> *const CPort>(b"systole_ports")?;
                Ok((calls(&library, spec.trace)?, CStr::from_ptr(key()), port_infos(ports())))
            };
            let (calls, key, ports) = read().map_err(|error| odd(error.to_string()))?;
            (calls, key.to_string_lossy().into_owned(), ports)
        };
        if found != entry.key {
            return Err(odd(format!("it was built for {found}")));
        }
        let tag = u32::from_str_radix(&entry.key[..8], 16).unwrap_or_default();
        let clock_name = spec.clock.clone().unwrap_or_else(|| DEFAULT_CLOCK.into());
        let clock = find(&ports, tag, &clock_name).filter(|port| ports[port.index as usize].is_clock());
        let (top, path, hit) = (spec.top.clone(), entry.path, entry.hit);
        Ok(Self { top, ports, clock, clock_name, calls, tag, images, path, hit, _library: library })
    }

    pub(crate) fn port(&self, name: &str) -> Result<Port> {
        find(&self.ports, self.tag, name).ok_or_else(|| Error::NoPort {
            top: self.top.clone(),
            name: name.into(),
            ports: self.ports.iter().map(|port| port.name.clone()).collect(),
        })
    }

    pub(crate) fn images(&self) -> &[(CString, Vec<u8>)] {
        &self.images
    }
}

impl PortInfo {
    fn is_clock(&self) -> bool {
        self.direction == Direction::Input && self.width == 1
    }
}

fn find(ports: &[PortInfo], tag: u32, name: &str) -> Option<Port> {
    let index = ports.binary_search_by(|port| port.name.as_str().cmp(name)).ok()?;
    Some(Port { index: index as u32, tag })
}

/// SAFETY: `library` is one that this crate built, with tracing if and only if `trace`.
unsafe fn calls(library: &libloading::Library, trace: bool) -> Result<Calls, libloading::Error> {
    let trace = match trace {
        false => None,
        true => Some(TraceCalls {
            open: *library.get(b"systole_trace_open")?,
            dump: *library.get(b"systole_trace_dump")?,
            close: *library.get(b"systole_trace_close")?,
        }),
    };
    Ok(Calls {
        new: *library.get(b"systole_new")?,
        free: *library.get(b"systole_free")?,
        eval: *library.get(b"systole_eval")?,
        port: *library.get(b"systole_port")?,
        complaint: *library.get(b"systole_complaint")?,
        trace,
    })
}

/// SAFETY: `table` is the shim's, ended by a null name.
unsafe fn port_infos(table: *const CPort) -> Vec<PortInfo> {
    let mut ports = Vec::new();
    let mut at = table;
    while !(*at).name.is_null() {
        let name = CStr::from_ptr((*at).name).to_string_lossy().into_owned();
        let direction = if (*at).is_input != 0 { Direction::Input } else { Direction::Output };
        ports.push(PortInfo { name, direction, width: (*at).width as u32 });
        at = at.add(1);
    }
    ports
}

pub(crate) fn c_images(top: &str, images: &[(String, Vec<u8>)]) -> Result<Vec<(CString, Vec<u8>)>> {
    let convert = |(name, bytes): &(String, Vec<u8>)| match CString::new(name.as_str()) {
        Ok(c_name) => Ok((c_name, bytes.clone())),
        Err(_) => Err(Error::FileName { top: top.into(), name: name.clone() }),
    };
    images.iter().map(convert).collect()
}
