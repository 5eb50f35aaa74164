//! Constants of an ONNX file to numbers: every float type, in the file or beside it, lengths checked before anything is
//! allocated.

use super::message::{data_type, Tensor, EXTERNAL};
use half::{bf16, f16};
use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};
use systole_net::regular_file;

/// Why a constant cannot be used.
pub(crate) type Why = String;

impl Tensor {
    /// Dims as sizes.
    pub fn shape(&self) -> Result<Vec<usize>, Why> {
        let shape: Option<Vec<usize>> = self.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        shape.ok_or_else(|| format!("has shape {:?}", self.dims))
    }

    /// Number of values that the dims promise.
    pub fn count(&self) -> Result<usize, Why> {
        let count = self.shape()?.into_iter().try_fold(1usize, usize::checked_mul);
        count.ok_or_else(|| format!("has shape {:?}", self.dims))
    }

    /// Whether the values are of a float type.
    pub fn is_float(&self) -> bool {
        [data_type::FLOAT, data_type::DOUBLE, data_type::FLOAT16, data_type::BFLOAT16].contains(&self.data_type)
    }

    /// Bytes of the model that hold the values.
    pub fn held(&self) -> usize {
        let inside = self.raw_data.len() + 4 * (self.float_data.len() + self.int32_data.len());
        inside + 8 * (self.int64_data.len() + self.double_data.len())
    }

    /// Values of a float tensor; `folder` is where external data lies.
    pub fn floats(&self, folder: &Path) -> Result<Vec<f32>, Why> {
        self.stored_once()?;
        let values = match self.data_type {
            data_type::FLOAT if !self.float_data.is_empty() => self.float_data.clone(),
            data_type::DOUBLE if !self.double_data.is_empty() => self.double_data.iter().map(|&v| v as f32).collect(),
            data_type::FLOAT16 if !self.int32_data.is_empty() => {
                self.int32_data.iter().map(|&v| f16::from_bits(v as u16).to_f32()).collect()
            }
            data_type::BFLOAT16 if !self.int32_data.is_empty() => {
                self.int32_data.iter().map(|&v| bf16::from_bits(v as u16).to_f32()).collect()
            }
            data_type::FLOAT => self.decode(folder, f32::from_le_bytes)?,
            data_type::DOUBLE => self.decode(folder, |b| f64::from_le_bytes(b) as f32)?,
            data_type::FLOAT16 => self.decode(folder, |b| f16::from_le_bytes(b).to_f32())?,
            data_type::BFLOAT16 => self.decode(folder, |b| bf16::from_le_bytes(b).to_f32())?,
            other => return Err(format!("has data type {other}; wanted float, float16, bfloat16 or double")),
        };
        let finite = |v: &f32| v.is_finite();
        match values.iter().position(|v| !finite(v)) {
            Some(index) => Err(format!("value {index} is {}", values[index])),
            None => self.counted(values),
        }
    }

    /// Values of an integer tensor.
    pub fn integers(&self, folder: &Path) -> Result<Vec<i64>, Why> {
        self.stored_once()?;
        let values = match self.data_type {
            data_type::INT64 if !self.int64_data.is_empty() => self.int64_data.clone(),
            data_type::INT4 | data_type::UINT4 if !self.int32_data.is_empty() => {
                self.halves(self.int32_data.iter().map(|&v| v as u8))?
            }
            data_type::INT32
            | data_type::INT16
            | data_type::UINT16
            | data_type::INT8
            | data_type::UINT8
            | data_type::BOOL
                if !self.int32_data.is_empty() =>
            {
                self.int32_data.iter().map(|&v| i64::from(v)).collect()
            }
            data_type::INT64 => self.decode(folder, i64::from_le_bytes)?,
            data_type::INT32 => self.decode(folder, |b| i64::from(i32::from_le_bytes(b)))?,
            data_type::INT8 => self.decode(folder, |b| i64::from(i8::from_le_bytes(b)))?,
            data_type::INT16 => self.decode(folder, |b| i64::from(i16::from_le_bytes(b)))?,
            data_type::UINT16 => self.decode(folder, |b| i64::from(u16::from_le_bytes(b)))?,
            data_type::UINT8 | data_type::BOOL => self.decode(folder, |b| i64::from(u8::from_le_bytes(b)))?,
            data_type::INT4 | data_type::UINT4 => {
                self.halves(self.bytes(folder, self.count()?.div_ceil(2))?.iter().copied())?
            }
            other => {
                return Err(format!("has data type {other}; wanted an integer of 4 to 32 bits, int64 or a truth value"))
            }
        };
        self.counted(values)
    }

