//! Awaits several futures at once, on one task.
//!
//! Dropping it drops all of them, so a killed job leaves no branch behind. Meant for the few branches of
//! a parallel step: each wake-up polls those that are not done.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// The outputs of all, in order, when the last is done.
pub(in crate::engine) async fn join_all<'a, T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + 'a>>>) -> Vec<T> {
    let mut outputs: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|cx| {
        let mut pending = false;
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    Poll::Ready(done) => *output = Some(done),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn outputs_keep_their_order() {
        let slow = |n: u64| async move {
            for _ in 0..10 - n {
                tokio::task::yield_now().await;
            }
            n
        };
        let all: Vec<Pin<Box<dyn Future<Output = u64>>>> =
            vec![Box::pin(slow(3)), Box::pin(slow(9)), Box::pin(slow(1))];
        assert_eq!(join_all(all).await, [3, 9, 1]);
        assert_eq!(join_all(Vec::<Pin<Box<dyn Future<Output = u64>>>>::new()).await, Vec::<u64>::new());
    }
}
