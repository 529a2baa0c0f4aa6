//! What waits for the writer.

use super::Submission;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// The most commands of one round, of calls that bring several (our own default): bounds the time a commit takes and
/// the memory it needs.
pub(super) const MAX_COMMANDS: usize = 1_024;

/// The most calls of one round (our own default). Were a round to take every call that waits, all clients would move
/// in step, and the connections would stand idle while the disk works and the other way round.
pub(super) const MAX_CALLS: usize = 128;

/// Calls in the order they are taken up.
pub(super) struct Queue {
    calls: mpsc::UnboundedReceiver<Submission>,
    /// Calls that were taken from the channel, or put back, and come first.
    held: VecDeque<Submission>,
}

impl Queue {
    pub(super) fn new(calls: mpsc::UnboundedReceiver<Submission>) -> Queue {
        Queue { calls, held: VecDeque::new() }
    }

    /// Waits for a call; false when none will come any more. A dropped wait loses nothing.
    pub(super) async fn wait(&mut self) -> bool {
        if self.held.is_empty() {
            let Some(call) = self.calls.recv().await else { return false };
            self.held.push_back(call);
        }
        true
    }

    /// What waits and still fits into a round of so many calls and commands.
    pub(super) fn take(&mut self, mut calls: usize, mut commands: usize) -> Vec<Submission> {
        let mut taken = Vec::new();
        while calls < MAX_CALLS {
            let Some(call) = self.held.pop_front().or_else(|| self.calls.try_recv().ok()) else { break };
            if calls > 0 && commands + call.commands.len() > MAX_COMMANDS {
                self.held.push_front(call);
                break;
            }
            calls += 1;
            commands += call.commands.len();
            taken.push(call);
        }
        taken
    }

    /// Puts calls back, to be taken up before all others.
    pub(super) fn put_back(&mut self, calls: Vec<Submission>) {
        for call in calls.into_iter().rev() {
            self.held.push_front(call);
        }
    }
}
