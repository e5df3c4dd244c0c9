//! What a store does with connections, rows and turns, to the nanosecond.

use super::*;
use crate::service::LOCK_WAIT;
use crate::units::Nanos;

fn row(slot: u32) -> RowKey {
    RowKey::Hot("stock".into(), slot)
}

fn ms(ms: u64) -> Nanos {
    Nanos::from_millis(ms)
}

/// A call of a transaction that goes on.
fn locking(slot: u32) -> Call {
    Call { service: ms(1), turn: true, lock: Some(row(slot)), ends: false }
}

/// A commit that takes a millisecond.
fn commit() -> Call {
    Call { service: ms(1), turn: true, lock: None, ends: true }
}

type Log = Rc<RefCell<Vec<(u64, u64, Result<Worked, WorkError>)>>>;

/// Performs calls one after the other from `at` on, and notes (client, end in ms, outcome).
fn client(store: &StoreModel, kernel: &Kernel, log: &Log, number: u64, at: Nanos, calls: Vec<Call>) {
    let (kernel, log) = (kernel.clone(), Rc::clone(log));
    let seat = store.connect().expect("there is room");
    kernel.clone().spawn(async move {
        kernel.sleep_until(at).await;
        for call in calls {
            let outcome = seat.work(call).await;
            log.borrow_mut().push((number, kernel.now().0 / 1_000_000, outcome));
        }
    });
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside outcomes that are errors")]
fn worked(lock: u64, turn: u64) -> Result<Worked, WorkError> {
    Ok(Worked { waited_for_lock: ms(lock), waited_for_turn: ms(turn) })
}

/// Runs until nothing is left to happen before `end`.
fn finish(kernel: &Kernel, end: Nanos) {
    kernel.run(kernel.sleep_until(end)).expect("main has a timer");
}

#[test]
fn there_is_no_connection_above_the_limit() {
    let kernel = Kernel::new();
    let store = StoreModel::new(&kernel, 2, None);
    let (first, _second) = (store.connect().expect("one"), store.connect().expect("two"));
    assert!(store.connect().is_none());
    assert_eq!(store.connections(), 2);
    drop(first);
    let _third = store.connect().expect("room again");
    assert!(store.connect().is_none());
}

#[test]
fn a_plain_call_is_known_as_one() {
    let kernel = Kernel::new();
    let (free, limited) = (StoreModel::new(&kernel, 9, None), StoreModel::new(&kernel, 9, Some(4)));
    let (read, ending) = (Call { service: ms(1), turn: true, ..Call::default() }, commit());
    let seat = free.connect().expect("room");
    assert!(seat.is_plain(&read) && seat.is_plain(&ending) && !seat.is_plain(&locking(1)));
    let waits = limited.connect().expect("room");
    assert!(!waits.is_plain(&read) && waits.is_plain(&Call::default()), "a login waits for nobody");
    let main = async {
        seat.work(locking(1)).await.expect("nobody else");
        assert!(seat.is_plain(&read) && !seat.is_plain(&ending), "it gives the row back");
        seat.work(commit()).await.expect("nobody else");
        assert!(seat.is_plain(&ending));
        assert_eq!(kernel.now(), ms(2));
    };
    kernel.run(main).expect("ends");
}

#[test]
fn rows_are_handed_over_in_order_at_the_end_of_the_commit() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, None), Log::default());
    client(&store, &kernel, &log, 1, ms(0), vec![locking(7), commit()]);
    client(&store, &kernel, &log, 3, ms(1), vec![locking(7), commit()]);
    client(&store, &kernel, &log, 2, Nanos(500_000), vec![locking(7), commit()]);
    client(&store, &kernel, &log, 4, ms(1), vec![locking(8), commit()]);
    finish(&kernel, ms(100));
    let half = Worked { waited_for_lock: Nanos(1_500_000), waited_for_turn: Nanos::ZERO };
    let expected = [
        (1, 1, worked(0, 0)),
        (1, 2, worked(0, 0)),
        (4, 2, worked(0, 0)),
        // From the end of the first's commit on.
        (2, 3, Ok(half)),
        (4, 3, worked(0, 0)),
        (2, 4, worked(0, 0)),
        (3, 5, worked(3, 0)),
        (3, 6, worked(0, 0)),
    ];
    let mut log = log.take();
    // Of one instant, in the order of clients.
    log.sort_by_key(|(client, at, _)| (*at, *client));
    let mut expected = expected.to_vec();
    expected.sort_by_key(|(client, at, _)| (*at, *client));
    assert_eq!(log, expected);
}

