//! The scheduler on tasks that are written down.

use std::sync::Mutex;

use super::*;

/// What a task does at an attempt.
#[derive(Clone, Copy)]
enum Does {
    Work,
    Stop,
    FailForGood,
    /// So many attempts fail.
    Fail(u32),
    Hang,
}

#[derive(Default)]
struct Fake {
    tasks: Vec<Does>,
    log: Mutex<Vec<String>>,
    meet: Option<tokio::sync::Barrier>,
}

impl Fake {
    fn note(&self, text: String) {
        self.log.lock().unwrap().push(text);
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl TaskRunner for Fake {
    type Output = usize;

    async fn run(&self, task: usize, attempt: u32) -> Result<Verdict<usize>> {
        self.note(format!("{task}"));
        if let Some(meet) = &self.meet {
            meet.wait().await;
        }
        let lost = || Error::Remote { message: "lost".into(), hint: String::new(), source: None };
        match self.tasks[task] {
            Does::Work => Ok(Verdict::Go(task)),
            Does::Stop => Ok(Verdict::Stop(task)),
            Does::FailForGood => Err(Error::Input { message: "wrong".into(), hint: String::new() }),
            Does::Fail(times) if attempt <= times => Err(lost()),
            Does::Fail(_) => Ok(Verdict::Go(task)),
            Does::Hang => std::future::pending().await,
        }
    }
}

/// A clock on which all waits are over at once; it notes them.
#[derive(Default)]
struct Noted(Mutex<Vec<u64>>);

impl Clock for Noted {
    async fn sleep(&self, time: Duration) {
        self.0.lock().unwrap().push(time.as_secs());
        tokio::task::yield_now().await;
    }
}

const HOW: Attempts = Attempts { retries: 0, delay: Duration::from_secs(30), timeout: None, at_once: 8 };

/// A letter for each task: Done, Stopped the others, Failed, Upstream failed, Interrupted; and its attempts.
fn letters(ended: &[Ended<usize>]) -> String {
    let letter = |end: &Ended<usize>| {
        let letter = match &end.outcome {
            Outcome::Done(Verdict::Go(_)) => 'D',
            Outcome::Done(Verdict::Stop(_)) => 'S',
            Outcome::Failed(_) => 'F',
            Outcome::UpstreamFailed => 'U',
            Outcome::Interrupted => 'I',
        };
        format!("{letter}{}", end.attempts)
    };
    ended.iter().map(letter).collect::<Vec<_>>().join(" ")
}

fn run(fake: Arc<Fake>, after: &[&[usize]], how: Attempts, stop: bool) -> (String, Vec<u64>) {
    let clock = Arc::new(Noted::default());
    let after: Vec<Vec<usize>> = after.iter().map(|list| list.to_vec()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let interrupted = async {
        if !stop {
            std::future::pending::<()>().await;
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    let ended = runtime.block_on(execute(&after, fake, Arc::clone(&clock), how, interrupted));
    let waits = clock.0.lock().unwrap().clone();
    (letters(&ended), waits)
}

fn fake(tasks: &[Does]) -> Arc<Fake> {
    Arc::new(Fake { tasks: tasks.to_vec(), ..Fake::default() })
}

#[test]
fn a_task_waits_for_those_before_it() {
    let tasks = fake(&[Does::Work; 4]);
    let (letters, _) = run(Arc::clone(&tasks), &[&[1, 2], &[3], &[3], &[]], HOW, false);
    assert_eq!(letters, "D1 D1 D1 D1");
    let log = tasks.log();
    assert_eq!((log[0].as_str(), log[3].as_str()), ("3", "0"));
}

#[test]
fn tasks_that_do_not_wait_for_each_other_run_at_once() {
    // Both have to be there for any of them to go on.
    let meet = Some(tokio::sync::Barrier::new(2));
    let tasks = Arc::new(Fake { tasks: vec![Does::Work; 2], meet, ..Fake::default() });
    assert_eq!(run(tasks, &[&[], &[]], HOW, false).0, "D1 D1");
}

#[test]
fn no_more_run_at_once_than_may() {
    let meet = Some(tokio::sync::Barrier::new(2));
    let tasks = Arc::new(Fake { tasks: vec![Does::Work; 2], meet, ..Fake::default() });
    let how = Attempts { at_once: 1, ..HOW };
    assert_eq!(run(tasks, &[&[], &[]], how, true).0, "I0 I0");
}

#[test]
fn a_failed_task_stops_only_what_depends_on_it() {
    let tasks = fake(&[Does::FailForGood, Does::Work, Does::Work, Does::Work, Does::Stop, Does::Work]);
    let (letters, _) = run(tasks, &[&[], &[0], &[1], &[], &[3], &[4]], HOW, false);
    assert_eq!(letters, "F1 U0 U0 D1 S1 U0");
}

#[test]
fn what_may_pass_is_tried_again_after_growing_waits() {
    let how = Attempts { retries: 3, ..HOW };
    assert_eq!(run(fake(&[Does::Fail(2)]), &[&[]], how, false), ("D3".into(), vec![30, 60]));
    assert_eq!(run(fake(&[Does::Fail(9)]), &[&[]], how, false), ("F4".into(), vec![30, 60, 120]));
    assert_eq!(run(fake(&[Does::FailForGood]), &[&[]], how, false), ("F1".into(), vec![]));
}

#[test]
fn waits_are_capped() {
    assert_eq!(wait_before(40, Duration::from_secs(30)), LONGEST_WAIT);
    assert_eq!(wait_before(3, Duration::from_secs(3600)), Duration::from_secs(3600));
    assert_eq!(wait_before(2, Duration::ZERO), Duration::ZERO);
}

#[test]
fn an_attempt_that_takes_too_long_fails_for_good() {
    let how = Attempts { retries: 2, timeout: Some(Duration::from_secs(7)), ..HOW };
    let (letters, waits) = run(fake(&[Does::Hang, Does::Work, Does::Work]), &[&[], &[0], &[]], how, false);
    assert_eq!(letters, "F1 U0 D1");
    assert!(waits.contains(&7), "{waits:?}");
}

#[test]
fn an_interrupt_cancels_what_runs_and_what_waits() {
    let (letters, _) = run(fake(&[Does::Hang, Does::Work, Does::Work]), &[&[], &[0], &[]], HOW, true);
    assert_eq!(letters, "I0 I0 D1");
}
