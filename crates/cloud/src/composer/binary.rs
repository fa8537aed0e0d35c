//! Whether an executable can run on a worker of Composer: Linux, x86-64, and not newer than its C library.

use std::path::Path;

use crate::error::{Error, Result, Setting};
use crate::remote::tree::head;

/// The C library that every Linux of the last ten years has.
pub(crate) const GLIBC: (u32, u32) = (2, 17);

/// Refuses what cannot run there; says which C library it needs if that may be too new.
pub(crate) fn check(path: &Path) -> Result<Option<String>> {
    let bytes = head(path, u64::MAX)?;
    // The ELF header: magic, 64 bits, little-endian; the machine stands at byte 18.
    let fits = bytes.starts_with(b"\x7fELF\x02\x01") && bytes.get(18..20) == Some(&[62, 0]);
    if !fits {
        return Err(Error::Input {
            message: format!(
                "`{}` is no Linux executable for x86-64, which is what Composer runs",
                path.display()
            ),
            hint: format!("build one with `just dist`, or name one with {}", Setting::Binary),
        });
    }
    Ok(glibc(&bytes).filter(|version| *version > GLIBC).map(|(major, minor)| {
        format!(
            "`{}` needs glibc {major}.{minor}, which a worker may not have; `just dist` builds one that runs with {}.{}",
            path.display(),
            GLIBC.0,
            GLIBC.1
        )
    }))
}

/// The highest version of the C library that an executable asks for.
fn glibc(bytes: &[u8]) -> Option<(u32, u32)> {
    let tag = b"GLIBC_";
    let versions = memchr::memmem::find_iter(bytes, tag).filter_map(|at| {
        let rest = &bytes[at + tag.len()..bytes.len().min(at + 24)];
        let text = std::str::from_utf8(rest.split(|&byte| byte == 0).next()?).ok()?;
        let mut parts = text.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    versions.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipeline");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    fn elf(machine: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend([machine, 0]);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn only_linux_on_x86_64_will_do() {
        let check = |bytes: &[u8]| {
            let (_dir, path) = file(bytes);
            check(&path)
        };
        assert_eq!(check(&elf(62, b"")).unwrap(), None);
        assert_eq!(check(&elf(62, b"\0GLIBC_2.2.5\0GLIBC_2.17\0")).unwrap(), None);
        assert!(
            check(&elf(62, b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_PRIVATE\0"))
                .unwrap()
                .unwrap()
                .contains("glibc 2.34")
        );
        for wrong in [elf(183, b""), b"MZ".to_vec(), b"#!/bin/sh\n".to_vec(), Vec::new()] {
            assert!(check(&wrong).is_err());
        }
    }
}
