//! Single flight: identical calls under way at one time share one fetch.
//!
//! The first caller of a key leads and fetches; those who come meanwhile follow and wait. A leader
//! that lands its result serves them all. A leader that goes without one (its future dropped, its
//! fetch panicked) leaves the flight vacant: all followers are woken
//! and the first of them to be polled leads with its own fetch. Waking all costs O(followers) a
//! vacancy and buys that one follower whom nobody polls cannot keep the others waiting.
//!
//! For the next editor: the order of locks is map, then flight; no waker is woken and no foreign
//! value dropped under either; nothing here knows a runtime.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    hash::Hash,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// The flights of one cache: `K` names a fetch, `L` is what a leader lands.
pub(super) struct Flights<K, L> {
    map: Mutex<HashMap<K, Arc<Flight<L>>>>,
}

type Flight<L> = Mutex<State<L>>;

struct State<L> {
    phase: Phase<L>,
    /// The followers, by the order in which they came; `None` until first polled.
    waiting: BTreeMap<u64, Option<Waker>>,
    came: u64,
}

enum Phase<L> {
    /// Somebody fetches.
    Led,
    /// The leader went without landing; whoever is polled first takes over.
    Vacant,
    /// The result is there.
    Landed(L),
}

/// The part of a caller in a flight.
pub(super) enum Part<'a, K: Eq + Hash + Clone, L> {
    /// This caller fetches.
    Lead(Leader<'a, K, L>),
    /// Somebody else has fetched.
    Landed(L),
}

impl<K: Eq + Hash + Clone, L: Clone> Flights<K, L> {
    pub(super) fn new() -> Self {
        Self { map: Mutex::new(HashMap::new()) }
    }

    /// Leads the flight `key`, or waits for whoever does. O(log followers), plus one map access.
    ///
    /// The future may be dropped at any point.
    pub(super) fn join(&self, key: &K) -> Join<'_, K, L> {
        let mut map = lock(&self.map);
        if let Some(flight) = map.get(key) {
            let flight = Arc::clone(flight);
            let mut state = lock(&flight);
            let ticket = state.came;
            state.came += 1;
            state.waiting.insert(ticket, None);
            drop(state);
            let place = Place { flights: self, key: key.clone(), flight };
            return Join(Joined::Follow(Follower { place, ticket }));
        }
        let state = State { phase: Phase::Led, waiting: BTreeMap::new(), came: 0 };
        let flight = Arc::new(Mutex::new(state));
        map.insert(key.clone(), Arc::clone(&flight));
        let place = Place { flights: self, key: key.clone(), flight };
        Join(Joined::Lead(Leader { place, took_over: false }))
    }

    /// Flights under way or landed and not yet left; for tests.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.map).len()
    }

    /// Followers of the flight `key`; for tests.
    #[cfg(test)]
    pub(super) fn followers(&self, key: &K) -> usize {
        lock(&self.map).get(key).map_or(0, |flight| lock(flight).waiting.len())
    }
}

/// A flight and where it is listed.
struct Place<'a, K: Eq + Hash + Clone, L> {
    flights: &'a Flights<K, L>,
    key: K,
    flight: Arc<Flight<L>>,
}

impl<K: Eq + Hash + Clone, L> Place<'_, K, L> {
    /// Changes the state and takes the flight off the list when `change` says so. Both at once,
    /// so that nobody can join in between.
    fn change(&self, change: impl FnOnce(&mut State<L>) -> bool) {
        let mut map = lock(&self.flights.map);
        let listed = map.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight));
        let over = change(&mut lock(&self.flight));
        let gone = if over && listed { map.remove(&self.key) } else { None };
        drop(map);
        drop(gone);
    }
}

/// The caller that fetches. Dropped without [`land`](Self::land), it hands over.
pub(super) struct Leader<'a, K: Eq + Hash + Clone, L> {
    place: Place<'a, K, L>,
    /// Whether another led before.
    pub(super) took_over: bool,
}

impl<K: Eq + Hash + Clone, L> Leader<'_, K, L> {
    /// Gives the result to all who wait and to all who come until the leader is dropped: a caller
    /// should keep it until the result can be found elsewhere.
    pub(super) fn land(&self, result: L) {
        let mut state = lock(&self.place.flight);
        state.phase = Phase::Landed(result);
        let woken = take_wakers(&mut state);
        drop(state);
        wake(woken);
    }
}

impl<K: Eq + Hash + Clone, L> Drop for Leader<'_, K, L> {
    fn drop(&mut self) {
        let mut woken = Vec::new();
        self.place.change(|state| {
            if matches!(state.phase, Phase::Landed(_)) {
                return true;
            }
            state.phase = Phase::Vacant;
            woken = take_wakers(state);
            state.waiting.is_empty()
        });
        wake(woken);
    }
}

