//! The part of Caffe's protocol buffers that holds weights (field numbers from BVLC caffe.proto).

/// A `.caffemodel`; what is not weights is taken from the prototxt.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Net {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// Layers of files written before 2014.
    #[prost(message, repeated, tag = "2")]
    pub v1_layers: Vec<V1Layer>,
    #[prost(message, repeated, tag = "100")]
    pub layers: Vec<Layer>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Layer {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "7")]
    pub blobs: Vec<Blob>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct V1Layer {
    #[prost(string, optional, tag = "4")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "6")]
    pub blobs: Vec<Blob>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Blob {
    #[prost(int32, optional, tag = "1")]
    pub num: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub channels: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub height: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub width: Option<i32>,
    #[prost(float, repeated, tag = "5")]
    pub data: Vec<f32>,
    #[prost(message, optional, tag = "7")]
    pub shape: Option<BlobShape>,
    #[prost(double, repeated, tag = "8")]
    pub double_data: Vec<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BlobShape {
    #[prost(int64, repeated, tag = "1")]
    pub dim: Vec<i64>,
}
