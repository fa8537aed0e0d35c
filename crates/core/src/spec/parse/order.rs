//! An order in which every task comes behind those it waits for.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// One task waits for another.
pub(super) struct Link {
    pub(super) task: usize,
    pub(super) waits_for: usize,
}

/// Puts the tasks `0..count` in order; of several that could be next the first is. `circle` is told of each knot of
/// tasks that wait for each other, by one round through it; those are left out together with those that wait for them.
///
/// Complexity: linear in tasks and links, times the logarithm of tasks.
pub(super) fn order(count: usize, links: &[Link], mut circle: impl FnMut(&[usize])) -> Vec<usize> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..count).map(|_| graph.add_node(())).collect();
    for link in links {
        graph.update_edge(nodes[link.task], nodes[link.waits_for], ());
    }
    let mut knots: Vec<Vec<usize>> = tarjan_scc(&graph)
        .into_iter()
        .map(|knot| knot.into_iter().map(NodeIndex::index).collect::<Vec<usize>>())
        .filter(|knot| knot.len() > 1 || graph.contains_edge(nodes[knot[0]], nodes[knot[0]]))
        .collect();
    knots.iter_mut().for_each(|knot| knot.sort_unstable());
    knots.sort();
    for knot in &knots {
        circle(&round(&graph, knot));
    }
    let mut open: Vec<usize> = nodes.iter().map(|node| graph.neighbors(*node).count()).collect();
    let mut ready: BTreeSet<usize> = (0..count).filter(|task| open[*task] == 0).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(task) = ready.pop_first() {
        order.push(task);
        for waiting in graph.neighbors_directed(nodes[task], petgraph::Incoming).map(NodeIndex::index) {
            open[waiting] -= 1;
            if open[waiting] == 0 {
                ready.insert(waiting);
            }
        }
    }
    order
}

/// A way from the first task of a knot back to a task on the way, always to the first one it waits for.
fn round(graph: &DiGraph<(), ()>, knot: &[usize]) -> Vec<usize> {
    let mut path = vec![knot[0]];
    loop {
        let here = NodeIndex::new(path[path.len() - 1]);
        let within = graph.neighbors(here).map(NodeIndex::index).filter(|next| knot.contains(next));
        // Who is in a knot waits for somebody in it.
        let Some(next) = within.min() else { return path };
        if let Some(begin) = path.iter().position(|task| *task == next) {
            return path.split_off(begin);
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, links: &[(usize, usize)], expect: &[usize], circles: &[&[usize]]) {
        let links: Vec<Link> = links.iter().map(|&(task, waits_for)| Link { task, waits_for }).collect();
        let mut told = Vec::new();
        let order = order(count, &links, |circle| told.push(circle.to_vec()));
        assert_eq!((order.as_slice(), told), (expect, circles.iter().map(|c| c.to_vec()).collect()));
    }

    #[test]
    fn a_task_comes_behind_those_it_waits_for() {
        check(3, &[], &[0, 1, 2], &[]);
        check(3, &[(0, 2), (0, 1), (1, 2)], &[2, 1, 0], &[]);
        check(4, &[(0, 3), (0, 3)], &[1, 2, 3, 0], &[]);
    }

    #[test]
    fn every_circle_is_told_once() {
        check(2, &[(0, 1), (1, 0)], &[], &[&[0, 1]]);
        check(4, &[(0, 1), (1, 2), (2, 1)], &[3], &[&[1, 2]]);
        check(5, &[(0, 1), (1, 0), (2, 3), (3, 2), (4, 0)], &[], &[&[0, 1], &[2, 3]]);
        check(4, &[(0, 2), (2, 3), (3, 2), (2, 0)], &[1], &[&[0, 2]]);
    }
}
