//! Where a binary comes from: GitHub's signed statement about it, verified by GitHub's own command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pipeline::error::{Error, Result};

/// Refuses a binary that was not built by the workflows of `repository`. The statement lies beside it, or GitHub is asked.
pub(crate) fn verify(binary: &Path, repository: &str) -> Result<()> {
    let mut command = Command::new("gh");
    command.args(["attestation", "verify"]).arg(binary).args(["--repo", repository]).stdin(Stdio::null());
    let bundle = PathBuf::from(format!("{}.sigstore.json", binary.display()));
    if bundle.is_file() {
        command.arg("--bundle").arg(&bundle);
    }
    let output = command.output().map_err(|error| Error::Input {
        message: format!(
            "the attestation of `{}` cannot be verified: gh does not start ({error})",
            binary.display()
        ),
        hint: "install GitHub's command line, or leave out --verify-attestation; nothing was changed".into(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or("no reason given");
    Err(Error::Input {
        message: format!("`{}` was not built by the workflows of `{repository}`: {last}", binary.display()),
        hint: "take the binary of a release, and its .sigstore.json beside it; nothing was changed".into(),
    })
}
