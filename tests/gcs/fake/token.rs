//! A server of tokens, as a service account's key names one in `token_uri`.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::Fake;
use super::wire::{Connection, Response, decoded};

const ACCOUNT: &str = "tester@project.iam.gserviceaccount.com";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A private key in PKCS#8 that was made for these tests and opens nothing: ring makes no RSA keys.
const KEY: &[u8] = include_bytes!("key.pk8");

fn key() -> &'static RsaKeyPair {
    static PAIR: OnceLock<RsaKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| RsaKeyPair::from_pkcs8(KEY).expect("a key"))
}

/// Gives tokens to who signs with the key. The storage accepts the newest, and no other.
pub(crate) struct TokenServer {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    storage: Fake,
    state: Mutex<State>,
}

struct State {
    /// Seconds.
    lifetime: u64,
    answers: bool,
    given: Vec<String>,
    refused: Vec<String>,
    /// Those that were not answered stay open.
    waiting: Vec<TcpStream>,
}

impl TokenServer {
    /// A server whose tokens are for this storage. It lives as long as the tests.
    pub(crate) fn start(storage: &Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/token", listener.local_addr().expect("its address"));
        let state = State {
            lifetime: 3600,
            answers: true,
            given: Vec::new(),
            refused: Vec::new(),
            waiting: Vec::new(),
        };
        let shared = Arc::new(Shared { url, storage: storage.clone(), state: Mutex::new(state) });
        storage.require_token("none was given yet");
        let server = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                server.serve(stream);
            }
        });
        Self { shared }
    }

    /// The seconds that tokens live from now on. Of less than 20 each request gets a new one.
    pub(crate) fn lifetime(&self, seconds: u64) {
        self.shared.state().lifetime = seconds;
    }

    /// Answers nobody any more.
    pub(crate) fn hang(&self) {
        self.shared.state().answers = false;
    }

    /// The tokens that were given, the newest last.
    pub(crate) fn given(&self) -> Vec<String> {
        self.shared.state().given.clone()
    }

    /// Why others were refused.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.shared.state().refused.clone()
    }

    /// The private key in PEM.
    pub(crate) fn private_key() -> String {
        let text = STANDARD.encode(KEY);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }

    /// The service account's key, as Google hands it out.
    pub(crate) fn key_json(&self) -> String {
        let json = json!({
            "type": "service_account", "project_id": "project", "private_key_id": "1",
            "private_key": Self::private_key(), "client_email": ACCOUNT, "client_id": "1",
            "token_uri": self.shared.url,
        });
        json.to_string()
    }

    /// The same in a file, for `GOOGLE_APPLICATION_CREDENTIALS`.
    pub(crate) fn key_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("key.json");
        std::fs::write(&path, self.key_json()).expect("a file for the key");
        path
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the server has panicked")
    }

    fn serve(&self, stream: TcpStream) {
        if !self.state().answers {
            self.state().waiting.push(stream);
            return;
        }
        let mut connection = Connection::new(&stream);
        let Ok(head) = connection.head() else { return };
        let Ok(content) = connection.content(u64::MAX) else { return };
        let checked = if head.verb == "POST" { self.check(&content) } else { Err("not a POST".into()) };
        let mut state = self.state();
        let response = match checked {
            Ok(()) => {
                let token = format!("ya29.secret-token-{}", state.given.len() + 1);
                self.storage.require_token(&token);
                state.given.push(token.clone());
                let lifetime = state.lifetime;
                Response::json(
                    &json!({ "access_token": token, "expires_in": lifetime, "token_type": "Bearer" }),
                )
            }
            Err(why) => {
                let json = json!({ "error": "invalid_grant", "error_description": why });
                state.refused.push(why);
                Response { status: 400, ..Response::json(&json) }
            }
        };
        drop(state);
        // One request a connection, so that the next one is accepted.
        let _ = connection.answer(&response.with("connection", "close"), u64::MAX);
    }

    /// Whether a form holds an assertion that this account has signed, for this server, now.
    fn check(&self, form: &[u8]) -> Result<(), String> {
        let form = std::str::from_utf8(form).map_err(|e| e.to_string())?;
        let field = |name: &str| {
            let value = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| decoded(value, true).ok()).ok_or(format!("no {name}"))
        };
        if field("grant_type")? != GRANT {
            return Err("another grant_type".into());
        }
        let assertion = field("assertion")?;
        let (signed, signature) = assertion.rsplit_once('.').ok_or("no signature")?;
        let (header, claims) = signed.split_once('.').ok_or("no claims")?;
        let bytes =
            |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|e| e.to_string());
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().public_key().as_ref())
            .verify(signed.as_bytes(), &bytes(signature)?)
            .map_err(|_| "the signature is not of this key")?;
        let json = |text: &str| serde_json::from_slice::<Value>(&bytes(text)?).map_err(|e| e.to_string());
        let (header, claims) = (json(header)?, json(claims)?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?.as_secs();
        let (from, to) =
            (claims["iat"].as_u64().unwrap_or(u64::MAX), claims["exp"].as_u64().unwrap_or_default());
        let wrong = [
            (header["alg"] != "RS256", "alg"),
            (claims["iss"] != ACCOUNT, "iss"),
            (claims["aud"] != self.url.as_str(), "aud"),
            (claims["scope"] != "https://www.googleapis.com/auth/cloud-platform", "scope"),
            (from > now || to <= now || to > from + 3600, "time"),
        ];
        match wrong.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, what)) => Err(format!("another {what}: {header} {claims}")),
            None => Ok(()),
        }
    }
}