/// A caller that waits. Dropped, it leaves the flight and nobody notices.
struct Follower<'a, K: Eq + Hash + Clone, L> {
    place: Place<'a, K, L>,
    ticket: u64,
}

impl<K: Eq + Hash + Clone, L> Drop for Follower<'_, K, L> {
    fn drop(&mut self) {
        let mut waker = None;
        self.place.change(|state| {
            waker = state.waiting.remove(&self.ticket);
            matches!(state.phase, Phase::Vacant) && state.waiting.is_empty()
        });
    }
}

/// The wait for a [`Part`] in a flight.
pub(super) struct Join<'a, K: Eq + Hash + Clone, L>(Joined<'a, K, L>);

enum Joined<'a, K: Eq + Hash + Clone, L> {
    Lead(Leader<'a, K, L>),
    Follow(Follower<'a, K, L>),
    Done,
}

// Nothing in it is ever pinned: the parts are moved out when the wait ends.
impl<K: Eq + Hash + Clone, L> Unpin for Join<'_, K, L> {}

impl<'a, K: Eq + Hash + Clone, L: Clone> Future for Join<'a, K, L> {
    type Output = Part<'a, K, L>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Part<'a, K, L>> {
        match mem::replace(&mut self.0, Joined::Done) {
            Joined::Lead(leader) => Poll::Ready(Part::Lead(leader)),
            Joined::Follow(follower) => match follower.look(context) {
                Seen::Landed(result) => Poll::Ready(Part::Landed(result)),
                Seen::Vacant => Poll::Ready(Part::Lead(follower.take_over())),
                Seen::Led => {
                    self.0 = Joined::Follow(follower);
                    Poll::Pending
                }
            },
            Joined::Done => unreachable!("polled after it was ready"),
        }
    }
}

enum Seen<L> {
    Led,
    Vacant,
    Landed(L),
}

impl<'a, K: Eq + Hash + Clone, L: Clone> Follower<'a, K, L> {
    /// Looks at the flight; where it is led, asks to be woken, and where it is vacant, leads.
    fn look(&self, context: &Context<'_>) -> Seen<L> {
        let mut state = lock(&self.place.flight);
        let (seen, waker) = match &state.phase {
            Phase::Landed(result) => (Seen::Landed(result.clone()), None),
            Phase::Vacant => (Seen::Vacant, None),
            Phase::Led => (Seen::Led, Some(context.waker().clone())),
        };
        if matches!(seen, Seen::Vacant) {
            state.phase = Phase::Led;
        }
        let replaced = state.waiting.insert(self.ticket, waker);
        drop(state);
        drop(replaced);
        seen
    }

    /// The leader that this follower has become; its own entry among those who wait is removed.
    fn take_over(self) -> Leader<'a, K, L> {
        let Place { flights, key, flight } = &self.place;
        let place = Place { flights, key: key.clone(), flight: Arc::clone(flight) };
        Leader { place, took_over: true }
    }
}

