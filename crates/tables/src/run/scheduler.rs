//! Executes tasks in the order of their dependencies: at once where they do not wait for each other.
//!
//! It knows of nothing but numbers, so that it is tested without a file. A task that fails stops only what depends on
//! it. Tried again is what may pass by itself ([`Error::is_transient`]); a wrong query or a wrong row is as wrong the next time.
//! Waits grow from one to the next and have no jitter: the tasks of one process are no crowd.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// The longest wait before another attempt, unless the declared one is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What executes a task.
pub(super) trait TaskRunner: Send + Sync + 'static {
    /// What a task gives.
    type Output: Send + 'static;

    /// Makes one attempt.
    fn run(&self, task: usize, attempt: u32) -> impl Future<Output = Result<Verdict<Self::Output>>> + Send;

    /// Is told that an attempt has failed and another one follows after a wait.
    fn waits(&self, _task: usize, _error: &Error, _wait: Duration) {}

    /// Is told how a task has ended, before anything that waits for it begins.
    fn ended(&self, _task: usize, _ended: &Ended<Self::Output>) {}
}

/// How time passes; tests have their own.
pub(super) trait Clock: Send + Sync + 'static {
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Time as it is.
pub(super) struct RealTime;

impl Clock for RealTime {
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }
}

/// What a task says of those that wait for it.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<T> {
    /// They may go on.
    Go(T),
    /// The work is done, but they must not go on.
    Stop(T),
}

/// How often and for how long a task is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempts {
    /// Attempts after the first.
    pub(super) retries: u32,
    /// The wait before the second; it doubles each time.
    pub(super) delay: Duration,
    /// How long one attempt may take.
    pub(super) timeout: Option<Duration>,
    /// How many tasks may run at once.
    pub(super) at_once: usize,
}

/// How a task has ended.
#[derive(Debug)]
pub(super) struct Ended<T> {
    pub(super) outcome: Outcome<T>,
    pub(super) attempts: u32,
    pub(super) took: Duration,
}

/// What has come of a task.
#[derive(Debug)]
pub(super) enum Outcome<T> {
    /// It is done.
    Done(Verdict<T>),
    /// It could not go on.
    Failed(Error),
    /// Something that it waits for has failed, or does not let it go on.
    UpstreamFailed,
    /// It was running, or had not begun, when the run was interrupted.
    Interrupted,
}

impl<T> Ended<T> {
    fn without_a_start(outcome: Outcome<T>) -> Self {
        Self { outcome, attempts: 0, took: Duration::ZERO }
    }

    fn lets_go_on(&self) -> bool {
        matches!(self.outcome, Outcome::Done(Verdict::Go(_)))
    }
}

/// The wait before an attempt, the second being number 2.
fn wait_before(attempt: u32, delay: Duration) -> Duration {
    let doubled = delay.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(2)).unwrap_or(u32::MAX));
    doubled.min(LONGEST_WAIT.max(delay))
}

/// Executes tasks; `after[i]` lists those that task `i` waits for. Ends early when `interrupted` does.
///
/// Gives how each task has ended. Complexity: linear in tasks and dependencies, beside the work itself.
pub(super) async fn execute<R: TaskRunner, C: Clock>(
    after: &[Vec<usize>],
    runner: Arc<R>,
    clock: Arc<C>,
    how: Attempts,
    interrupted: impl Future<Output = ()>,
) -> Vec<Ended<R::Output>> {
    let mut ended: Vec<Option<Ended<R::Output>>> = after.iter().map(|_| None).collect();
    let mut began = vec![false; after.len()];
    let mut running = JoinSet::new();
    tokio::pin!(interrupted);
    loop {
        settle(after, &mut ended, &mut began, &*runner);
        for task in 0..after.len() {
            let ready = !began[task] && after[task].iter().all(|&before| is_open(&ended, before));
            if ready && running.len() < how.at_once.max(1) {
                began[task] = true;
                let (runner, clock) = (Arc::clone(&runner), Arc::clone(&clock));
                running.spawn(async move { (task, attempts(&*runner, &*clock, task, how).await) });
            }
        }
        if running.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = &mut interrupted => {
                running.abort_all();
                break;
            }
            Some(joined) = running.join_next() => match joined {
                Ok((task, end)) => {
                    runner.ended(task, &end);
                    ended[task] = Some(end);
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            },
        }
    }
    // What had ended when the interrupt came has ended.
    while let Some(joined) = running.join_next().await {
        if let Ok((task, end)) = joined {
            runner.ended(task, &end);
            ended[task] = Some(end);
        }
    }
    let finish = |(task, end): (usize, Option<Ended<R::Output>>)| {
        end.unwrap_or_else(|| {
            let end = Ended::without_a_start(Outcome::Interrupted);
            runner.ended(task, &end);
            end
        })
    };
    ended.into_iter().enumerate().map(finish).collect()
}

fn is_open<T>(ended: &[Option<Ended<T>>], task: usize) -> bool {
    ended[task].as_ref().is_some_and(Ended::lets_go_on)
}

/// Ends all tasks that wait for one that does not let them go on, and those behind them.
fn settle<R: TaskRunner>(
    after: &[Vec<usize>],
    ended: &mut [Option<Ended<R::Output>>],
    began: &mut [bool],
    runner: &R,
) {
    loop {
        let stopped = |task: &usize| {
            let closed = |&before: &usize| ended[before].as_ref().is_some_and(|end| !end.lets_go_on());
            !began[*task] && after[*task].iter().any(closed)
        };
        let Some(task) = (0..after.len()).find(stopped) else { return };
        let end = Ended::without_a_start(Outcome::UpstreamFailed);
        runner.ended(task, &end);
        began[task] = true;
        ended[task] = Some(end);
    }
}

/// Tries a task until it is done, cannot be done, or has failed often enough.
async fn attempts<R: TaskRunner, C: Clock>(
    runner: &R,
    clock: &C,
    task: usize,
    how: Attempts,
) -> Ended<R::Output> {
    let start = Instant::now();
    let mut attempt = 0;
    let outcome = loop {
        attempt += 1;
        let error = match one(runner, clock, task, attempt, how.timeout).await {
            Ok(verdict) => break Outcome::Done(verdict),
            Err(error) => error,
        };
        if attempt > how.retries || !error.is_transient() {
            break Outcome::Failed(error);
        }
        let wait = wait_before(attempt + 1, how.delay);
        runner.waits(task, &error, wait);
        clock.sleep(wait).await;
    };
    Ended { outcome, attempts: attempt, took: start.elapsed() }
}

/// One attempt within its time. One that takes too long is not tried again: its last write may be going on.
async fn one<R: TaskRunner, C: Clock>(
    runner: &R,
    clock: &C,
    task: usize,
    attempt: u32,
    timeout: Option<Duration>,
) -> Result<Verdict<R::Output>> {
    let Some(limit) = timeout else { return runner.run(task, attempt).await };
    tokio::select! {
        biased;
        done = runner.run(task, attempt) => done,
        () = clock.sleep(limit) => Err(Error::TimedOut { limit }),
    }
}

#[cfg(test)]
mod tests;
