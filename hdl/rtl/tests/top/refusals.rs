//! Wrong descriptions and the errors they give.

use crate::demo::{counter, image, register, wide, Demo};
use systole_rtl::top::{constant, Top};
use systole_rtl::Design;

/// A counter from `en_i` to `count_o`, good until changed.
fn good(change: impl FnOnce(&mut Top<Demo>)) -> Top<Demo> {
    let mut t = Top::new("t", "");
    t.input("en_i", 1, 1, "");
    t.output("count_o", 1, 4, "");
    t.primitive("count", "", counter(4)).input("en_i", "en_i").output("count_o", "count_o");
    change(&mut t);
    t
}

fn refusal(change: impl FnOnce(&mut Top<Demo>)) -> String {
    match good(change).build() {
        Ok(_) => panic!("a wrong top was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_good_one_is_good() {
    assert!(good(|_| ()).build().is_ok());
}

#[test]
fn an_input_is_driven_exactly_once() {
    let twice = refusal(|t| {
        let spare = t.primitive("spare", "", counter(2));
        spare.input("en_i", "en_i").input("en_i", constant(1, 1)).open("count_o");
    });
    assert_eq!(twice, "t.spare: port en_i is connected twice");
    let never = refusal(|t| {
        t.primitive("spare", "", counter(2)).open("count_o");
    });
    assert_eq!(never, "t.spare: port en_i is not connected");
}

#[test]
fn a_wire_has_one_driver() {
    let text = refusal(|t| t.assign("count_o", 4, constant(3, 4)));
    assert_eq!(text, "t: the name count_o is given to count.count_o and to count_o = 4'd3");
    let text = refusal(|t| t.assign("count", 1, "en_i"));
    assert_eq!(text, "t: the name count is given to instance count and to count = en_i");
    let text = refusal(|t| t.output("free_o", 1, 4, ""));
    assert_eq!(text, "t: output free_o reads free_o, which nothing drives");
}

#[test]
fn widths_are_equal() {
    let text = refusal(|t| {
        t.primitive("hold", "", register(3, 3)).input("data_i", "count_o").open("data_o");
    });
    assert_eq!(text, "t: hold.data_i is 9 bits wide, count_o is 4");
    let text = refusal(|t| t.assign("unused_a", 2, "count_o[4:3]"));
    assert_eq!(text, "t: wire unused_a reads bits 4:3 of count_o, which has 4");
    let text = refusal(|t| t.assign("unused_a", 2, constant(4, 2)));
    assert_eq!(text, "t: the constant 4 of wire unused_a does not fit 2 bits");
}

#[test]
fn names_are_known_and_legal() {
    let text = refusal(|t| t.assign("unused_a", 1, "nowhere"));
    assert_eq!(text, "t: wire unused_a reads nowhere, which nothing drives");
    let text = refusal(|t| {
        let spare = t.primitive("spare", "", counter(2));
        spare.input("enable_i", "en_i").open("count_o");
    });
    assert_eq!(text, "t.spare: module demo_counter has no input port enable_i; it has en_i");
    let text = refusal(|t| t.assign("1a", 1, "en_i"));
    assert_eq!(text, "t: \"1a\" is no Verilog name; use letters, digits and _");
    let text = refusal(|t| t.input("clk_i", 1, 1, ""));
    assert_eq!(text, "t: the name clk_i is given to the clock and to port clk_i");
}

#[test]
fn bits_are_read_or_left_by_name() {
    let text = refusal(|t| t.input("more_i", 2, 4, ""));
    assert_eq!(text, "t: nothing reads more_i[7:0]; connect it or leave it unread by name");
    let text = refusal(|t| {
        t.input("more_i", 2, 4, "");
        t.assign("unused_a", 2, "more_i[3:2]");
    });
    assert_eq!(text, "t: nothing reads more_i[1:0]; connect it or leave it unread by name");
    let text = refusal(|t| t.leave_unread("nowhere[3]"));
    assert_eq!(text, "t: the list of unread wires reads nowhere, which nothing drives");
}

#[test]
fn assignments_do_not_go_in_circles() {
    let text = refusal(|t| {
        t.assign("a", 1, "b");
        t.assign("b", 1, "a");
    });
    assert_eq!(text, "t: the assignments of a, b depend on each other");
}

#[test]
fn a_comment_stays_a_comment() {
    let mut t: Top<Demo> = Top::new("t", "a name\nmodule evil; \u{e9}");
    t.input("en_i", 1, 1, "one\nwire evil;");
    t.primitive("count", "two\r\nwire evil;", counter(4)).input("en_i", "en_i").open("count_o");
    let tree = t.build().expect("well connected");
    let (_, text) = tree.sources().last().expect("the top itself");
    assert!(text.starts_with("// t: a name?module evil; ?\n"), "{text}");
    assert!(text.contains("// one?wire evil;\n") && text.contains("// two??wire evil;\n"), "{text}");
}

#[test]
fn an_image_that_is_missing_is_named() {
    let tree = good(|t| {
        t.primitive("table", "", image());
    });
    let design = Design::new(&tree.build().expect("well connected"), Vec::new());
    let text = design.unwrap_err().to_string();
    assert_eq!(text, "table names the memory image table.hex, which the design lacks; it has ");
}

#[test]
fn one_of_several_lanes_has_at_most_64_bits() {
    let text = refusal(|t| {
        t.input("wide_i", 2, 65, "");
        t.primitive("rom", "", wide()).input("data_i", "wide_i");
    });
    assert_eq!(
        text,
        "module demo_rom: port data_i has 2 lanes of 65 bits; at least one lane and one bit, and more than 64 bits in a single lane alone, are possible"
    );
}
