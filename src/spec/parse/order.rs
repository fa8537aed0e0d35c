//! An order in which every task comes behind those it waits for.

/// One task waits for another.
pub(super) struct Link {
    pub(super) task: usize,
    pub(super) waits_for: usize,
}

/// Puts the tasks `0..count` in order; of several that could be next the first is. `circle` is told of each circle,
/// whose tasks are left out together with those that wait for them.
///
/// Complexity: quadratic in tasks times links, which a person has typed.
pub(super) fn order(count: usize, links: &[Link], mut circle: impl FnMut(&[usize])) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    let mut told = vec![false; count];
    loop {
        let open = |order: &[usize], task: usize| {
            let waits_for = links.iter().filter(|link| link.task == task).map(|link| link.waits_for);
            waits_for.filter(|other| !order.contains(other)).collect::<Vec<_>>()
        };
        let next = (0..count).find(|task| !order.contains(task) && open(&order, *task).is_empty());
        if let Some(next) = next {
            order.push(next);
            continue;
        }
        // Whoever is left waits for somebody who is left: going from one to the next must come round.
        let Some(start) = (0..count).find(|task| !order.contains(task) && !told[*task]) else { return order };
        let mut path = vec![start];
        loop {
            let Some(&next) = open(&order, path[path.len() - 1]).first() else { return order };
            if told[next] {
                break; // it waits for a circle that is told
            }
            if let Some(begin) = path.iter().position(|task| *task == next) {
                circle(&path[begin..]);
                break;
            }
            path.push(next);
        }
        path.iter().for_each(|task| told[*task] = true);
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
    }
}
