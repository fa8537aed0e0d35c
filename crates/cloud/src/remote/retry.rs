//! When a request to a server is tried again, and when it is not.
//!
//! Only what is transient (408, 429, 5xx, a broken connection) and safe to repeat is tried again. A request is safe to
//! repeat when it changes nothing, or when it is bound to the version of what it changes. The same rule serves the
//! storage client, as its retry and backoff policy, and our own requests ([`crate::remote::http`]).

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use google_cloud_gax::backoff_policy::BackoffPolicy;
use google_cloud_gax::error::Error as GaxError;
use google_cloud_gax::exponential_backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use google_cloud_gax::retry_policy::RetryPolicy;
use google_cloud_gax::retry_result::RetryResult;
use google_cloud_gax::retry_state::RetryState;

/// How often and for how long something is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first included; what gets further each time may have more.
    pub attempts: u32,
    /// The wait before the second try; it doubles from try to try, with jitter.
    pub initial: Duration,
    /// The longest wait that is not asked for by the server.
    pub maximum: Duration,
    /// No further try after this long without progress.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 7,
            initial: Duration::from_millis(500),
            maximum: Duration::from_secs(30),
            total: Duration::from_secs(300),
        }
    }
}

/// Whether a failed request may be tried again, as far as its failure goes.
pub(crate) fn is_transient(status: Option<u16>) -> bool {
    // No status: the connection broke, or timed out, before there was one.
    status.is_none_or(|status| matches!(status, 408 | 429 | 500..=599))
}

/// Seconds to wait, as a server asks for them.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// A failure that knows whether another try could help.
pub(crate) trait Retryable {
    /// Whether another try could help.
    fn is_transient(&self) -> bool;
    /// How long the server asks to wait.
    fn retry_after(&self) -> Option<Duration>;
}

/// Tries until it works, cannot work, or has taken too long.
pub(crate) async fn retrying<T, E, F>(
    retry: &Retry,
    idempotent: bool,
    attempt: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Retryable + std::fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    retrying_at(&Pace::new(retry), idempotent, attempt).await
}

/// The same, for what can tell the pace that it moves on.
pub(crate) async fn retrying_at<T, E, F>(
    pace: &Pace,
    idempotent: bool,
    mut attempt: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Retryable + std::fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    let mut state = RetryState::new(idempotent);
    loop {
        state.attempt_count += 1;
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if !error.is_transient() || !pace.may_go_on(&state) {
            return Err(error);
        }
        pace.asked(error.retry_after());
        let wait = pace.on_failure(&state);
        if wait > pace.left() {
            return Err(error);
        }
        tracing::debug!(
            wait_ms = wait.as_millis() as u64,
            attempt = state.attempt_count,
            "trying again: {error}"
        );
        tokio::time::sleep(wait).await;
    }
}

/// Whether another try could help against a failure of Google's client.
pub(crate) fn may_pass(error: &GaxError) -> bool {
    match error.http_status_code() {
        Some(status) => is_transient(Some(status)),
        None => error.is_io() || error.is_timeout() || error.is_connect() || error.is_transport(),
    }
}

/// The retry and the backoff policy of one request, and where it stands.
///
/// Tries and time are counted from the last progress on: a transfer of hours may break more than once.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    retry: Retry,
    backoff: Arc<ExponentialBackoff>,
    course: Arc<Mutex<Course>>,
}

#[derive(Debug)]
struct Course {
    /// What the server asked for with its last answer. One object is both policies because only one of them sees it.
    asked: Option<Duration>,
    /// Tries that have failed.
    failed: u32,
    /// How many of them had failed before the last progress.
    forgiven: u32,
    /// When there was progress.
    since: Instant,
    /// The end of the present wait for another try.
    rest: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(retry: &Retry) -> Self {
        let backoff = ExponentialBackoffBuilder::new()
            .with_initial_delay(retry.initial)
            .with_maximum_delay(retry.maximum)
            .clamp();
        let course = Course { asked: None, failed: 0, forgiven: 0, since: Instant::now(), rest: None };
        Self { retry: retry.clone(), backoff: Arc::new(backoff), course: Arc::new(Mutex::new(course)) }
    }

