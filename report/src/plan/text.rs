//! A plan at a terminal.

use super::sheet::{Memory, Sheet};
use crate::preprocessing::sentence;
use crate::table::{grouped, percent, Table};

/// The figures of a plan as tables.
pub fn text(sheet: &Sheet) -> String {
    [
        heading(sheet) + &choices(sheet),
        resources(sheet),
        time(sheet),
        losses(sheet),
        memory("activations", &sheet.activations),
    ]
    .join("\n")
}

fn heading(sheet: &Sheet) -> String {
    let Sheet { network, board, device, clock_mhz, clock_source, rows, cols, multiplier, speed, .. } = sheet;
    let fits = if sheet.ram_assumed { "DOES NOT FIT, block RAM assumed" } else { "fits" };
    let weights = sheet.weight_memory.store().text();
    format!(
        "{network} on {board} ({device}): {fits}\n  \
         array of {rows} x {cols}, {} MAC per cycle, {multiplier}; {weights}; {} MAC per image\n  \
         {} cycles per image ({} busy); {}, at {clock_mhz} MHz ({clock_source}, unrouted); latency {} cycles, {:.2} ms\n  {}",
        speed.macs_per_cycle,
        grouped(speed.macs),
        grouped(speed.interval_cycles),
        percent(speed.utilisation),
        speed.rates(),
        grouped(speed.latency_cycles),
        speed.latency_ms,
        sentence(sheet.preprocessing.as_ref()),
    )
}

fn choices(sheet: &Sheet) -> String {
    sheet.choices.sentences(sheet.speed.interval_cycles).iter().map(|choice| format!("  {choice}\n")).collect()
}

fn resources(sheet: &Sheet) -> String {
    let mut heads = vec!["module", "RAM 36 Kbit", "RAM 18 Kbit", "DSP"];
    heads.extend((sheet.total.uram > 0).then_some("UltraRAM"));
    let mut table = Table::new(1, &heads);
    for line in sheet.modules.iter().chain([&sheet.total]) {
        let counts = [line.bram36, line.bram18, line.dsp, line.uram].map(|count| count.to_string());
        table.row(std::iter::once(line.module.clone()).chain(counts).take(heads.len()));
    }
    let mut totals = Table::new(1, &["resource", "used", "available", ""]);
    for r in &sheet.resources {
        let share = r.used as f64 / r.available.max(1) as f64;
        totals.row([r.name.to_string(), grouped(r.used as u64), grouped(r.available as u64), percent(share)]);
    }
    let link = match sheet.link_bram18 {
        0 => String::new(),
        link => format!("  {link} of the block RAMs are the link's\n"),
    };
    table.text() + "\n" + &totals.text() + &link
}

fn time(sheet: &Sheet) -> String {
    let mut table = Table::new(1, &["layer", "MAC", "ideal cycles", "cycles", "of the time", "busy", "most lost to"]);
    for layer in &sheet.layers {
        let of_all = layer.cycles / sheet.speed.interval_cycles as f64;
        let worst = layer.lost.iter().max_by(|a, b| a.cycles.total_cmp(&b.cycles));
        let whole = |cycles: f64| grouped(cycles.round() as u64);
        table.row([
            layer.name.clone(),
            grouped(layer.macs),
            whole(layer.ideal_cycles),
            whole(layer.cycles),
            percent(of_all),
            percent(layer.utilisation),
            worst.map_or(String::new(), |w| format!("{} ({})", w.what, whole(w.cycles))),
        ]);
    }
    table.text()
}

fn losses(sheet: &Sheet) -> String {
    let mut table = Table::new(1, &["utilisation breakdown", "cycles", ""]);
    for share in &sheet.cycles {
        let of_all = share.cycles / sheet.speed.interval_cycles as f64;
        table.row([share.what.clone(), grouped(share.cycles.round() as u64), percent(of_all)]);
    }
    table.text()
}

fn memory(what: &str, memory: &Memory) -> String {
    let mut table = Table::new(1, &["", "from", "words"]);
    for region in &memory.regions {
        let words = [grouped(region.base as u64), grouped(region.words as u64), region.contents.clone()];
        table.row(std::iter::once(region.name.clone()).chain(words));
    }
    let bytes = grouped(memory.bytes() as u64);
    format!("  {what}: {} banks of {} words, {bytes} bytes\n{}", memory.banks, memory.words, table.text())
}
