//! Parameters and multiply-accumulates of the released networks.

mod common;

use common::{data, MODELS};
use systole_model::describe;
use systole_model::squeezenet::{DesignSpace, Version};
use systole_model::CodedSize;

#[test]
fn released_networks_in_numbers() {
    let Some(data) = data() else { return };
    for (name, parameters, macs) in
        [("v1.0 caffemodel", 1_248_424, "861.34 M MAC"), ("v1.1 ONNX", 1_235_496, "387.75 M MAC")]
    {
        let model = MODELS.iter().find(|m| m.name == name).unwrap();
        let summary = describe(&model.load(&data));
        assert_eq!(summary.parameters, parameters, "{name}");
        assert_eq!((summary.input, summary.classes), ([3, 227, 227], 1000));
        let text = summary.to_string();
        assert!(text.contains(macs), "{text}");
        assert!(text.contains("max pool 3x3 /2 ceil"), "{text}");
        assert!(summary.layers.iter().all(|l| text.contains(&l.name)));
        println!("{text}");
    }
}

#[test]
fn a_name_beyond_every_line_is_printed() {
    let mut graph = DesignSpace { input: 64, ..DesignSpace::released(Version::V1_1) }.graph(1).unwrap();
    let name = "n".repeat(70_000);
    graph.nodes[1].name.clone_from(&name);
    let mut summary = describe(&graph);
    assert!(summary.to_string().contains(&name));
    // The table of coded sizes has the names too.
    summary.coded = Some(CodedSize::default());
    summary.layers.iter_mut().filter(|layer| layer.name == name).for_each(|layer| layer.coded = summary.coded);
    assert!(summary.to_string().matches(&name).count() >= 2, "both tables");
}