#[test]
fn a_row_is_waited_for_first_and_takes_no_turn_meanwhile() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, Some(1)), Log::default());
    let read = |length| Call { service: ms(length), turn: true, ..Call::default() };
    client(&store, &kernel, &log, 1, ms(0), vec![locking(1), read(10), commit()]);
    // Waits for the row while the first and the third take turns.
    client(&store, &kernel, &log, 2, ms(2), vec![Call { ends: true, ..locking(1) }]);
    client(&store, &kernel, &log, 3, ms(3), vec![read(5)]);
    finish(&kernel, ms(100));
    let expected = [
        (1, 1, worked(0, 0)),
        (1, 11, worked(0, 0)),
        (3, 16, worked(0, 8)),
        (1, 17, worked(0, 5)),
        (2, 18, worked(15, 0)),
    ];
    assert_eq!(log.take(), expected);
    assert!(store.0.locks.borrow().is_empty());
}

#[test]
fn what_is_no_work_waits_for_no_turn() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, Some(1)), Log::default());
    client(&store, &kernel, &log, 1, ms(0), vec![Call { service: ms(9), turn: true, ..Call::default() }]);
    client(&store, &kernel, &log, 2, ms(1), vec![Call::default(), Call { turn: true, ..Call::default() }]);
    // A rollback: it gives rows back, and works on nothing.
    client(&store, &kernel, &log, 3, ms(2), vec![Call { ends: true, ..Call::default() }]);
    finish(&kernel, ms(100));
    assert_eq!(log.take(), [(2, 1, worked(0, 0)), (3, 2, worked(0, 0)), (1, 9, worked(0, 0)), (2, 9, worked(0, 8))]);
}

#[test]
fn a_row_is_not_waited_for_longer_than_the_limit() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, None), Log::default());
    let holder = store.connect().expect("room");
    let main = async {
        holder.work(locking(1)).await.expect("nobody else");
        client(&store, &kernel, &log, 2, ms(5), vec![locking(1)]);
        kernel.sleep(Nanos::from_secs(51)).await;
        assert_eq!(log.take(), [(2, 50_005, Err(WorkError::LockTimeout))]);
        // At the very end of the limit the row goes to whoever is first at it: here the limit.
        let seat = store.connect().expect("room");
        let started = kernel.now();
        let outcome = seat.work(Call { ends: true, ..locking(1) }).await;
        assert_eq!((outcome, kernel.now() - started), (Err(WorkError::LockTimeout), LOCK_WAIT));
        holder.end_transaction();
        assert_eq!(seat.work(Call { ends: true, ..locking(1) }).await, worked(0, 0));
    };
    kernel.run(main).expect("ends");
    assert!(store.0.locks.borrow().is_empty());
}

#[test]
fn a_circle_is_told_at_once_and_its_closer_rolled_back() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, None), Log::default());
    client(&store, &kernel, &log, 1, ms(0), vec![locking(1), locking(2), commit()]);
    client(&store, &kernel, &log, 2, Nanos(500_000), vec![locking(2), locking(1)]);
    finish(&kernel, ms(100));
    let half = Worked { waited_for_lock: Nanos(500_000), waited_for_turn: Nanos::ZERO };
    let expected = [
        (1, 1, worked(0, 0)),
        (2, 1, worked(0, 0)),
        // At 1.5 ms, and the other has his row from then on.
        (2, 1, Err(WorkError::Deadlock)),
        (1, 2, Ok(half)),
        (1, 3, worked(0, 0)),
    ];
    assert_eq!(log.take(), expected);
}

#[test]
fn a_connection_that_ends_gives_its_rows_back() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 9, None), Log::default());
    let holder = store.connect().expect("room");
    let main = async {
        holder.work(locking(1)).await.expect("nobody else");
        client(&store, &kernel, &log, 2, ms(1), vec![locking(1)]);
        kernel.sleep(ms(9)).await;
        drop(holder);
        kernel.sleep(ms(9)).await;
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.take(), [(2, 11, worked(9, 0))]);
    assert_eq!(store.connections(), 0);
}

#[test]
fn a_call_whose_client_has_gone_is_worked_on_to_its_end() {
    let kernel = Kernel::new();
    let (store, log) = (StoreModel::new(&kernel, 3, Some(1)), Log::default());
    let (holder, gone) = (store.connect().expect("room"), store.connect().expect("room"));
    let main = async {
        holder.work(locking(1)).await.expect("nobody else");
        let slow = Call { service: ms(20), ..locking(1) };
        let waited = tokio::select! {
            biased;
            _ = gone.work(slow) => true,
            () = kernel.sleep(ms(4)) => false,
        };
        assert!(!waited);
        drop(gone);
        assert_eq!(store.connections(), 2, "it waits for its row still");
        holder.end_transaction();
        client(&store, &kernel, &log, 3, ms(6), vec![locking(1)]);
        kernel.sleep(ms(40)).await;
    };
    kernel.run(main).expect("ends");
    // It had the row from 5 ms on, and its 20 ms of work; then its connection was closed.
    assert_eq!(log.take(), [(3, 26, worked(19, 0))]);
}
