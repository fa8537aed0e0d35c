//! From a URL to a session. The URL holds a password, and is never repeated.

use std::str::FromStr;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};
use crate::remote::is_this_machine;
use crate::sink::postgres::failure::failed;

/// How long a server may take to answer at all.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a statement may take, a wait for a lock, and a pause of ours within a transaction.
const LIMITS: &str = "SET statement_timeout = '30min'; SET lock_timeout = '10min'; \
    SET idle_in_transaction_session_timeout = '10min'; SET client_min_messages = warning; \
    SET search_path = public; SET timezone = 'UTC'; SET datestyle = 'ISO'";

/// A database, its address, and who we are to it.
pub(super) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
    /// What messages call it: without the password.
    shown: String,
}

/// A connection.
pub(super) struct Session {
    pub(super) client: Client,
    driver: JoinHandle<()>,
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self> {
        // What libpq calls by these names is what is always done here: a certificate is looked at.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let url = url.replace("sslmode=verify-ca", "sslmode=require");
        let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
        // The parser's own message may quote a part of the password.
        let config = Config::from_str(&url).ok().filter(|_| is_url);
        let Some(mut config) = config.filter(|config| !config.get_hosts().is_empty()) else {
            return Err(Error::Input {
                message: "the URL of the database cannot be read".into(),
                hint: "write it as postgres://USER:PASSWORD@HOST:5432/DATABASE; within a password `@`, `/`, `?`, `#` and `%` are %40, %2F, %3F, %23 and %25; options behind a `?` are sslmode=disable, prefer or require, connect_timeout=SECONDS and options=".into(),
            });
        };
        let here = config.get_hosts().iter().all(is_here);
        if here && config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(SslMode::Disable);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name(concat!("pipeline/", env!("CARGO_PKG_VERSION")));
        }
        // A server that vanishes without a word is noticed within a minute or two, not hours.
        config.keepalives_idle(Duration::from_secs(30)).keepalives_interval(Duration::from_secs(10));
        config.tcp_user_timeout(Duration::from_secs(60));
        let tls = tls(config.get_ssl_mode() != SslMode::Disable)?;
        Ok(Self { shown: shown(&config), config, tls })
    }

    /// What messages call it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Opens a connection.
    pub(super) async fn session(&self) -> Result<Session> {
        // The client's own limit covers the first step only, not a server that takes the connection and says nothing.
        let patience = self.config.get_connect_timeout().copied().unwrap_or(CONNECT);
        let connecting = async {
            let (client, connection) = self.config.connect(self.tls.clone()).await?;
            let driver = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!("the connection to the database has ended: {error}");
                }
            });
            let session = Session { client, driver };
            session.client.batch_execute(LIMITS).await?;
            Ok(session)
        };
        match tokio::time::timeout(patience * 2, connecting).await {
            Ok(connected) => connected.map_err(|error| failed("connect to", &self.shown, &error)),
            Err(_) => Err(Error::Remote {
                message: format!("cannot connect to `{}`: it did not answer within {patience:?}", self.shown),
                hint: "check its address, and whether it is up; then run again".into(),
                source: None,
            }),
        }
    }
}

impl Session {
    /// Takes leave of the server.
    pub(super) async fn end(self) -> Result<()> {
        drop(self.client);
        // A server that does not take note of it is no failure: all is done.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.driver).await;
        Ok(())
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_this_machine(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The address without the password.
fn shown(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) if name.contains(':') => format!("[{name}]"),
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => String::new(),
    };
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{user}{host}{port}/{database}")
}

/// TLS with whom this machine trusts, by the provider that all of us share.
fn tls(wanted: bool) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    if wanted {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|source| Error::Remote {
        message: "cannot make ready for TLS".into(),
        hint: "this is a bug: please report it".into(),
        source: Some(Box::new(source)),
    })?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://me:canary@db.example:5433/sales", "postgres://me@db.example:5433/sales"),
            ("postgresql://me:canary@db.example", "postgres://me@db.example:5432/me"),
            (
                "postgres://me:can%40ary@127.0.0.1/sales?sslmode=verify-full",
                "postgres://me@127.0.0.1:5432/sales",
            ),
            ("postgres://db.example/sales?password=canary", "postgres://db.example:5432/sales"),
            ("postgres://me@%2Ftmp%2Fpg:5433/sales", "postgres://me@/tmp/pg:5433/sales"),
        ] {
            assert_eq!(Server::parse(url).map(|server| server.shown).ok().as_deref(), Some(shown), "{url}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_repeated() {
        for url in [
            "postgres://me:canary@db:port/x",
            "postgres://me:canary@db/x?sslmode=canary",
            "postgres://me:canary@db/x?canary=1",
            "postgres://",
            "host=db password=canary",
            "mysql://me:canary@db/x",
        ] {
            match Server::parse(url).map(|server| server.shown) {
                Err(error) => assert!(!format!("{error:?}").contains("canary"), "{url}: {error:?}"),
                Ok(shown) => panic!("{url}: {shown}"),
            }
        }
    }

    #[test]
    fn tls_is_for_others_unless_it_is_asked_for() {
        for (url, mode) in [
            ("postgres://localhost/x", SslMode::Disable),
            ("postgres://[::1]/x?sslmode=prefer", SslMode::Disable),
            ("postgres://127.0.0.1/x?sslmode=require", SslMode::Require),
            ("postgres://db.example/x", SslMode::Prefer),
            ("postgres://db.example/x?sslmode=verify-ca", SslMode::Require),
            ("postgres://db.example/x?sslmode=disable", SslMode::Disable),
        ] {
            assert_eq!(Server::parse(url).unwrap().config.get_ssl_mode(), mode, "{url}");
        }
    }
}
