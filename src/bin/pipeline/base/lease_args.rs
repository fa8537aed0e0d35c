//! The right to write to a bucket: one upload or rollback at a time.

use std::time::Duration;

use pipeline::composer::Lease;
use pipeline::error::Result;
use pipeline::remote::gcs::Bucket;
use pipeline::remote::machine_name;

use crate::base::google::variable;
use crate::base::interrupt;
use crate::base::remote_args::duration;

#[derive(Debug, clap::Args)]
pub(crate) struct LeaseArgs {
    /// Go on from where an upload was killed, once it is certain that it is dead
    #[arg(long)]
    take_over: bool,
    /// The pause between two signs of life
    #[arg(long, hide = true, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    sign_of_life: Duration,
}

impl LeaseArgs {
    /// A lease that is still to be taken; if it may be taken over, its holder has been watched.
    pub(crate) async fn ready(&self, bucket: &Bucket, dry_run: bool) -> Result<Lease> {
        let mut lease = Lease::new(&owner(), self.sign_of_life);
        if self.take_over && !dry_run {
            lease.watch_the_holder(bucket).await?;
        }
        Ok(lease)
    }
}

/// Does the work, or gives the lease back and ends this process when somebody asks for it.
pub(crate) async fn unless_asked_to_end<T>(
    bucket: &Bucket,
    lease: &Lease,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        signal = interrupt::asked_to_end() => {
            lease.give_back(bucket).await;
            interrupt::end_by(signal);
        }
    }
    work.await
}

/// Who we are to others who want to upload: a person at a machine, or a job.
fn owner() -> String {
    let user = variable("GITHUB_ACTOR").or_else(|| variable("USER")).or_else(|| variable("USERNAME"));
    let mut owner = user.unwrap_or_else(|| "somebody".into());
    owner.push_str(&format!("@{}", machine_name().unwrap_or_else(|| "a machine".into())));
    if let (Some(repository), Some(run)) = (variable("GITHUB_REPOSITORY"), variable("GITHUB_RUN_ID")) {
        owner.push_str(&format!(" (run {run} of {repository})"));
    }
    // Metadata of an object are short texts of one line.
    owner.chars().filter(|c| !c.is_control()).take(200).collect()
}
