//! Words come back as they were packed, and the Verilog cuts them as the tables say.

use std::path::Path;
use systole_machine::tables::{Item, ItemKind, LayerEntry, Param, TapEntry};
use systole_machine::verilog_fields::with_blocks;
use systole_machine::words::{Widths, Word};

fn widths() -> Widths {
    Widths {
        pc: 7,
        layer: 3,
        pool: 4,
        item_tiles: 5,
        wait_arr: 8,
        wait_pool: 4,
        level: 6,
        slot: 9,
        addr: 13,
        tap: 5,
        channel: 9,
        channel_tile: 3,
        tile: 8,
        coord: 7,
        weight: 17,
        param: 8,
        column: 4,
        lane: 5,
        lanes: 6,
        acc: 22,
        mult: 25,
        residual_addr: 13,
        residual_slot: 6,
        residual: 12,
        group_step: 11,
        group_tile: 3,
    }
}

#[test]
fn words_come_back_as_they_were_packed() {
    let w = widths();
    let item = Item { kind: ItemKind::Pool, layer: 13, tiles: 31, wait_arr: 255, free_in: 63, ..Item::default() };
    assert_eq!(Item::unpack(&item.pack(&w), &w), item);
    let layer = LayerEntry {
        tap_base: 31,
        dst_addr: 8191,
        wgt_base: (1 << 17) - 1,
        relu: true,
        residual_addr: 5000,
        residual_n: 63,
        group_step: 2047,
        group_last: 5,
        ..LayerEntry::default()
    };
    assert_eq!(LayerEntry::unpack(&layer.pack(&w), &w), layer);
    let tap = TapEntry { addr0: 8000, y_hi: 127, ..TapEntry::default() };
    assert_eq!(TapEntry::unpack(&tap.pack(&w), &w), tap);
    let param = Param { bias: -1_234_567, mult: 0x1ff_ffff };
    assert_eq!(Param::unpack(&param.pack(&w), &w), param);
}

#[test]
fn a_word_is_as_wide_as_its_fields() {
    let w = widths();
    assert_eq!(Item::bits(&w), 1 + 1 + 4 + 5 + 8 + 4 + 6 + 6);
    assert_eq!(LayerEntry::default().pack(&w).len(), LayerEntry::bits(&w).div_ceil(64));
}

#[test]
fn the_verilog_cuts_words_as_the_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl/v");
    let mut blocks = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "v") {
            let source = std::fs::read_to_string(&path).unwrap();
            blocks += source.matches("    // Fields of ").count();
            let advice = "run `cargo run -p systole-machine --example words hdl/rtl/v/*.v`";
            assert!(with_blocks(&source) == source, "{}: {advice}", path.display());
        }
    }
    assert!(blocks >= 8, "{blocks} blocks of fields");
}
