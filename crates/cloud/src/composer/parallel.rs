//! Many transfers at a time, but not more than so many.

use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// Runs the work for each item, at most `limit` at a time, and gives the results in the order of the items.
///
/// After a failure nothing new is begun; what is under way comes to its end, so that nothing is left half known.
pub(crate) async fn in_parallel<I, T, F>(
    items: impl IntoIterator<Item = I>,
    limit: usize,
    work: impl Fn(I) -> F,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut items = items.into_iter().enumerate();
    let mut running = JoinSet::new();
    let mut done: Vec<(usize, T)> = Vec::new();
    let mut failed = None;
    loop {
        while failed.is_none() && running.len() < limit.max(1) {
            let Some((at, item)) = items.next() else { break };
            let task = work(item);
            running.spawn(async move { (at, task.await) });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((at, Ok(value)))) => done.push((at, value)),
            Some(Ok((_, Err(error)))) => failed = failed.or(Some(error)),
            Some(Err(panic)) => failed = failed.or_else(|| Some(broken(panic))),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, value)| value).collect())
}

fn broken(panic: tokio::task::JoinError) -> Error {
    Error::Remote {
        message: "a transfer broke down".into(),
        hint: "this is a bug: please report it".into(),
        source: Some(Box::new(panic)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn never_more_than_so_many_and_in_order() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let results = run(in_parallel(0..50_usize, 4, |i| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..i % 7 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(i * 2)
            }
        }));
        assert_eq!(results.unwrap(), (0..50).map(|i| i * 2).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn nothing_new_is_begun_after_a_failure() {
        let begun = Arc::new(AtomicUsize::new(0));
        let result = run(in_parallel(0..50, 1, |i| {
            let begun = begun.clone();
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                if i == 3 { Err(Error::Conflict { url: "gs://b/x".into() }) } else { Ok(()) }
            }
        }));
        assert!(matches!(result, Err(Error::Conflict { .. })));
        assert_eq!(begun.load(Ordering::SeqCst), 4);
    }
}
