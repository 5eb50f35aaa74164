//! Arguments of the Python package that are no numbers, paths or images: its own error says what was wanted and found.

use crate::common::build;
use crate::{python, run};

const SCRIPT: &str = "
import sys
import numpy as np
import systole
with systole.Device(sys.argv[1], take_over='yes') as device:
    image = np.zeros(device.shape, np.uint8)
    wrong = {
        'window none': lambda: device.stream([image], window=None),
        'window half': lambda: device.stream([image], window=1.5),
        'window zero': lambda: device.stream([image], window=0),
        'check half': lambda: device.stream([image], check_every=2.5),
        'check text': lambda: device.stream([image], check_every='2'),
        'check below': lambda: device.stream([image], check_every=-1),
        'images none': lambda: device.stream(None),
        'image none': lambda: device.infer(None),
        'image ragged': lambda: device.infer([[1], [1, 2]]),
        'number none': lambda: device.wait(None),
        'number half': lambda: device.wait(0.5),
        'weights none': lambda: device.load_weights(None),
        'address none': lambda: systole.Device(None),
        'build number': lambda: systole.Device(sys.argv[1], build=5),
    }
    for name, call in wrong.items():
        try:
            call()
            print(name, 'NOT REFUSED')
        except systole.SystoleError as error:
            print(name + ':', error)
    print(len(list(device.stream([image] * 3, window=np.int64(2), check_every=np.uint8(2)))), 'scored')
";

#[test]
fn python_says_what_is_wrong_with_an_argument() {
    let text = run(python().args(["-c", SCRIPT]).arg(format!("mock:{}", build().display()))).ok();
    let count = "give a whole number of images, 1 or more";
    let number = "give the number that submit gave";
    let place = "is no address and no path; give text, bytes or a path object";
    let wanted = [
        format!("window none: window is None; {count}"),
        format!("window half: window is 1.5; {count}"),
        format!("window zero: window is 0; {count}"),
        format!("check half: check_every is 2.5; {count}"),
        format!("check text: check_every is '2'; {count}"),
        format!("check below: check_every is -1; {count}"),
        "images none: images is None; give images one after another, such as a list".into(),
        "image none: images is None; give images one after another".into(),
        "image ragged: image 0 is of int64 (1,); give a path, a PIL image, or an array".into(),
        format!("number none: number is None; {number}"),
        format!("number half: number is 0.5; {number}"),
        format!("weights none: None {place}"),
        format!("address none: None {place}"),
        format!("build number: 5 {place}"),
        "3 scored".into(),
    ];
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), wanted.len(), "{text}");
    for (line, wanted) in lines.iter().zip(&wanted) {
        assert!(line.starts_with(wanted.as_str()), "{line}, wanted {wanted}");
    }
}
