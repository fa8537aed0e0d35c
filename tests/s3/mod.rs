//! S3: our client against moto, which shows that the protocol works, and against a server that answers as it is told,
//! which shows what faults become.

mod faults;
mod gate;
mod moto;
mod runs;
mod scripted;

pub(crate) use moto::Moto;
