//! Generates energy trades as CSV, the same for the same seed: what `scripts/bench-trades` measures with.
//!
//! ```sh
//! cargo run --release -p pipeline-benches --bin trades -- 1000000 7 > trades.csv      # rows, seed
//! ```
//!
//! Prices follow the hour of the day, are negative in windy nights and at sunny noons, and one in a thousand is far from
//! its product's. About a hundred trades make a product, whatever the number of rows.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const AREAS: [(&str, f64); 4] = [("FR", 68.0), ("DE", 61.0), ("BE", 66.0), ("NL", 64.0)];
/// What an hour costs beside the area's base.
const HOURS: [f64; 24] = [
    -18.0, -22.0, -26.0, -30.0, -24.0, -10.0, 8.0, 24.0, 22.0, 8.0, -4.0, -16.0, -28.0, -30.0, -22.0, -8.0,
    6.0, 26.0, 38.0, 34.0, 20.0, 8.0, -4.0, -12.0,
];
/// Products of a day and an area: 24 hours, 96 quarters of an hour.
const PRODUCTS: u64 = 120;

/// A splitmix64: three lines, and the same numbers on every machine.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Between -1 and 1, more often in the middle: the mean of three.
    fn about(&mut self) -> f64 {
        let one = |draw: &mut Self| draw.below(2_000_001) as f64 / 1_000_000.0 - 1.0;
        (one(self) + one(self) + one(self)) / 3.0
    }
}

fn trade(draw: &mut Draw, days: u64, out: &mut impl Write) -> io::Result<()> {
    let day = draw.below(days);
    let (area, base) = AREAS[draw.below(AREAS.len() as u64) as usize];
    let slot = draw.below(PRODUCTS);
    let (name, start, minutes) = if slot < 24 {
        ("XBID_Hour_Power", slot * 60, 60)
    } else {
        ("XBID_Quarter_Hour_Power", (slot - 24) * 15, 15)
    };
    let hour = (start / 60) as usize;
    // Every fifth day there is more wind and sun than anybody needs.
    let calm = if day % 5 == 3 { -45.0 } else { 0.0 };
    let mut price = base + HOURS[hour] + calm + 9.0 * draw.about();
    if draw.below(1000) == 0 {
        price = if draw.below(2) == 0 { price * 8.0 + 100.0 } else { -price - 150.0 };
    }
    let volume = (draw.below(250) + 1) as f64 / 10.0;
    let time = |minute: u64| {
        let day = day + minute / 1440;
        // Months of 28 days: no calendar is needed, and every date is one.
        (2023 + day / 336, day / 28 % 12 + 1, day % 28 + 1, minute / 60 % 24, minute % 60)
    };
    let (y, m, d, h, n) = time(start);
    write!(out, "{name},{y}-{m:02}-{d:02}T{h:02}:{n:02}:00Z,")?;
    let (y, m, d, h, n) = time(start + minutes);
    writeln!(out, "{y}-{m:02}-{d:02}T{h:02}:{n:02}:00Z,{area},{price:.2},{volume}")
}

fn main() -> ExitCode {
    let numbers: Vec<Option<u64>> = std::env::args().skip(1).map(|arg| arg.parse().ok()).collect();
    let (rows, seed) = match numbers[..] {
        [Some(rows)] => (rows, 7),
        [Some(rows), Some(seed)] => (rows, seed),
        _ => {
            eprintln!(
                "error: say how many trades, and with which seed\nhint: trades ROWS [SEED] > trades.csv"
            );
            return ExitCode::from(2);
        }
    };
    let days = (rows / (PRODUCTS * AREAS.len() as u64 * 100)).max(1);
    let mut draw = Draw(seed);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let written = writeln!(out, "product,delivery_start,delivery_end,delivery_area,price,volume")
        .and_then(|()| (0..rows).try_for_each(|_| trade(&mut draw, days, &mut out)))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::SUCCESS,
    }
}