    /// The values must lie in one field, or in another file.
    fn stored_once(&self) -> Result<(), Why> {
        let fields = [
            ("raw_data", !self.raw_data.is_empty()),
            ("float_data", !self.float_data.is_empty()),
            ("int32_data", !self.int32_data.is_empty()),
            ("int64_data", !self.int64_data.is_empty()),
            ("double_data", !self.double_data.is_empty()),
            ("a file beside the model", self.data_location == EXTERNAL),
        ];
        let used: Vec<&str> = fields.iter().filter(|(_, used)| *used).map(|(field, _)| *field).collect();
        match used.len() {
            0 | 1 => Ok(()),
            _ => Err(format!("has values in {}; wanted one of these", used.join(" and in "))),
        }
    }

    fn counted<T>(&self, values: Vec<T>) -> Result<Vec<T>, Why> {
        let count = self.count()?;
        if values.len() != count {
            return Err(format!("has {} values for shape {:?}", values.len(), self.dims));
        }
        Ok(values)
    }

    /// Little-endian values of `N` bytes each.
    fn decode<T, const N: usize>(&self, folder: &Path, value: impl Fn([u8; N]) -> T) -> Result<Vec<T>, Why> {
        let wanted = self.count()?.checked_mul(N).ok_or_else(|| format!("has shape {:?}", self.dims))?;
        let bytes = self.bytes(folder, wanted)?;
        Ok(bytes.chunks_exact(N).map(|c| value(std::array::from_fn(|i| c[i]))).collect())
    }

    /// All `wanted` bytes of the values.
    fn bytes(&self, folder: &Path, wanted: usize) -> Result<Cow<'_, [u8]>, Why> {
        let bytes = match self.data_location {
            EXTERNAL => Cow::Owned(self.read_external(folder, wanted)?),
            _ => Cow::Borrowed(self.raw_data.as_slice()),
        };
        if bytes.len() != wanted {
            return Err(format!("has {} bytes for shape {:?}; wanted {wanted}", bytes.len(), self.dims));
        }
        Ok(bytes)
    }

    /// Integers of four bits, two a byte, the lower half first.
    fn halves(&self, bytes: impl Iterator<Item = u8>) -> Result<Vec<i64>, Why> {
        let signed = self.data_type == data_type::INT4;
        let value = |half: u8| i64::from(half) - if signed && half >= 8 { 16 } else { 0 };
        let count = self.count()?;
        Ok(bytes.flat_map(|byte| [byte & 0xF, byte >> 4]).map(value).take(count).collect())
    }

    fn entry(&self, key: &str) -> Option<&str> {
        self.external_data.iter().find(|e| e.key == key).map(|e| e.value.as_str())
    }

    /// Name of the file beside the model that has the values; `None` where they are in the model.
    pub fn location(&self) -> Result<Option<&str>, Why> {
        if self.data_location != EXTERNAL {
            return Ok(None);
        }
        let location = self.entry("location").unwrap_or_default();
        let inside = Path::new(location).components().all(|c| matches!(c, Component::Normal(_)));
        if location.is_empty() || !inside {
            return Err(format!("lies in '{location}'; wanted a file beside the model"));
        }
        Ok(Some(location))
    }

    /// `wanted` bytes of a file beside the model.
    fn read_external(&self, folder: &Path, wanted: usize) -> Result<Vec<u8>, Why> {
        let location = self.location()?.unwrap_or_default();
        let offset: u64 = self.entry("offset").unwrap_or("0").parse().map_err(|_| "has a bad offset".to_string())?;
        let fail = |e: std::io::Error| format!("lies in {location}, which cannot be read: {e}");
        let mut file = regular_file::open(&folder.join(location)).map_err(fail)?;
        let size = file.metadata().map_err(fail)?.len();
        if offset.checked_add(wanted as u64).is_none_or(|end| end > size) {
            return Err(format!("lies at {offset} in {location}, which has {size} bytes; wanted {wanted} more"));
        }
        let mut bytes = vec![0; wanted];
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(fail)?;
        Ok(bytes)
    }
}
