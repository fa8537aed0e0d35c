//! The floor that `just bench --xml` measures from: every packed file of a folder is unpacked, and nothing else.
//!
//!     inflate_only FOLDER THREADS
//!
//! The same library as `pipeline`, and as many threads, each with a file at a time.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: inflate_only FOLDER THREADS";
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or(usage)?;
    let threads: usize = arguments.next().ok_or(usage)?.parse()?;
    let files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let unpacked = AtomicU64::new(0);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build()?.install(|| {
        files
            .par_iter()
            .with_max_len(1)
            .filter(|path| path.extension().is_some_and(|e| e == "gz"))
            .try_for_each(|path| {
                let mut reader = flate2::bufread::MultiGzDecoder::new(std::io::BufReader::with_capacity(
                    1 << 16,
                    File::open(path)?,
                ));
                let mut block = vec![0; 1 << 19];
                loop {
                    match reader.read(&mut block)? {
                        0 => return std::io::Result::Ok(()),
                        len => unpacked.fetch_add(len as u64, Ordering::Relaxed),
                    };
                }
            })
    })?;
    println!("{} bytes", unpacked.into_inner());
    Ok(())
}
