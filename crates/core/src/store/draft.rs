//! A file of a folder that is being written and does not show yet.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::store::Folder;
use crate::store::plain::create_anew;

/// A file on its way into a [`Folder`]: written elsewhere, then put into its place at once.
#[derive(Debug)]
pub struct Draft<'f> {
    folder: &'f Folder,
    name: String,
    path: PathBuf,
    file: Option<BufWriter<File>>,
    bytes: u64,
}

impl<'f> Draft<'f> {
    /// Starts a file; what a killed run left of it is overwritten.
    pub fn create(folder: &'f Folder, name: &str) -> Result<Self> {
        let path = folder.staging(name)?;
        let file = create_anew(&path)?;
        Ok(Self { folder, name: name.to_owned(), path, file: Some(BufWriter::new(file)), bytes: 0 })
    }

    /// Puts the file into its place; tells how many bytes it has.
    pub fn publish(mut self) -> Result<u64> {
        if let Some(mut file) = self.file.take() {
            file.flush().map_err(Error::io("write", &self.path))?;
        }
        self.folder.put(&self.name, &self.path)?;
        self.path = PathBuf::new();
        Ok(self.bytes)
    }

    /// What an error in the writing of this file is, where the system said so.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::io("write", self.folder.url(&self.name))(source)
    }
}

impl Write for Draft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the file is closed"))?;
        let written = file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
