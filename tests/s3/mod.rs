//! S3: our client against moto, which shows that the protocol works, and against a server that answers as it is told,
//! which shows what faults become.

mod faults;
mod moto;
mod runs;
mod scripted;

pub(crate) use moto::Moto;

/// An error, its causes, and its hint.
fn told(error: &pipeline::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    format!("{text}\nhint: {}", error.hint())
}
