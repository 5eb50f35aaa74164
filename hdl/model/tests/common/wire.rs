//! Model files written field by field, independent of how the importers read them.

/// A protocol buffer message under construction.
#[derive(Clone, Default)]
pub struct Wire(pub Vec<u8>);

impl Wire {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    pub fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    pub fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    pub fn message(self, field: u64, message: &Wire) -> Self {
        self.bytes(field, &message.0)
    }

    /// Packed floats.
    pub fn floats(self, field: u64, values: &[f32]) -> Self {
        self.bytes(field, &le_bytes(values))
    }
}

pub fn le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Shape and values of a blob.
pub type Blob<'a> = (&'a [i64], &'a [f32]);

/// A caffemodel: layers by name, with their blobs.
pub fn caffemodel(layers: &[(&str, &[Blob])]) -> Vec<u8> {
    let mut net = Wire::default().text(1, "test");
    for (name, blobs) in layers {
        let mut layer = Wire::default().text(1, name).text(2, "Convolution");
        for (dims, values) in *blobs {
            let shape = dims.iter().fold(Wire::default(), |w, &d| w.int(1, d));
            layer = layer.message(7, &Wire::default().floats(5, values).message(7, &shape));
        }
        net = net.message(100, &layer);
    }
    net.0
}