fn take_wakers<L>(state: &mut State<L>) -> Vec<Waker> {
    state.waiting.values_mut().filter_map(Option::take).collect()
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// Locks; a panic elsewhere leaves nothing half done here, because no foreign code runs inside.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
    };

    type Numbers = Flights<u8, u32>;

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn poll<'a>(join: &mut Join<'a, u8, u32>, bell: &Arc<Bell>) -> Poll<Part<'a, u8, u32>> {
        let waker = Waker::from(Arc::clone(bell));
        Pin::new(join).poll(&mut Context::from_waker(&waker))
    }

    fn leader<'a>(join: &mut Join<'a, u8, u32>) -> Leader<'a, u8, u32> {
        match poll(join, &Arc::default()) {
            Poll::Ready(Part::Lead(leader)) => leader,
            Poll::Ready(Part::Landed(_)) => panic!("it landed"),
            Poll::Pending => panic!("somebody else leads"),
        }
    }

    fn landed(join: &mut Join<'_, u8, u32>) -> u32 {
        match poll(join, &Arc::default()) {
            Poll::Ready(Part::Landed(result)) => result,
            _ => panic!("it did not land"),
        }
    }

    /// One leads, all others wait and get what it lands; also who comes after the landing and
    /// before the leader has left. After that a new flight begins.
    #[test]
    fn a_landing_serves_all() {
        let (flights, bell) = (Numbers::new(), Arc::<Bell>::default());
        let lead = leader(&mut flights.join(&1));
        let mut joins: Vec<_> = (0..1000).map(|_| flights.join(&1)).collect();
        let (polled, unpolled) = joins.split_at_mut(500);
        assert!(polled.iter_mut().all(|join| poll(join, &bell).is_pending()));
        lead.land(42);
        assert_eq!(bell.0.load(Ordering::SeqCst), 500);
        let late = landed(&mut flights.join(&1));
        drop(lead);
        assert!(polled.iter_mut().chain(unpolled).all(|join| landed(join) == 42));
        assert_eq!((late, flights.len()), (42, 0));
        drop(leader(&mut flights.join(&1)));
    }

    /// Flights of different keys know nothing of each other.
    #[test]
    fn keys_fly_apart() {
        let flights = Numbers::new();
        let one = leader(&mut flights.join(&1));
        let two = leader(&mut flights.join(&2));
        one.land(1);
        two.land(2);
        assert_eq!((landed(&mut flights.join(&1)), landed(&mut flights.join(&2))), (1, 2));
    }

    /// A leader that goes empty-handed wakes all; whoever is polled first leads, the others wait
    /// on, and a follower that is never polled again hinders nobody.
    #[test]
    fn the_first_follower_polled_takes_over() {
        let (flights, bell) = (Numbers::new(), Arc::<Bell>::default());
        let mut joins: Vec<_> = (0..4).map(|_| flights.join(&1)).collect();
        let lead = leader(&mut joins[0]);
        assert!(joins[1..].iter_mut().all(|join| poll(join, &bell).is_pending()));
        assert!(!lead.took_over);
        drop(lead);
        assert_eq!(bell.0.load(Ordering::SeqCst), 3);
        let second = leader(&mut joins[3]);
        assert!(second.took_over);
        assert!(poll(&mut joins[2], &bell).is_pending());
        second.land(7);
        assert_eq!(landed(&mut joins[2]), 7);
        drop((second, joins));
        assert_eq!(flights.len(), 0);
    }

    /// Whoever joins a vacant flight may lead it, before those that were woken.
    #[test]
    fn a_newcomer_may_take_over() {
        let flights = Numbers::new();
        let lead = leader(&mut flights.join(&1));
        let mut waits = flights.join(&1);
        drop(lead);
        let newcomer = leader(&mut flights.join(&1));
        assert!(poll(&mut waits, &Arc::default()).is_pending());
        newcomer.land(5);
        assert_eq!(landed(&mut waits), 5);
    }

    /// Followers may leave at any time: unpolled, polled, woken. The last to leave a vacant flight
    /// takes it off the list; one that is led stays.
    #[test]
    fn followers_may_leave_at_any_stage() {
        let (flights, bell) = (Numbers::new(), Arc::<Bell>::default());
        let lead = leader(&mut flights.join(&1));
        drop(flights.join(&1));
        let (mut polled, mut woken, unpolled) =
            (flights.join(&1), flights.join(&1), flights.join(&1));
        assert!(poll(&mut polled, &bell).is_pending() && poll(&mut woken, &bell).is_pending());
        drop(polled);
        assert_eq!((flights.followers(&1), flights.len()), (2, 1));
        drop(lead);
        assert_eq!(bell.0.load(Ordering::SeqCst), 1);
        drop(woken);
        assert_eq!(flights.len(), 1);
        drop(unpolled);
        assert_eq!(flights.len(), 0);
        drop(leader(&mut flights.join(&1)));
    }

    /// A caller that was given the lead and is dropped before it is polled hands over too.
    #[test]
    fn an_unpolled_leader_hands_over() {
        let flights = Numbers::new();
        let lead = flights.join(&1);
        let mut waits = flights.join(&1);
        assert!(poll(&mut waits, &Arc::default()).is_pending());
        drop(lead);
        drop(leader(&mut waits));
        assert_eq!(flights.len(), 0);
    }

    /// Any order of joining, polling, landing and leaving: at most one leads at a time, nobody
    /// waits for a flight without a leader once polled, and nothing stays listed in the end.
    #[test]
    fn random_walks_keep_one_leader() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut pick = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 33) as usize % below
        };
        for _ in 0..200 {
            let flights = Numbers::new();
            let (mut joins, mut lead) = (Vec::new(), None);
            for _ in 0..60 {
                match pick(6) {
                    0 | 1 => joins.push(flights.join(&1)),
                    2 | 3 if !joins.is_empty() => {
                        let at = pick(joins.len());
                        match poll(&mut joins[at], &Arc::default()) {
                            Poll::Ready(Part::Lead(leader)) => {
                                assert!(lead.replace(leader).is_none(), "two leaders");
                                drop(joins.swap_remove(at));
                            }
                            Poll::Ready(Part::Landed(_)) => drop(joins.swap_remove(at)),
                            Poll::Pending => {
                                // An unpolled join may hold the lead too: see above.
                                assert!(lead.is_some() || joins.len() > 1, "nobody leads");
                            }
                        }
                    }
                    4 if !joins.is_empty() => drop(joins.swap_remove(pick(joins.len()))),
                    5 if pick(2) == 0 => drop(lead.take()),
                    5 => {
                        if let Some(leader) = lead.take() {
                            leader.land(1);
                        }
                    }
                    _ => {}
                }
            }
            drop((lead, joins));
            assert_eq!(flights.len(), 0);
        }
    }
}