    /// Something was sent that had not been sent before: the time begins anew.
    pub(crate) fn moves(&self) {
        self.course().since = Instant::now();
    }

    /// Something has arrived that had not arrived before: the tries begin anew, too.
    pub(crate) fn moves_on(&self) {
        let mut course = self.course();
        course.forgiven = course.failed;
        course.since = Instant::now();
    }

    /// Whether a wait for another try has ended within the time given, or goes on.
    pub(crate) fn has_rested(&self, within: Duration) -> bool {
        self.course().rest.is_some_and(|rest| rest.elapsed() < within)
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // Nothing in here is ever left half done.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_go_on(&self, state: &RetryState) -> bool {
        let mut course = self.course();
        course.failed = state.attempt_count;
        state.idempotent
            && state.attempt_count - course.forgiven.min(state.attempt_count) < self.retry.attempts
            && course.since.elapsed() < self.retry.total
    }

    fn left(&self) -> Duration {
        self.retry.total.saturating_sub(self.course().since.elapsed())
    }

    fn asked(&self, wait: Option<Duration>) {
        self.course().asked = wait;
    }
}

impl RetryPolicy for Pace {
    fn on_error(&self, state: &RetryState, error: GaxError) -> RetryResult {
        self.asked(error.http_headers().and_then(retry_after));
        match (may_pass(&error), self.may_go_on(state)) {
            (true, true) => RetryResult::Continue(error),
            (true, false) if state.idempotent => RetryResult::Exhausted(error),
            _ => RetryResult::Permanent(error),
        }
    }

    fn remaining_time(&self, _: &RetryState) -> Option<Duration> {
        Some(self.left())
    }
}

fn times(tries: u32) -> String {
    if tries == 1 { "once".into() } else { format!("{tries} times") }
}

impl BackoffPolicy for Pace {
    fn on_failure(&self, state: &RetryState) -> Duration {
        let mut course = self.course();
        let tries = state.attempt_count.saturating_sub(course.forgiven);
        let state = state.clone().set_attempt_count(tries);
        let wait = self.backoff.on_failure(&state).max(course.asked.unwrap_or_default());
        course.rest = Instant::now().checked_add(wait);
        if wait >= Duration::from_secs(1) {
            tracing::warn!("a request has failed {} so far: trying again in {:.0?}", times(tries), wait);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_tried_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_transient(Some(status)), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 412, 416] {
            assert!(!is_transient(Some(status)), "{status}");
        }
        assert!(is_transient(None));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_wait() {
        let retry = Retry {
            initial: Duration::from_millis(1),
            maximum: Duration::from_millis(2),
            ..Retry::default()
        };
        let pace = Pace::new(&retry);
        let mut headers = http::HeaderMap::new();
        headers.insert("retry-after", "3".parse().unwrap());
        let error = GaxError::http(429, headers, bytes::Bytes::new());
        let state = RetryState::new(true).set_attempt_count(1_u32);
        assert!(matches!(pace.on_error(&state, error), RetryResult::Continue(_)));
        assert_eq!(pace.on_failure(&state), Duration::from_secs(3));
    }

    #[test]
    fn what_cannot_be_repeated_is_not() {
        let pace = Pace::new(&Retry::default());
        let error = || GaxError::http(503, http::HeaderMap::new(), bytes::Bytes::new());
        let state = |idempotent| RetryState::new(idempotent).set_attempt_count(1_u32);
        assert!(matches!(pace.on_error(&state(false), error()), RetryResult::Permanent(_)));
        assert!(matches!(pace.on_error(&state(true), error()), RetryResult::Continue(_)));
        assert!(matches!(
            pace.on_error(&state(true).set_attempt_count(7_u32), error()),
            RetryResult::Exhausted(_)
        ));
    }
}
