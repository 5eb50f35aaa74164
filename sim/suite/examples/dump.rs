use systole_net::random::{random_image, random_net, Limits};
use systole_plan::clock::machine::{Machine, Observer};
use systole_plan::clock::sequencer::{LayerState, Wait};
struct P(u64);
impl Observer for P {
    fn begin(&mut self, c: u64, l: usize, s: &LayerState) { println!("model begin@{} layer {l} {s:?}", c + 1); }
    fn retire(&mut self, c: u64, l: usize) { println!("model retire@{c} layer {l}"); }
    fn idle(&mut self, c: u64, w: Option<Wait>) { if c > self.0 { println!("model idle@{c} {w:?}"); } }
}
fn main() {
    let a: Vec<u64> = std::env::args().skip(1).map(|v| v.parse().unwrap()).collect();
    let (seed, r, c, to) = (a[0], a[1] as usize, a[2] as usize, a[3]);
    let net = random_net(seed, &Limits::default());
    let board = systole_plan::Board::parse(include_str!("../../../constraints/tiny.toml")).unwrap();
    let plan = systole_plan::planner::plan_shape(&net, &board, r, c, (seed % 2) as usize, 1 + (seed / 2 % 2) as usize).unwrap();
    for (i, p) in plan.program.iter().enumerate().take(30) { println!("{i} {p:?}"); }
    println!("{:?}", plan.geometry);
    let images: Vec<_> = (0..3).map(|i| random_image(&net, seed * 10 + i)).collect();
    let beats = systole_suite::source::beats(&plan, &images);
    let (mut tree, _) = systole_suite::core::compose(&plan).unwrap();
    let mut trace = systole_rtl::block::Trace::new(std::fs::File::create("/tmp/dump.vcd").unwrap(), "core", &tree).unwrap();
    let mut m = Machine::new(&plan);
    let mut o = P(0);
    let idx = |n: &str| tree.input_index(n).unwrap();
    let (en, v, d, l, mr) = (idx("enable_i"), idx("s_axis_tvalid_i"), idx("s_axis_tdata_i"), idx("s_axis_tlast_i"), idx("m_axis_tready_i"));
    let rdy = tree.output_index("s_axis_tready_o").unwrap();
    tree.settle().unwrap(); tree.tick(true).unwrap(); tree.settle().unwrap(); tree.tick(true).unwrap();
    let mut sent = 0;
    for cycle in 0..to {
        let b = beats.get(sent);
        tree.set(en, &[1]); tree.set(v, &[b.is_some() as u64]); tree.set(d, &[b.map_or(0, |b| b.0)]); tree.set(l, &[b.map_or(0, |b| b.1 as u64)]); tree.set(mr, &[1]);
        tree.settle().unwrap();
        let ready = tree.get(rdy)[0] == 1;
        tree.tick_traced(false, cycle, &mut trace).unwrap();
        let t = m.clock(b.is_some(), true, &mut o);
        if t.s_ready != ready { println!("s_ready differs@{cycle}"); break; }
        if ready && b.is_some() { sent += 1; }
    }
}
