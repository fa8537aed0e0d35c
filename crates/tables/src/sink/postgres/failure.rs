//! What went wrong with Postgres, and what to do about it.

use tokio_postgres::Error as PgError;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::error::Error;
use crate::remote::chain;

/// What to make of a failure. `doing`: as in "cannot load the table `t` into".
///
/// What the data is to blame for is an [`Error::Input`]: another try would fail the same. Anything else is an
/// [`Error::Remote`].
pub(super) fn failed(doing: &str, server: &str, error: &PgError) -> Error {
    let message = format!("cannot {doing} `{server}`");
    let Some(said) = error.as_db_error() else {
        let lost = error.is_closed();
        let source = if lost { "the connection broke".to_owned() } else { chain(error) };
        let hint = if lost {
            "nothing is half loaded: see whether the server is up, then run again"
        } else if source.contains("certificate") || source.contains("TLS") {
            "let the server show a certificate that this machine trusts, or say sslmode=disable in the URL where the way is safe"
        } else {
            "check the address and whether the server is up; then run again"
        };
        return Error::Remote { message, hint: hint.into(), source: Some(source.into()) };
    };
    let code = said.code().code();
    let text = text(said);
    match (&code[..2], code) {
        // Some rights are lacking, or a name and a password.
        ("28", _) => remote(message, &text, "check the user and the password in the URL"),
        ("3D", _) => remote(
            message,
            &text,
            "check the name of the database in the URL, or make it with CREATE DATABASE",
        ),
        (_, "42501") => remote(
            message,
            &text,
            "give the user the rights CREATE on the schema `public`, TEMPORARY on the database, and SELECT, INSERT, UPDATE and DELETE on the table",
        ),
        ("25", "25006") => Error::Input {
            message: format!("{message}: {text}"),
            hint: "only questions can be asked here: nothing is written".into(),
        },
        ("22" | "23" | "21", _) => Error::Input {
            message: format!("{message}: {text}"),
            hint: "the rows do not fit into the table: mend them, or the task's SQL; the table is as it was"
                .into(),
        },
        ("42" | "0A", _) => Error::Input {
            message: format!("{message}: {text}"),
            hint: "see what the database says about it above".into(),
        },
        (_, "57014") => remote(message, &text, "it took longer than it may: see what else the server does"),
        (_, "55P03") => {
            remote(message, &text, "another load of this table takes long: wait for it, then run again")
        }
        ("53", _) => {
            remote(message, &text, "the server has no room or no connection left: see to it, then run again")
        }
        _ => remote(message, &text, "nothing is half loaded: run again when the server is well"),
    }
}

fn remote(message: String, said: &str, hint: &str) -> Error {
    Error::Remote { message, hint: hint.into(), source: Some(said.into()) }
}

/// What the server said, in one line; the place in the SQL if it names one.
fn text(said: &DbError) -> String {
    let mut text = said.message().to_owned();
    if let Some(detail) = said.detail() {
        text.push_str(&format!(" ({detail})"));
    }
    if let Some(ErrorPosition::Original(at)) = said.position() {
        text.push_str(&format!(", at character {at} of the SQL"));
    }
    if let Some(hint) = said.hint() {
        text.push_str(&format!("; {hint}"));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What Arrow says of rows that do not fit together: they were made here.
pub(super) fn arrow(error: impl std::fmt::Display) -> Error {
    Error::Input {
        message: format!("the rows cannot be taken apart: {error}"),
        hint: "this is a bug: please report it".into(),
    }
}
